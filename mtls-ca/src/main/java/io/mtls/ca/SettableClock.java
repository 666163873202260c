package io.mtls.ca;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** A clock for tests, which stands still until the test moves it. Safe for use by several threads. */
public final class SettableClock implements InstantSource {
    private final AtomicReference<Instant> now;

    /** Begins at this instant. */
    public SettableClock(Instant now) {
        this.now = new AtomicReference<>(now);
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    /** From now on it is this instant, which may be before the last one. */
    public void set(Instant instant) {
        now.set(instant);
    }

    /** Moves it by this much. */
    public void advance(Duration duration) {
        now.updateAndGet(instant -> instant.plus(duration));
    }
}
