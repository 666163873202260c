package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of others, where the machine has them: a test that needs another one is skipped. */
public final class Programs {
    private static final int PATIENCE_SECONDS = 60;

    /** Whose settings and stores they find: nobody's, unless a test says whose. */
    private static final Path NOBODY = Path.of("target", "nobody");

    private Programs() {}

    /** What the program said; it has to succeed. */
    public static String run(Object... command) throws IOException, InterruptedException {
        return run(NOBODY, command).assertSuccess(true);
    }

    /** The same for a person whose home directory this is. */
    static String runAt(Path home, Object... command) throws IOException, InterruptedException {
        return run(home, command).assertSuccess(true);
    }

    /** What the program said; it has to fail. */
    public static String refused(Object... command) throws IOException, InterruptedException {
        return run(NOBODY, command).assertSuccess(false);
    }

    /** What the program said, whether it succeeded or not. */
    static String say(Object... command) throws IOException, InterruptedException {
        return run(NOBODY, command).said;
    }

    private record Ended(int exitValue, String said) {
        String assertSuccess(boolean expected) {
            assertThat(exitValue == 0).as(said).isEqualTo(expected);
            return said;
        }
    }

    private static Ended run(Path home, Object... command) throws IOException, InterruptedException {
        List<String> words = Arrays.stream(command).map(Object::toString).toList();
        assumeInstalled(words.get(0));
        Path output = Files.createTempFile("program", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("HOME", home.toAbsolutePath().toString());
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            String said = Files.readString(output, StandardCharsets.UTF_8);
            assertThat(ended).as("%s ends; it said %s", words.get(0), said).isTrue();
            return new Ended(process.exitValue(), said);
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    static void assumeInstalled(String... programs) {
        for (String program : programs) {
            assumeTrue(isThere(program), program + " is not installed");
        }
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
