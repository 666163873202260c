package io.mtls.ca;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The file system below, in which the n-th change goes wrong. What counts as a change is a write, a truncation, a new or a
 * deleted file or directory, a move, new permissions, and forcing something to the disk.
 *
 * <p>Forcing is counted and remembered, not done: the disk below is never the one that loses power.
 */
final class FaultyFileSystem extends FileSystem {
    enum Fault {
        /** The process dies before the change: nothing more reaches the disk. */
        DEATH,
        /** The process dies when half of the bytes of the n-th write are written. */
        DEATH_WITHIN_WRITE,
        /** The power fails before the change: what was written to files and not forced is gone too. */
        POWER_FAILURE,
        /** The change fails, and the next one succeeds. */
        ONE_ERROR,
        /** What needs room fails from here on, a write when half of it is done. */
        DISK_FULL
    }

    /** The process is dead. */
    @SuppressWarnings("serial")
    static final class Death extends Error {
        Death() {
            super("this process is dead");
        }
    }

    private final FileSystem real;
    private final Provider provider;

    /** How much of a file would survive a power failure, for files that were written and not forced. */
    private final Map<Path, Long> forced = new TreeMap<>();

    private @Nullable Fault fault;
    private int at;
    private int changes;
    private boolean dead;

    FaultyFileSystem(FileSystem real) {
        this.real = real;
        this.provider = new Provider(real.provider());
    }

