package io.mtls.ca;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** State that is gone when the process ends: for tests. */
final class MemoryStore implements Store {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final ByteArrayOutputStream index = new ByteArrayOutputStream(); // its methods are synchronized

    @Override
    public <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<byte[]> read(String name) {
        return Optional.ofNullable(files.get(name));
    }

    @Override
    public boolean exists(String name) {
        return files.containsKey(name);
    }

    @Override
    public Extent index() {
        return new Extent("memory", index.size(), "");
    }

    @Override
    public byte[] index(long from) {
        byte[] all = index.toByteArray();
        return Arrays.copyOfRange(all, (int) from, all.length);
    }

    @Override
    public long confirmed() {
        return index.size();
    }

    @Override
    public void commit(Change change) {
        change.files().forEach((name, content) -> files.put(name, content.bytes()));
        index.writeBytes(change.lines());
    }

    @Override
    public String describe(String name) {
        return name + " in memory";
    }
}
