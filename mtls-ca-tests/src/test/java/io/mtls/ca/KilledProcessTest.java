package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bouncycastle.cert.X509CRLHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed for real, again and again: what it told is there. {@link CrashTest} is about every point of it. */
class KilledProcessTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final int ROUNDS = 4;

    @TempDir
    Path home;

    @Test
    void what_was_confirmed_by_a_process_that_is_killed_is_there() throws Exception {
        Path directory = home.resolve("ca");
        Random random = new Random(20261123);
        List<String> confirmed = new ArrayList<>();
        CertificateAuthority.create(directory, CaSettings.named("Acme"), null, new SettableClock(NOW));

        for (int round = 1; round <= ROUNDS; round++) {
            confirmed.addAll(killedAfter(directory, 5 + random.nextInt(40), "r" + round));
            assertAreThere(directory, confirmed);
        }
    }

    /** What the process told before it was killed, and in the moment of it. */
    private static List<String> killedAfter(Path directory, int lines, String prefix)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Worker.class.getName(),
                        directory.toString(),
                        prefix)
                .redirectErrorStream(true)
                .start();
        List<String> told = new ArrayList<>();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null) {
                told.add(line);
                if (told.size() == lines) {
                    process.toHandle().destroyForcibly(); // leaves the pipe open
                }
                line = output.readLine();
            }
        }
        process.waitFor();
        assertThat(told).hasSizeGreaterThanOrEqualTo(lines).allMatch(line -> line.endsWith("."));
        return told;
    }

    private static void assertAreThere(Path directory, List<String> confirmed) throws IOException {
        CertificateAuthority ca = CertificateAuthority.open(directory, new SettableClock(NOW));
        X509CRLHolder list = new X509CRLHolder(ca.crl("issuing-1"));
        for (String line : confirmed) {
            String[] told = line.substring(0, line.length() - 1).split(" ", -1);
            BigInteger serial = new BigInteger(told[1], 16);
            Optional<IssuedCertificate> issued = ca.find(serial);
            assertThat(issued).as(line).isPresent();
            assertThat(ca.certificate(serial).getSerialNumber()).isEqualTo(serial);
            if (told[0].equals("revoked")) {
                assertThat(issued.orElseThrow().revocation()).as(line).isPresent();
                assertThat(list.getRevokedCertificate(serial)).as(line).isNotNull();
            }
        }
        for (IssuedCertificate each : ca.list()) {
            if (each.kind().isMember()) {
                assertThat(ca.held(each.name())).isNotNull(); // its key is its certificate's
                assertThat(directory.resolve("clients/" + each.name() + ".crt"))
                        .content()
                        .isEqualTo(ca.chainPem(each.name()));
            }
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> String.valueOf(file.getFileName())))
                    .noneMatch(name -> name.startsWith(".staged"));
        }
    }

    /** Issues, renews and revokes, and tells each of it when it is done, until somebody kills it. */
    static final class Worker {
        private static final int MORE_THAN_ANYBODY_WAITS_FOR = 10_000;

        private Worker() {}

        public static void main(String[] arguments) {
            endWithWhoStartedIt();
            var ca = CertificateAuthority.open(Path.of(arguments[0]), new SettableClock(NOW));
            for (int i = 0; i < MORE_THAN_ANYBODY_WAITS_FOR; i++) {
                String name = arguments[1] + "-" + i;
                var first = ca.issue(Member.client(name)).certificate().getSerialNumber();
                tell("issued", first);
                tell("renewed", ca.renew(name).serial());
                tell("revoked", ca.revoke(first, RevocationReason.SUPERSEDED).serial());
                ca.crl("issuing-1");
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

        /** In one write, which is not lost with the process. */
        private static void tell(String done, BigInteger serial) {
            byte[] line = (done + " " + serial.toString(16) + ".\n").getBytes(StandardCharsets.US_ASCII);
            System.out.write(line, 0, line.length);
            System.out.flush();
        }
    }
}
