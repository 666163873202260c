package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Why;

/** Why an OCSP response says nothing that counts. The message is for a log and quotes nothing of the response. */
final class OcspRefusal extends Exception {

    private static final long serialVersionUID = 1;

    private final Why why;
    private final boolean responderAway;

    OcspRefusal(Why why, String message) {
        this(why, message, false);
    }

    /** @param responderAway whether the responder is the worse for all certificates, rather than for this one */
    OcspRefusal(Why why, String message, boolean responderAway) {
        super(message, null, false, false); // Hostile bytes may cause many of these: without a stack trace.
        this.why = why;
        this.responderAway = responderAway;
    }

    Why why() {
        return why;
    }

    boolean isResponderAway() {
        return responderAway;
    }
}
