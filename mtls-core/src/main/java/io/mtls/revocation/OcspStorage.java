package io.mtls.revocation;

import io.mtls.revocation.RevocationEvent.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers in a directory of their own, one file each: the DER of the OCSPResponse and nothing else, so that it can be
 * verified again when it is read. A file is there in full or not at all. Its time of modification is the end of the answer.
 *
 * <p>One process to a directory. All is done in a thread of its own: a disk that hangs holds up nothing else.
 */
final class OcspStorage implements AutoCloseable {

    private static final String SUFFIX = ".ocsp";
    private static final String UNFINISHED = ".unfinished-";

    /** What says that a certificate is revoked, or how long it was good, is of use for a while after its end. */
    private static final Duration KEPT_OUT_OF_DATE = Duration.ofDays(7);

    private static final long MILLIS_TO_FINISH = 1000;

    private final Path directory;
    private final int maxFiles;
    private final Consumer<RevocationEvent> events;
    private final ThreadPoolExecutor thread;
    private int files;
    private boolean failing;

    /** @throws IllegalArgumentException if the directory cannot be made or written to */
    OcspStorage(Path directory, int maxFiles, Consumer<RevocationEvent> events) {
        this.directory = directory;
        this.maxFiles = maxFiles;
        this.events = events;
        this.thread = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread made = new Thread(task, "mtls-ocsp-storage");
            made.setDaemon(true);
            return made;
        });
        thread.allowCoreThreadTimeOut(true);
        try {
            Files.createDirectories(directory);
            for (Path file : listed(UNFINISHED, "")) {
                Files.deleteIfExists(file); // Of a process that was killed.
            }
            Files.delete(Files.createTempFile(directory, UNFINISHED, ""));
            files = listed("", SUFFIX).size();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    directory + ": OCSP answers cannot be kept there ("
                            + e.getClass().getSimpleName() + "). Name a directory that this process may write to",
                    e);
        }
    }

    /** Deletes what is long out of date. */
    synchronized void deleteOutOfDate(Instant now) {
        try {
            for (Path file : listed("", SUFFIX)) {
                if (endOf(file).isBefore(now.minus(KEPT_OUT_OF_DATE))) {
                    Files.deleteIfExists(file);
                }
            }
            files = listed("", SUFFIX).size();
        } catch (IOException e) {
            // Another time: each is looked at again when it is read.
        }
    }

    /** What is stored under a key, unverified; null where there is nothing. Never completes exceptionally. */
    CompletableFuture<byte @Nullable []> read(OcspKey key) {
        try {
            return CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return contentOf(key);
                                } catch (IOException e) {
                                    throw new CompletionException(e);
                                }
                            },
                            thread)
                    .exceptionally(failure -> null);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(null); // Closed.
        }
    }

    private byte @Nullable [] contentOf(OcspKey key) throws IOException {
        Path file = directory.resolve(key.fileName());
        try {
            if (Files.size(file) > OcspVerifier.MAX_RESPONSE_BYTES) {
                drop(key, "too long");
                return null;
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Writes the answer that is the latest when its turn has come. */
    void write(OcspKey key, Supplier<@Nullable OcspAnswer> latest) {
        try {
            thread.execute(() -> {
                OcspAnswer answer = latest.get();
                if (answer != null) {
                    write(key, answer);
                }
            });
        } catch (RejectedExecutionException e) {
            // Closed: it will be fetched again.
        }
    }

    /** Deletes what is stored under a key, if that still holds when it is its turn: after a restart it would count again. */
    void forget(OcspKey key, BooleanSupplier stillTrue) {
        try {
            thread.execute(() -> {
                if (stillTrue.getAsBoolean()) {
                    deleteStored(key);
                }
            });
        } catch (RejectedExecutionException e) {
            // Closed.
        }
    }

    private synchronized void deleteStored(OcspKey key) {
        try {
            if (Files.deleteIfExists(directory.resolve(key.fileName()))) {
                files--;
            }
        } catch (IOException e) {
            events.accept(new RevocationEvent(
                    Kind.LOAD_FAILED,
                    directory.toString(),
                    "an OCSP answer that holds no more could not be deleted ("
                            + e.getClass().getSimpleName() + ")"));
        }
    }

    private synchronized void write(OcspKey key, OcspAnswer answer) {
        Path unfinished = null;
        try {
            Path file = directory.resolve(key.fileName());
            if (!Files.exists(file)) {
                if (files >= maxFiles) {
                    deleteOldest();
                }
                files++;
            }
            unfinished = Files.createTempFile(directory, UNFINISHED, "");
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                ByteBuffer content = ByteBuffer.wrap(answer.der());
                while (content.hasRemaining()) {
                    channel.write(content);
                }
                channel.force(true);
            }
            Files.setLastModifiedTime(unfinished, FileTime.from(answer.until()));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            failing = false;
        } catch (IOException | RuntimeException e) {
            deleteQuietly(unfinished);
            if (!failing) {
                failing = true;
                events.accept(new RevocationEvent(
                        Kind.LOAD_FAILED,
                        directory.toString(),
                        "an OCSP answer could not be kept (" + e.getClass().getSimpleName()
                                + "); it holds in memory, and will have to be fetched after a restart"));
            }
        }
    }

    /** A tenth at once, so that the next ones cost nothing: those whose answers ended, or will end, first. */
    private void deleteOldest() throws IOException {
        List<Path> all = new ArrayList<>(listed("", SUFFIX));
        all.sort(Comparator.comparing(OcspStorage::endOf));
        int surplus = all.size() - maxFiles + Math.max(1, maxFiles / 10);
        for (Path file : all.subList(0, Math.min(Math.max(0, surplus), all.size()))) {
            Files.deleteIfExists(file);
        }
        files = listed("", SUFFIX).size();
    }

    /** Deletes what cannot be used, and says so. */
    void drop(OcspKey key, String why) {
        Path file = directory.resolve(key.fileName());
        deleteQuietly(file);
        events.accept(new RevocationEvent(Kind.DROPPED, file.toString(), why));
    }

    private static void deleteQuietly(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // It will be replaced, or found wanting again.
        }
    }

    private static Instant endOf(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            return Instant.MAX; // Gone, or not ours to delete.
        }
    }

    private List<Path> listed(String prefix, String suffix) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> {
                        String name = String.valueOf(entry.getFileName());
                        return name.startsWith(prefix) && name.endsWith(suffix);
                    })
                    .toList();
        }
    }

    /** What was handed over is written, if the disk is willing. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(MILLIS_TO_FINISH, TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
