package io.mtls.revocation;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.RevocationReason;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.ReasonFlags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What lists and certificates say of which list is about which certificate. Hostile bytes end in a {@link CrlException}, or
 * in a certificate that no list is about; and whatever is read keeps its bounds. {@code JAZZER_FUZZ=1} searches.
 */
class CrlScopeFuzzTest {

    private static final Instant AT = Instant.parse("2026-03-01T12:34:56Z");
    private static final HeldCertificate CA = HeldCertificate.root("CN=Acme CA").build();
    private static final X509Certificate ALICE =
            CA.issueClient("CN=alice").build().certificate();

    private static final String DISTRIBUTION_POINTS = "2.5.29.31";
    private static final String FRESHEST = "2.5.29.46";

    /** Number, delta indicator, issuing distribution point, authority key identifier, freshest CRL. */
    private static final List<String> OF_LISTS = List.of("2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.35", FRESHEST);

    /** @param input which extension, and its value */
    @MethodSource("extensionsOfLists")
    @FuzzTest
    void any_extension_of_a_list(byte[] input) throws IOException {
        readList(input);
    }

    @MethodSource("distributionPoints")
    @FuzzTest
    void any_distribution_points_of_a_certificate(byte[] value) {
        readCertificate(value);
    }

    @Test
    void three_hundred_damaged_extensions_are_refused_or_read_within_bounds() throws IOException {
        Random random = new Random(20261125);
        int read = 0;
        for (int i = 0; i < 150; i++) {
            List<byte[]> ofLists = extensionsOfLists();
            List<byte[]> ofCertificates = distributionPoints();
            read += readList(damaged(ofLists.get(i % ofLists.size()), random)) ? 1 : 0;
            read += readCertificate(damaged(ofCertificates.get(i % ofCertificates.size()), random)) ? 1 : 0;
        }
        expect(read > 10 && read < 290, "some of each: " + read);
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] damaged = whole.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        return damaged;
    }

    static List<byte[]> extensionsOfLists() throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (CrlBuilder list : List.of(
                CrlBuilder.issuedBy(CA).number(7).delta(5).freshestCrl("http://localhost/delta"),
                CrlBuilder.issuedBy(CA).distributionPoint("http://localhost/1").onlyUserCertificates(),
                CrlBuilder.issuedBy(CA).indirect().onlySomeReasons(RevocationReason.KEY_COMPROMISE))) {
            Path path = Files.createTempFile("mtls", ".crl");
            try {
                CrlFile file = CrlFile.open(Files.write(path, list.der()));
                for (int i = 0; i < OF_LISTS.size(); i++) {
                    byte[] value = file.extension(OF_LISTS.get(i));
                    if (value != null) {
                        all.add(withFirst(i, value));
                    }
                }
            } catch (CrlException e) {
                throw new IllegalStateException(e);
            } finally {
                Files.delete(path);
            }
        }
        all.add(withFirst(
                2, HexFormat.of().parseHex("3010A00EA10C300A060355040A0C0341636D"))); // relative to its issuer
        all.add(withFirst(2, nested(100)));
        return all;
    }

    static List<byte[]> distributionPoints() throws IOException {
        GeneralNames uris = new GeneralNames(new GeneralName[] {
            new GeneralName(GeneralName.uniformResourceIdentifier, "http://localhost/1"),
            new GeneralName(GeneralName.uniformResourceIdentifier, "ldap://localhost/2"),
            new GeneralName(GeneralName.uniformResourceIdentifier, "http:// no address"),
            new GeneralName(GeneralName.uniformResourceIdentifier, "https://localhost/3"),
            new GeneralName(GeneralName.uniformResourceIdentifier, "https://localhost/4"),
        });
        GeneralNames crlIssuer = new GeneralNames(new GeneralName(GeneralName.directoryName, "CN=CRLs,O=Acme"));
        DistributionPointName name = new DistributionPointName(uris);
        DistributionPoint[] many = new DistributionPoint[20];
        Arrays.fill(many, new DistributionPoint(name, null, null));
        ASN1EncodableVector points = new ASN1EncodableVector();
        points.add(new DistributionPoint(name, new ReasonFlags(ReasonFlags.keyCompromise), null));
        points.add(new DistributionPoint(null, null, crlIssuer));
        return List.of(
                new CRLDistPoint(many).getEncoded(),
                new DERSequence(points).getEncoded(),
                new byte[] {0x30, 0},
                nested(100));
    }

    /** Sequences of sequences, deeper than any parser should follow. */
    private static byte[] nested(int depth) {
        byte[] inner = {};
        for (int i = 0; i < depth; i++) {
            byte[] header = inner.length < 128
                    ? new byte[] {0x30, (byte) inner.length}
                    : new byte[] {0x30, (byte) 0x82, (byte) (inner.length >> 8), (byte) inner.length};
            byte[] outer = Arrays.copyOf(header, header.length + inner.length);
            System.arraycopy(inner, 0, outer, header.length, inner.length);
            inner = outer;
        }
        return inner;
    }

    private static byte[] withFirst(int first, byte[] rest) {
        byte[] all = new byte[rest.length + 1];
        all[0] = (byte) first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    /** Whether it was accepted. */
    private static boolean readList(byte[] input) throws IOException {
        if (input.length == 0) {
            return false;
        }
        String oid = OF_LISTS.get(Math.floorMod(input[0], OF_LISTS.size()));
        byte[] value = Arrays.copyOfRange(input, 1, input.length);
        Path path = Files.createTempFile("mtls", ".crl");
        try {
            Files.write(
                    path,
                    CrlBuilder.issuedBy(CA)
                            .thisUpdate(AT)
                            .extension(oid, (input[0] & 0x80) != 0, value)
                            .der());
            CrlHead head = CrlHead.of(CrlFile.open(path));
            expectAddresses(CertificateScope.bounded(head.deltas()), 4);
            expect((head.reasons() & ~CrlHead.ALL_REASONS) == 0, "reasons that there are");
            expect(head.number() == null || head.number().bitLength() <= 160, "a CRL number of 20 octets");
            expect(!head.isOlderThan(head) && !head.isNewerThan(head), "as old as itself");
            expect(head.understood(), "no extension here is unknown");
            int covered = new CertificateScope(ALICE).reasonsCoveredBy(head);
            expect((covered & ~head.reasons()) == 0, "no more reasons than the list has");
            expect(covered == 0 || (!head.onlyAttributes() && !head.onlyAuthorities()), "a list of its kind");
            boolean unused = CrlSigner.of(CA.certificate()).isOtherThanNamedBy(head);
            return true;
        } catch (CrlException e) {
            return false; // documented
        } finally {
            Files.delete(path);
        }
    }

    /** Whether it was accepted. */
    private static boolean readCertificate(byte[] value) {
        boolean readable = true;
        for (String oid : List.of(DISTRIBUTION_POINTS, FRESHEST)) {
            X509Certificate certificate = CA.issueClient("CN=alice")
                    .extension(oid, false, value)
                    .build()
                    .certificate();
            CertificateScope scope = new CertificateScope(certificate);
            expectAddresses(scope.addresses(), 4);
            expect(scope.crlIssuers().contains(CA.certificate().getSubjectX500Principal()), "its issuer's own lists");
            int covered = scope.reasonsCoveredBy(completeList());
            expect(
                    covered == (scope.isReadable() ? CrlHead.ALL_REASONS : 0),
                    "a list of everything is about it, or none");
            expect(scope.isReadable() || scope.addresses().isEmpty(), "nothing from what cannot be read");
            readable &= scope.isReadable();
        }
        return readable;
    }

    private static CrlHead completeList() {
        return new CrlHead(
                CA.certificate().getSubjectX500Principal(),
                AT,
                AT.plusSeconds(60),
                null,
                null,
                ByteBuffer.allocate(0),
                Set.of(),
                false,
                false,
                false,
                false,
                CrlHead.ALL_REASONS,
                true,
                null,
                List.of());
    }

    private static void expectAddresses(List<List<URI>> addresses, int max) {
        expect(addresses.size() <= max, "no more than a few places");
        for (List<URI> alternatives : addresses) {
            expect(!alternatives.isEmpty() && alternatives.size() <= 2, "no more than a few alternatives");
            expect(alternatives.stream().allMatch(HttpFetcher::isAllowed), "http or https");
        }
    }

    private static void expect(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
