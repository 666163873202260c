package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.cert.X509CRLHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a file of a CA is changed to, the CA works, or says what is wrong and what mends it; and it never takes a
 * revocation back. {@code JAZZER_FUZZ=1} searches; the build tries the seeds. {@code @FuzzTest} has to be the last annotation
 * for the former.
 */
class CaDirectoryFuzzTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Path DIRECTORY = temporary();
    private static final Path UNFORCED = new FaultyFileSystem(FileSystems.getDefault()).path(DIRECTORY);
    private static final SettableClock CLOCK = new SettableClock(NOW);

    private static BigInteger revoked = BigInteger.ZERO;
    private static final Snapshot BASE = inUse();

    private static Path temporary() {
        try {
            Path directory = Files.createTempDirectory("mtls-ca-fuzz");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            return directory;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try {
            new Snapshot(java.util.Map.of()).restore(directory);
            Files.delete(directory);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Snapshot inUse() {
        try {
            new Snapshot(java.util.Map.of()).restore(DIRECTORY);
            CertificateAuthority ca = CertificateAuthority.create(UNFORCED, CaSettings.named("Acme"), null, CLOCK);
            ca.issue(Member.client("alice"));
            ca.issue(Member.client("carol"), CertificationRequest.parse(Requests.of(KeyType.P256.generate())));
            revoked = ca.issue(Member.client("erin")).certificate().getSerialNumber();
            ca.revoke(revoked, RevocationReason.KEY_COMPROMISE);
            ca.crl("issuing-1");
            CLOCK.advance(Duration.ofMinutes(1));
            BigInteger bob = ca.issue(Member.client("bob")).certificate().getSerialNumber();
            ca.rotateIssuing(null);
            ca.issue(Member.server("localhost"));
            ca.revoke(bob, RevocationReason.SUPERSEDED);
            Snapshot base = Snapshot.of(DIRECTORY);
            ca.crl("issuing-1");
            return base.with("crl/issuing-1.crl", Files.readAllBytes(DIRECTORY.resolve("crl/issuing-1.crl")))
                    .with("crl/issuing-1-delta.crl", Files.readAllBytes(DIRECTORY.resolve("crl/issuing-1-delta.crl")))
                    .with("crl/issuing-1-base.crl", Files.readAllBytes(DIRECTORY.resolve("crl/issuing-1-base.crl")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @MethodSource("index")
    @FuzzTest
    void any_index(byte[] content) throws IOException {
        works(BASE.with("index.txt", content));
    }

    @MethodSource("settings")
    @FuzzTest
    void any_settings(byte[] content) throws IOException {
        works(BASE.with("ca.properties", content));
    }

    @MethodSource("certificate")
    @FuzzTest
    void any_certificate(byte[] content) throws IOException {
        works(BASE.with("ca/issuing-2.crt", content));
    }

    @MethodSource("key")
    @FuzzTest
    void any_key(byte[] content) throws IOException {
        works(BASE.with("clients/alice.key", content));
    }

    @MethodSource("list")
    @FuzzTest
    void any_list(byte[] content) throws IOException {
        works(BASE.with("crl/issuing-1.crl", content));
    }

    @MethodSource("staged")
    @FuzzTest
    void any_staged_directory(byte[] name) throws IOException {
        String directory = ".staged-" + new String(name, StandardCharsets.ISO_8859_1).replaceAll("[/\0]", "");
        if (directory.length() < 200) {
            works(BASE.with(directory + "/", new byte[0])
                    .with(directory + "/clients+alice.key", new byte[] {1})
                    .with(directory + "/certificates+x.crt", new byte[] {2}));
            assertThat(Files.readString(DIRECTORY.resolve("index.txt"))).startsWith(BASE.text("index.txt"));
        }
    }

    static Stream<Arguments> index() {
        return file("index.txt");
    }

    static Stream<Arguments> settings() {
        return file("ca.properties");
    }

    static Stream<Arguments> certificate() {
        return file("ca/issuing-2.crt");
    }

    static Stream<Arguments> key() {
        return file("clients/alice.key");
    }

    static Stream<Arguments> list() {
        return file("crl/issuing-1.crl");
    }

    static Stream<Arguments> staged() {
        String index = BASE.text("index.txt");
        int length = index.length();
        String check = index.substring(length - 9, length - 1);
        return Stream.of(
                        "0-1-" + check,
                        "0-" + length + "-" + check,
                        "0-" + length + "-00000000",
                        "0-" + (length + 1) + "-" + check,
                        "0-999999999999999999-" + check,
                        (length - 10) + "-" + (length + 10) + "-" + check,
                        length + "-" + (length + 10) + "-" + check,
                        (length + 5) + "-" + (length + 10) + "-" + check,
                        "5-1-" + check,
                        "1-9999999999999999999-" + check,
                        "x")
                .map(name -> Arguments.of((Object) name.getBytes(StandardCharsets.US_ASCII)));
    }

    private static Stream<Arguments> file(String name) {
        return Stream.of(Arguments.of((Object) BASE.contents().get(name)));
    }

    @Test
    void damaged_files_end_in_a_working_ca_or_a_refusal() throws IOException {
        Random random = new Random(20261123);
        List<String> failures = new ArrayList<>();
        for (String file : BASE.files()) {
            byte[] whole = BASE.text(file).getBytes(StandardCharsets.ISO_8859_1);
            int tries = file.equals("index.txt") ? 40 : file.equals(".lock") ? 0 : 3;
            for (int i = 0; i < tries; i++) {
                byte[] damaged = damaged(whole, random);
                try {
                    works(BASE.with(file, damaged));
                } catch (RuntimeException | AssertionError e) {
                    failures.add(file + " #" + i + " -> "
                            + e.toString().lines().findFirst().orElse("")
                            + Arrays.stream(e.getStackTrace())
                                    .filter(f -> f.getClassName().startsWith("io.mtls"))
                                    .limit(3)
                                    .toList());
                }
            }
        }
        assertThat(failures).isEmpty();
    }

    private static byte[] damaged(byte[] whole, Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(whole, random.nextInt(whole.length));
            case 1 -> Arrays.copyOf(whole, whole.length + 1 + random.nextInt(100));
            case 2 -> without(whole, random.nextInt(whole.length), random.nextInt(whole.length));
            case 3 -> changed(whole, whole.length - 1, random);
            default -> changed(whole, random.nextInt(whole.length), random);
        };
    }

    private static byte[] without(byte[] whole, int one, int other) {
        int from = Math.min(one, other);
        int to = Math.max(one, other);
        byte[] without = Arrays.copyOf(whole, whole.length - (to - from));
        System.arraycopy(whole, to, without, from, whole.length - to);
        return without;
    }

    private static byte[] changed(byte[] whole, int at, Random random) {
        byte[] changed = whole.clone();
        changed[at] = (byte) random.nextInt(256);
        return changed;
    }

    private static void works(Snapshot damaged) throws IOException {
        damaged.restore(DIRECTORY);
        CertificateAuthority ca;
        try {
            ca = CertificateAuthority.open(UNFORCED, CLOCK);
        } catch (CaException e) {
            assertThat(e.mend()).isNotBlank();
            return;
        }
        refusesOr(() -> {
            assertThat(ca.find(revoked))
                    .get()
                    .matches(issued -> issued.revocation().isPresent());
            assertThat(ca.named("bob"))
                    .allMatch(issued -> issued.revocation().isPresent())
                    .isNotEmpty();
        });
        refusesOr(() -> {
            for (X509CRLHolder list :
                    List.of(list(ca.crl("issuing-1")), list(ca.deltaCrl("issuing-1")), list(ca.crl("root-1")))) {
                assertThat(list.isSignatureValid(
                                new org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder()
                                        .build(ca.certificate(
                                                list.getIssuer().toString().contains("root")
                                                        ? "root-1"
                                                        : "issuing-1"))))
                        .isTrue();
            }
            assertThat(list(ca.crl("issuing-1")).getRevokedCertificate(revoked)).isNotNull();
        });
        for (IssuedCertificate issued : ca.list()) {
            refusesOr(() -> {
                var certificate = ca.certificate(issued.serial());
                assertThat(certificate.getSerialNumber()).isEqualTo(issued.serial());
                certificate.verify(ca.certificate(issued.authority()).getPublicKey());
            });
        }
        for (String name : Set.of("alice", "carol", "localhost")) {
            refusesOr(() -> ca.held(name));
            refusesOr(() -> ca.chainPem(name));
        }
        refusesOr(ca::reminders);
        refusesOr(() -> ca.responder("issuing-2"));
        refusesOr(() -> ca.renew("alice"));
        refusesOr(() -> ca.issue(Member.client("zoe")));
        refusesOr(() -> ca.revoke(ca.named("alice").get(0).serial(), RevocationReason.SUPERSEDED));
        refusesOr(() -> ca.revokeIssuing("issuing-2", RevocationReason.SUPERSEDED, null));
        refusesOr(() -> ca.rotateIssuing(null));
        refusesOr(() -> assertThat(CertificateAuthority.open(UNFORCED, CLOCK).find(revoked))
                .isPresent());
    }

    private static X509CRLHolder list(byte[] der) throws IOException {
        return new X509CRLHolder(der);
    }

    private interface Use {
        void run() throws Exception;
    }

    private static void refusesOr(Use use) {
        try {
            use.run();
        } catch (CaException e) {
            assertThat(e.mend()).isNotBlank();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            fail("no other exception", e);
        }
    }
}
