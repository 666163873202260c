package io.mtls.ca;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * State in a directory that a person can read and back up, and whose secrets only its owner can read.
 *
 * <p><strong>A change is its lines in the index.</strong> Its files are written beforehand into a directory {@code
 * .staged-<from>-<to>-<check>} which says where those lines begin and end, and with what; then the lines are appended; then
 * the files are moved to their places. Whoever next takes the lock finds a directory that a crash left behind, and either
 * finishes the moves, if the index ends as it says, or takes it all back. Everything is forced to disk before the step that
 * relies on it.
 *
 * <p><strong>What was confirmed is never cut off.</strong> {@code .confirmed} has the length of the index after the last
 * change, itself written when that is on disk. An index that ends before it was damaged or replaced, and nobody clears up.
 *
 * <p>Where a file system has no POSIX permissions they are neither set nor checked: there the directory is as private as the
 * place where the user put it.
 */
final class DirectoryStore implements Store {
    private static final String LOCK = ".lock";
    private static final String TEMPORARY = ".tmp";
    private static final String STAGED_PREFIX = ".staged-";
    private static final Pattern STAGED = Pattern.compile("\\.staged-(\\d{1,18})-(\\d{1,18})-([0-9a-f]{8})");
    private static final String CONFIRMED = ".confirmed";
    private static final Pattern CONFIRMATION =
            Pattern.compile("(" + INDEX + " is confirmed up to byte (\\d{18})\\.) ([0-9a-f]{8})\n");

    /** Room for a CRL with a million entries. A file that is larger is none of ours. */
    private static final long MAX_FILE_BYTES = 64 << 20;

    /** Room for half a million certificates. */
    private static final long MAX_INDEX_BYTES = 256 << 20;

    /** A line has one subject; a certificate with a larger one is not worth having. */
    private static final int MAX_LINE_BYTES = 1 << 20;

    /** A key of RSA takes seconds, on a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Stands for {@code /} in the name of a staged file; no name of ours has it. */
    private static final char SEPARATOR = '+';

