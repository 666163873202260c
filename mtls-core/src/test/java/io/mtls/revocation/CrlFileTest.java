package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyType;
import io.mtls.ca.RevocationReason;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a list must be to be read at all. */
class CrlFileTest {

    private static final Instant AT = Instant.parse("2026-03-01T12:34:56Z");
    private static final HeldCertificate CA = HeldCertificate.root("CN=Acme CA").build();

    // A list in pieces, each of which a test may replace by something wrong.
    private static final byte[] ECDSA_SHA256 = hex("300A06082A8648CE3D040302");
    private static final byte[] ECDSA_SHA384 = hex("300A06082A8648CE3D040303");
    private static final byte[] V2 = hex("020101");
    private static final byte[] NOTHING = {};
    private static final byte[] ISSUER = new X500Principal("CN=Acme CA").getEncoded();
    private static final byte[] THIS_UPDATE = time(0x17, "260301000000Z");
    private static final byte[] NEXT_UPDATE = time(0x17, "260308000000Z");
    private static final byte[] SERIAL = hex("020105");
    private static final byte[] NO_EXTENSIONS = NOTHING;
    private static final byte[] REASON = hex("300A0603551D1504030A0101");

    @TempDir
    Path directory;

    @Test
    void the_head_and_the_extensions_are_read() throws Exception {
        CrlFile file = CrlFile.open(write(CrlBuilder.issuedBy(CA)
                .thisUpdate(AT)
                .nextUpdate(Instant.parse("2051-01-01T00:00:00Z"))
                .number(300)
                .delta(299)
                .extension("1.2.3.4", false, new byte[] {5, 0})
                .der()));

        assertThat(file.issuer()).isEqualTo(new X500Principal("CN=Acme CA"));
        assertThat(file.thisUpdate()).isEqualTo(AT);
        assertThat(file.nextUpdate()).isEqualTo("2051-01-01T00:00:00Z");
        assertThat(file.signatureAlgorithm()).isEqualTo("1.2.840.10045.4.3.2");
        assertThat(file.extension("2.5.29.20")).containsExactly(2, 2, 1, 44);
        assertThat(file.extension("2.5.29.27")).containsExactly(2, 2, 1, 43);
        assertThat(file.extension("1.2.3.4")).containsExactly(5, 0);
        assertThat(file.extension("2.5.29.28")).isNull();
        assertThat(file.criticalExtensions()).containsExactly("2.5.29.27");
        assertThat(file.index(key()).size()).isZero();
    }

    @Test
    void a_list_without_next_update_or_of_version_1_can_be_read() throws Exception {
        CrlFile file = CrlFile.open(write(CrlBuilder.issuedBy(CA)
                .version1()
                .withoutNextUpdate()
                .revoked(BigInteger.ONE, AT, RevocationReason.UNSPECIFIED)
                .der()));

        assertThat(file.nextUpdate()).isNull();
        assertThat(file.criticalExtensions()).isEmpty();
        assertThat(file.index(key()).find(SerialKey.of(BigInteger.ONE))).isNotEqualTo(CrlIndex.ABSENT);
    }

    @Test
    void pem_is_read_as_der_is() throws Exception {
        CrlBuilder builder = CrlBuilder.issuedBy(CA);
        for (int i = 0; i < 5_000; i++) {
            builder.revoked(BigInteger.valueOf(i), AT, RevocationReason.KEY_COMPROMISE);
        }
        byte[] der = builder.der();
        for (int extra = 0; extra < 3; extra++) { // Each way that base64 can end.
            String lines = Base64.getMimeEncoder()
                    .encodeToString(builder.number(1L << (8 * extra + 1)).der());
            for (String pem : List.of(pem(lines), pem(lines.replace("\r\n", "\n")), pem(lines.replace("\r\n", "")))) {
                CrlIndex index = CrlFile.open(write(pem)).index(key());

                assertThat(index.size()).isEqualTo(5_000);
                assertThat(index.find(SerialKey.of(BigInteger.valueOf(4_999)))).isNotEqualTo(CrlIndex.ABSENT);
                assertThat(index.find(SerialKey.of(BigInteger.valueOf(5_000)))).isEqualTo(CrlIndex.ABSENT);
            }
        }
        assertThat(der).hasSizeGreaterThan(CrlEntries.WINDOW_BYTES);
    }

