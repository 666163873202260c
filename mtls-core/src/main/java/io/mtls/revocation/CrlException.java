package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Why;

/** Why a revocation list cannot be used. The message is for a log, and free of what the list says itself. */
final class CrlException extends Exception {
    private static final long serialVersionUID = 1;

    private final Why why;

    private CrlException(Why why, String message) {
        super(message);
        this.why = why;
    }

    /** The content is at fault: malformed, out of bounds, or not signed by whom it should be. */
    static CrlException unverifiable(String message) {
        return new CrlException(Why.UNVERIFIABLE, message);
    }

    /** The file cannot be read. */
    static CrlException unreachable(String message) {
        return new CrlException(Why.UNREACHABLE, message);
    }

    /** {@link Why#UNVERIFIABLE} or {@link Why#UNREACHABLE}. */
    Why why() {
        return why;
    }
}
