package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.security.interfaces.DSAPublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each fault that can be asked for is really in the certificate, and nothing else is. */
class CertificateBuilderTest {
    private static final HeldCertificate CA = HeldCertificate.root("CN=CA").build();
    private static final byte[] DER_NULL = {5, 0};

    private static CertificateBuilder client() {
        return CA.issueClient("CN=alice");
    }

    @ParameterizedTest
    @EnumSource(
            names = {"RSA_3072", "RSA_4096"},
            mode = EnumSource.Mode.EXCLUDE)
    void every_type_of_key_can_be_held_and_can_sign(KeyType type) throws Exception {
        HeldCertificate root = HeldCertificate.root("CN=r").keyType(type).build();
        X509Certificate leaf = root.issueClient("CN=l").build().certificate();

        leaf.verify(root.certificate().getPublicKey());
        assertThat(Signing.belongTogether(new KeyPair(root.certificate().getPublicKey(), root.privateKey())))
                .isTrue();
        int bits = switch (type) {
            case P256 -> 256;
            case P384 -> 384;
            case P521 -> 521;
            case ED25519 -> 0;
            case RSA_1024 -> 1024;
            case RSA_2048, DSA_2048 -> 2048;
            case RSA_3072, RSA_4096 -> throw new AssertionError("slow to make");
        };
        assertThat(bits(root.certificate())).isEqualTo(bits);
    }

    private static int bits(X509Certificate certificate) {
        if (certificate.getPublicKey() instanceof ECPublicKey ec) {
            return ec.getParams().getOrder().bitLength();
        }
        if (certificate.getPublicKey() instanceof RSAPublicKey rsa) {
            return rsa.getModulus().bitLength();
        }
        return certificate.getPublicKey() instanceof DSAPublicKey dsa
                ? dsa.getParams().getP().bitLength()
                : 0;
    }

    @ParameterizedTest
    @CsvSource({
        "P256, SHA1withECDSA, 1.2.840.10045.4.1",
        "P256, SHA512withECDSA, 1.2.840.10045.4.3.4",
        "RSA_1024, MD5withRSA, 1.2.840.113549.1.1.4",
        "RSA_1024, SHA1withRSA, 1.2.840.113549.1.1.5",
        "RSA_1024, MD2withRSA, 1.2.840.113549.1.1.2",
        "RSA_1024, RIPEMD160withRSA, 1.3.36.3.3.1.2",
        "DSA_2048, SHA1withDSA, 1.2.840.10040.4.3",
    })
    void an_old_algorithm_signs_when_asked(KeyType type, String algorithm, String oid) {
        HeldCertificate ca = HeldCertificate.root("CN=r").keyType(type).build();

        X509Certificate leaf =
                ca.issueClient("CN=l").signatureAlgorithm(algorithm).build().certificate();

        assertThat(leaf.getSigAlgOID()).isEqualTo(oid);
    }

