package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Why;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A place on the network where a revocation list is to be had, and how that went so far. */
final class CrlAddress {

    /** How many requests may wait for one address: a server that hangs must not keep all threads of the container. */
    static final int MAX_WAITING = 16;

    /** An address that nobody asked for in this time is not refreshed any more. */
    private static final Duration LATELY = Duration.ofDays(1);

    private static final Instant NEVER = Instant.MAX;

    static final Duration LONGEST_BACK_OFF = Duration.ofMinutes(1);

    /** A CA publishes what it revokes long before its last list expires, and asking whether it did costs a 304. */
    static final Duration LONGEST_REFRESH = Duration.ofHours(1);

    /** Why the last exchange gave nothing, and until when no other is tried. */
    record Failure(Why why, String detail, int count, Instant retryAt) {}

    final URI uri;

    /** Named in the configuration, so refreshed whether somebody asks or not. */
    private final boolean configured;

    private volatile long askedSecond;
    volatile @Nullable Failure failure;

    /** What it gave last; null before. */
    volatile @Nullable CrlHead loaded;

    /** When it is looked at again in the background. */
    volatile Instant refreshAt = NEVER;

    /** Validators of what it gave last (RFC 9110 section 8.8). */
    volatile CrlStore.@Nullable Validators validators;

    /** Who asked first, with whom the list's signature can be verified. */
    volatile @Nullable RevocationQuery askedBy;

    /** The file of a list that waits for somebody who could have signed it. */
    volatile @Nullable Path waiting;

    private @Nullable CompletableFuture<?> inFlight;
    private int waitingRequests;

    CrlAddress(URI uri, boolean configured) {
        this.uri = uri;
        this.configured = configured;
    }

    /** To be called on each request, so it writes only when a second has passed. */
    void asked(Instant at) {
        long second = at.getEpochSecond();
        if (askedSecond != second) {
            askedSecond = second;
        }
    }

    long askedSecond() {
        return askedSecond;
    }

    private boolean askedLately(Instant now) {
        return configured || now.getEpochSecond() - askedSecond < LATELY.toSeconds();
    }

    /** Whether a request has reason to wait for it. */
    boolean isWanted(Instant now) {
        CrlHead have = loaded;
        return (have == null || now.isAfter(have.until())) && !isBackingOff(now);
    }

    boolean isBackingOff(Instant now) {
        Failure last = failure;
        return last != null && isAhead(last.retryAt, now, LONGEST_BACK_OFF);
    }

    boolean isDueInBackground(Instant now) {
        if (!askedLately(now)) {
            return false;
        }
        Failure last = failure;
        return last != null ? !isBackingOff(now) : !isAhead(refreshAt, now, LONGEST_REFRESH);
    }

    /** Whether a time is to be waited for. One that is too far ahead comes from a clock that was wrong and was set back. */
    private static boolean isAhead(Instant time, Instant now, Duration atMost) {
        return now.isBefore(time) && (time.equals(NEVER) || !time.isAfter(now.plus(atMost)));
    }

    /** What is under way, to wait for it; null if too many do already, or nothing is. */
    synchronized @Nullable CompletableFuture<?> joined() {
        CompletableFuture<?> exchange = inFlight;
        if (exchange == null || waitingRequests >= MAX_WAITING) {
            return null;
        }
        waitingRequests++;
        return exchange;
    }

    /** Whether the caller is to make the exchange: at most one at a time. */
    synchronized @Nullable CompletableFuture<?> begun() {
        if (inFlight != null) {
            return null;
        }
        CompletableFuture<?> exchange = new CompletableFuture<>();
        inFlight = exchange;
        waitingRequests = 0;
        return exchange;
    }

    void ended(CompletableFuture<?> exchange) {
        synchronized (this) {
            inFlight = null;
        }
        exchange.complete(null);
    }
}
