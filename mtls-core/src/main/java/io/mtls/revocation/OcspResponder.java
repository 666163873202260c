package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Unknown;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one responder: how many requests wait for it (a bulkhead), and whether it is worth asking (a breaker).
 *
 * <p>After some failures in a row it is left alone for a while, then asked once: an answer makes it worth asking again, a
 * failure doubles the while.
 */
final class OcspResponder {

    /** Each may hold a thread of the server until the deadline: a small part of the usual two hundred. */
    static final int MAX_WAITING = 16;

    static final int FAILURES_IN_A_ROW = 3;
    static final Duration MAX_BACK_OFF = Duration.ofSeconds(60);

    /** A client whose certificate the responder cannot answer for must not fill the log. */
    private static final Duration BETWEEN_EVENTS = Duration.ofMinutes(1);

    private final URI address;
    private final AtomicInteger waiting = new AtomicInteger();

    private int failures;
    private boolean asking;
    private @Nullable Instant openedAt;
    private Instant openUntil = Instant.MIN;
    private @Nullable Unknown lastFailure;
    private boolean failureTold;
    private Instant toldAt = Instant.MIN;

    OcspResponder(URI address) {
        this.address = address;
    }

    URI address() {
        return address;
    }

    /** Whether one more request may wait; it has to {@link #leave} then. */
    boolean enter() {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return false;
        }
        return true;
    }

    void leave() {
        waiting.decrementAndGet();
    }

    /** Whether somebody waits for it. */
    synchronized boolean isAsked() {
        return waiting.get() > 0 || asking;
    }

    /** Nothing would be lost if this were forgotten. */
    synchronized boolean isIdle() {
        return waiting.get() == 0 && failures == 0 && !asking && !failureTold;
    }

    /**
     * Null if it may be asked now, and then {@link #succeeded} or {@link #failed} has to follow; else why it is not: what
     * was found when it last was.
     */
    synchronized @Nullable Unknown objection(Instant now) {
        if (openedAt == null) {
            return null;
        }
        if (isOpen(now) || asking) {
            return lastFailure;
        }
        asking = true;
        return null;
    }

    /** A clock that was set back closes it. */
    private boolean isOpen(Instant now) {
        return openedAt != null && now.isBefore(openUntil) && !now.isBefore(openedAt);
    }

    /** It has answered, whatever the answer was. */
    void succeeded(Consumer<RevocationEvent> events) {
        boolean tell;
        synchronized (this) {
            failures = 0;
            asking = false;
            openedAt = null;
            lastFailure = null;
            tell = failureTold;
            failureTold = false;
        }
        if (tell) {
            events.accept(event(RevocationEvent.Kind.RECOVERED, "answers again"));
        }
    }

    /**
     * It has not, or nothing that counts.
     *
     * @param away whether that is the responder's state rather than about one certificate: only then is it left alone, or
     *     one client could keep the others from being asked for
     */
    void failed(Unknown failure, boolean away, Instant now, Consumer<RevocationEvent> events) {
        boolean tell;
        synchronized (this) {
            asking = false;
            lastFailure = failure;
            if (!away || !isOpen(now)) { // Else it began before it was left alone: one hang is one failure.
                failures = away ? failures + 1 : 0;
                openedAt = failures >= FAILURES_IN_A_ROW ? now : null;
                openUntil = now.plus(backOff(Math.max(0, failures - FAILURES_IN_A_ROW)));
            }
            boolean lately = now.isBefore(toldAt.plus(BETWEEN_EVENTS)) && !now.isBefore(toldAt);
            tell = !failureTold && !lately;
            if (tell) {
                failureTold = true;
                toldAt = now;
            }
        }
        if (tell) {
            events.accept(event(
                    RevocationEvent.Kind.FETCH_FAILED,
                    failure.detail() + "; what was known before stays until it is out of date"));
        }
    }

    /** One second, doubled each time, shortened by up to a half so that many servers do not come back at once. */
    static Duration backOff(int times) {
        long most = Math.min(MAX_BACK_OFF.toMillis(), 1000L << Math.min(times, 16));
        return Duration.ofMillis(most - ThreadLocalRandom.current().nextLong(most / 2 + 1));
    }

    private RevocationEvent event(RevocationEvent.Kind kind, String detail) {
        return new RevocationEvent(kind, address.toASCIIString(), detail);
    }
}
