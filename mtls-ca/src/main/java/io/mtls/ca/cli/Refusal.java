package io.mtls.ca.cli;

import org.jspecify.annotations.Nullable;

/** The command line cannot do what it was told, for reasons outside the CA: the fault, and what mends it. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refusal(String fault, String mend) {
        this(fault, mend, null);
    }

    Refusal(String fault, String mend, @Nullable Throwable cause) {
        super(fault + ": " + mend, cause);
    }
}
