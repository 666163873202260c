package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the README's transcript in an empty folder and compares: whoever types it sees what it says. */
@Tag("interop")
class TranscriptInteropTest {
    private static final String BEGIN = "```console\n$ export MTLS_CA_PASSPHRASE";
    private static final String NEXT = "-- next command --";

    @TempDir
    Path folder;

    @Test
    void the_readmes_transcript_is_what_one_sees() throws Exception {
        for (String program : List.of("bash", "openssl", "curl")) {
            assumeTrue(isThere(program), program + " is not installed");
        }
        List<Step> steps = steps();
        assertThat(steps).hasSizeGreaterThan(8);

        List<String> seen = run(steps);

        for (int i = 0; i < steps.size(); i++) {
            assertThat(normalized(seen.get(i)))
                    .as(steps.get(i).command())
                    .isEqualTo(normalized(steps.get(i).output()));
        }
    }

    private static List<Step> steps() throws IOException {
        String readme = Files.readString(Path.of("../mtls-ca/README.md"));
        int begin = readme.indexOf(BEGIN) + "```console\n".length();
        String block = readme.substring(begin, readme.indexOf("```", begin));
        List<Step> steps = new ArrayList<>();
        for (String step : block.split("(?m)^\\$ ", -1)) {
            if (!step.isEmpty()) {
                int end = endOfCommand(step);
                steps.add(new Step(step.substring(0, end), step.substring(end)));
            }
        }
        return steps;
    }

    /** A backslash continues a command on the next line. */
    private static int endOfCommand(String step) {
        int end = step.indexOf('\n');
        while (step.charAt(end - 1) == '\\') {
            end = step.indexOf('\n', end + 1);
        }
        return end;
    }

    private List<String> run(List<Step> steps) throws Exception {
        String responder = freePort();
        String server = freePort();
        StringBuilder script = new StringBuilder("trap 'kill $(jobs -p) 2>/dev/null' EXIT\n");
        for (Step step : steps) {
            String command = step.command().replace("8889", responder).replace("8443", server);
            script.append(command).append('\n');
            if (command.endsWith("&")) {
                String port = command.startsWith("mtls-ca serve") ? responder : server;
                script.append("for i in $(seq 300); do (exec 3<>/dev/tcp/localhost/" + port
                        + ") 2>/dev/null && break; sleep 0.1; done\n");
            }
            script.append("echo '" + NEXT + "'\n");
        }
        Path file = Files.writeString(folder.resolve("transcript.sh"), script);
        Path empty = Files.createDirectory(folder.resolve("empty"));
        ProcessBuilder builder = new ProcessBuilder("bash", file.toString())
                .directory(empty.toFile())
                .redirectErrorStream(true);
        builder.environment().put("PATH", program().getParent() + File.pathSeparator + System.getenv("PATH"));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .replace(responder, "8889")
                .replace(server, "8443");
        process.waitFor();
        return Arrays.asList(output.split(NEXT + "\n", -1));
    }

    /** {@code mtls-ca} as the README's alias has it, of this build. */
    private Path program() throws IOException {
        Path program = Files.createDirectory(folder.resolve("bin")).resolve("mtls-ca");
        String java = ProcessHandle.current().info().command().orElseThrow();
        Files.writeString(
                program,
                "#!/bin/sh\nexec '" + java + "' -cp '" + System.getProperty("java.class.path") + "' "
                        + MtlsCa.class.getName() + " \"$@\"\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return program;
    }

    /** What differs from day to day. */
    private static String normalized(String output) {
        return output.strip()
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", "<time>")
                .replaceAll("[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4} GMT", "<time>")
                .replaceAll("\\b[0-9a-f]{28,32}\\b *", "<serial> ")
                .replaceAll("OpenSSL/[^:]+: *error:\\w+:.*routines::(sslv3 |tlsv1 )?", "OpenSSL: ")
                .replaceAll("\\s+", " ");
    }

    private static String freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return String.valueOf(free.getLocalPort());
        }
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private record Step(String command, String output) {}
}