    /** The same file in here. */
    Path path(Path below) {
        return (Path) Proxy.newProxyInstance(
                Path.class.getClassLoader(), new Class<?>[] {Path.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "getFileSystem" -> this;
                        case "iterator" -> wrapped(below.iterator());
                        default -> wrapped(invoke(below, method, arguments));
                    };
                });
    }

    private Iterator<Path> wrapped(Iterator<Path> names) {
        List<Path> all = new ArrayList<>();
        names.forEachRemaining(name -> all.add(path(name)));
        return all.iterator();
    }

    private @Nullable Object wrapped(@Nullable Object result) {
        return result instanceof Path path ? path(path) : result;
    }

    private static @Nullable Object invoke(
            Object target, java.lang.reflect.Method method, Object @Nullable [] arguments) throws Throwable {
        Object[] unwrapped = arguments == null ? new Object[0] : arguments.clone();
        for (int i = 0; i < unwrapped.length; i++) {
            unwrapped[i] = unwrapped[i] instanceof Path path ? real(path) : unwrapped[i];
        }
        try {
            return method.invoke(target, unwrapped);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Path real(Path path) {
        return Path.of(path.toString());
    }

    /** From now on changes are counted from 1, and this is what the n-th is up against. */
    void arm(Fault next, int n) {
        fault = next;
        at = n;
        changes = 0;
    }

    /** Nothing goes wrong any more: there is room again. */
    void disarm() {
        fault = null;
    }

    /** Whether it came so far. */
    boolean hasStruck() {
        return changes >= at;
    }

    private void change() throws IOException {
        change(null);
    }

    private void room() throws IOException {
        if (fault == Fault.DISK_FULL && ++changes >= at) {
            throw noSpace();
        }
        change(null);
    }

    /** @param half what is still done of a write */
    private void change(@Nullable Half half) throws IOException {
        if (dead) {
            throw new Death();
        }
        if (fault == null) {
            return;
        }
        switch (fault) {
            case DEATH -> {
                if (++changes == at) {
                    throw death();
                }
            }
            case POWER_FAILURE -> {
                if (++changes == at) {
                    forgetUnforced();
                    throw death();
                }
            }
            case DEATH_WITHIN_WRITE -> {
                if (half != null && ++changes == at) {
                    half.write();
                    throw death();
                }
            }
            case ONE_ERROR -> {
                if (++changes == at) {
                    throw noSpace();
                }
            }
            case DISK_FULL -> {
                if (half != null && ++changes >= at) {
                    half.write();
                    throw noSpace();
                }
            }
        }
    }

    private Death death() {
        dead = true;
        return new Death();
    }

    private static IOException noSpace() {
        return new FileSystemException("x", null, "No space left on device");
    }

    private void forgetUnforced() throws IOException {
        for (Map.Entry<Path, Long> file : forced.entrySet()) {
            try (FileChannel channel = FileChannel.open(file.getKey(), StandardOpenOption.WRITE)) {
                channel.truncate(file.getValue());
            }
        }
    }

    private interface Half {
        void write() throws IOException;
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        // the one below stays open
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return real.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return real.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return path(real.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        throw new UnsupportedOperationException();
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return real.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException();
    }

    private final class Provider extends FileSystemProvider {
        private final FileSystemProvider below;

        Provider(FileSystemProvider below) {
            this.below = below;
        }

        @Override
        public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
                throws IOException {
            Path file = real(path);
            boolean creates = options.contains(StandardOpenOption.CREATE_NEW)
                    || (options.contains(StandardOpenOption.CREATE) && !Files.exists(file));
            if (creates) {
                room();
            }
            return new Channel(file, below.newFileChannel(file, options, attributes));
        }

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
            return newFileChannel(path, options, attributes);
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter)
                throws IOException {
            List<Path> entries = new ArrayList<>();
            try (DirectoryStream<Path> stream = below.newDirectoryStream(real(path), entry -> true)) {
                for (Path entry : stream) {
                    entries.add(path(entry));
                }
            }
            return new DirectoryStream<>() {
                @Override
                public Iterator<Path> iterator() {
                    return entries.iterator();
                }

                @Override
                public void close() {
                    // was read already
                }
            };
        }

        @Override
        public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
            if (!Files.exists(real(path))) {
                room();
            }
            below.createDirectory(real(path), attributes);
        }

        @Override
        public void delete(Path path) throws IOException {
            change();
            below.delete(real(path));
            forced.remove(real(path));
        }

        @Override
        public boolean deleteIfExists(Path path) throws IOException {
            if (!Files.exists(real(path), LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            delete(path);
            return true;
        }

        @Override
        public void copy(Path source, Path target, CopyOption... options) throws IOException {
            throw new UnsupportedOperationException();
        }

        @Override
        public void move(Path source, Path target, CopyOption... options) throws IOException {
            change();
            below.move(real(source), real(target), options);
            Long survives = forced.remove(real(source));
            forced.remove(real(target));
            if (survives != null) {
                forced.put(real(target), survives);
            }
        }

        @Override
        public boolean isSameFile(Path path, Path other) throws IOException {
            return below.isSameFile(real(path), real(other));
        }

        @Override
        public boolean isHidden(Path path) throws IOException {
            return below.isHidden(real(path));
        }

        @Override
        public FileStore getFileStore(Path path) throws IOException {
            return below.getFileStore(real(path));
        }

        @Override
        public void checkAccess(Path path, AccessMode... modes) throws IOException {
            below.checkAccess(real(path), modes);
        }

        @Override
        public <V extends FileAttributeView> @Nullable V getFileAttributeView(
                Path path, Class<V> type, LinkOption... options) {
            V view = below.getFileAttributeView(real(path), type, options);
            return view == null
                    ? null
                    : type.cast(Proxy.newProxyInstance(
                            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                                if (method.getName().startsWith("set")) {
                                    change();
                                }
                                return invoke(view, method, arguments);
                            }));
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
                throws IOException {
            return below.readAttributes(real(path), type, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
                throws IOException {
            return below.readAttributes(real(path), attributes, options);
        }

        @Override
        public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
            change();
            below.setAttribute(real(path), attribute, value, options);
        }

        @Override
        public String getScheme() {
            return "faulty";
        }

        @Override
        public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileSystem getFileSystem(URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path getPath(URI uri) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Channel extends FileChannel {
        private final Path file;
        private final FileChannel below;

        Channel(Path file, FileChannel below) {
            this.file = file;
            this.below = below;
        }

        private void notForced() throws IOException {
            long size = below.size();
            forced.putIfAbsent(file, size);
        }

        @Override
        public int write(ByteBuffer bytes, long position) throws IOException {
            change(() -> {
                notForced();
                below.write(bytes.duplicate().limit(bytes.position() + bytes.remaining() / 2), position);
            });
            notForced();
            return below.write(bytes, position);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int written = write(bytes, below.position());
            below.position(below.position() + written);
            return written;
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            change();
            below.truncate(size);
            forced.computeIfPresent(file, (key, survives) -> Math.min(survives, size));
            return this;
        }

        @Override
        public void force(boolean metaData) throws IOException {
            change();
            forced.remove(file);
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return below.read(target);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return below.read(target, position);
        }

        @Override
        public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
            return below.read(targets, offset, length);
        }

        @Override
        public long position() throws IOException {
            return below.position();
        }

        @Override
        public FileChannel position(long position) throws IOException {
            below.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return below.size();
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileLock lock(long position, long size, boolean shared) throws IOException {
            return below.lock(position, size, shared);
        }

        @Override
        public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return below.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            below.close();
        }
    }
}
