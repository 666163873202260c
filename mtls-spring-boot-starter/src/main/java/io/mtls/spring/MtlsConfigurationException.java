package io.mtls.spring;

import java.util.function.Supplier;

/** A configuration with which the application must not start. */
final class MtlsConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String action;

    /**
     * @param description what was found, and where
     * @param action what to change
     */
    MtlsConfigurationException(String description, String action) {
        super(description);
        this.action = action;
    }

    private MtlsConfigurationException(String description, String action, Throwable cause) {
        super(description, cause);
        this.action = action;
    }

    String action() {
        return action;
    }

    /** What the supplier returns; what it has against the value of a property becomes a fault of that property. */
    static <T> T checked(String property, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new MtlsConfigurationException(
                    "The property '" + property + "' cannot be used: " + e.getMessage(),
                    "Correct '" + property + "'.",
                    e);
        }
    }
}
