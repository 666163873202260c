package io.mtls.revocation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Notices that files have changed, by looking: no event that can overflow or be lost, and right through the symbolic links
 * of a Kubernetes volume.
 *
 * <p>A change is told of once the file has stayed the same for one look, so that a half-written one is rarely read; it
 * takes at most three looks, 600 ms.
 */
final class FileWatch implements AutoCloseable {

    private static final long MILLIS_BETWEEN_LOOKS = 200;

    private final ScheduledExecutorService looking;

    FileWatch(String threadName) {
        looking = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Calls back on each change, in the watching thread; what the callback throws is its own fault and ends nothing.
     *
     * @param loaded {@link #stateOf} the file before it was first read
     */
    void watch(Path file, Object loaded, Runnable onChange) {
        var unused = looking.scheduleWithFixedDelay(
                new Look(file, loaded, onChange), MILLIS_BETWEEN_LOOKS, MILLIS_BETWEEN_LOOKS, TimeUnit.MILLISECONDS);
    }

    /** Something that differs whenever the file, or any file of the directory, does. */
    static Object stateOf(Path file) {
        try {
            if (!Files.isDirectory(file)) {
                return new State(file, attributesOf(file));
            }
            try (Stream<Path> entries = Files.list(file)) {
                return entries.sorted()
                        .filter(entry -> !Files.isDirectory(entry))
                        .map(entry -> new State(entry, attributesOf(entry)))
                        .toList();
            }
        } catch (IOException | RuntimeException e) {
            return List.of("unreadable");
        }
    }

    private static @Nullable List<Object> attributesOf(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return List.of(
                    Objects.requireNonNullElse(attributes.fileKey(), ""),
                    attributes.size(),
                    attributes.lastModifiedTime());
        } catch (IOException e) {
            return null; // Gone, for now.
        }
    }

    private record State(Path file, @Nullable List<Object> attributes) {}

    private static final class Look implements Runnable {
        private final Path file;
        private final Runnable onChange;
        private Object told;
        private Object seen;

        Look(Path file, Object loaded, Runnable onChange) {
            this.file = file;
            this.onChange = onChange;
            this.told = loaded;
            this.seen = loaded;
        }

        @Override
        public void run() {
            Object now = stateOf(file);
            boolean settled = now.equals(seen);
            seen = now;
            if (settled && !now.equals(told)) {
                told = now;
                try {
                    onChange.run();
                } catch (RuntimeException
                        | Error e) { // No memory for a long list, say: who throws is not called again.
                    System.getLogger("io.mtls").log(System.Logger.Level.ERROR, "A reload failed", e);
                }
            }
        }
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
