package io.mtls.ca;

import org.bouncycastle.asn1.BERTags;

/** Whether an OCSP responder has answered, RFC 6960 section 4.2.1. Only {@link #SUCCESSFUL} is signed. */
public enum OcspResponseStatus {
    /** There is an answer. */
    SUCCESSFUL(0),
    /** The request was not understood. */
    MALFORMED_REQUEST(1),
    /** Something is wrong with the responder. */
    INTERNAL_ERROR(2),
    /** Not now. */
    TRY_LATER(3),
    /** Only signed requests are answered. */
    SIG_REQUIRED(5),
    /** Not this client, or not about this certificate. */
    UNAUTHORIZED(6);

    private final int code;

    OcspResponseStatus(int code) {
        this.code = code;
    }

    /** The value of {@code OCSPResponseStatus}. */
    public int code() {
        return code;
    }

    /** The DER of a response that has this status and nothing else. */
    public byte[] response() {
        return Der.sequence(der());
    }

    byte[] der() {
        return Der.value(BERTags.ENUMERATED, new byte[] {(byte) code});
    }
}
