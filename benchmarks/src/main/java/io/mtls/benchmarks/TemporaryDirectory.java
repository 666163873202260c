package io.mtls.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A directory that is gone after the benchmark. */
public final class TemporaryDirectory {
    private @Nullable Path path;

    /** A new one. */
    public Path create() throws IOException {
        Path created = Files.createTempDirectory("mtls-benchmark");
        path = created;
        return created;
    }

    /** Where it is, once created. */
    public Path path() {
        if (path == null) {
            throw new IllegalStateException("not created yet");
        }
        return path;
    }

    /** With all that is in it. */
    public void delete() throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(path())) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : deepestFirst) {
            Files.delete(each);
        }
    }
}
