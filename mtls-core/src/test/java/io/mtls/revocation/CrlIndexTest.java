package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.DistinguishedName;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.RevocationReason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CRLReason;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERUTCTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What the index finds, beside what the JDK's {@code X509CRL} finds in the same bytes. */
class CrlIndexTest {

    private static final Path PKITS = Path.of(System.getProperty("mtls.vectors", "absent"), "pkits.json");
    private static final Instant AT = Instant.parse("2026-03-01T12:34:56Z");
    private static final HeldCertificate CA = HeldCertificate.root("CN=Acme CA").build();
    private static final Set<String> PKITS_ALGORITHMS = Set.of("1.2.840.113549.1.1.5", "1.2.840.10040.4.3");

    @TempDir
    Path directory;

    @Test
    void random_lists_say_what_the_jdk_says() throws Exception {
        Random random = new Random(20260301);
        for (int size : new int[] {0, 1, 2, 3, 10, 100, 1_000, 20_000}) {
            CrlBuilder builder = CrlBuilder.issuedBy(CA);
            Set<BigInteger> serials = new HashSet<>();
            while (serials.size() < size) {
                BigInteger serial = randomSerial(random);
                if (serials.add(serial)) {
                    Instant at = AT.minusSeconds(random.nextInt(1_000_000_000));
                    int code = random.nextInt(12) - 1;
                    if (code == 0 || code == 7 || code < 0) {
                        builder.revoked(serial, at, RevocationReason.UNSPECIFIED);
                    } else {
                        builder.reason(serial, at, code);
                    }
                }
            }

            byte[] der = builder.der();
            CrlIndex index = index(der);

            assertThat(index.size()).isEqualTo(size);
            assertSameAsJdk(index, der);
            for (int i = 0; i < 1_000; i++) {
                BigInteger serial = randomSerial(random);
                assertThat(index.find(SerialKey.of(serial)) != CrlIndex.ABSENT).isEqualTo(serials.contains(serial));
            }
        }
    }

    private static BigInteger randomSerial(Random random) {
        BigInteger magnitude =
                switch (random.nextInt(6)) { // All of them: bounds of one column of the index, or close to one.
                    case 0 -> BigInteger.valueOf(random.nextInt(1 << 20));
                    case 1 -> new BigInteger(64, random);
                    case 2 -> new BigInteger(128, random);
                    case 3 -> BigInteger.ONE.shiftLeft(120).add(BigInteger.valueOf(random.nextInt(1 << 20)));
                    case 4 -> new BigInteger(160, random);
                    default -> new BigInteger(8 * CrlEntries.MAX_SERIAL_OCTETS - 1, random);
                };
        return random.nextInt(8) == 0 ? magnitude.negate() : magnitude;
    }

