package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How it is learned whether the certificates of one issuer are revoked: which sources, in which order, and what is done
 * when none of them knows.
 *
 * <p>The first conclusive answer counts. By default every certificate of a path below the trust anchor is asked for, and
 * one of whom nothing is known is refused: hard fail.
 */
public final class RevocationPolicy {

    /** A last good answer is worth something for hours, not for days: who was revoked meanwhile still gets in. */
    static final Duration MAX_GRACE = Duration.ofDays(1);

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final List<RevocationSource> sources;
    private final boolean issuersUnchecked;
    private final Set<Why> allowed;
    private final Duration grace;

    private RevocationPolicy(Builder builder) {
        sources = List.copyOf(builder.sources);
        issuersUnchecked = builder.issuersUnchecked;
        allowed = Collections.unmodifiableSet(EnumSet.copyOf(builder.allowed));
        grace = builder.grace;
    }

    /** Starts with where to look, in this order. Revocation that is on without a source would refuse everybody. */
    public static Builder builder(RevocationSource first, RevocationSource... more) {
        List<RevocationSource> sources = new ArrayList<>();
        sources.add(first);
        sources.addAll(Arrays.asList(more));
        return new Builder(sources);
    }

    /** The same, from a list. */
    public static Builder builder(List<? extends RevocationSource> sources) {
        if (sources.isEmpty()) {
            throw new IllegalArgumentException(
                    "Revocation has no source, so that everybody would be refused: name an OCSP"
                            + " responder or a CRL");
        }
        return new Builder(new ArrayList<>(sources));
    }

    /** Those of a path's questions, the client's certificate's first, that are to be asked. */
    public List<RevocationQuery> asked(List<RevocationQuery> ofPath) {
        return issuersUnchecked && ofPath.size() > 1 ? ofPath.subList(0, 1) : ofPath;
    }

    /**
     * What is known, without I/O. Good only if it is good at that instant, grace included.
     *
     * @param lastWord whether all that could be fetched has been: what is unknown now stays so, and the policy says what
     *     that means
     */
    public RevocationStatus status(RevocationQuery query, Instant at, boolean lastWord) {
        Unknown unknown = null;
        Instant lastGood = query.lastGoodUntil();
        for (RevocationSource source : sources) {
            RevocationStatus status = known(source, query, at);
            if (status instanceof Good good) {
                query.wasGoodUntil(good.until());
                return good;
            }
            if (status instanceof Revoked) {
                query.wasGoodUntil(null);
                return status;
            }
            Unknown nothing = (Unknown) status;
            lastGood = later(lastGood, nothing.lastGoodUntil());
            unknown = unknown == null || nothing.why().compareTo(unknown.why()) > 0 ? nothing : unknown;
        }
        Unknown answer = unknown == null ? new Unknown(Why.NOT_ASKED, "no source") : unknown; // There is always one.
        if (answer.why() == Why.UNKNOWN_TO_RESPONDER) {
            query.wasGoodUntil(null);
        }
        // A source that was not asked yet, or not lately, may have something else to say.
        boolean away = answer.why().isAway() || (lastWord && answer.why().compareTo(Why.EXPIRED) <= 0);
        if (!grace.isZero() && lastGood != null && away && !at.isAfter(lastGood.plus(grace))) {
            return new Good(lastGood.plus(grace));
        }
        return lastWord && allowed.contains(answer.why()) ? new Good(at) : answer;
    }

    /** Asks the sources one after the other, until one of them is conclusive. Never completes exceptionally. */
    public CompletionStage<?> refresh(RevocationQuery query, Instant at) {
        return refresh(sources.iterator(), query, at);
    }

    private static CompletionStage<Void> refresh(Iterator<RevocationSource> rest, RevocationQuery query, Instant at) {
        while (rest.hasNext()) {
            RevocationSource source = rest.next();
            CompletableFuture<?> fetched = knows(source, query, at) ? DONE : refresh(source, query);
            if (!fetched.isDone()) {
                return fetched.handle((done, failure) -> knows(source, query, at))
                        .thenCompose(known -> known ? DONE : refresh(rest, query, at));
            }
            if (knows(source, query, at)) {
                return DONE;
            }
        }
        return DONE;
    }

    private static boolean knows(RevocationSource source, RevocationQuery query, Instant at) {
        return !(known(source, query, at) instanceof Unknown);
    }

    /** Offers each source an OCSP answer that the client sent along. */
    public void offer(RevocationQuery query, byte[] ocspResponse, Instant at) {
        for (RevocationSource source : sources) {
            try {
                source.offer(query, ocspResponse, at);
            } catch (RuntimeException e) {
                // An extension point: what it throws is an offer that was not taken.
            }
        }
    }

    /** Has each source load what it will be asked of these issuers. Throws what stops the start. */
    public void prepare(Iterable<X509Certificate> issuers) {
        sources.forEach(source -> source.prepare(issuers));
    }

    /** A source is an extension point: what it throws, forgets to say, or says of the past is not good. */
    private static RevocationStatus known(RevocationSource source, RevocationQuery query, Instant at) {
        RevocationStatus status;
        try {
            status = source.known(query, at);
        } catch (RuntimeException e) {
            return new Unknown(
                    Why.UNVERIFIABLE, "the source failed: " + e.getClass().getName());
        }
        if (status instanceof Good good && at.isAfter(good.until())) {
            return new Unknown(Why.EXPIRED, "the last answer was good until " + good.until(), good.until());
        }
        return status == null ? new Unknown(Why.UNVERIFIABLE, "the source said nothing") : status;
    }

    private static CompletableFuture<?> refresh(RevocationSource source, RevocationQuery query) {
        try {
            return source.refresh(query).toCompletableFuture();
        } catch (RuntimeException e) {
            return DONE; // A fetch that failed: known is asked again.
        }
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isAfter(other) ? one : other;
    }

    /** Where to look is given already; the rest is hard fail unless something is allowed. */
    public static final class Builder {
        private final List<RevocationSource> sources;
        private final EnumSet<Why> allowed = EnumSet.noneOf(Why.class);
        private boolean issuersUnchecked;
        private Duration grace = Duration.ZERO;

        private Builder(List<RevocationSource> sources) {
            this.sources = sources;
        }

        /** Only the client's own certificate is asked for. Risk: what a revoked intermediate CA issued still gets in. */
        public Builder allowUncheckedIssuers() {
            issuersUnchecked = true;
            return this;
        }

        /**
         * Accepts a certificate of whom nothing is known for one of these reasons, once all sources have been asked. Risk:
         * who can keep the server from reaching the source gets in with a revoked certificate.
         */
        public Builder allowUnknown(Why first, Why... more) {
            allowed.add(first);
            allowed.addAll(Arrays.asList(more));
            return this;
        }

        /**
         * While no source can be reached, a certificate's last good answer holds for this long after its nextUpdate. One
         * that never had a good answer gets none. Default: no grace.
         *
         * @throws IllegalArgumentException if negative or longer than a day
         */
        public Builder grace(Duration grace) {
            if (grace.isNegative() || grace.compareTo(MAX_GRACE) > 0) {
                throw new IllegalArgumentException("grace is " + grace + ": expected between 0 and " + MAX_GRACE);
            }
            this.grace = grace;
            return this;
        }

        public RevocationPolicy build() {
            return new RevocationPolicy(this);
        }
    }
}
