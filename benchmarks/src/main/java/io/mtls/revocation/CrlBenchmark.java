package io.mtls.revocation;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.RevocationReason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.bouncycastle.cert.X509CRLEntryHolder;
import org.bouncycastle.cert.X509CRLHolder;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a long CRL costs. In the package of what it measures, which nobody else has a use for. */
@BenchmarkMode(Mode.AverageTime)
public class CrlBenchmark {

    /** A list of 16-byte serial numbers with reasons, 49 bytes an entry, signed by P-256 with SHA-256. */
    @State(Scope.Benchmark)
    public static class LongList {
        @Param("1000000")
        int entries = 1_000_000;

        final HeldCertificate ca = HeldCertificate.root("CN=Acme CA,O=Acme").build();

        @Nullable
        Path made;

        @Setup
        public void make() throws IOException {
            CrlBuilder builder = CrlBuilder.issuedBy(ca);
            Random random = new Random(1);
            for (int i = 0; i < entries; i++) {
                builder.revoked(serial(random), Instant.EPOCH.plusSeconds(i), RevocationReason.SUPERSEDED);
            }
            made = Files.createTempFile("mtls-benchmark", ".crl");
            Files.write(made, builder.der());
        }

        @TearDown
        public void delete() throws IOException {
            Files.delete(file());
        }

        Path file() {
            if (made == null) {
                throw new IllegalStateException("not made yet");
            }
            return made;
        }

        PublicKey key() {
            return ca.certificate().getPublicKey();
        }

        static BigInteger serial(Random random) {
            return new BigInteger(127, random).setBit(126);
        }

        CrlIndex indexed() throws CrlException {
            return CrlFile.open(file()).index(key());
        }
    }

    /** Some copies of an index, which take turns so that no cache has them, and keys that it does not have. */
    @State(Scope.Benchmark)
    public static class Indexes {
        private static final int COPIES = 8;
        static final int KEYS = 65_537; // Odd, so that each key meets each copy.

        final CrlIndex[] indexes = new CrlIndex[COPIES];
        final SerialKey[] unlisted = new SerialKey[KEYS];
        final SerialKey[] listed = new SerialKey[KEYS];
        int turn;

        @Setup
        public void read(LongList list) throws CrlException {
            for (int i = 0; i < COPIES; i++) {
                indexes[i] = list.indexed();
            }
            Random of = new Random(1);
            Random other = new Random(2);
            for (int i = 0; i < KEYS; i++) {
                listed[i] = SerialKey.of(LongList.serial(of));
                unlisted[i] = SerialKey.of(LongList.serial(other));
            }
        }
    }

    /** The list as the JDK and as BouncyCastle hold it. */
    @State(Scope.Benchmark)
    public static class Peers {
        private final Random random = new Random(2);
        private @Nullable X509CRL jdk;
        private @Nullable X509CRLHolder bouncyCastle;

        @Setup
        public void read(LongList list) throws IOException, GeneralSecurityException {
            byte[] der = Files.readAllBytes(list.file());
            jdk = (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
            bouncyCastle = new X509CRLHolder(der);
        }
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object index(LongList list) throws CrlException {
        return list.indexed();
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public Object jdkParseAndVerify(LongList list) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(list.file())) {
            X509CRL crl = (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(in);
            crl.verify(list.key());
            return crl;
        }
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public long findUnlisted(Indexes state) {
        int turn = state.turn++ & Integer.MAX_VALUE;
        return state.indexes[turn % Indexes.COPIES].find(state.unlisted[turn % Indexes.KEYS]);
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public long findListed(Indexes state) {
        int turn = state.turn++ & Integer.MAX_VALUE;
        return state.indexes[turn % Indexes.COPIES].find(state.listed[turn % Indexes.KEYS]);
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public @Nullable X509CRLEntry jdkFind(Peers peers) {
        return peers.jdk == null ? null : peers.jdk.getRevokedCertificate(LongList.serial(peers.random));
    }

    @Benchmark
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    public @Nullable X509CRLEntryHolder bouncyCastleFind(Peers peers) {
        return peers.bouncyCastle == null
                ? null
                : peers.bouncyCastle.getRevokedCertificate(LongList.serial(peers.random));
    }

    /**
     * With a number of entries: makes such a list and prints its file and that of the signer's key. With these two files,
     * so that nothing is warm: prints what three readings take, the one before always kept as during a swap, and what is
     * retained. How small a heap can be is found by {@code -Xmx}.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1) {
            LongList list = new LongList();
            list.entries = Integer.parseInt(arguments[0]);
            list.make();
            Path key = Path.of(list.file() + ".key");
            Files.write(key, list.key().getEncoded());
            System.out.println(list.file() + " " + key);
            return;
        }
        Path file = Path.of(arguments[0]);
        PublicKey signer = KeyFactory.getInstance("EC")
                .generatePublic(new X509EncodedKeySpec(Files.readAllBytes(Path.of(arguments[1]))));
        AtomicReference<@Nullable CrlIndex> inForce = new AtomicReference<>();
        for (int round = 1; round <= 3; round++) {
            long start = System.nanoTime();
            long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            inForce.set(CrlFile.open(file).index(signer));
            System.out.printf(
                    "round %d: %d ms, processor %d ms%n",
                    round,
                    (System.nanoTime() - start) / 1_000_000,
                    (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1_000_000);
        }
        long with = used();
        inForce.set(null);
        System.out.printf("retained: %.1f MB%n", (with - used()) / 1e6);
    }

    private static long used() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