    @Test
    void neighbours_of_a_listed_serial_number_are_not_listed() throws Exception {
        for (int bits : new int[] {0, 1, 7, 8, 31, 63, 64, 127, 128, 158, 159, 160, 161, 300}) {
            for (BigInteger listed : List.of(
                    BigInteger.ONE.shiftLeft(bits),
                    BigInteger.ONE.shiftLeft(bits).negate(),
                    BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE))) {
                CrlIndex index = index(CrlBuilder.issuedBy(CA)
                        .revoked(listed, AT, RevocationReason.KEY_COMPROMISE)
                        .der());

                assertThat(index.find(SerialKey.of(listed))).isNotEqualTo(CrlIndex.ABSENT);
                for (int bit = 0; bit < 320; bit++) {
                    assertAbsent(index, listed.flipBit(bit));
                    if (bit > listed.bitLength()) {
                        assertAbsent(index, listed.add(BigInteger.ONE.shiftLeft(bit)));
                        assertAbsent(index, listed.subtract(BigInteger.ONE.shiftLeft(bit)));
                    }
                }
                if (listed.signum() != 0) {
                    assertAbsent(index, listed.negate());
                }
            }
        }
    }

    private static void assertAbsent(CrlIndex index, BigInteger serial) {
        assertThat(index.find(SerialKey.of(serial))).as("%x", serial).isEqualTo(CrlIndex.ABSENT);
    }

    @Test
    void a_bucket_into_which_the_issuer_put_all_is_sorted_and_searched_like_any_other() throws Exception {
        CrlBuilder builder = CrlBuilder.issuedBy(CA);
        List<BigInteger> serials = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            serials.add(serialOfOrder(7, (i * 0x9E3779B97F4A7C15L) >>> 1));
            builder.revoked(serials.get(i), AT.plusSeconds(i), RevocationReason.SUPERSEDED);
        }

        CrlIndex index = index(builder.der());

        for (int i = 0; i < serials.size(); i++) {
            assertThat(CrlIndex.revokedAt(index.find(SerialKey.of(serials.get(i)))))
                    .isEqualTo(AT.plusSeconds(i));
        }
        assertAbsent(index, serialOfOrder(7, 1));
    }

    /** Of four buckets, by the first two bits; each number is of the bucket that an entry of the file belongs to. */
    @Test
    void a_second_reading_that_differs_from_the_first_makes_no_index() throws Exception {
        assertThat(indexOfReadings(List.of(0, 1, 3), List.of(3, 0, 1)).size()).isEqualTo(3);

        for (List<Integer> second : List.of(
                List.of(0, 1), // one is missing
                List.of(0, 1, 3, 3), // one too many
                List.of(0, 1, 2), // one belongs elsewhere
                List.of(1, 0, 0))) { // one is put in the place of another, and one behind all is missing
            assertThatThrownBy(() -> indexOfReadings(List.of(0, 1, 3), second))
                    .as("%s", second)
                    .isInstanceOf(CrlException.class)
                    .hasMessageContaining("the file has changed while it was read");
        }
    }

    private static CrlIndex indexOfReadings(List<Integer> first, List<Integer> second) throws Exception {
        CrlIndex.Builder builder = new CrlIndex.Builder(4 * 4 * 48);
        try (CrlEntries entries = entriesOfBuckets(first)) {
            while (entries.next()) {
                builder.count(entries);
            }
        }
        builder.allCounted();
        try (CrlEntries entries = entriesOfBuckets(second)) {
            while (entries.next()) {
                builder.put(entries);
            }
            return builder.build(entries);
        }
    }

    private static CrlEntries entriesOfBuckets(List<Integer> buckets) throws Exception {
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        for (int i = 0; i < buckets.size(); i++) {
            byte[] serial = new ASN1Integer(serialOfOrder(((long) buckets.get(i) << 62) + i, i)).getEncoded();
            byte[] time = new DERUTCTime("260301123456Z").getEncoded();
            der.write(new byte[] {DerCursor.SEQUENCE, (byte) (serial.length + time.length)});
            der.write(serial);
            der.write(time);
        }
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initVerify(CA.certificate().getPublicKey());
        return new CrlEntries(
                new ByteArrayInputStream(der.toByteArray()),
                der.size(),
                0,
                CA.certificate().getSubjectX500Principal(),
                true,
                signature);
    }

    /** Undoes the mixing, for which nobody but a test has a use. */
    private static BigInteger serialOfOrder(long order, long rest) {
        long low = order ^ SerialKey.order(rest, 0) ^ 0; // order(high, 0) is mix(high): mix(0) is 0
        long high = rest ^ SerialKey.rest(0, low);
        BigInteger serial = new BigInteger(Long.toUnsignedString(high))
                .shiftLeft(64)
                .add(new BigInteger(Long.toUnsignedString(low)));
        assertThat(SerialKey.of(serial).order()).isEqualTo(order);
        assertThat(SerialKey.of(serial).rest()).isEqualTo(rest);
        return serial;
    }

    @Test
    void of_a_serial_number_that_is_listed_twice_the_more_careful_entry_counts() throws Exception {
        for (BigInteger serial : List.of(BigInteger.TEN, BigInteger.TEN.pow(60))) {
            long found = index(CrlBuilder.issuedBy(CA)
                            .removed(serial, AT)
                            .revoked(serial, AT.plusSeconds(5), RevocationReason.SUPERSEDED)
                            .revoked(serial, AT.plusSeconds(3), RevocationReason.KEY_COMPROMISE)
                            .removed(serial, AT.minusSeconds(3))
                            .der())
                    .find(SerialKey.of(serial));

            assertThat(CrlIndex.revokedAt(found)).isEqualTo(AT.plusSeconds(3));
            assertThat(CrlIndex.reason(found)).isEqualTo(1);
        }
    }

    @Test
    void an_entry_that_removes_is_found_as_one() throws Exception {
        long found = index(CrlBuilder.issuedBy(CA)
                        .delta(1)
                        .removed(BigInteger.TEN, AT)
                        .der())
                .find(SerialKey.of(BigInteger.TEN));

        assertThat(CrlIndex.reason(found)).isEqualTo(CrlReason.REMOVE_FROM_CRL);
        assertThat(CrlIndex.revokedAt(found)).isEqualTo(AT);
    }

    @Test
    void an_entry_without_a_reason_has_none() throws Exception {
        long found = index(CrlBuilder.issuedBy(CA)
                        .revoked(BigInteger.ZERO, AT, RevocationReason.UNSPECIFIED)
                        .der())
                .find(SerialKey.of(BigInteger.ZERO));

        assertThat(CrlIndex.reason(found)).isEqualTo(-1);
    }

    @Test
    void dates_are_kept_to_the_second_until_2085() throws Exception {
        Map<String, String> kept = Map.of(
                "1950-01-01T00:00:00Z", "1950-01-01T00:00:00Z",
                "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z",
                "2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z",
                "2049-12-31T23:59:59Z", "2049-12-31T23:59:59Z",
                "2050-01-01T00:00:00Z", "2050-01-01T00:00:00Z",
                "2086-02-06T06:28:15Z", "2086-02-06T06:28:15Z",
                "2086-02-06T06:28:16Z", "2086-02-06T06:28:15Z",
                "9999-12-31T23:59:59Z", "2086-02-06T06:28:15Z");
        for (Map.Entry<String, String> date : kept.entrySet()) {
            long found = index(CrlBuilder.issuedBy(CA)
                            .revoked(BigInteger.ONE, Instant.parse(date.getKey()), RevocationReason.UNSPECIFIED)
                            .der())
                    .find(SerialKey.of(BigInteger.ONE));
            assertThat(CrlIndex.revokedAt(found)).isEqualTo(date.getValue());
        }
    }

    @Test
    void an_indirect_list_keeps_issuers_apart() throws Exception {
        byte[] der = CrlBuilder.issuedBy(CA)
                .indirect()
                .revoked(BigInteger.ONE, AT, RevocationReason.KEY_COMPROMISE)
                .certificateIssuer(DistinguishedName.parse("CN=Other"))
                .revoked(BigInteger.TWO, AT, RevocationReason.SUPERSEDED)
                .revoked(BigInteger.TEN.pow(60), AT, RevocationReason.SUPERSEDED)
                .certificateIssuer(DistinguishedName.parse("CN=Third"))
                .revoked(BigInteger.TWO, AT, RevocationReason.CA_COMPROMISE)
                .der();

        CrlIndex index = index(der);

        assertThat(index.listsOtherIssuers()).isTrue();
        assertThat(index.hasUnknownCriticalEntryExtension()).isFalse();
        X500Principal other = new X500Principal("cn=OTHER");
        assertThat(index.find(SerialKey.of(BigInteger.TWO))).isEqualTo(CrlIndex.ABSENT);
        assertThat(index.find(SerialKey.of(BigInteger.ONE), other)).isEqualTo(CrlIndex.ABSENT);
        assertThat(index.find(SerialKey.of(BigInteger.TEN.pow(60)))).isEqualTo(CrlIndex.ABSENT);
        assertThat(index.find(SerialKey.of(BigInteger.TWO), new X500Principal("CN=Nobody")))
                .isEqualTo(CrlIndex.ABSENT);
        assertThat(CrlIndex.reason(index.find(SerialKey.of(BigInteger.TWO), other)))
                .isEqualTo(4);
        assertSameAsJdk(index, der);
    }

    @Test
    void an_issuer_that_is_the_lists_own_is_no_other() throws Exception {
        CrlIndex index = index(CrlBuilder.issuedBy(CA)
                .certificateIssuer(DistinguishedName.parse("CN=Acme CA"))
                .revoked(BigInteger.ONE, AT, RevocationReason.KEY_COMPROMISE)
                .der());

        assertThat(index.listsOtherIssuers()).isFalse();
        assertThat(index.find(SerialKey.of(BigInteger.ONE))).isNotEqualTo(CrlIndex.ABSENT);
    }

    @Test
    void an_unknown_critical_entry_extension_is_told_of() throws Exception {
        assertThat(withEntryExtension("1.2.3.4", true).hasUnknownCriticalEntryExtension())
                .isTrue();
        assertThat(withEntryExtension("2.5.29.22", true).hasUnknownCriticalEntryExtension())
                .isTrue();
        assertThat(withEntryExtension("1.2.3.4", false).hasUnknownCriticalEntryExtension())
                .isFalse();
        assertThat(withEntryExtension("2.5.29.24", true).hasUnknownCriticalEntryExtension())
                .isFalse();
    }

    private CrlIndex withEntryExtension(String oid, boolean critical) throws Exception {
        return index(CrlBuilder.issuedBy(CA)
                .entryExtension(oid, critical, new byte[] {5, 0})
                .revoked(BigInteger.ONE, AT, RevocationReason.KEY_COMPROMISE)
                .revoked(BigInteger.TWO, AT, RevocationReason.KEY_COMPROMISE)
                .der());
    }

    @Test
    void each_list_of_pkits_says_what_the_jdk_says() throws Exception {
        assumeTrue(Files.exists(PKITS), "PKITS is not here: " + PKITS);
        Map<X500Principal, Set<PublicKey>> keys = new HashMap<>();
        Set<String> lists = new HashSet<>();
        for (JsonNode testCase :
                new ObjectMapper().readTree(Files.readAllBytes(PKITS)).get("cases")) {
            for (String group : List.of("intermediates", "anchors")) {
                for (JsonNode der : testCase.path(group)) {
                    X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(
                                    new ByteArrayInputStream(Base64.getDecoder().decode(der.asString())));
                    keys.computeIfAbsent(certificate.getSubjectX500Principal(), name -> new HashSet<>())
                            .add(certificate.getPublicKey());
                }
            }
            testCase.path("crls").forEach(der -> lists.add(der.asString()));
        }
        int read = 0;
        List<String> refused = new ArrayList<>();
        for (String list : lists) {
            byte[] der = Base64.getDecoder().decode(list);
            X509CRL jdk = jdk(der);
            for (PublicKey key : keys.getOrDefault(jdk.getIssuerX500Principal(), Set.of())) {
                boolean verifies = verifies(jdk, key);
                try {
                    CrlFile file = CrlFile.open(write(der)); // The one of 4.4.4 ends here: its signature has 2047 bits.
                    assertThat(file.issuer()).isEqualTo(jdk.getIssuerX500Principal());
                    assertThat(file.thisUpdate()).isEqualTo(jdk.getThisUpdate().toInstant());
                    assertThat(file.nextUpdate()).isEqualTo(jdk.getNextUpdate().toInstant());
                    assertThat(file.criticalExtensions())
                            .isEqualTo(Objects.requireNonNullElse(jdk.getCriticalExtensionOIDs(), Set.of()));
                    CrlIndex index = file.index(key, PKITS_ALGORITHMS);
                    assertThat(verifies).isTrue();
                    assertSameAsJdk(index, der);
                    read++;
                } catch (CrlException e) {
                    if (verifies) {
                        refused.add(jdk.getIssuerX500Principal() + ": " + e.getMessage());
                    }
                }
            }
        }
        assertThat(refused).isEmpty();
        assertThat(read).isGreaterThan(100);
    }

    private static boolean verifies(X509CRL crl, PublicKey key) {
        try {
            crl.verify(key);
            return true;
        } catch (Exception e) {
            return false;
        }
    }

    private void assertSameAsJdk(CrlIndex index, byte[] der) throws Exception {
        X509CRL jdk = jdk(der);
        Set<? extends X509CRLEntry> entries = jdk.getRevokedCertificates();
        if (entries == null) {
            assertThat(index.size()).isZero();
            return;
        }
        assertThat(index.size()).isEqualTo(entries.size());
        for (X509CRLEntry entry : entries) {
            X500Principal issuer = entry.getCertificateIssuer();
            SerialKey serial = SerialKey.of(entry.getSerialNumber());
            long found = issuer == null ? index.find(serial) : index.find(serial, issuer);
            assertThat(found).isNotEqualTo(CrlIndex.ABSENT);
            assertThat(CrlIndex.revokedAt(found))
                    .isEqualTo(entry.getRevocationDate().toInstant());
            assertThat(CrlIndex.reason(found))
                    .isEqualTo(
                            entry.getRevocationReason() == null
                                    ? -1
                                    : List.of(CRLReason.values()).indexOf(entry.getRevocationReason()));
        }
    }

    private CrlIndex index(byte[] der) throws Exception {
        return CrlFile.open(write(der)).index(CA.certificate().getPublicKey());
    }

    private Path write(byte[] der) throws Exception {
        return Files.write(directory.resolve("a.crl"), der);
    }

    private static X509CRL jdk(byte[] der) throws Exception {
        return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
    }
}
