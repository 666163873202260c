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

/** Programs of others, where the machine has them: a test that needs another one is skipped. */
final class Programs {
    private Programs() {}

    /** What the program said; it has to succeed. */
    static String run(Object... command) throws IOException, InterruptedException {
        return run(true, command);
    }

    /** What the program said; it has to fail. */
    static String refused(Object... command) throws IOException, InterruptedException {
        return run(false, command);
    }

    private static String run(boolean successful, Object... command) throws IOException, InterruptedException {
        List<String> words = Arrays.stream(command).map(Object::toString).toList();
        assumeTrue(isThere(words.get(0)), words.get(0) + " is not installed");
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor() == 0).as(said).isEqualTo(successful);
        return said;
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