    @Test
    void what_is_neither_der_nor_one_block_of_pem_is_refused() throws Exception {
        String pem = CrlBuilder.issuedBy(CA).pem();
        for (String wrong : List.of(
                "",
                "X",
                pem.substring(1),
                pem.replace("X509 CRL", "CERTIFICATE"),
                pem.replace("END X509 CRL", "END X509 CRx"),
                pem.replace("-----END X509 CRL-----", ""),
                pem + "x",
                pem + "\u00ff",
                pem + pem,
                pem.replaceFirst("\n", "\nAAA*"),
                pem.replaceFirst("\n", "\nA"),
                pem.replaceFirst("\n", "\nAA==\n"),
                pem.substring(0, pem.length() / 2))) {
            assertRefused(write(wrong), "");
        }
    }

    @Test
    void a_file_that_is_not_there_is_unreachable() throws Exception {
        CrlException absent =
                catchThrowableOfType(CrlException.class, () -> CrlFile.open(directory.resolve("absent.crl")));
        assertThat(absent.why()).isEqualTo(Why.UNREACHABLE);
        assertThat(absent).hasMessage("the file cannot be read: NoSuchFileException");

        Path path = write(CrlBuilder.issuedBy(CA).der());
        CrlFile file = CrlFile.open(path);
        Files.delete(path);
        CrlException gone = catchThrowableOfType(CrlException.class, () -> file.index(key()));
        assertThat(gone.why()).isEqualTo(Why.UNREACHABLE);
    }

    @Test
    void a_file_that_was_exchanged_after_it_was_opened_is_refused() throws Exception {
        byte[] before = oneEntry(1);
        byte[] after = oneEntry(2);
        Path path = write(before);
        CrlFile file = CrlFile.open(path);
        write(after);

        assertUnverifiable(catchThrowableOfType(CrlException.class, () -> file.index(key())), "the signature is wrong");

        write(Arrays.copyOf(before, 60)); // Into the entries.
        assertUnverifiable(catchThrowableOfType(CrlException.class, () -> file.index(key())), "");
    }

    private static byte[] oneEntry(int serial) {
        return CrlBuilder.issuedBy(CA)
                .thisUpdate(AT)
                .revoked(BigInteger.valueOf(serial), AT, RevocationReason.KEY_COMPROMISE)
                .der();
    }

    @Test
    void a_signature_that_is_not_the_signers_is_refused() throws Exception {
        HeldCertificate other = HeldCertificate.root("CN=Acme CA").build();
        for (byte[] der : List.of(
                CrlBuilder.issuedBy(CA).corruptSignature().der(),
                CrlBuilder.issuedBy(CA).signer(other).der(),
                CrlBuilder.issuedBy(CA).signature(new byte[0]).der(),
                CrlBuilder.issuedBy(CA).signature(new byte[64]).der(),
                CrlBuilder.issuedBy(CA).signature(hex("3006020100020100")).der())) {
            assertRefused(write(der), "the signature is wrong");
        }
    }

    @Test
    void each_byte_that_is_signed_counts() throws Exception {
        byte[] der = CrlBuilder.issuedBy(CA)
                .revoked(BigInteger.valueOf(1234567), AT, RevocationReason.KEY_COMPROMISE)
                .der();
        for (int i = 0; i < der.length; i++) {
            byte[] changed = der.clone();
            changed[i] ^= 1; // No bit is of no account, not even in the signature's own encoding.
            assertRefused(write(changed), "");
        }
    }

    @Test
    void a_list_that_is_cut_short_or_has_something_behind_it_is_refused() throws Exception {
        byte[] der = oneEntry(1);
        for (int length = 1; length < der.length; length++) {
            assertRefused(write(Arrays.copyOf(der, length)), "");
        }
        assertRefused(write(Arrays.copyOf(der, der.length + 1)), "something is left over");
    }

