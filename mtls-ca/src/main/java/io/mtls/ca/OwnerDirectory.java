package io.mtls.ca;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory whose secrets only its owner can read, and whose files a crash never leaves half written: each is written
 * beside its place, forced to disk and moved there.
 *
 * <p>Files are named relative to it, with {@code /}. Where a file system has no POSIX permissions they are neither set nor
 * checked: there the directory is as private as the place where the user put it.
 */
final class OwnerDirectory {
    private static final String LOCK = ".lock";
    private static final String TEMPORARY = ".tmp";

    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> EVERYBODY_READS = PosixFilePermissions.fromString("rw-r--r--");
    private static final Set<PosixFilePermission> OTHERS_READ =
            Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    /** A file lock is for other processes: two of them within one process would be an error. */
    private static final ReentrantLock WITHIN_PROCESS = new ReentrantLock();

    private final Path directory;
    private final List<Path> directories;
    private final Set<String> secretSuffixes;

    private OwnerDirectory(Path directory, List<Path> directories, Set<String> secretSuffixes) {
        this.directory = directory;
        this.directories = directories;
        this.secretSuffixes = secretSuffixes;
    }

    /**
     * Opens the directory and those below it, or makes them.
     *
     * @param secretSuffixes how the names of secret files end
     * @throws CaDirectoryException when others can write there
     */
    static OwnerDirectory open(Path directory, List<String> below, Set<String> secretSuffixes) {
        List<Path> directories = Stream.concat(
                        Stream.of(directory), below.stream().map(directory::resolve))
                .toList();
        directories.forEach(OwnerDirectory::makeDirectory);
        return new OwnerDirectory(directory, directories, secretSuffixes);
    }

    private static void makeDirectory(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(path, permissions(path, OWNER_DIRECTORY));
            }
        } catch (IOException e) {
            throw failed(path, "cannot be made", e);
        }
        refuseIfAny(
                OTHERS_WRITE,
                path,
                "can be written by others, who could put a CA of their own there",
                "chmod 700 " + path);
    }

    /**
     * Does this alone with the files, in this process and among all. Before that, what a writer that was cut short left
     * behind is removed.
     *
     * @throws CaDirectoryException when others can read a secret file
     */
    <T> T locked(Supplier<T> action) {
        Path file = path(LOCK);
        WITHIN_PROCESS.lock();
        try (FileChannel channel = FileChannel.open(file, Set.of(CREATE, WRITE), permissions(file, OWNER))) {
            channel.lock(); // until the channel is closed
            directories.forEach(this::inspect);
            return action.get();
        } catch (IOException e) {
            throw failed(file, "cannot be locked", e);
        } finally {
            WITHIN_PROCESS.unlock();
        }
    }

    private void inspect(Path path) {
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
                String name = file.toString();
                if (name.endsWith(TEMPORARY)) {
                    delete(file);
                } else if (secretSuffixes.stream().anyMatch(name::endsWith)) {
                    refuseIfAny(OTHERS_READ, file, "can be read by others", "if nobody did, chmod 600 " + file);
                }
            }
        } catch (IOException e) {
            throw failed(path, "cannot be listed", e);
        }
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    boolean exists(String name) {
        return Files.exists(path(name));
    }

    String read(String name, String mend) {
        Path file = path(name);
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new CaDirectoryException(file, "is missing", mend, e);
        } catch (IOException e) {
            throw failed(file, "cannot be read", e);
        }
    }

    void write(String name, String content) {
        write(path(name), content.getBytes(StandardCharsets.UTF_8), EVERYBODY_READS);
    }

    void writeSecret(String name, String content) {
        writeSecret(name, content.getBytes(StandardCharsets.UTF_8));
    }

    void writeSecret(String name, byte[] content) {
        write(path(name), content, OWNER);
    }

    private static void write(Path file, byte[] content, Set<PosixFilePermission> permissions) {
        Path parent = parentOf(file);
        try {
            Path temporary = Files.createTempFile(parent, ".", TEMPORARY, permissions(file, OWNER));
            try (FileChannel channel = FileChannel.open(temporary, WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            if (isPosix(file)) {
                Files.setPosixFilePermissions(temporary, permissions);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            force(parent);
        } catch (IOException e) {
            throw failed(file, "cannot be written", e);
        }
    }

    void delete(String name) {
        delete(path(name));
    }

    private static void delete(Path file) {
        try {
            if (Files.deleteIfExists(file)) {
                force(parentOf(file));
            }
        } catch (IOException e) {
            throw failed(file, "cannot be deleted", e);
        }
    }

    /** Also the entry in the directory has to reach the disk. Windows cannot open a directory, and does this by itself. */
    private static void force(Path path) throws IOException {
        if (isPosix(path)) {
            try (FileChannel channel = FileChannel.open(path, READ)) {
                channel.force(true);
            }
        }
    }

    /** A file in here always has one. */
    private static Path parentOf(Path file) {
        return file.resolveSibling("");
    }

    private static void refuseIfAny(Set<PosixFilePermission> refused, Path path, String fault, String mend) {
        try {
            if (isPosix(path) && !Collections.disjoint(Files.getPosixFilePermissions(path), refused)) {
                throw new CaDirectoryException(path, fault, mend, null);
            }
        } catch (IOException e) {
            throw failed(path, "does not tell its permissions", e);
        }
    }

    private static FileAttribute<?>[] permissions(Path path, Set<PosixFilePermission> permissions) {
        return isPosix(path)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                : new FileAttribute<?>[0];
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    CaDirectoryException fault(String name, String fault, String mend, @Nullable Throwable cause) {
        return new CaDirectoryException(path(name), fault, mend, cause);
    }

    private static CaDirectoryException failed(Path file, String what, IOException e) {
        return new CaDirectoryException(
                file, what, "make it accessible to the user who runs this, on a disk that has room", e);
    }
}
