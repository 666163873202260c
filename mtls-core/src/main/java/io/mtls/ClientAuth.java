package io.mtls;

/** Whether a request must, may, or need not come with a client certificate. */
public enum ClientAuth {
    /** A certificate is ignored: the caller stays anonymous. */
    NONE,
    /** No certificate is an anonymous caller; one that is presented must be good. */
    WANT,
    /** A good certificate, or a refusal. */
    NEED
}
