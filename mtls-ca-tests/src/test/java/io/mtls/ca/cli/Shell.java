package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.SettableClock;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs commands in this process, somewhere below a temporary directory. */
final class Shell {
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    final Path home;
    final Map<String, String> environment = new HashMap<>();
    final SettableClock clock = new SettableClock(NOW);

    private Surroundings.@Nullable SecretPrompt console;

    Shell(Path home) {
        this.home = home;
    }

    /** With a CA named Acme that has no passphrase, in {@code mtls-ca}. */
    static Shell withCa(Path home) {
        Shell shell = new Shell(home);
        shell.done("init", "Acme", "--no-passphrase", "--url", "http://localhost:8889");
        return shell;
    }

    /** A person who types these and then nothing. */
    void somebodyTypes(String... answers) {
        Deque<String> left = new ArrayDeque<>(Arrays.asList(answers));
        console = question -> left.isEmpty() ? new char[0] : left.remove().toCharArray();
    }

    Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Surroundings surroundings =
                new Surroundings(new PrintWriter(out), new PrintWriter(err), clock, environment, home, console);
        int exitCode = MtlsCa.execute(surroundings, arguments);
        surroundings.out().flush();
        surroundings.err().flush();
        return new Result(exitCode, out.toString(), err.toString());
    }

    /** What it said; it has to succeed. */
    String done(String... arguments) {
        Result result = run(arguments);
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        return result.out();
    }

    /** The error; it has to be refused, and to say nothing else. */
    String refused(String... arguments) {
        return failed(MtlsCa.REFUSED, arguments);
    }

    /** The error; the arguments have to be wrong. */
    String wrong(String... arguments) {
        return failed(MtlsCa.WRONG_USAGE, arguments);
    }

    private String failed(int exitCode, String... arguments) {
        Result result = run(arguments);
        assertThat(result.out()).isEmpty();
        assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
        assertThat(result.err()).startsWith("error: ").doesNotContain("Exception", "\tat ");
        return result.err();
    }

    CertificateAuthority ca() {
        return CertificateAuthority.open(home.resolve("mtls-ca"), clock);
    }

    record Result(int exitCode, String out, String err) {}
}
