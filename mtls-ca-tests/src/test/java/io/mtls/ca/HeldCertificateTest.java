package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Security;
import java.security.SignatureException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.Test;

class HeldCertificateTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration BACKDATED = Duration.ofMinutes(5);

    private final HeldCertificate root = HeldCertificate.root("CN=Acme Root,O=Acme")
            .clock(InstantSource.fixed(NOW))
            .build();
    private final HeldCertificate issuing =
            root.issueCa("CN=Acme Issuing CA,O=Acme").maxPathLength(0).build();
    private final HeldCertificate alice =
            issuing.issueClient("CN=alice,OU=Audit").build();

    @Test
    void an_ec_key_carries_its_public_key_without_which_gnutls_cannot_read_it() {
        HeldCertificate alice = HeldCertificate.selfSignedClient("CN=alice").build();
        String base64 = alice.privateKeyPem()
                .lines()
                .filter(line -> !line.startsWith("-----"))
                .collect(Collectors.joining());
        byte[] point = SubjectPublicKeyInfo.getInstance(
                        alice.certificate().getPublicKey().getEncoded())
                .getPublicKeyData()
                .getBytes();

        assertThat(Base64.getDecoder().decode(base64)).containsSequence(point);
    }

    @Test
    void a_root_is_a_self_signed_ca_for_ten_years() throws Exception {
        X509Certificate certificate = root.certificate();

        assertThat(certificate.getIssuerX500Principal()).isEqualTo(certificate.getSubjectX500Principal());
        assertThat(certificate.getBasicConstraints()).isEqualTo(Integer.MAX_VALUE);
        assertThat(certificate.getKeyUsage())
                .containsExactly(false, false, false, false, false, true, true, false, false);
        assertThat(certificate.getCriticalExtensionOIDs()).containsExactlyInAnyOrder("2.5.29.15", "2.5.29.19");
        assertThat(certificate.getNonCriticalExtensionOIDs()).containsExactly("2.5.29.14");
        assertThat(certificate.getNotBefore()).isEqualTo(NOW.minus(BACKDATED));
        assertThat(certificate.getNotAfter()).isEqualTo(NOW.plus(Duration.ofDays(3650)));
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        certificate.verify(certificate.getPublicKey());
    }

    @Test
    void a_client_certificate_is_for_tls_clients_and_for_nothing_else() throws Exception {
        X509Certificate certificate = alice.certificate();

        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=alice,OU=Audit");
        assertThat(certificate.getExtendedKeyUsage()).containsExactly(KeyPurpose.CLIENT_AUTH);
        assertThat(certificate.getKeyUsage())
                .containsExactly(true, false, false, false, false, false, false, false, false);
        assertThat(certificate.getCriticalExtensionOIDs()).containsExactly("2.5.29.15");
        assertThat(certificate.getNonCriticalExtensionOIDs())
                .containsExactlyInAnyOrder("2.5.29.14", "2.5.29.35", "2.5.29.37");
        assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
        assertThat(certificate.getNotAfter()).isEqualTo(NOW.plus(Duration.ofDays(90)));
    }

    @Test
    void a_server_certificate_names_hosts_and_addresses() throws Exception {
        X509Certificate server = issuing.issueServer("localhost", "127.0.0.1", "::1", "api.example")
                .build()
                .certificate();

        assertThat(server.getSubjectX500Principal().getName()).isEqualTo("CN=localhost");
        assertThat(server.getExtendedKeyUsage()).containsExactly(KeyPurpose.SERVER_AUTH);
        assertThat(server.getSubjectAlternativeNames())
                .containsExactlyInAnyOrder(
                        List.of(2, "localhost"),
                        List.of(7, "127.0.0.1"),
                        List.of(7, "0:0:0:0:0:0:0:1"),
                        List.of(2, "api.example"));
    }

    @Test
    void a_self_signed_client_is_an_end_entity_and_its_own_chain() throws Exception {
        HeldCertificate partner = HeldCertificate.selfSignedClient("CN=partner").build();

        partner.certificate().verify(partner.certificate().getPublicKey());
        assertThat(partner.certificate().getBasicConstraints()).isEqualTo(-1);
        assertThat(partner.certificate().getExtendedKeyUsage()).containsExactly(KeyPurpose.CLIENT_AUTH);
        assertThat(partner.chain()).containsExactly(partner.certificate());
    }

    @Test
    void a_chain_starts_with_the_certificate_and_ends_before_the_root() {
        assertThat(root.chain()).containsExactly(root.certificate());
        assertThat(issuing.chain()).containsExactly(issuing.certificate());
        assertThat(alice.chain()).containsExactly(alice.certificate(), issuing.certificate());
        assertThat(root.issueClient("CN=direct").build().chain()).hasSize(1);
    }

    @Test
    void a_chain_is_valid_for_pkix() throws Exception {
        validate(alice.chain(), root.certificate());
    }

    @Test
    void a_chain_that_breaks_a_path_length_is_not_valid_for_pkix() {
        HeldCertificate tooDeep = issuing.issueCa("CN=too deep").build();
        HeldCertificate mallory = tooDeep.issueClient("CN=mallory").build();

        assertThatThrownBy(() -> validate(mallory.chain(), root.certificate()))
                .isInstanceOfSatisfying(
                        CertPathValidatorException.class,
                        e -> assertThat(e.getReason()).hasToString("PATH_TOO_LONG"));
    }

    @Test
    void what_is_issued_inherits_the_clock_of_its_issuer() {
        assertThat(alice.certificate().getNotBefore()).isEqualTo(NOW.minus(BACKDATED));
    }

    @Test
    void a_lifetime_never_reaches_beyond_the_issuer() {
        HeldCertificate shortLived =
                root.issueCa("CN=short").lifetime(Duration.ofDays(7)).build();

        assertThat(shortLived.issueClient("CN=a").build().certificate().getNotAfter())
                .isEqualTo(NOW.plus(Duration.ofDays(7)));
        assertThat(shortLived
                        .issueClient("CN=a")
                        .lifetime(Duration.ofDays(30))
                        .build()
                        .certificate()
                        .getNotAfter())
                .isEqualTo(NOW.plus(Duration.ofDays(7)));
    }

    @Test
    void a_validity_does_when_it_is_asked_to() {
        Instant later = Instant.parse("2051-01-01T00:00:00Z");

        X509Certificate certificate =
                issuing.issueClient("CN=a").validity(NOW, later).build().certificate();

        assertThat(certificate.getNotBefore()).isEqualTo(NOW);
        assertThat(certificate.getNotAfter()).isEqualTo(later);
    }

    @Test
    void an_expired_issuer_needs_to_be_told_the_validity_of_what_it_issues() {
        HeldCertificate expired = root.issueCa("CN=expired")
                .validity(NOW.minusSeconds(20), NOW.minusSeconds(10))
                .build();

        assertThatIllegalStateException()
                .isThrownBy(expired.issueClient("CN=a")::build)
                .withMessageContainingAll("CN=expired", "2026-03-01T11:59:50Z", "validity");
        assertThat(expired.issueClient("CN=a")
                        .validity(NOW, NOW.plusSeconds(1))
                        .build()
                        .chain())
                .hasSize(2);
    }

    @Test
    void serial_numbers_are_positive_and_differ() {
        X509Certificate other = issuing.issueClient("CN=alice,OU=Audit").build().certificate();

        assertThat(alice.certificate().getSerialNumber()).isPositive().isNotEqualTo(other.getSerialNumber());
        assertThat(alice.certificate().getSerialNumber().bitLength()).isBetween(64, 128);
    }

    @Test
    void twins_share_a_name_and_not_a_key() {
        HeldCertificate twin = HeldCertificate.root("CN=Acme Root,O=Acme").build();

        assertThat(twin.certificate().getSubjectX500Principal().getEncoded())
                .isEqualTo(root.certificate().getSubjectX500Principal().getEncoded());
        assertThatThrownBy(() -> issuing.certificate().verify(twin.certificate().getPublicKey()))
                .isInstanceOf(SignatureException.class);
    }

    @Test
    void a_cross_certificate_leads_to_the_other_root() throws Exception {
        HeldCertificate otherRoot = HeldCertificate.root("CN=Other Root")
                .clock(InstantSource.fixed(NOW))
                .build();

        HeldCertificate crossed = issuing.crossSign(otherRoot).build();

        assertThat(crossed.certificate().getPublicKey())
                .isEqualTo(issuing.certificate().getPublicKey());
        assertThat(crossed.certificate().getBasicConstraints()).isZero();
        validate(List.of(alice.certificate(), crossed.certificate()), otherRoot.certificate());
    }

    @Test
    void two_cas_that_sign_each_other_form_a_loop() throws Exception {
        HeldCertificate a = HeldCertificate.root("CN=A").build();
        HeldCertificate b = HeldCertificate.root("CN=B").build();

        HeldCertificate aByB = a.crossSign(b).build();
        HeldCertificate bByA = b.crossSign(a).build();

        aByB.certificate().verify(bByA.certificate().getPublicKey());
        bByA.certificate().verify(aByB.certificate().getPublicKey());
        assertThat(a.issueClient("CN=leaf")
                        .build()
                        .withIntermediates(aByB.certificate(), bByA.certificate())
                        .chain())
                .hasSize(3);
    }

    @Test
    void an_end_entity_can_be_made_to_issue() {
        HeldCertificate mallory = alice.issueClient("CN=mallory").build();

        assertThat(mallory.chain()).containsExactly(mallory.certificate(), alice.certificate(), issuing.certificate());
        assertThatThrownBy(() -> validate(mallory.chain(), root.certificate()))
                .isInstanceOfSatisfying(
                        CertPathValidatorException.class,
                        e -> assertThat(e.getReason()).hasToString("INVALID_KEY_USAGE"));
    }

    @Test
    void intermediates_can_be_left_out_or_replaced() {
        assertThat(alice.withIntermediates().chain()).containsExactly(alice.certificate());
        assertThat(alice.withIntermediates(root.certificate()).chain())
                .containsExactly(alice.certificate(), root.certificate());
    }

    @Test
    void pem_reads_back() throws Exception {
        var read = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(alice.chainPem().getBytes(StandardCharsets.US_ASCII)));

        assertThat(List.copyOf(read)).isEqualTo(alice.chain());
        assertThat(Pem.firstCertificate(alice.certificatePem())).isEqualTo(alice.certificate());
        assertThat(Pem.privateKey(alice.privateKeyPem(), alice.certificate().getPublicKey()))
                .isEqualTo(alice.privateKey());
        assertThat(alice.privateKeyPem())
                .startsWith("-----BEGIN PRIVATE KEY-----\n")
                .endsWith("-----END PRIVATE KEY-----\n");
        assertThat(alice.chainPem().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(64));
    }

    @Test
    void pkcs12_holds_the_key_and_the_chain_under_the_common_name() throws Exception {
        char[] password = "open sesame".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");

        store.load(new ByteArrayInputStream(alice.pkcs12(password)), password);

        assertThat(store.getKey("alice", password)).isEqualTo(alice.privateKey());
        assertThat(store.getCertificateChain("alice"))
                .containsExactly(alice.chain().toArray(X509Certificate[]::new));
    }

    @Test
    void its_text_tells_the_subject_and_never_the_key() {
        assertThat(alice)
                .hasToString("CN=alice,OU=Audit (serial "
                        + alice.certificate().getSerialNumber().toString(16) + ")");
    }

    @Test
    void the_provider_of_bouncycastle_is_not_registered() {
        HeldCertificate.root("CN=r")
                .signatureAlgorithm("SHA256withRSAandMGF1")
                .keyType(KeyType.RSA_1024)
                .build();

        assertThat(Security.getProvider("BC")).isNull();
    }

    private static void validate(List<X509Certificate> chain, X509Certificate anchor) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(NOW));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(new ArrayList<>(chain)), parameters);
    }
}
