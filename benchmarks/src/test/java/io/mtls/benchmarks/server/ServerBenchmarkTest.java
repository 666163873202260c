package io.mtls.benchmarks.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The servers start, know their callers, and carry the load. How long it takes is no test's business. */
class ServerBenchmarkTest {

    @Test
    void handshakes_of_the_plain_server_and_of_the_starter_are_compared() {
        assertThat(reportOf("handshakes"))
                .contains("Full handshake and one request, a chain seen before", "a new chain", "server CPU, us");
    }

    @Test
    @Tag("interop")
    void everything_is_measured() {
        assertThat(reportOf("requests", "crl", "nginx", "swap"))
                .contains("need+security", "starter+security", "x509()")
                .contains("1000 entries", "Heap in use")
                .contains("NGINX")
                .contains("from new file to in force");
    }

    private static String reportOf(String... modes) {
        ByteArrayOutputStream report = new ByteArrayOutputStream();
        List<String> arguments = new ArrayList<>(List.of(modes));
        arguments.addAll(List.of(
                "--any-core",
                "--jvm=-XX:TieredStopAtLevel=1",
                "--forks=1",
                "--pairs=1",
                "--window=100",
                "--warm-up=10",
                "--connections=2",
                "--new-chains=4",
                "--entries=1000",
                "--swaps=1",
                "--swap-every=1000",
                "--rate=50"));
        int exitCode = ServerBenchmark.run(
                new PrintStream(report, true, StandardCharsets.UTF_8), arguments.toArray(String[]::new));
        assertThat(exitCode).as(report.toString(StandardCharsets.UTF_8)).isZero();
        return report.toString(StandardCharsets.UTF_8);
    }
}
