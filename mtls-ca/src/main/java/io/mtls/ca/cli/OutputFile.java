package io.mtls.ca.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file outside the CA's directory, whole or not there. */
final class OutputFile {
    private OutputFile() {}

    /** New, and only its owner reads it: from the first byte on, wherever it is. */
    static void writeSecret(Path file, byte[] content) {
        refuseDirectory(file);
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(file, options, permissions(file, "rw-------"))) {
            write(channel, content);
        } catch (FileAlreadyExistsException e) {
            throw new Refusal(file + " is there already", "delete it, or name another with --out", e);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static void refuseDirectory(Path file) {
        if (Files.isDirectory(file)) {
            throw new Refusal("\"" + file + "\" is a directory", "name a file in it with --out");
        }
    }

    private static FileAttribute<?>[] permissions(Path file, String permissions) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * In place of what was there, at once: a server that reads it meanwhile has the old or the new one. What is written
     * before has a name that nobody can guess, so that no link waits there in a directory of many.
     */
    static void replace(Path file, byte[] content) {
        refuseDirectory(file);
        try {
            Path beside = Files.createTempFile(
                    file.toAbsolutePath().getParent(),
                    file.getFileName() + ".",
                    ".tmp",
                    permissions(file, "rw-r--r--"));
            try {
                try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                    write(channel, content);
                }
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static void write(FileChannel channel, byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(true);
    }

    private static Refusal failed(Path file, IOException e) {
        return new Refusal(
                file + " cannot be written", "name a file with --out in a directory that is there and has room", e);
    }
}
