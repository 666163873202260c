package io.mtls.proxy;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Function;

/** What a request's headers say of the client's certificates. Sealed for good. None of it is verified. */
public sealed interface Forwarded {

    /** The hop says that the client presented no certificate. */
    record None() implements Forwarded {}

    /**
     * The client's certificate, and what it presented beside it.
     *
     * @param certificates the client's own first, the others in no certain order; never empty
     */
    record Chain(List<X509Certificate> certificates) implements Forwarded {
        public Chain {
            certificates = List.copyOf(certificates);
            if (certificates.isEmpty()) {
                throw new IllegalArgumentException("A chain has at least the client's certificate");
            }
        }
    }

    /**
     * The headers are there and cannot be read. It is not {@link None}: who cannot be read is not anonymous.
     *
     * @param detail for the log: which header, what is wrong. Holds nothing of what the request said, and is never to
     *     be shown to the caller
     */
    record Malformed(String detail) implements Forwarded {}

    /** Handles each case; one function per case, so that none is forgotten. */
    default <T> T fold(Function<None, T> none, Function<Chain, T> chain, Function<Malformed, T> malformed) {
        if (this instanceof None n) {
            return none.apply(n);
        }
        if (this instanceof Chain c) {
            return chain.apply(c);
        }
        return malformed.apply((Malformed) this);
    }
}
