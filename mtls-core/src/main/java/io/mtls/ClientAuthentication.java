package io.mtls;

import java.util.function.Function;

/** A {@link ClientAuthenticator}'s answer. Sealed for good. */
public sealed interface ClientAuthentication {

    /** No certificate was presented, or none was to be looked at, and that is allowed here. */
    record Anonymous() implements ClientAuthentication {}

    /** The caller is known. */
    record Authenticated(ClientIdentity identity) implements ClientAuthentication {}

    /**
     * The caller does not get in.
     *
     * @param detail for the log, never for the caller
     * @param byProxy whether a trusted proxy brought the request, or may have, so that the connection is not the caller's
     */
    record Refused(RejectionReason reason, String detail, boolean byProxy) implements ClientAuthentication {}

    /** Handles each case; one function per case, so that none is forgotten. */
    default <T> T fold(
            Function<Anonymous, T> anonymous, Function<Authenticated, T> authenticated, Function<Refused, T> refused) {
        if (this instanceof Authenticated a) {
            return authenticated.apply(a);
        }
        if (this instanceof Refused r) {
            return refused.apply(r);
        }
        return anonymous.apply((Anonymous) this);
    }
}
