package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CaSettings;
import io.mtls.ca.CertId;
import io.mtls.ca.CertificateAuthority;
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

/** A process that is killed for real while it stores answers, again and again: the next one starts with what was good. */
class KilledWhileStoringTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final int ROUNDS = 4;
    private static final int MEMBERS = 8;

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
            killedAfter(5 + random.nextInt(200));
            assertGoodOrDropped(ca);
        }
    }

    private void killedAfter(int lines) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Worker.class.getName(),
                        home.toString())
                .redirectErrorStream(true)
                .start();
        int told = 0;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null) {
                assertThat(line).startsWith("offered");
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
        private static final int MORE_THAN_ANYBODY_WAITS_FOR = 3_000;

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
                byte[] line = "offered\n".getBytes(StandardCharsets.US_ASCII);
                System.out.write(line, 0, line.length); // In one write, which is not lost with the process.
                System.out.flush();
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
}
