package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That nothing ends the watch; what a change means is for those who read the file. */
class FileWatchTest {

    /** KNOWN-ATTACKS: a watcher dies, and nothing reloads again. A list may be too long for the memory that is left. */
    @Test
    void a_reload_for_which_there_is_no_memory_does_not_end_the_watch(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("watched"), "1");
        AtomicInteger reloads = new AtomicInteger();
        try (FileWatch watch = new FileWatch("test")) {
            watch.watch(file, FileWatch.stateOf(file), () -> {
                reloads.incrementAndGet();
                throw new OutOfMemoryError("not really");
            });
            Files.writeString(file, "22");
            Eventually.holds(() -> reloads.get() == 1);

            Files.writeString(file, "333");

            Eventually.holds(() -> reloads.get() == 2);
            assertThat(reloads).hasValue(2);
        }
    }
}