    /** The digits of {@link Ledger}'s check. */
    private static final int CHECK_BYTES = 8;

    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> EVERYBODY_READS = PosixFilePermissions.fromString("rw-r--r--");
    private static final Set<PosixFilePermission> OTHERS_READ =
            Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);
    private static final Set<PosixFilePermission> OTHERS_ENTER =
            Set.of(PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    /** A file lock is for other processes: two of them within one process would be an error. */
    private static final ReentrantLock WITHIN_PROCESS = new ReentrantLock();

    private final Path directory;

    /** Guarded by {@link #WITHIN_PROCESS}. */
    private boolean isLocked;

    private DirectoryStore(Path directory) {
        this.directory = directory;
    }

    /**
     * Opens the directory and those below it, or makes them, and clears up after a process that was killed here.
     *
     * @param secretSuffixes how the names of secret files end
     * @throws CaException when others can write there, or read a secret
     */
    static DirectoryStore open(Path directory, List<String> below, Set<String> secretSuffixes) {
        List<Path> directories = Stream.concat(
                        Stream.of(directory), below.stream().map(directory::resolve))
                .toList();
        directories.forEach(DirectoryStore::makeDirectory);
        DirectoryStore store = new DirectoryStore(directory);
        store.locked(() -> {
            directories.forEach(path -> inspect(path, isOpenToOthers(directory), secretSuffixes));
            return directory;
        });
        return store;
    }

    private static void makeDirectory(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                Path above = existingAbove(path);
                Files.createDirectories(path, permissions(path, OWNER_DIRECTORY));
                forceBetween(above, path);
            }
        } catch (IOException e) {
            throw failed(path, "cannot be made", e);
        }
        refuseIfAny(
                OTHERS_WRITE,
                path,
                "can be written by others, who could put a CA of their own there",
                "chmod -R go= " + path);
    }

    private static @Nullable Path existingAbove(Path path) {
        Path above = path.toAbsolutePath().getParent();
        while (above != null && !Files.isDirectory(above)) {
            above = above.getParent();
        }
        return above;
    }

    /** A new directory is an entry in the one above it. */
    private static void forceBetween(@Nullable Path above, Path path) throws IOException {
        Path each = path.toAbsolutePath();
        while (each != null && !each.equals(above)) {
            each = each.getParent();
            if (each != null && Files.isReadable(each)) {
                force(each);
            }
        }
    }

    /**
     * Removes what was being written, and refuses secrets that others can read. They cannot where they do not get into the
     * directory: then there may be ten thousand files, and none is looked at.
     */
    private static void inspect(Path path, boolean isOpenToOthers, Set<String> secretSuffixes) {
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.startsWith(".") && name.endsWith(TEMPORARY)) {
                    Files.deleteIfExists(file);
                } else if (isOpenToOthers && secretSuffixes.stream().anyMatch(name::endsWith)) {
                    refuseIfAny(
                            OTHERS_READ,
                            file,
                            "can be read by others",
                            "if nobody did, chmod -R go= " + parentOf(file) + " for all that is there");
                }
            }
        } catch (IOException e) {
            throw failed(path, "cannot be listed", e);
        }
    }

    private static boolean isOpenToOthers(Path path) {
        try {
            return isPosix(path) && !Collections.disjoint(Files.getPosixFilePermissions(path), OTHERS_ENTER);
        } catch (IOException e) {
            throw failed(path, "does not tell its permissions", e);
        }
    }

    @Override
    public <T> T locked(Supplier<T> action) {
        WITHIN_PROCESS.lock();
        try {
            return isLocked ? action.get() : lockedFile(action);
        } finally {
            WITHIN_PROCESS.unlock();
        }
    }

    private <T> T lockedFile(Supplier<T> action) {
        Path file = path(LOCK);
        try (FileChannel channel = FileChannel.open(file, Set.of(CREATE, WRITE), permissions(file, OWNER))) {
            lock(channel); // until the channel is closed
            recover();
            isLocked = true;
            return action.get();
        } catch (IOException e) {
            throw failed(file, "cannot be locked", e);
        } finally {
            isLocked = false;
        }
    }

    /**
     * Waits for other writers, which take milliseconds; one that was stopped halfway keeps the lock. This class twice in one
     * process, as in a server with two applications, cannot share {@link #WITHIN_PROCESS}.
     */
    private void lock(FileChannel channel) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isLocked(channel)) {
            if (System.nanoTime() - deadline > 0) {
                throw new CaException(
                        "another process has been writing in " + directory + " for " + PATIENCE.toSeconds()
                                + " seconds",
                        "find it, as by fuser " + path(LOCK) + ", and let it go on or end it: nothing is lost by that",
                        null);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while another writer is at work", e);
            }
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException heldInThisProcess) {
            return false;
        }
    }

    /** Finishes or takes back what a process that was killed had begun. */
    private void recover() throws IOException {
        cutTornLine();
        for (Path staged : staged()) {
            Matcher extent = STAGED.matcher(String.valueOf(staged.getFileName()));
            if (!extent.matches()) {
                throw foreign(staged);
            }
            long from = Long.parseLong(extent.group(1));
            long to = Long.parseLong(extent.group(2));
            long length = index().length();
            if (length == to && extent.group(3).equals(lastCheck(length))) {
                confirm(to);
                place(staged);
            } else if (from <= length && length < to && confirmed() <= from) {
                cut(from);
                discard(staged);
            } else {
                throw foreign(staged);
            }
        }
    }

    private static CaException foreign(Path staged) {
        return new CaException(
                staged + " does not belong to the " + INDEX + " beside it",
                "delete it if it came with a backup; otherwise restore the whole directory from one",
                null);
    }

    private List<Path> staged() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> String.valueOf(file.getFileName()).startsWith(STAGED_PREFIX))
                    .forEach(found::add);
        }
        return found;
    }

    /** A change ends with the check of its last line: see {@link Ledger}. */
    private static String lastCheck(byte[] lines) {
        int end = lines.length - 1;
        return new String(lines, Math.max(0, end - CHECK_BYTES), Math.min(end, CHECK_BYTES), StandardCharsets.US_ASCII);
    }

    private String lastCheck(long length) {
        return length <= CHECK_BYTES ? "" : lastCheck(index(length - CHECK_BYTES - 1));
    }

    private void cutTornLine() throws IOException {
        long length = index().length();
        if (length == 0) {
            Files.deleteIfExists(path(INDEX)); // an empty one would pass for a CA
            return;
        }
        byte[] tail = index(Math.max(0, length - MAX_LINE_BYTES));
        int end = tail.length;
        while (end > 0 && tail[end - 1] != '\n') {
            end--;
        }
        long whole = length - tail.length + end;
        if (whole < length && whole >= confirmed() && (end > 0 || whole == 0)) {
            cut(whole); // anything else is damage, and for the reader to tell
        }
    }

    @Override
    public long confirmed() {
        if (!exists(INDEX)) {
            return 0;
        }
        try {
            byte[] text = Files.readAllBytes(path(CONFIRMED));
            Matcher confirmation = CONFIRMATION.matcher(new String(text, StandardCharsets.US_ASCII));
            return confirmation.matches() && check(confirmation.group(1)).equals(confirmation.group(3))
                    ? Long.parseLong(confirmation.group(2))
                    : 0;
        } catch (IOException unknown) {
            return 0;
        }
    }

    /**
     * Not forced: what a power failure takes away here is only missed if the index is damaged too. Half of it has a wrong
     * check, and counts for nothing.
     */
    private void confirm(long length) throws IOException {
        String text = String.format(Locale.ROOT, "%s is confirmed up to byte %018d.", INDEX, length);
        Path confirmed = path(CONFIRMED);
        try (FileChannel channel = FileChannel.open(confirmed, Set.of(CREATE, WRITE), permissions(confirmed, OWNER))) {
            writeFully(channel, 0, (text + " " + check(text) + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static String check(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    private void cut(long length) throws IOException {
        Path index = path(INDEX);
        if (length == 0) {
            Files.deleteIfExists(index);
        } else {
            try (FileChannel channel = FileChannel.open(index, WRITE)) {
                channel.truncate(length);
                channel.force(true);
            }
        }
    }

    @Override
    public Optional<byte[]> read(String name) {
        try {
            if (Files.size(path(name)) > MAX_FILE_BYTES) {
                throw tooLarge(path(name), MAX_FILE_BYTES);
            }
            return Optional.of(Files.readAllBytes(path(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed(path(name), "cannot be read", e);
        }
    }

    @Override
    public boolean exists(String name) {
        return Files.exists(path(name));
    }

    @Override
    public Extent index() {
        Path index = path(INDEX);
        try {
            BasicFileAttributes attributes = Files.readAttributes(index, BasicFileAttributes.class);
            Object key = attributes.fileKey();
            return new Extent(key == null ? index : key, attributes.size(), attributes.lastModifiedTime());
        } catch (NoSuchFileException e) {
            return new Extent(index, 0, "none");
        } catch (IOException e) {
            throw failed(index, "cannot be read", e);
        }
    }

    @Override
    public byte[] index(long from) {
        Path index = path(INDEX);
        try (FileChannel channel = FileChannel.open(index, READ)) {
            if (channel.size() > MAX_INDEX_BYTES) {
                throw tooLarge(index, MAX_INDEX_BYTES);
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, channel.size() - from));
            int read = 0;
            while (bytes.hasRemaining() && read >= 0) {
                read = channel.read(bytes, from + bytes.position());
            }
            byte[] content = new byte[bytes.position()];
            bytes.flip().get(content);
            return content;
        } catch (IOException e) {
            throw failed(index, "cannot be read", e);
        }
    }

    @Override
    public void commit(Change change) {
        byte[] lines = change.lines();
        if (lines.length == 0) {
            change.files().forEach(this::write);
            return;
        }
        long from = index().length();
        long to = from + lines.length;
        Path staged = path(STAGED_PREFIX + from + "-" + to + "-" + lastCheck(lines));
        try {
            if (from == 0) {
                Files.deleteIfExists(path(CONFIRMED)); // of a CA that somebody deleted
            }
            stage(staged, change.files());
            append(from, lines);
        } catch (IOException e) {
            throw failed(
                    directory,
                    "cannot be written, and "
                            + (isTakenBack(staged, from, e)
                                    ? "nothing was changed"
                                    : "what was begun is still to be taken back: mtls-ca list then tells"),
                    e);
        }
        try {
            confirm(to);
            place(staged);
        } catch (IOException e) {
            throw failed(directory, "was changed, but files could not be put in place; the next command does it", e);
        }
    }

    private void stage(Path staged, Map<String, Change.Content> files) throws IOException {
        if (files.isEmpty()) {
            return;
        }
        Files.createDirectory(staged, permissions(staged, OWNER_DIRECTORY));
        for (Map.Entry<String, Change.Content> file : files.entrySet()) {
            writeNew(staged.resolve(file.getKey().replace('/', SEPARATOR)), file.getValue());
        }
        force(staged);
        force(directory);
    }

    private void append(long from, byte[] lines) throws IOException {
        Path index = path(INDEX);
        try (FileChannel channel = FileChannel.open(index, Set.of(CREATE, WRITE), permissions(index, OWNER))) {
            writeFully(channel, from, lines);
            channel.force(true);
        }
        if (from == 0) {
            force(directory);
        }
    }

    private boolean isTakenBack(Path staged, long from, IOException cause) {
        boolean interrupted = Thread.interrupted(); // it would close every channel that is opened here
        try {
            if (from == 0 || index().length() > from) { // an empty one would pass for a CA
                cut(from);
            }
            discard(staged);
            return true;
        } catch (IOException | CaException e) {
            cause.addSuppressed(e); // whoever takes the lock next does it
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Moves what is staged to its place. Can be done again where it was cut short. */
    private void place(Path staged) throws IOException {
        if (!Files.isDirectory(staged)) {
            return;
        }
        Set<Path> touched = new LinkedHashSet<>();
        for (Path file : filesIn(staged)) {
            Path target = path(String.valueOf(file.getFileName()).replace(SEPARATOR, '/'));
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            touched.add(parentOf(target));
        }
        for (Path parent : touched) {
            force(parent);
        }
        Files.delete(staged);
    }

    private static void discard(Path staged) throws IOException {
        if (Files.isDirectory(staged)) {
            for (Path file : filesIn(staged)) {
                Files.delete(file);
            }
            Files.delete(staged);
        }
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private void write(String name, Change.Content content) {
        Path file = path(name);
        Path temporary = file.resolveSibling("." + file.getFileName() + TEMPORARY);
        try {
            Files.deleteIfExists(temporary);
            writeNew(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            force(parentOf(file));
        } catch (IOException e) {
            deleteIfPossible(temporary, e);
            throw failed(file, "cannot be written", e);
        }
    }

    private static void deleteIfPossible(Path temporary, IOException cause) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            cause.addSuppressed(e); // the next opening does it
        }
    }

    private static void writeNew(Path file, Change.Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(CREATE_NEW, WRITE), permissions(file, OWNER))) {
            writeFully(channel, 0, content.bytes());
            channel.force(true);
        }
        if (!content.secret() && isPosix(file)) {
            Files.setPosixFilePermissions(file, EVERYBODY_READS);
        }
    }

    private static void writeFully(FileChannel channel, long position, byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + bytes.position());
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

    private Path path(String name) {
        return directory.resolve(name);
    }

    @Override
    public String describe(String name) {
        return path(name).toString();
    }

    private static void refuseIfAny(Set<PosixFilePermission> refused, Path path, String fault, String mend) {
        try {
            if (isPosix(path) && !Collections.disjoint(Files.getPosixFilePermissions(path), refused)) {
                throw new CaException(path + " " + fault, mend, null);
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

    private static CaException tooLarge(Path file, long most) {
        return new CaException(
                file + " is larger than " + most + " bytes, which no file of a CA is",
                "restore the whole directory from a backup",
                null);
    }

    private static CaException failed(Path file, String what, @Nullable IOException e) {
        if (e instanceof ClosedByInterruptException || e instanceof FileLockInterruptionException) {
            return new CaException(file + " " + what + " (the thread was interrupted)", "do it again", e);
        }
        return new CaException(
                file + " " + what + (e == null ? "" : " (" + (e.getMessage() == null ? e : e.getMessage()) + ")"),
                "make it accessible to the user who runs this, on a disk that has room",
                e);
    }
}
