package io.mtls.benchmarks;

import io.mtls.ca.CertificateAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an operator waits for: a whole command, the start of its process included, on a CA of ten thousand revoked members,
 * beside {@code openssl ca} on an index of the same length.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 15)
public class CaCommandBenchmark {

    /** The same CA for both: OpenSSL gets the issuing CA's key and an index of its own form. */
    @State(Scope.Benchmark)
    public static class Operator {
        private static final int VALID = 200;

        /** How many members there are beside the valid ones. */
        @Param("10000")
        int revoked = 10_000;

        private final TemporaryDirectory directory = new TemporaryDirectory();
        private int next;

        /** Makes them, which takes a minute. */
        @Setup
        public void make() throws IOException {
            Path home = directory.create();
            CertificateAuthority authority = LargeCaDirectory.make(home.resolve("ca"), VALID, revoked);
            Path openssl = Files.createDirectory(home.resolve("openssl"));
            Files.writeString(openssl.resolve("ca.crt"), authority.issuing().certificatePem());
            Files.writeString(openssl.resolve("ca.key"), authority.issuing().privateKeyPem());
            Files.writeString(openssl.resolve("crlnumber"), "01\n");
            Files.writeString(openssl.resolve("openssl.cnf"), """
                [ca]
                default_ca = acme
                [acme]
                database = %1$s/index.txt
                certificate = %1$s/ca.crt
                private_key = %1$s/ca.key
                crlnumber = %1$s/crlnumber
                default_md = sha256
                default_crl_days = 7
                """.formatted(openssl));
            StringBuilder index = new StringBuilder();
            for (var issued : authority.list()) {
                if (issued.kind().isMember()) {
                    boolean isRevoked = issued.revocation().isPresent();
                    String serial = issued.serialHex().toUpperCase(Locale.ROOT);
                    index.append(
                                    isRevoked
                                            ? "R\t301231235959Z\t261101000000Z,cessationOfOperation\t"
                                            : "V\t301231235959Z\t\t")
                            .append(serial)
                            .append("\tunknown\t/CN=")
                            .append(issued.name())
                            .append('\n');
                }
            }
            Files.writeString(openssl.resolve("index.txt"), index.toString());
        }

        String nextValid() {
            return "valid-" + next++ % VALID;
        }

        List<String> mtlsCa(String... arguments) {
            List<String> command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "io.mtls.ca.cli.MtlsCa",
                    "-d",
                    directory.path().resolve("ca").toString()));
            command.addAll(List.of(arguments));
            return command;
        }

        List<String> openssl(String... arguments) {
            List<String> command = new ArrayList<>(List.of(
                    "openssl",
                    "ca",
                    "-config",
                    directory.path().resolve("openssl/openssl.cnf").toString()));
            command.addAll(List.of(arguments));
            return command;
        }

        String scratch(String file) {
            return directory.path().resolve(file).toString();
        }

        Path certificate(String member) {
            return directory.path().resolve("ca/clients/" + member + ".crt");
        }

        /** Removes them. */
        @TearDown(Level.Trial)
        public void remove() throws IOException {
            directory.delete();
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + output);
        }
        return output;
    }

    /** What the operating system and the JVM take before anything is done. */
    @Benchmark
    public String noop(Operator operator) throws IOException, InterruptedException {
        return run(operator.mtlsCa("--version"));
    }

    /** All members, as a table. */
    @Benchmark
    public String list(Operator operator) throws IOException, InterruptedException {
        return run(operator.mtlsCa("list"));
    }

    /** One more is revoked. */
    @Benchmark
    public String revoke(Operator operator) throws IOException, InterruptedException {
        return run(operator.mtlsCa("revoke", operator.nextValid()));
    }

    /** The complete list is written to a file; it has not changed since the last time. */
    @Benchmark
    public String crl(Operator operator) throws IOException, InterruptedException {
        return run(operator.mtlsCa("crl", "--out", operator.scratch("issuing.crl")));
    }

    /** One more is revoked. */
    @Benchmark
    public String opensslRevoke(Operator operator) throws IOException, InterruptedException {
        return run(operator.openssl(
                "-revoke", operator.certificate(operator.nextValid()).toString()));
    }

    /** The complete list is signed. */
    @Benchmark
    public String opensslCrl(Operator operator) throws IOException, InterruptedException {
        return run(operator.openssl("-gencrl"));
    }
}
