package io.mtls.revocation;

import java.lang.System.Logger.Level;
import java.util.function.Consumer;

/**
 * Something about revocation data that an operator may want to know: not about one request, but about where the answers
 * come from.
 *
 * @param source which: a file, an address
 * @param detail what was found, and what follows. Bounded, free of control characters
 */
public record RevocationEvent(Kind kind, String source, String detail) {

    private static final int MAX_LENGTH = 1000;

    public RevocationEvent {
        source = printable(source);
        detail = printable(detail);
    }

    private static String printable(String text) {
        String bounded = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "..." : text;
        return bounded.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]", "?");
    }

    /** The kinds will grow. */
    public enum Kind {
        /** New data is in force. */
        LOADED(Level.INFO),
        /** A file could not be used; what was known before stays, until it is too old. */
        LOAD_FAILED(Level.ERROR),
        /** An exchange with a responder or a CRL server failed. Repeats are told of once per change. */
        FETCH_FAILED(Level.WARNING),
        /** What failed before works again. */
        RECOVERED(Level.INFO),
        /** A persisted answer was corrupt or no longer acceptable and was deleted. */
        DROPPED(Level.WARNING),
        /** The server's own certificate is revoked, and still served. */
        SERVER_REVOKED(Level.ERROR);

        private final Level level;

        Kind(Level level) {
            this.level = level;
        }

        /** How loud a log should be. */
        public Level level() {
            return level;
        }
    }

    /** A listener that may throw, as one that may not: it is the user's code, and what it throws is its own fault. */
    static Consumer<RevocationEvent> contained(Consumer<RevocationEvent> listener) {
        return event -> {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                System.getLogger("io.mtls").log(Level.ERROR, "A listener of revocation events failed", e);
            }
        };
    }
}
