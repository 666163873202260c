package io.mtls.ca.cli;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Arguments that are well-formed one by one and make no sense together, or that the library does not take. */
final class WrongUsage extends RuntimeException {
    private static final long serialVersionUID = 1;

    WrongUsage(String message) {
        this(message, null);
    }

    private WrongUsage(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** What the library throws for a malformed argument is the user's to mend. */
    static <T> T unless(Supplier<T> argument) {
        try {
            return argument.get();
        } catch (IllegalArgumentException e) {
            throw new WrongUsage(String.valueOf(e.getMessage()), e);
        }
    }
}