    @Test
    void signatures_by_each_allowed_algorithm_are_verified() throws Exception {
        for (KeyType type : List.of(KeyType.P256, KeyType.P384, KeyType.P521, KeyType.ED25519, KeyType.RSA_2048)) {
            HeldCertificate ca =
                    HeldCertificate.root("CN=Acme CA").keyType(type).build();
            assertThat(CrlFile.open(write(CrlBuilder.issuedBy(ca).der()))
                            .index(ca.certificate().getPublicKey())
                            .size())
                    .isZero();
        }
        HeldCertificate rsa =
                HeldCertificate.root("CN=Acme CA").keyType(KeyType.RSA_2048).build();
        for (String name : List.of(
                "SHA384withRSA",
                "SHA512withRSA",
                "SHA256withRSAandMGF1",
                "SHA384withRSAandMGF1",
                "SHA512withRSAandMGF1")) {
            assertThat(CrlFile.open(write(CrlBuilder.issuedBy(rsa)
                                    .signatureAlgorithm(name)
                                    .der()))
                            .index(rsa.certificate().getPublicKey())
                            .size())
                    .isZero();
        }
    }

    @Test
    void a_weak_signature_algorithm_is_refused_unless_it_was_asked_for() throws Exception {
        HeldCertificate rsa =
                HeldCertificate.root("CN=Acme CA").keyType(KeyType.RSA_2048).build();
        PublicKey key = rsa.certificate().getPublicKey();
        CrlFile sha1 = CrlFile.open(
                write(CrlBuilder.issuedBy(rsa).signatureAlgorithm("SHA1withRSA").der()));

        assertUnverifiable(
                catchThrowableOfType(CrlException.class, () -> sha1.index(key)),
                "signed with 1.2.840.113549.1.1.5, which is not allowed");
        assertThat(sha1.index(key, Set.of("1.2.840.113549.1.1.5")).size()).isZero();

        CrlFile pssWithSha1 = CrlFile.open(write(CrlBuilder.issuedBy(rsa)
                .signatureAlgorithm("SHA1withRSAandMGF1")
                .der()));
        assertUnverifiable(catchThrowableOfType(CrlException.class, () -> pssWithSha1.index(key)), "RSASSA-PSS");
    }

    @Test
    void a_key_of_another_kind_or_too_short_is_refused() throws Exception {
        HeldCertificate rsa =
                HeldCertificate.root("CN=Acme CA").keyType(KeyType.RSA_2048).build();
        CrlFile file = CrlFile.open(write(CrlBuilder.issuedBy(CA).der()));

        assertUnverifiable(
                catchThrowableOfType(
                        CrlException.class, () -> file.index(rsa.certificate().getPublicKey())),
                "SHA256withECDSA");
        var generator = java.security.KeyPairGenerator.getInstance("RSA");
        generator.initialize(512);
        PublicKey shortKey = generator.generateKeyPair().getPublic();
        assertUnverifiable(catchThrowableOfType(CrlException.class, () -> file.index(shortKey)), "too short");
    }

    @Test
    void what_the_malformed_are_made_of_is_well_formed() throws Exception {
        byte[] der = list(V2, seq(entry(SERIAL, seq(REASON))), NO_EXTENSIONS);

        CrlIndex index = CrlFile.open(write(der)).index(key());

        assertThat(CrlIndex.reason(index.find(SerialKey.of(BigInteger.valueOf(5)))))
                .isEqualTo(1);
        assertThat(CrlFile.open(write(list(V2, seq(), NO_EXTENSIONS)))
                        .index(key())
                        .size())
                .isZero(); // Should be absent, and is clear.
    }

