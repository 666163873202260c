package io.mtls.ca;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where a CA keeps its state: named files, and an index that only grows. In a directory or in memory.
 *
 * <p>Names are relative, with {@code /}.
 */
interface Store {
    /** The index, RFC 5280's "database of issued certificates" as text. */
    String INDEX = "index.txt";

    /** Does this alone, among all threads and processes that use the same state. May be nested. */
    <T> T locked(Supplier<T> action);

    /** The content of a file, or nothing if there is no such file. */
    Optional<byte[]> read(String name);

    boolean exists(String name);

    /** How far the index reaches, and whether it is still the same one. Cheap: it is asked on each answer. */
    Extent index();

    /** The index from this offset to its end, whose last line may not be whole yet. */
    byte[] index(long from);

    /** How long the index was when a change was last confirmed, or less. To be asked before the index is read. */
    long confirmed();

    /**
     * All of this or nothing, also when the process is killed at any point. To be called within {@link #locked}.
     *
     * @throws CaException when nothing was changed
     */
    void commit(Change change);

    /** What to call a file in a message. */
    String describe(String name);

    /**
     * Two of them are equal while nothing was appended.
     *
     * @param identity of what may have grown
     * @param version differs after each change, also one that leaves the length as it was
     */
    record Extent(Object identity, long length, Object version) {}
}
