package io.mtls.ca;

import org.jspecify.annotations.Nullable;

/**
 * A certificate authority was asked for what it cannot do, or finds what it cannot use: nothing was changed, unless the message says that it was, and a person
 * has to decide. The message says what is wrong and what mends it, fit to be shown to that person; it names no secret.
 */
public final class CaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String mend;

    /** With the cause for a log: the message does not repeat it. */
    CaException(String fault, String mend, @Nullable Throwable cause) {
        super(fault + ": " + mend, cause);
        this.mend = mend;
    }

    /** What to do about it, as a phrase such as {@code chmod 600 ca/root.key}. */
    public String mend() {
        return mend;
    }
}
