package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What {@link OcspSource} knows of one certificate, and when it will ask again. */
final class OcspEntry {

    /** A responder that promises a week may still know of a revocation after an hour. */
    static final Duration MAX_BETWEEN_REFRESHES = Duration.ofHours(1);

    /** Who is not seen for so long is asked for when it comes again. */
    static final Duration SEEN_LATELY = Duration.ofDays(1);

    /** Between two exchanges about one certificate that nothing but a clock asks for. */
    private static final Duration BEFORE_ASKING_AGAIN = Duration.ofSeconds(1);

    private static final Unknown NOT_ASKED = new Unknown(Why.NOT_ASKED, "no OCSP responder was asked yet");

    private final OcspKey key;
    private final RevocationQuery query;

    private volatile State state = new State(null, null, null);

    /** Raised on each request, taken down by the scheduler: a flag costs a request next to nothing. */
    private volatile boolean seen = true;

    private volatile Instant lastSeen;
    private volatile Instant refreshAt;
    private Instant unknownAt = Instant.MIN;
    private @Nullable OcspAnswer saidUnknown;
    private int failuresInARow;
    private @Nullable CompletableFuture<?> flight;
    private @Nullable CompletableFuture<?> stored;

    OcspEntry(OcspKey key, RevocationQuery query, Instant now) {
        this.key = key;
        this.query = query;
        this.lastSeen = now;
        this.refreshAt = now.plus(MAX_BETWEEN_REFRESHES); // Somebody is about to ask.
    }

    OcspKey key() {
        return key;
    }

    RevocationQuery query() {
        return query;
    }

    /** The last answer, in force or not. */
    @Nullable
    OcspAnswer answer() {
        return state.answer;
    }

    /** Whether the responder has said since its last answer that it does not know the certificate, which was not revoked. */
    boolean isUnknownToResponder() {
        State now = state;
        return now.unknown != null && (now.answer == null || !now.answer.isRevoked());
    }

    /** Allocates nothing, waits for nothing. */
    RevocationStatus status(Instant at) {
        if (!seen) {
            seen = true;
        }
        return state.at(at);
    }

    /**
     * Takes an answer that was in force when it came. An older one never replaces a newer one: who replays it, as a staple
     * or on the way from the responder, must not undo a revocation, nor that the responder knows the certificate no more.
     *
     * @return whether it is now the one that counts
     */
    synchronized boolean take(OcspAnswer fresh, Instant now) {
        OcspAnswer current = state.answer;
        boolean older = current != null && !fresh.isNewerThan(current);
        boolean taken;
        if (fresh.status() instanceof Unknown unknown) {
            taken = false;
            // It is no news of a revocation that the CA has made known before.
            if (!older) {
                state = new State(current, unknown, null);
                saidUnknown = fresh;
                unknownAt = now;
            }
        } else {
            OcspAnswer unknown = saidUnknown;
            boolean overtaken = unknown != null && !fresh.isRevoked() && !fresh.isNewerThan(unknown);
            taken = !older && !overtaken;
            saidUnknown = taken ? null : unknown;
            state = new State(taken ? fresh : current, taken ? null : state.unknown, null);
        }
        failuresInARow = 0;
        refreshAt = now.plus(untilRefresh(fresh, now));
        return taken;
    }

    /** Takes an answer from before a restart, be it in force or not. */
    synchronized void takeStored(OcspAnswer answer, Instant now) {
        OcspAnswer current = state.answer;
        if (current == null || answer.isNewerThan(current)) {
            state = new State(answer, state.unknown, state.failure);
            refreshAt = now.plus(untilRefresh(answer, now));
        }
    }

    /** Nothing came that counts. What was known stays until it is out of date. */
    synchronized void failed(Unknown failure, Instant now) {
        state = new State(state.answer, state.unknown, failure);
        refreshAt = now.plus(OcspResponder.backOff(failuresInARow));
        failuresInARow++;
    }