    @Test
    void a_malformed_head_or_tail_is_refused() throws Exception {
        byte[] none = NOTHING;
        assertMalformed(list(hex("020100"), none, none), "a version other than 1 and 2");
        assertMalformed(list(hex("020102"), none, none), "a version other than 1 and 2");
        assertMalformed(list(hex("02020001"), none, none), "a version other than 1 and 2");
        assertMalformed(list(V2, none, hex("A0023000")), "extensions that are none");
        assertMalformed(list(V2, none, hex("A000")), "");
        assertMalformed(list(V2, none, hex("A003300000")), "something is left over");
        assertMalformed(list(V2, none, hex("A00230000500")), "");
        assertMalformed(list(V2, none, hex("0500")), "unexpected tag");
        assertMalformed(
                list(V2, none, hex("A01B3019300B0603551D140404020200FF300A0603551D140403020101")),
                "extensions that cannot be read"); // the same twice
        assertMalformed(list(NOTHING, none, hex("A00E300C300A0603551D140403020101")), "version 1");
        assertMalformed(
                signed(ECDSA_SHA384, V2, ECDSA_SHA256, ISSUER, THIS_UPDATE, NEXT_UPDATE),
                "two different signature algorithms");
        assertMalformed(signed(ECDSA_SHA256, V2, ECDSA_SHA256, seq(), THIS_UPDATE), "an issuer that is empty");
        assertMalformed(signed(ECDSA_SHA256, V2, ECDSA_SHA256, hex("3003310130"), THIS_UPDATE), "an issuer");
        assertMalformed(signed(hex("3000"), V2, hex("3000"), ISSUER, THIS_UPDATE), "a signature algorithm");
        byte[] longName = new X500Principal("CN=" + "x".repeat(70_000)).getEncoded();
        assertMalformed(signed(ECDSA_SHA256, V2, ECDSA_SHA256, longName, THIS_UPDATE), "longer than allowed");
        byte[] longExtension = tlv(0xA0, seq(seq(hex("06032A0304"), tlv(0x04, new byte[300_000]))));
        assertMalformed(list(V2, none, longExtension), "longer than allowed");
    }

    @Test
    void a_parameter_that_the_algorithm_does_not_have_is_refused() throws Exception {
        byte[] withNull = hex("300C06082A8648CE3D0403020500");
        assertRefused(write(signed(withNull, V2, withNull, ISSUER, THIS_UPDATE)), "parameters that it should not have");
    }

    @Test
    void a_malformed_time_is_refused() throws Exception {
        for (String utc : List.of(
                "2603010000Z",
                "260301000000",
                "260301000000+0000",
                "2603010000000",
                "260001000000Z",
                "261301000000Z",
                "260300000000Z",
                "260229000000Z",
                "260431000000Z",
                "260301240000Z",
                "260301006000Z",
                "260301000060Z",
                "26030100000 Z",
                "26:301000000Z")) {
            assertMalformed(signed(ECDSA_SHA256, V2, ECDSA_SHA256, ISSUER, time(0x17, utc)), "a time ");
            assertMalformed(list(V2, seq(seq(SERIAL, time(0x17, utc))), NO_EXTENSIONS), "a time ");
        }
        for (String generalized : List.of("20500301000000.5Z", "205003010000Z", "20500301000000")) {
            assertMalformed(
                    signed(ECDSA_SHA256, V2, ECDSA_SHA256, ISSUER, time(0x18, generalized)), "a time of a form");
        }
        assertMalformed(
                signed(ECDSA_SHA256, V2, ECDSA_SHA256, ISSUER, time(0x18, "20491231235959Z")),
                "a GeneralizedTime before 2050");
    }

    @Test
    void a_malformed_entry_is_refused() throws Exception {
        assertMalformed(list(V2, seq(seq()), NOTHING), "");
        assertMalformed(list(V2, seq(seq(SERIAL)), NOTHING), "");
        assertMalformed(list(V2, seq(hex("0500")), NOTHING), "unexpected tag");
        assertMalformed(list(V2, seq(entry(SERIAL, NOTHING), new byte[] {0x30}), NOTHING), "it ends early");
        assertMalformed(list(V2, seq(entry(hex("0200"), NOTHING)), NOTHING), "a serial number of 0 octets");
        assertMalformed(list(V2, seq(entry(hex("02020001"), NOTHING)), NOTHING), "an octet too many");
        assertMalformed(list(V2, seq(entry(hex("0202FF80"), NOTHING)), NOTHING), "an octet too many");
        byte[] serial = new byte[66];
        serial[0] = 1;
        assertMalformed(list(V2, seq(entry(tlv(2, serial), NOTHING)), NOTHING), "a serial number of 66 octets");
        assertMalformed(list(V2, hex("3080", "0000"), NOTHING), "indefinite length");
        assertMalformed(
                list(V2, seq(hex("308112", "020105", "170D"), time(0x17, "260301000000Z")), NOTHING), "minimal");
        assertMalformed(list(V2, seq(hex("30FF")), NOTHING), "a length out of bounds");
        assertMalformed(list(V2, seq(hex("3084FFFFFFFF")), NOTHING), "a length out of bounds");
        assertMalformed(list(V2, seq(hex("3005")), NOTHING), "beyond");
        byte[] large = seq(hex("06032A0304"), tlv(0x04, new byte[CrlEntries.MAX_ENTRY_BYTES]));
        assertMalformed(list(V2, seq(entry(SERIAL, seq(large))), NOTHING), "an entry of more than");
        byte[] huge = seq(hex("06032A0304"), tlv(0x04, new byte[1 << 20]));
        assertMalformed(list(V2, seq(entry(SERIAL, seq(huge))), NOTHING), "");
    }

