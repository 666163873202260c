package io.mtls.ca;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock for tests, which stands still until the test moves it. Safe for use by several threads. */
public final class SettableClock implements InstantSource {
    private volatile Instant now;

    /** Begins at this instant. */
    public SettableClock(Instant now) {
        this.now = now;
    }

    @Override
    public Instant instant() {
        return now;
    }

    /** From now on it is this instant, which may be before the last one. */
    public synchronized void set(Instant instant) {
        now = instant;
    }

    /** Moves it by this much. */
    public synchronized void advance(Duration duration) {
        now = now.plus(duration);
    }
}
