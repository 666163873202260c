package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SignatureException;
import java.security.cert.CRLException;
import java.security.cert.CRLReason;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ReasonFlags;
import org.bouncycastle.cert.X509CRLHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each statement and each fault that can be asked for is really in the list, and nothing else is. */
class CrlBuilderTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    private static final HeldCertificate CA =
            HeldCertificate.root("CN=CA").clock(InstantSource.fixed(NOW)).build();
    private static final HeldCertificate OTHER =
            HeldCertificate.root("CN=Other").build();
    private static final BigInteger ALICE = new BigInteger("f0000000000000000000000000000001", 16);
    private static final BigInteger BOB = BigInteger.valueOf(2);
    private static final byte[] DER_NULL = {5, 0};

    private static CrlBuilder crl() {
        return CrlBuilder.issuedBy(CA);
    }

    private static X509CRL read(CrlBuilder builder) throws Exception {
        return read(builder.der());
    }

    private static X509CRL read(byte[] der) throws Exception {
        return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
    }

    private static X509CRLHolder holder(CrlBuilder builder) throws Exception {
        return new X509CRLHolder(builder.der());
    }

    @Test
    void by_default_a_list_revokes_nothing_for_a_week() throws Exception {
        X509CRL crl = read(crl());

        crl.verify(CA.certificate().getPublicKey());
        assertThat(crl.getVersion()).isEqualTo(2);
        assertThat(crl.getIssuerX500Principal()).isEqualTo(CA.certificate().getSubjectX500Principal());
        assertThat(crl.getThisUpdate()).isEqualTo(Date.from(NOW));
        assertThat(crl.getNextUpdate()).isEqualTo(Date.from(NOW.plus(Duration.ofDays(7))));
        assertThat(crl.getRevokedCertificates()).isNull();
        assertThat(crl.getExtensionValue(Extension.cRLNumber.getId())).containsExactly(4, 3, 2, 1, 1);
        assertThat(crl.getNonCriticalExtensionOIDs())
                .containsExactlyInAnyOrder(Extension.cRLNumber.getId(), Extension.authorityKeyIdentifier.getId());
        assertThat(crl.getCriticalExtensionOIDs()).isEmpty();
    }

    @Test
    void an_entry_says_which_and_when_and_why() throws Exception {
        Instant at = NOW.minusSeconds(60);
        X509CRL crl = read(crl().revoked(ALICE, at, RevocationReason.KEY_COMPROMISE)
                .revoked(BOB, NOW, RevocationReason.SUPERSEDED));

        X509CRLEntry alice = crl.getRevokedCertificate(ALICE);
        assertThat(alice.getRevocationDate()).isEqualTo(Date.from(at));
        assertThat(alice.getRevocationReason()).isEqualTo(CRLReason.KEY_COMPROMISE);
        assertThat(crl.getRevokedCertificate(BOB).getRevocationDate()).isEqualTo(Date.from(NOW));
        assertThat(crl.getRevokedCertificates()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void every_reason_is_read_back_but_unspecified_is_left_out(RevocationReason reason) throws Exception {
        X509CRLEntry entry = read(crl().revoked(ALICE, NOW, reason)).getRevokedCertificate(ALICE);

        if (reason == RevocationReason.UNSPECIFIED) {
            assertThat(entry.hasExtensions()).isFalse();
        } else {
            assertThat(entry.getRevocationReason()).hasToString(reason.name());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 99})
    void a_reason_that_nobody_should_write_is_written(int code) throws Exception {
        X509CRLEntry entry = read(crl().reason(ALICE, NOW, code)).getRevokedCertificate(ALICE);

        assertThat(entry.getExtensionValue(Extension.reasonCode.getId())).containsExactly(4, 3, 10, 1, code);
    }

    @ParameterizedTest
    @CsvSource({"2049-12-31T23:59:59Z, 23", "2050-01-01T00:00:00Z, 24"})
    void a_time_from_2050_on_has_a_year_of_four_digits(Instant at, int tag) throws Exception {
        X509CRL crl = read(crl().thisUpdate(NOW).nextUpdate(at).revoked(BOB, at, RevocationReason.UNSPECIFIED));

        assertThat(crl.getNextUpdate()).isEqualTo(Date.from(at));
        assertThat(crl.getRevokedCertificate(BOB).getRevocationDate()).isEqualTo(Date.from(at));
        assertThat(crl.getRevokedCertificate(BOB).getEncoded()[5]).isEqualTo((byte) tag);
    }

    @Test
    void a_fraction_of_a_second_is_left_out() throws Exception {
        Instant late = NOW.plusMillis(999);
        X509CRL crl = read(crl().clock(InstantSource.fixed(late)).revoked(BOB, late, RevocationReason.UNSPECIFIED));

        assertThat(crl.getThisUpdate()).isEqualTo(Date.from(NOW));
        assertThat(crl.getRevokedCertificate(BOB).getRevocationDate()).isEqualTo(Date.from(NOW));
    }

    @Test
    void nothing_need_say_when_the_next_one_comes() throws Exception {
        assertThat(read(crl().withoutNextUpdate()).getNextUpdate()).isNull();
        assertThat(read(crl().withoutNextUpdate().nextUpdate(NOW)).getNextUpdate())
                .isEqualTo(Date.from(NOW));
    }

    @Test
    void a_delta_names_its_base_and_can_take_a_hold_back() throws Exception {
        X509CRL delta = read(crl().number(9).delta(7).removed(ALICE, NOW));

        assertThat(delta.getExtensionValue(Extension.cRLNumber.getId())).containsExactly(4, 3, 2, 1, 9);
        assertThat(delta.getExtensionValue(Extension.deltaCRLIndicator.getId())).containsExactly(4, 3, 2, 1, 7);
        assertThat(delta.getCriticalExtensionOIDs()).containsExactly(Extension.deltaCRLIndicator.getId());
        assertThat(delta.getRevokedCertificate(ALICE).getRevocationReason()).isEqualTo(CRLReason.REMOVE_FROM_CRL);
    }

    @Test
    void a_list_says_where_its_delta_is() throws Exception {
        CRLDistPoint freshest = CRLDistPoint.getInstance(holder(crl().freshestCrl("http://ca.example/delta.crl"))
                .getExtension(Extension.freshestCRL)
                .getParsedValue());

        assertThat(freshest.getDistributionPoints()).hasSize(1);
        assertThat(freshest.toString()).contains("http://ca.example/delta.crl");
    }

    @Test
    void a_scope_is_critical_and_says_all_of_it() throws Exception {
        var point = scope(crl().distributionPoint("http://ca.example/1.crl")
                .distributionPoint("http://ca.example/2.crl")
                .onlyUserCertificates()
                .onlySomeReasons(RevocationReason.KEY_COMPROMISE, RevocationReason.AA_COMPROMISE)
                .indirect());

        assertThat(point.getDistributionPoint().toString())
                .contains("http://ca.example/1.crl", "http://ca.example/2.crl");
        assertThat(point.onlyContainsUserCerts()).isTrue();
        assertThat(point.onlyContainsCACerts()).isFalse();
        assertThat(point.onlyContainsAttributeCerts()).isFalse();
        assertThat(point.isIndirectCRL()).isTrue();
        assertThat(point.getOnlySomeReasons().intValue())
                .isEqualTo(ReasonFlags.keyCompromise | ReasonFlags.aACompromise);
        assertThat(scope(crl().onlyCaCertificates()).onlyContainsCACerts()).isTrue();
        assertThat(scope(crl().onlyAttributeCertificates()).onlyContainsAttributeCerts())
                .isTrue();
        assertThat(scope(crl().onlyCaCertificates()).getDistributionPoint()).isNull();
    }

    private static org.bouncycastle.asn1.x509.IssuingDistributionPoint scope(CrlBuilder builder) throws Exception {
        Extension extension = holder(builder).getExtension(Extension.issuingDistributionPoint);
        assertThat(extension.isCritical()).isTrue();
        return org.bouncycastle.asn1.x509.IssuingDistributionPoint.getInstance(extension.getParsedValue());
    }

    @Test
    void an_indirect_list_names_the_issuer_of_what_follows() throws Exception {
        X509CRL crl = read(crl().indirect()
                .revoked(BOB, NOW, RevocationReason.UNSPECIFIED)
                .certificateIssuer(OTHER.subject())
                .revoked(ALICE, NOW, RevocationReason.KEY_COMPROMISE)
                .revoked(BigInteger.TEN, NOW, RevocationReason.UNSPECIFIED));

        X500Principal other = OTHER.certificate().getSubjectX500Principal();
        assertThat(crl.getRevokedCertificates())
                .filteredOn(entry -> other.equals(entry.getCertificateIssuer()))
                .extracting(X509CRLEntry::getSerialNumber)
                .containsExactlyInAnyOrder(ALICE, BigInteger.TEN);
        assertThat(crl.getRevokedCertificate(BOB).getCertificateIssuer()).isNull();
    }

    @Test
    void an_extension_of_an_entry_belongs_to_the_next_one_only() throws Exception {
        X509CRL crl = read(crl().entryExtension("1.2.3.4", true, DER_NULL)
                .revoked(ALICE, NOW, RevocationReason.UNSPECIFIED)
                .revoked(BOB, NOW, RevocationReason.UNSPECIFIED));

        assertThat(crl.getRevokedCertificate(ALICE).getCriticalExtensionOIDs()).isEqualTo(Set.of("1.2.3.4"));
        assertThat(crl.getRevokedCertificate(BOB).hasExtensions()).isFalse();
    }

    @Test
    void an_unknown_and_a_malformed_extension_are_put_in() throws Exception {
        X509CRL crl = read(crl().extension("1.2.3.4", true, DER_NULL).extension("1.2.3.5", false, new byte[] {1, 2}));

        assertThat(crl.getCriticalExtensionOIDs()).containsExactly("1.2.3.4");
        assertThat(crl.getExtensionValue("1.2.3.5")).containsExactly(4, 2, 1, 2);
        byte[] broken =
                crl().extension(Extension.cRLNumber.getId(), false, DER_NULL).der();
        assertThatThrownBy(() -> read(broken)).isInstanceOf(CRLException.class);
    }

    @Test
    void what_is_there_by_default_can_be_left_out_or_replaced() throws Exception {
        assertThat(read(crl().withoutNumber()).getNonCriticalExtensionOIDs())
                .containsExactly(Extension.authorityKeyIdentifier.getId());
        assertThat(read(crl().withoutAuthorityKeyIdentifier()).getNonCriticalExtensionOIDs())
                .containsExactly(Extension.cRLNumber.getId());
        assertThat(read(crl().authorityKeyIdentifier(new byte[] {7}))
                        .getExtensionValue(Extension.authorityKeyIdentifier.getId()))
                .endsWith(1, 7);
        assertThat(read(crl().withoutNumber().number(5)).getExtensionValue(Extension.cRLNumber.getId()))
                .endsWith(1, 5);
    }

    @Test
    void version_1_has_no_extensions() throws Exception {
        X509CRL crl = read(crl().version1().delta(3).revoked(BOB, NOW, RevocationReason.UNSPECIFIED));

        assertThat(crl.getVersion()).isEqualTo(1);
        assertThat(crl.getCriticalExtensionOIDs()).isNull();
        assertThat(crl.getRevokedCertificate(BOB)).isNotNull();
    }

    @Test
    void another_name_and_another_key_can_be_given() throws Exception {
        X509CRL crl = read(crl().issuer(OTHER.subject()).signer(OTHER));

        crl.verify(OTHER.certificate().getPublicKey());
        assertThat(crl.getIssuerX500Principal()).isEqualTo(OTHER.certificate().getSubjectX500Principal());
        assertThat(crl.getExtensionValue(Extension.authorityKeyIdentifier.getId()))
                .endsWith(CA.keyIdentifier());
        assertThatThrownBy(
                        () -> read(crl().signer(OTHER)).verify(CA.certificate().getPublicKey()))
                .isInstanceOf(SignatureException.class);
    }

    @Test
    void a_signature_can_be_wrong() throws Exception {
        assertThatThrownBy(() ->
                        read(crl().corruptSignature()).verify(CA.certificate().getPublicKey()))
                .isInstanceOf(SignatureException.class);
        assertThat(read(crl().signature(new byte[] {1, 2})).getSignature()).containsExactly(1, 2);
    }

    @ParameterizedTest
    @EnumSource(names = {"P256", "P384", "P521", "ED25519", "RSA_2048", "DSA_2048"})
    void every_type_of_key_signs(KeyType type) throws Exception {
        HeldCertificate ca = HeldCertificate.root("CN=r").keyType(type).build();

        read(CrlBuilder.issuedBy(ca)).verify(ca.certificate().getPublicKey());
    }

    @Test
    void an_old_algorithm_signs_when_asked() throws Exception {
        assertThat(read(crl().signatureAlgorithm("SHA1withECDSA")).getSigAlgName())
                .isEqualTo("SHA1withECDSA");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> crl().signatureAlgorithm("SHA256withRSA").der())
                .withMessage("a key of EC cannot sign with SHA256withRSA");
    }

    @Test
    void a_name_keeps_its_bytes() throws Exception {
        DistinguishedName unsorted = DistinguishedName.ofDer(
                java.util.HexFormat.of().parseHex("3019311730080603550403130161300b06035504060c0478797a31"));

        assertThat(holder(crl().issuer(unsorted)).getIssuer().getRDNs()).hasSize(1);
        assertThat(new String(crl().issuer(unsorted).der(), StandardCharsets.ISO_8859_1))
                .contains(new String(unsorted.encoded(), StandardCharsets.ISO_8859_1));
    }

    @Test
    void pem_is_read_back() throws Exception {
        String pem = crl().pem();

        assertThat(pem).startsWith("-----BEGIN X509 CRL-----\n").endsWith("\n-----END X509 CRL-----\n");
        read(pem.getBytes(StandardCharsets.US_ASCII)).verify(CA.certificate().getPublicKey());
    }

    @Test
    void a_million_entries_cost_their_encoding() {
        CrlBuilder builder = crl();
        for (int i = 0; i < 1_000_000; i++) {
            builder.revoked(ALICE.add(BigInteger.valueOf(i)), NOW.plusSeconds(i), RevocationReason.KEY_COMPROMISE);
        }

        assertThat(builder.der().length / 1_000_000).isEqualTo(50);
    }
}