    @Test
    void an_algorithm_that_does_not_fit_the_issuers_key_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(client().signatureAlgorithm("SHA256withRSA")::build)
                .withMessage("a key of EC cannot sign with SHA256withRSA");
    }

    @Test
    void a_key_can_be_given() {
        KeyPair keyPair = KeyType.P256.generate();

        HeldCertificate alice = client().keyPair(keyPair).build();

        assertThat(alice.certificate().getPublicKey()).isEqualTo(keyPair.getPublic());
        assertThat(alice.privateKey()).isEqualTo(keyPair.getPrivate());
    }

    @ParameterizedTest
    @CsvSource({"0", "-5", "1", "1461501637330902918203684832716283019655932542977"})
    void any_serial_number_can_be_given(BigInteger serial) {
        assertThat(client().serial(serial).build().certificate().getSerialNumber())
                .isEqualTo(serial);
    }

    @Test
    void a_subject_can_be_given_as_der() {
        byte[] cnAsOctets = HexFormat.of().parseHex("300e310c300a06035504030403666f6f");

        X509Certificate certificate = client().subjectDer(cnAsOctets).build().certificate();

        assertThat(certificate.getSubjectX500Principal().getEncoded()).isEqualTo(cnAsOctets);
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=#0403666f6f");
    }

    @Test
    void a_set_that_is_not_in_der_order_stays_so_also_as_the_issuer_of_others() throws Exception {
        byte[] cnBeforeC = HexFormat.of().parseHex("3019311730080603550403" + "0c0141300b06035504060c045a5a5a5a");
        HeldCertificate odd = CA.issueCa("").subjectDer(cnBeforeC).build();
        HeldCertificate leaf = odd.issueClient("CN=leaf").build();

        odd.certificate().verify(CA.certificate().getPublicKey());
        leaf.certificate().verify(odd.certificate().getPublicKey());
        assertThat(HexFormat.of().formatHex(odd.certificate().getTBSCertificate()))
                .contains(HexFormat.of().formatHex(cnBeforeC));
        assertThat(HexFormat.of().formatHex(leaf.certificate().getTBSCertificate()))
                .contains(HexFormat.of().formatHex(cnBeforeC));
    }

    @Test
    void a_subject_that_is_not_der_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(client().subjectDer(new byte[] {0x30, 5})::build)
                .withMessageContaining("not DER");
    }

    @Test
    void every_kind_of_alternative_name_can_be_given() throws Exception {
        X509Certificate certificate = client().dns("a.example")
                .uri("spiffe://example.org/alice")
                .email("alice@example.org")
                .ip("192.0.2.1")
                .directoryName("CN=other")
                .build()
                .certificate();

        assertThat(certificate.getSubjectAlternativeNames())
                .containsExactlyInAnyOrder(
                        List.of(2, "a.example"),
                        List.of(6, "spiffe://example.org/alice"),
                        List.of(1, "alice@example.org"),
                        List.of(7, "192.0.2.1"),
                        List.of(4, "CN=other"));
    }

    @Test
    void other_names_can_be_given() throws Exception {
        X509Certificate certificate = client().upn("alice@corp")
                .otherName("1.2.3.4", DER_NULL)
                .build()
                .certificate();

        assertThat(certificate.getSubjectAlternativeNames())
                .hasSize(2)
                .allSatisfy(name -> assertThat((Object) name.get(0)).isEqualTo(0));
        assertThat(value(certificate, "2.5.29.17"))
                .isEqualTo("3027a01a060a2b060104018237140203a00c0c0a616c69636540636f7270" + "a009" + "06032a0304"
                        + "a0020500");
    }

    @Test
    void alternative_names_are_critical_when_the_subject_is_empty() {
        assertThat(CA.issueClient("").dns("a.example").build().certificate().getCriticalExtensionOIDs())
                .contains("2.5.29.17");
        assertThat(client().dns("a.example").build().certificate().getCriticalExtensionOIDs())
                .doesNotContain("2.5.29.17");
    }

    @Test
    void the_alternative_names_can_be_broken() {
        X509Certificate certificate =
                client().dns("a.example").rawSan(DER_NULL).build().certificate();

        assertThat(value(certificate, "2.5.29.17")).isEqualTo("0500");
    }

    @Test
    void extended_key_usage_can_be_wrong_or_missing() throws Exception {
        assertThat(client().extendedKeyUsage(KeyPurpose.SERVER_AUTH, KeyPurpose.ANY)
                        .build()
                        .certificate()
                        .getExtendedKeyUsage())
                .containsExactly(KeyPurpose.SERVER_AUTH, KeyPurpose.ANY);
        assertThat(client().withoutExtendedKeyUsage().build().certificate().getExtendedKeyUsage())
                .isNull();
        assertThat(CA.issueCa("CN=i")
                        .extendedKeyUsage(KeyPurpose.SERVER_AUTH)
                        .build()
                        .certificate()
                        .getExtendedKeyUsage())
                .containsExactly(KeyPurpose.SERVER_AUTH);
    }

    @ParameterizedTest
    @EnumSource
    void each_key_usage_is_its_own_bit(KeyUsage usage) {
        boolean[] bits = client().keyUsage(usage).build().certificate().getKeyUsage();

        for (KeyUsage each : KeyUsage.values()) {
            assertThat(bits[List.of(KeyUsage.values()).indexOf(each)]).isEqualTo(each == usage);
        }
    }

    @Test
    void key_usage_can_be_missing() {
        assertThat(CA.issueCa("CN=i").withoutKeyUsage().build().certificate().getKeyUsage())
                .isNull();
    }

    @Test
    void basic_constraints_can_be_wrong_or_missing() {
        assertThat(value(client().basicConstraints(true).build().certificate(), "2.5.29.19"))
                .isEqualTo("30030101ff");
        assertThat(value(client().basicConstraints(false).build().certificate(), "2.5.29.19"))
                .isEqualTo("3000");
        assertThat(value(client().basicConstraints(false, 3).build().certificate(), "2.5.29.19"))
                .isEqualTo("3003020103");
        assertThat(value(CA.issueCa("CN=i").maxPathLength(2).build().certificate(), "2.5.29.19"))
                .isEqualTo("30060101ff020102");
        assertThat(CA.issueCa("CN=i")
                        .withoutBasicConstraints()
                        .build()
                        .certificate()
                        .getBasicConstraints())
                .isEqualTo(-1);
    }

    @Test
    void name_constraints_can_permit_and_exclude_every_kind_of_name() {
        X509Certificate certificate = CA.issueCa("CN=i")
                .permittedSubtrees(
                        GeneralName.dns("example.org"),
                        GeneralName.email("example.org"),
                        GeneralName.directory(DistinguishedName.parse("O=Acme")),
                        GeneralName.uri(".example.org"),
                        GeneralName.ip("192.0.2.0/24"))
                .excludedSubtrees(GeneralName.otherName("1.2.3.4", DER_NULL), GeneralName.ip("2001:db8::/32"))
                .build()
                .certificate();

        NameConstraints constraints =
                NameConstraints.getInstance(HexFormat.of().parseHex(value(certificate, "2.5.29.30")));
        assertThat(certificate.getCriticalExtensionOIDs()).contains("2.5.29.30");
        assertThat(tags(constraints.getPermittedSubtrees())).containsExactly(2, 1, 4, 6, 7);
        assertThat(tags(constraints.getExcludedSubtrees())).containsExactly(0, 7);
        assertThat(constraints.getPermittedSubtrees()[4].getBase().getName())
                .isEqualTo(ASN1OctetString.getInstance(HexFormat.of().parseHex("0408c0000200ffffff00")));
    }

    private static List<Integer> tags(GeneralSubtree[] subtrees) {
        return Arrays.stream(subtrees)
                .map(subtree -> subtree.getBase().getTagNo())
                .toList();
    }

    @Test
    void policies_and_addresses_can_be_given() {
        X509Certificate certificate = client().certificatePolicies("2.5.29.32.0")
                .crlDistributionPoint("http://ca.example/crl")
                .ocspResponder("http://ca.example/ocsp")
                .caIssuers("http://ca.example/ca")
                .build()
                .certificate();

        assertThat(value(certificate, "2.5.29.32")).isEqualTo("300830060604551d2000");
        assertThat(text(certificate, Extension.cRLDistributionPoints.getId())).contains("http://ca.example/crl");
        assertThat(text(certificate, Extension.authorityInfoAccess.getId()))
                .contains("http://ca.example/ocsp", "http://ca.example/ca");
    }

    @Test
    void key_identifiers_link_a_certificate_to_its_issuer() {
        String issuerKey = value(CA.certificate(), "2.5.29.14").substring(4);

        assertThat(value(client().build().certificate(), "2.5.29.35")).isEqualTo("30168014" + issuerKey);
    }

    @Test
    void key_identifiers_can_be_wrong_or_missing() {
        byte[] wrong = {1, 2, 3};
        X509Certificate misled = client().subjectKeyIdentifier(wrong)
                .authorityKeyIdentifier(wrong)
                .build()
                .certificate();
        X509Certificate silent = client().withoutSubjectKeyIdentifier()
                .withoutAuthorityKeyIdentifier()
                .build()
                .certificate();

        assertThat(value(misled, "2.5.29.14")).isEqualTo("0403010203");
        assertThat(value(misled, "2.5.29.35")).isEqualTo("30058003010203");
        assertThat(silent.getNonCriticalExtensionOIDs()).containsExactly("2.5.29.37");
    }

    @Test
    void what_a_ca_with_a_wrong_key_identifier_issues_points_to_it() {
        HeldCertificate ca =
                CA.issueCa("CN=i").subjectKeyIdentifier(new byte[] {9}).build();

        assertThat(value(ca.issueClient("CN=l").build().certificate(), "2.5.29.35"))
                .isEqualTo("3003800109");
    }

    @Test
    void an_unknown_extension_can_be_critical() {
        X509Certificate certificate =
                client().extension("1.2.3.4", true, DER_NULL).build().certificate();

        assertThat(certificate.hasUnsupportedCriticalExtension()).isTrue();
        assertThat(value(certificate, "1.2.3.4")).isEqualTo("0500");
    }

    @Test
    void the_last_word_on_an_extension_counts() throws Exception {
        X509Certificate certificate = client().withoutExtendedKeyUsage()
                .extendedKeyUsage(KeyPurpose.CODE_SIGNING)
                .build()
                .certificate();

        assertThat(certificate.getExtendedKeyUsage()).containsExactly(KeyPurpose.CODE_SIGNING);
    }

    @Test
    void a_certificate_of_version_1_has_no_extensions() {
        X509Certificate certificate = CA.issueCa("CN=i").version1().build().certificate();

        assertThat(certificate.getVersion()).isEqualTo(1);
        assertThat(certificate.getCriticalExtensionOIDs()).isNull();
    }

    @Test
    void a_corrupt_signature_does_not_verify() {
        X509Certificate certificate = client().corruptSignature().build().certificate();

        assertThatThrownBy(() -> certificate.verify(CA.certificate().getPublicKey()))
                .isInstanceOf(SignatureException.class);
    }

    @Test
    void a_blank_signature_can_be_given() {
        byte[] zeroes = HexFormat.of().parseHex("3006020100020100");

        X509Certificate certificate = client().signature(zeroes).build().certificate();

        assertThat(certificate.getSignature()).isEqualTo(zeroes);
        assertThat(client().signature(new byte[0]).build().certificate().getSignature())
                .isEmpty();
    }

    /** The extension's value in hexadecimal, without the OCTET STRING around it. */
    private static String value(X509Certificate certificate, String oid) {
        return HexFormat.of()
                .formatHex(ASN1OctetString.getInstance(certificate.getExtensionValue(oid))
                        .getOctets());
    }

    private static String text(X509Certificate certificate, String oid) {
        return new String(certificate.getExtensionValue(oid), StandardCharsets.US_ASCII);
    }
}
