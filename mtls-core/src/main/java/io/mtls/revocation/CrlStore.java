package io.mtls.revocation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory with what was downloaded: for each address {@code <SHA-256 of it>.crl} and, beside it, {@code .http} with the
 * address and the validators of the response.
 *
 * <p>A file is written elsewhere, forced to the disk and moved to its place; the list before its validators. So a process
 * that is killed leaves what was there before, or a new list with old validators, which costs a download. One process at a
 * time.
 */
final class CrlStore implements AutoCloseable {

    private static final String TEMPORARY = ".part";

    /** As servers bound a header; a longer validator is left out. */
    private static final int MAX_HEADER_LENGTH = 1024;

    private final Path directory;
    private final boolean temporary;
    private boolean closed;

    /** @param etag and lastModified as the server wrote them; empty where it did not */
    record Validators(String etag, String lastModified) {}

    /** What is there from before. */
    record Stored(URI uri, Path crl, Validators validators) {}

    private CrlStore(Path directory, boolean temporary) {
        this.directory = directory;
        this.temporary = temporary;
    }

    /** @throws IllegalArgumentException if there is no such directory and none can be made */
    static CrlStore in(Path directory) {
        try {
            Files.createDirectories(directory);
            CrlStore store = new CrlStore(directory, false);
            store.deleteAll(TEMPORARY);
            return store;
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    directory + ": cannot be written to (" + e.getClass().getSimpleName()
                            + "). Name a directory of this process's own for downloaded CRLs",
                    e);
        }
    }

    static CrlStore temporary() {
        try {
            return new CrlStore(Files.createTempDirectory("mtls-crl"), true);
        } catch (IOException e) {
            throw new UncheckedIOException("There is no room for temporary files", e);
        }
    }

    /** All that can be read; what cannot is deleted. */
    List<Stored> stored() {
        List<Stored> all = new ArrayList<>();
        try (Stream<Path> list = Files.list(directory)) {
            List<Path> files = list.toList();
            for (Path file : files) {
                if (!file.toString().endsWith(".crl")) {
                    continue;
                }
                Stored stored = stored(file);
                if (stored == null) {
                    delete(file);
                } else {
                    all.add(stored);
                }
            }
            for (Path file : files) {
                if (file.toString().endsWith(".http")
                        && !all.stream().anyMatch(one -> httpOf(one.crl).equals(file))) {
                    delete(file);
                }
            }
        } catch (IOException e) {
            return all; // As if it were empty: everything is fetched anew.
        }
        return all;
    }

    private static @Nullable Stored stored(Path crl) {
        try {
            Path http = httpOf(crl);
            if (Files.size(http) > 4 * MAX_HEADER_LENGTH) {
                return null;
            }
            List<String> lines = Files.readAllLines(http, StandardCharsets.UTF_8);
            URI uri = URI.create(lines.get(0));
            return nameOf(uri).equals(crl.getFileName().toString())
                    ? new Stored(uri, crl, new Validators(lines.get(1), lines.get(2)))
                    : null;
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
            return null;
        }
    }

    /**
     * A file of its own for one download.
     *
     * @throws ClosedChannelException when it is closed: whoever deletes the directory then is not hindered
     */
    synchronized Path newFile() throws IOException {
        requireOpen();
        return Files.createTempFile(directory, "download", TEMPORARY);
    }

    /** Replaces what was stored for this address. The file is gone afterwards. */
    void store(URI uri, Path file, Validators validators) throws IOException {
        Path crl = directory.resolve(nameOf(uri));
        Path http = newFile();
        Files.write(http, List.of(uri.toString(), line(validators.etag), line(validators.lastModified)));
        force(file);
        force(http);
        synchronized (this) {
            requireOpen();
            Files.move(file, crl, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Files.move(http, httpOf(crl), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        try (FileChannel parent = FileChannel.open(directory)) {
            parent.force(true);
        } catch (IOException e) {
            // A directory cannot be forced on every file system; then the moves may be lost, and nothing else.
        }
    }

    private void requireOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    private static String line(String header) {
        return header.length() > MAX_HEADER_LENGTH || header.chars().anyMatch(Character::isISOControl) ? "" : header;
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Deletes what is stored for this address. */
    void delete(URI uri) {
        delete(directory.resolve(nameOf(uri)));
    }

    void delete(Path file) {
        try {
            Files.deleteIfExists(file);
            if (file.toString().endsWith(".crl")) {
                Files.deleteIfExists(httpOf(file));
            }
        } catch (IOException e) {
            // It is read again at the next start, and judged again.
        }
    }

    private void deleteAll(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.toString().endsWith(suffix)).forEach(this::delete);
        }
    }

    private static String nameOf(URI uri) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(uri.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest) + ".crl";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static Path httpOf(Path crl) {
        String name = crl.getFileName().toString();
        return crl.resolveSibling(name.substring(0, name.length() - ".crl".length()) + ".http");
    }

    /** Deletes what is temporary. */
    @Override
    public synchronized void close() {
        closed = true;
        if (temporary) {
            try {
                deleteAll("");
                Files.deleteIfExists(directory);
            } catch (IOException e) {
                // Temporary files: the system's own cleaning takes them.
            }
        }
    }
}