    /** In the second half of an answer's life, each at another moment. */
    private static Duration untilRefresh(OcspAnswer answer, Instant now) {
        Duration left = Duration.between(now, answer.until());
        if (left.compareTo(MAX_BETWEEN_REFRESHES) > 0) {
            left = MAX_BETWEEN_REFRESHES;
        }
        double part = 0.5 + 0.4 * ThreadLocalRandom.current().nextDouble();
        long millis = (long) (part * left.toMillis());
        return Duration.ofMillis(Math.max(millis, BEFORE_ASKING_AGAIN.toMillis()));
    }

    /** Whether a request may cause an exchange: what a responder does not know it will not know in the same second. */
    synchronized boolean isWorthAsking(Instant now) {
        OcspAnswer answer = state.answer;
        if (state.unknown != null) {
            return now.isBefore(unknownAt) || !now.isBefore(unknownAt.plus(BEFORE_ASKING_AGAIN));
        }
        return answer == null || !answer.isInForce(now);
    }

    /** The exchange that is under way, or the one that this begins. */
    synchronized CompletableFuture<?> joinFlight(Supplier<CompletableFuture<?>> begin) {
        CompletableFuture<?> current = flight;
        if (current == null || current.isDone()) {
            current = begin.get();
            flight = current;
        }
        return current;
    }

    /** What storage has to say is read once. */
    synchronized CompletableFuture<?> joinStored(Supplier<CompletableFuture<?>> read) {
        CompletableFuture<?> current = stored;
        if (current == null) {
            current = read.get();
            stored = current;
        }
        return current;
    }

    /** Runs this once storage has been read, and before anybody who waits for that from now on. */
    synchronized void onceStored(CompletableFuture<?> read, Runnable then) {
        stored = read.handle((done, failure) -> {
            then.run();
            return null;
        });
    }

    /** By the scheduler: from flag to time. */
    void noteSeen(Instant now) {
        if (seen) {
            seen = false;
            lastSeen = now;
        }
    }

    Instant lastSeen(Instant now) {
        return seen ? now : lastSeen;
    }

    /** Whether to ask again although nobody waits. */
    boolean isDue(Instant now) {
        // What is further ahead than it is ever set was set by a clock that was wrong, and was set back.
        boolean due = !now.isBefore(refreshAt) || refreshAt.isAfter(now.plus(MAX_BETWEEN_REFRESHES));
        return due && now.isBefore(lastSeen.plus(SEEN_LATELY));
    }

    /** Whether nobody would miss it. A revocation is kept, lest it is forgotten while the responder is away. */
    boolean isForgotten(Instant now) {
        OcspAnswer answer = state.answer;
        return !seen
                && now.isAfter(lastSeen.plus(SEEN_LATELY))
                && (answer == null || (!answer.isRevoked() && !answer.isInForce(now)));
    }

    /**
     * One reading of all that is known.
     *
     * @param answer the newest one that says good or revoked
     * @param unknown what a responder said after it that does not know the certificate. It stands until there is a better
     *     answer: who can cut the responder off must not bring a good one back
     * @param failure why the last attempt gave nothing
     */
    private record State(
            @Nullable OcspAnswer answer,
            @Nullable Unknown unknown,
            @Nullable Unknown failure,
            Unknown otherwise) {

        State(@Nullable OcspAnswer answer, @Nullable Unknown unknown, @Nullable Unknown failure) {
            this(answer, unknown, failure, otherwise(answer, unknown, failure));
        }

        private static Unknown otherwise(
                @Nullable OcspAnswer answer, @Nullable Unknown unknown, @Nullable Unknown failure) {
            Instant goodUntil = answer != null && answer.status() instanceof Good ? answer.until() : null;
            Unknown why = unknown != null ? unknown : failure;
            if (why != null) {
                return new Unknown(why.why(), why.detail(), goodUntil);
            }
            return answer == null
                    ? NOT_ASKED
                    : new Unknown(Why.EXPIRED, "the last OCSP answer was in force until " + answer.until(), goodUntil);
        }

        /** A revocation holds until a newer answer takes it back, not until it is out of date. */
        RevocationStatus at(Instant at) {
            if (answer != null && (answer.isRevoked() || (unknown == null && answer.isInForce(at)))) {
                return answer.status();
            }
            return otherwise;
        }
    }
}