    @Test
    void the_longest_entry_is_read_wherever_it_stands_in_what_is_read_at_a_time() throws Exception {
        int longest = 4 + CrlEntries.MAX_ENTRY_BYTES; // With tag and length.
        for (int left = longest - 5; left <= longest + 1; left++) {
            List<byte[]> entries = new ArrayList<>();
            int before = CrlEntries.WINDOW_BYTES - left;
            for (int i = 0; i < 16; i++) {
                entries.add(entryOf(before / 16 + (i == 0 ? before % 16 : 0), SERIAL));
            }
            entries.add(entryOf(longest, SERIAL));
            entries.add(entryOf(longest, SERIAL));

            CrlIndex index = CrlFile.open(write(list(V2, seq(entries.toArray(byte[][]::new)), NOTHING)))
                    .index(key());

            assertThat(index.size()).as("%d bytes left", left).isEqualTo(18);
        }
    }

    private static byte[] entryOf(int bytes, byte[] serial) {
        byte[] empty = seq(hex("06032A0304"), tlv(0x04, new byte[1_000]));
        int other = entry(serial, seq(empty)).length - 1_000;
        byte[] entry = entry(serial, seq(seq(hex("06032A0304"), tlv(0x04, new byte[bytes - other]))));
        assertThat(entry).hasSize(bytes);
        return entry;
    }

    @Test
    void malformed_entry_extensions_are_refused() throws Exception {
        assertMalformed(list(NOTHING, seq(entry(SERIAL, seq(REASON))), NOTHING), "a list of version 1");
        assertEntryExtensionRefused("", "not a list of extensions");
        assertEntryExtensionRefused("0500", "unexpected tag");
        assertEntryExtensionRefused("3000", "");
        assertEntryExtensionRefused("300A0603551D1504030A0101" + "300A0603551D1504030A0101", "there twice");
        assertEntryExtensionRefused("300D0603551D1501010104030A0101", "neither true nor false");
        assertEntryExtensionRefused("300E0603551D150102FFFF04030A0101", "");
        assertEntryExtensionRefused("300A0603551D150403020101", "unexpected tag");
        assertEntryExtensionRefused("300A0603551D1504030A0180", "a reason that is no code");
        assertEntryExtensionRefused("300B0603551D1504040A020101", "a reason that is no code");
        assertEntryExtensionRefused("300B0603551D1504040A010100", "a reason that is no code");
        assertEntryExtensionRefused("300C0603551D1504030A01010500", "behind an extension's value");
        assertEntryExtensionRefused("30090603551D1D04023000", "a certificate issuer");
        assertEntryExtensionRefused("300D0603551D1D0406300482026162", "without a directory name");
        assertEntryExtensionRefused("300F0603551D1D04083006A4023000A400", "a certificate issuer that cannot be read");
        assertEntryExtensionRefused("30110603551D1D040A3008A4023000A4023000", "an entry of two issuers");
        assertMalformed(
                list(V2, seq(entry(SERIAL, concat(seq(REASON), hex("0500")))), NOTHING), "not a list of extensions");
    }

