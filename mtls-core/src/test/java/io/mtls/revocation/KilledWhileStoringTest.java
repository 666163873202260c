package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CaSettings;
import io.mtls.ca.CertId;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.SettableClock;
import io.mtls.revocation.RevocationStatus.Good;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed for real while it stores answers or lists, again and again: the next one starts with what was good. */
class KilledWhileStoringTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final int ROUNDS = 4;
    private static final int MEMBERS = 8;
    private static final int LISTS = 4;
    private static final int MORE_THAN_ANYBODY_WAITS_FOR = 3_000;

    @TempDir
    Path home;

    @Test
    void what_was_stored_by_a_process_that_is_killed_is_good_or_dropped() throws Exception {
        CertificateAuthority ca =
                CertificateAuthority.create(home.resolve("ca"), CaSettings.named("Acme"), null, new SettableClock(NOW));
        for (int i = 0; i < MEMBERS; i++) {
            ca.issue(Member.client("member-" + i));
        }
        Random random = new Random(20261125);
        for (int round = 0; round < ROUNDS; round++) {
            killedAfter(5 + random.nextInt(200), Worker.class);
            assertGoodOrDropped(ca);
        }
    }

    @Test
    void every_list_that_a_process_which_is_killed_had_stored_is_in_force_at_the_next_start() throws Exception {
        CertificateAuthority ca =
                CertificateAuthority.create(home.resolve("ca"), CaSettings.named("Acme"), null, new SettableClock(NOW));
        Random random = new Random(20261125);
        for (int round = 0; round < ROUNDS; round++) {
            killedAfter(LISTS + random.nextInt(200), ListWorker.class);
            assertAllListsAreInForce(ca.issuing());
        }
    }

    private void assertAllListsAreInForce(HeldCertificate issuing) throws IOException {
        List<RevocationEvent> events = new CopyOnWriteArrayList<>();
        CrlSource.Builder builder = CrlSource.builder()
                .storage(home.resolve("lists"))
                .clock(new SettableClock(NOW))
                .events(events::add);
        for (int i = 0; i < LISTS; i++) {
            builder.url(addressOf(i));
        }
        try (CrlSource source = builder.build()) {
            source.prepare(List.of(issuing.certificate()));
            for (int i = 0; i < LISTS; i++) {
                HeldCertificate client = issuing.issueClient("CN=client")
                        .crlDistributionPoint(addressOf(i).toString())
                        .build();
                assertThat(source.known(new RevocationQuery(client.certificate(), issuing.certificate()), NOW))
                        .isInstanceOf(Good.class);
            }
        }
        assertThat(events).isEmpty();
        assertThat(files(home.resolve("lists"), ""))
                .as("no half-written file is left")
                .isEqualTo(2 * LISTS);
    }

    /** Where nobody listens. */
    private static URI addressOf(int list) {
        return URI.create("http://127.0.0.1:1/" + list + ".crl");
    }

    private void killedAfter(int lines, Class<?> worker) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        worker.getName(),
                        home.toString())
                .redirectErrorStream(true)
                .start();
        int told = 0;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null) {
                assertThat(line).isEqualTo("stored");
                told++;
                if (told == lines) {
                    process.toHandle().destroyForcibly(); // leaves the pipe open
                }
                line = output.readLine();
            }
        }
        process.waitFor();
        assertThat(told).isGreaterThanOrEqualTo(lines);
    }

    private void assertGoodOrDropped(CertificateAuthority ca) throws Exception {
        List<RevocationEvent> events = new CopyOnWriteArrayList<>();
        Path answers = home.resolve("answers");
        long stored = files(answers, ".ocsp");
        long good = 0;
        try (OcspSource source = OcspSource.builder()
                .responder(URI.create("http://127.0.0.1:1/"))
                .withoutAia()
                .storage(answers)
                .clock(new SettableClock(NOW.plus(Duration.ofHours(1))))
                .events(events::add)
                .build()) {
            for (int i = 0; i < MEMBERS; i++) {
                RevocationQuery query = queryAbout(ca, "member-" + i);
                source.refresh(query).toCompletableFuture().get(30, TimeUnit.SECONDS);
                good += source.known(query, NOW.plus(Duration.ofHours(1))) instanceof Good ? 1 : 0;
            }
            assertThat(files(answers, "")).as("no half-written file is left").isEqualTo(stored);
        }
        assertThat(stored).isPositive();
        assertThat(good).isEqualTo(stored);
        assertThat(events).noneMatch(event -> event.kind() == RevocationEvent.Kind.DROPPED);
    }

    private static long files(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix)).count();
        }
    }

    private static RevocationQuery queryAbout(CertificateAuthority ca, String name) {
        return new RevocationQuery(ca.held(name).certificate(), ca.issuing().certificate());
    }

    /** Stores ever newer answers, and tells of each that it has handed over, until somebody kills it. */
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) {
            endWithWhoStartedIt();
            Path home = Path.of(arguments[0]);
            SettableClock clock = new SettableClock(NOW);
            CertificateAuthority ca = CertificateAuthority.open(home.resolve("ca"), clock);
            HeldCertificate issuing = ca.issuing();
            OcspSource source = OcspSource.builder()
                    .storage(home.resolve("answers"))
                    .clock(clock)
                    .build();
            for (int i = 0; i < MORE_THAN_ANYBODY_WAITS_FOR; i++) {
                RevocationQuery query = queryAbout(ca, "member-" + i % MEMBERS);
                CertId id = CertId.of(issuing.certificate(), query.certificate().getSerialNumber());
                clock.advance(Duration.ofSeconds(1));
                byte[] der = OcspResponseBuilder.signedBy(issuing)
                        .clock(clock)
                        .certificates()
                        .good(id)
                        .nextUpdate(NOW.plus(Duration.ofDays(1)))
                        .der();
                source.offer(query, der, clock.instant());
                tell();
            }
        }

        /** Its standard input is a pipe of the test's, which ends with the test however that ends. */
        private static void endWithWhoStartedIt() {
            Thread waiting = new Thread(() -> {
                try {
                    System.in.transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // The same as its end.
                }
                Runtime.getRuntime().halt(1);
            });
            waiting.setDaemon(true);
            waiting.start();
        }
    }

    /** Stores ever newer lists, and tells of each that it has, until somebody kills it. */
    static final class ListWorker {
        private ListWorker() {}

        public static void main(String[] arguments) throws IOException {
            Path home = Path.of(arguments[0]);
            HeldCertificate issuing = CertificateAuthority.open(home.resolve("ca"), new SettableClock(NOW))
                    .issuing();
            CrlStore store = CrlStore.in(home.resolve("lists"));
            for (int i = 0; i < MORE_THAN_ANYBODY_WAITS_FOR; i++) {
                URI address = addressOf(i % LISTS);
                byte[] der = CrlBuilder.issuedBy(issuing)
                        .thisUpdate(NOW)
                        .number(i)
                        .distributionPoint(address.toString())
                        .der();
                Path file = Files.write(store.newFile(), der);
                store.store(address, file, new CrlStore.Validators("\"" + i + "\"", ""));
                tell();
            }
        }
    }

    private static void tell() {
        byte[] line = "stored\n".getBytes(StandardCharsets.US_ASCII);
        System.out.write(line, 0, line.length); // In one write, which is not lost with the process.
        System.out.flush();
    }
}
