package io.mtls.revocation;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mtls.ca.CrlBuilder;
import io.mtls.ca.DistinguishedName;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.RevocationReason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.CertificateList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile bytes end in a {@link CrlException}, or are read as the JDK reads them. {@code JAZZER_FUZZ=1} searches; the build
 * tries the seeds. {@code @FuzzTest} has to be the last annotation for the former.
 */
class CrlFuzzTest {

    private static final Instant AT = Instant.parse("2026-03-01T12:34:56Z");
    private static final HeldCertificate CA = HeldCertificate.root("CN=Acme CA").build();

    @MethodSource("lists")
    @FuzzTest
    void any_file(byte[] bytes) throws Exception {
        read(bytes);
    }

    /** With a signature that is right, so that what is read of it is compared. */
    @MethodSource("contents")
    @FuzzTest
    void any_signed_content(byte[] tbsCertList) throws Exception {
        read(signed(tbsCertList));
    }

    @Test
    void a_thousand_damaged_lists_are_refused_or_read_as_the_jdk_reads_them() throws Exception {
        Random random = new Random(20261125);
        List<byte[]> contents = contents();
        int accepted = 0;
        for (int i = 0; i < 1_000; i++) {
            byte[] damaged = contents.get(i % contents.size()).clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            accepted += read(signed(damaged)) ? 1 : 0;
        }
        if (accepted < 10) {
            throw new AssertionError("hardly anything was compared: " + accepted);
        }
    }

    static List<byte[]> lists() {
        CrlBuilder many = CrlBuilder.issuedBy(CA).thisUpdate(AT);
        for (int i = 0; i < 20; i++) {
            many.revoked(BigInteger.TEN.pow(i), AT.plusSeconds(i * 1_000_000L), RevocationReason.KEY_COMPROMISE);
        }
        byte[] all = many.der();
        return List.of(
                all,
                CrlBuilder.issuedBy(CA)
                        .thisUpdate(AT)
                        .indirect()
                        .revoked(BigInteger.ONE, AT, RevocationReason.UNSPECIFIED)
                        .certificateIssuer(DistinguishedName.parse("CN=Other,O=Acme"))
                        .revoked(BigInteger.TWO, AT, RevocationReason.KEY_COMPROMISE)
                        .entryExtension("1.2.3.4", true, new byte[] {5, 0})
                        .reason(BigInteger.TEN.negate(), AT, 8)
                        .der(),
                CrlBuilder.issuedBy(CA)
                        .version1()
                        .withoutNextUpdate()
                        .revoked(BigInteger.ONE, AT, RevocationReason.UNSPECIFIED)
                        .der(),
                many.pem().getBytes(StandardCharsets.US_ASCII));
    }

    static List<byte[]> contents() {
        return lists().stream()
                .filter(list -> list[0] == DerCursor.SEQUENCE)
                .map(list -> {
                    try {
                        return CertificateList.getInstance(list)
                                .getTBSCertList()
                                .getEncoded(ASN1Encoding.DER);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toList();
    }

    private static byte[] signed(byte[] tbsCertList) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(CA.privateKey());
        signature.update(tbsCertList);
        byte[] value = signature.sign();
        byte[] tail = HexFormat.of().parseHex("300A06082A8648CE3D04030203" + "%02X00".formatted(value.length + 1));
        int length = tbsCertList.length + tail.length + value.length;
        return ByteBuffer.allocate(length + 4)
                .put(new byte[] {0x30, (byte) 0x82})
                .putShort((short) length)
                .put(tbsCertList)
                .put(tail)
                .put(value)
                .array();
    }

    /** Whether it was accepted. */
    private static boolean read(byte[] bytes) throws IOException {
        Path path = Files.createTempFile("mtls", ".crl");
        try {
            Files.write(path, bytes);
            CrlFile file = CrlFile.open(path);
            CrlIndex index = file.index(CA.certificate().getPublicKey());
            if (bytes[0] == DerCursor.SEQUENCE) {
                compare(file, index, bytes);
            }
            return true;
        } catch (CrlException e) {
            return false; // documented
        } finally {
            Files.delete(path);
        }
    }

    private static void compare(CrlFile file, CrlIndex index, byte[] der) {
        X509CRL jdk;
        try {
            jdk = (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
        } catch (CRLException | CertificateException | RuntimeException e) {
            return; // We read what the JDK does not, such as a reason in a critical extension of a kind it does not
            // know.
        }
        expect(jdk.getIssuerX500Principal().equals(file.issuer()), "issuer");
        expect(jdk.getThisUpdate().toInstant().equals(file.thisUpdate()), "thisUpdate");
        expect((jdk.getNextUpdate() == null) == (file.nextUpdate() == null), "nextUpdate");
        Set<? extends X509CRLEntry> entries = jdk.getRevokedCertificates();
        for (X509CRLEntry entry : entries == null ? Set.<X509CRLEntry>of() : entries) {
            X500Principal issuer = entry.getCertificateIssuer();
            SerialKey serial = SerialKey.of(entry.getSerialNumber());
            long found = issuer == null ? index.find(serial) : index.find(serial, issuer);
            expect(found != CrlIndex.ABSENT, "a listed serial number");
            if (index.size() == entries.size()) { // Of those that are listed twice the JDK takes the last.
                expect(entry.getRevocationDate().toInstant().equals(CrlIndex.revokedAt(found)), "date");
            }
        }
        expect(index.size() >= (entries == null ? 0 : entries.size()), "size");
    }

    private static void expect(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("not what the JDK reads: " + what);
        }
    }
}
