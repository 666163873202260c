package io.mtls.benchmarks.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which processor core the servers run on, and which one the load comes from.
 *
 * @param server null if the operating system may choose
 */
record Cores(@Nullable String server, @Nullable String load) {

    /** Wherever the operating system puts them. */
    static final Cores ANY = new Cores(null, null);

    /** Two cores apart, if this machine has two and {@code taskset}; else any. */
    static Cores apart(String server, String load) {
        boolean possible = Runtime.getRuntime().availableProcessors() > 1 && isInstalled("taskset");
        return possible ? new Cores(server, load) : ANY;
    }

    /** Whether a program of this name is on the path. */
    static boolean isInstalled(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** The command, held to the servers' core. */
    List<String> onServerCore(List<String> command) {
        List<String> all = new ArrayList<>();
        if (server != null) {
            all.addAll(List.of("taskset", "-c", server));
        }
        all.addAll(command);
        return all;
    }

    /** Holds this process, with all its threads, to the core of the load. */
    void holdThisProcess() throws IOException, InterruptedException {
        if (load != null) {
            String pid = Long.toString(ProcessHandle.current().pid());
            Process taskset = new ProcessBuilder("taskset", "-a", "-c", "-p", load, pid)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!taskset.waitFor(10, TimeUnit.SECONDS) || taskset.exitValue() != 0) {
                throw new IOException("taskset cannot hold this process to core " + load);
            }
        }
    }

    @Override
    public String toString() {
        return server == null
                ? "not held to cores: the load and the server compete"
                : "server on core " + server + ", load on core " + load;
    }
}
