package io.mtls.contract;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Starts at the time of its making and stands still until it is moved. */
final class SettableClock implements InstantSource {

    private final Instant start = Instant.now();
    private volatile Instant now = start;

    @Override
    public Instant instant() {
        return now;
    }

    void advance(Duration by) {
        now = now.plus(by);
    }

    void reset() {
        now = start;
    }
}
