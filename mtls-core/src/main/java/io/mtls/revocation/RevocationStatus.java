package io.mtls.revocation;

import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a {@link RevocationSource} knows of a certificate. Sealed for good: there will be no fourth answer. */
public sealed interface RevocationStatus {

    /** Not revoked, and the source stands by it until then. */
    record Good(Instant until) implements RevocationStatus {}

    /**
     * Revoked.
     *
     * @param at when, as the CA says
     * @param reason the RFC 5280 (section 5.3.1) name, such as {@code keyCompromise}, or {@code unspecified}
     */
    record Revoked(Instant at, String reason) implements RevocationStatus {}

    /**
     * Nothing conclusive is in memory. It is not good: it authorises nobody.
     *
     * @param detail for the log: which source, what was found. Free of control characters
     * @param lastGoodUntil until when the last good answer for this certificate was valid; null if there never was one
     */
    record Unknown(Why why, String detail, @Nullable Instant lastGoodUntil) implements RevocationStatus {

        /** Without a good answer before. */
        public Unknown(Why why, String detail) {
            this(why, detail, null);
        }
    }

    /** Why nothing conclusive is known; the later, the more it says. Documented as growing. */
    enum Why {
        /** Nothing is in memory, because nothing was asked yet. */
        NOT_ASKED,
        /** The source was asked, and no answer came within the deadline. */
        NO_ANSWER,
        /** The source could not be reached, or had nothing to say: connection refused, HTTP error, {@code tryLater}. */
        UNREACHABLE,
        /** What the source said was valid once; its nextUpdate is over. */
        EXPIRED,
        /** What the source said cannot be verified: signature, signer, scope, content. */
        UNVERIFIABLE,
        /** An OCSP responder answers, and says that it does not know the certificate (RFC 6960 section 2.2). */
        UNKNOWN_TO_RESPONDER;

        /** Whether the source was asked in vain, which says nothing of the certificate. */
        boolean isAway() {
            return this == NO_ANSWER || this == UNREACHABLE;
        }
    }

    /** Handles each answer; one function per case, so that none is forgotten. */
    default <T> T fold(Function<Good, T> good, Function<Revoked, T> revoked, Function<Unknown, T> unknown) {
        if (this instanceof Good g) {
            return good.apply(g);
        }
        if (this instanceof Revoked r) {
            return revoked.apply(r);
        }
        return unknown.apply((Unknown) this);
    }
}
