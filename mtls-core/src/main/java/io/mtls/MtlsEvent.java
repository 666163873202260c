package io.mtls;

import io.mtls.identity.SafeText;
import io.mtls.revocation.RevocationEvent;
import java.lang.System.Logger.Level;
import java.util.Locale;

/**
 * Something that an operator may want to see, count or keep. The kinds will grow: a listener ignores those it does not
 * know.
 */
public interface MtlsEvent {

    /** How loud a log should be. */
    Level level();

    /** One line for a log: no control characters, bounded, no key, password or whole certificate. */
    String message();

    /**
     * A request was refused.
     *
     * @param origin where it came from and what it asked for, safe to print
     * @param detail which certificate, what was found, what was expected
     */
    record RequestRefused(RejectionReason reason, String origin, String detail) implements MtlsEvent {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String message() {
            return "Request refused: " + reason.code() + "; " + origin + "; " + detail;
        }
    }

    /** A TLS handshake was refused. The peer has not proved that it holds the certificate's key. */
    record HandshakeRefused(RejectionReason reason, String detail) implements MtlsEvent {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String message() {
            return "Handshake refused: " + reason.code() + "; " + detail;
        }
    }

    /** A chain was verified that is not remembered from an earlier request; not one event per request. */
    record CallerVerified(ClientIdentity identity) implements MtlsEvent {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String message() {
            return "Caller verified: " + identity + "; " + Certificates.describe(identity.certificate())
                    + ", valid until " + identity.path().notAfter();
        }
    }

    /** Something about where revocation data comes from: a responder that is away, a CRL that is in force. */
    record RevocationData(RevocationEvent event) implements MtlsEvent {
        @Override
        public Level level() {
            return event.kind().level();
        }

        @Override
        public String message() {
            String kind = event.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
            return "Revocation data " + kind + ": " + SafeText.of(event.source()) + ": " + SafeText.of(event.detail());
        }
    }

    /** Something was replaced by a newer version while running: trust anchors, keys. */
    record Reloaded(String what) implements MtlsEvent {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String message() {
            return "Reloaded: " + what;
        }
    }

    /** A newer version could not be used; the one before it stays in force. */
    record ReloadFailed(String what, String why) implements MtlsEvent {
        @Override
        public Level level() {
            return Level.ERROR;
        }

        @Override
        public String message() {
            return "Reload failed, the version before stays in force: " + what + ": " + why;
        }
    }
}
