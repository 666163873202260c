package io.mtls.revocation;

import java.time.Instant;
import java.util.function.Function;

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

    /** Nothing conclusive is in memory. It is not good: it authorises nobody. */
    record Unknown(String why) implements RevocationStatus {}

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