    /** By anybody: they are read before the signature is verified. */
    @Test
    void what_becomes_an_object_for_each_entry_is_bounded() throws Exception {
        ByteArrayOutputStream issuers = new ByteArrayOutputStream();
        for (int i = 0; i <= CrlEntries.MAX_ISSUERS; i++) {
            byte[] name = new X500Principal("CN=" + i).getEncoded();
            byte[] extension = seq(hex("0603551D1D", "0101FF"), tlv(4, seq(tlv(0xA4, name))));
            issuers.writeBytes(entry(SERIAL, seq(extension)));
        }
        assertMalformed(list(V2, seq(issuers.toByteArray()), NOTHING), "more than 4096 certificate issuers");

        ByteArrayOutputStream serials = new ByteArrayOutputStream();
        for (int i = 0; i <= CrlIndex.MAX_TOO_LONG; i++) {
            byte[] octets = ByteBuffer.allocate(21).put((byte) 1).putInt(i).array();
            serials.writeBytes(entry(tlv(2, octets), NOTHING));
        }
        assertRefused(
                write(list(V2, seq(serials.toByteArray()), NOTHING)),
                "more than 262144 serial numbers of more than 20 octets");
    }

    /** Who is between us and a CRL server could else fill our memory with lists that nobody has signed. */
    @Test
    void a_list_that_nobody_has_signed_takes_no_memory_for_its_entries() throws Exception {
        int count = 200_000;
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            byte[] octets = ByteBuffer.allocate(16).put((byte) 1).putInt(i).array();
            entries.writeBytes(entry(tlv(2, octets), NOTHING));
        }
        byte[] der = list(V2, seq(entries.toByteArray()), NOTHING);
        der[der.length - 1] ^= 1;
        CrlFile file = CrlFile.open(write(der));
        var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

        long before = thread.getCurrentThreadAllocatedBytes();
        CrlException refused = catchThrowableOfType(CrlException.class, () -> file.index(key()));
        long allocated = thread.getCurrentThreadAllocatedBytes() - before;

        assertUnverifiable(refused, "the signature is wrong");
        assertThat(allocated).isLessThan(count * 10L);
    }

    private void assertEntryExtensionRefused(String extensions, String message) throws Exception {
        assertMalformed(list(V2, seq(entry(SERIAL, seq(hex(extensions)))), NOTHING), message);
    }

    private void assertMalformed(byte[] der, String message) throws Exception {
        CrlException refused = assertRefused(write(der), message);
        assertThat(refused).hasMessageStartingWith("malformed list: ");
    }

    private CrlException assertRefused(Path file, String message) {
        CrlException refused = catchThrowableOfType(
                CrlException.class, () -> CrlFile.open(file).index(key()));
        assertUnverifiable(refused, message);
        return refused;
    }

    private static void assertUnverifiable(CrlException refused, String message) {
        assertThat(refused).isNotNull().hasMessageContaining(message);
        assertThat(refused.why()).isEqualTo(Why.UNVERIFIABLE);
    }

    private static PublicKey key() {
        return CA.certificate().getPublicKey();
    }

    private static byte[] list(byte[] version, byte[] entries, byte[] extensions) throws Exception {
        return signed(ECDSA_SHA256, version, ECDSA_SHA256, ISSUER, THIS_UPDATE, NEXT_UPDATE, entries, extensions);
    }

    private static byte[] signed(byte[] outerAlgorithm, byte[]... content) throws Exception {
        byte[] tbs = seq(content);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(CA.privateKey());
        signature.update(tbs);
        return seq(tbs, outerAlgorithm, tlv(0x03, new byte[1], signature.sign()));
    }

    private static byte[] entry(byte[] serial, byte[] extensions) {
        return seq(serial, THIS_UPDATE, extensions);
    }

    private static byte[] time(int tag, String text) {
        return tlv(tag, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] seq(byte[]... parts) {
        return tlv(0x30, parts);
    }

    private static byte[] tlv(int tag, byte[]... parts) {
        byte[] content = concat(parts);
        int length = content.length;
        byte[] head = length < 0x80
                ? new byte[] {(byte) tag, (byte) length}
                : length < 0x100
                        ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                        : length < 0x10000
                                ? new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length}
                                : new byte[] {
                                    (byte) tag, (byte) 0x83, (byte) (length >> 16), (byte) (length >> 8), (byte) length
                                };
        return concat(head, content);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] hex(String... digits) {
        return HexFormat.of().parseHex(String.join("", digits));
    }

    private static String pem(String base64) {
        return "-----BEGIN X509 CRL-----\n" + base64 + "\n-----END X509 CRL-----\n";
    }

    private Path write(byte[] bytes) throws Exception {
        return Files.write(directory.resolve("a.crl"), bytes);
    }

    private Path write(String text) throws Exception {
        return write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
