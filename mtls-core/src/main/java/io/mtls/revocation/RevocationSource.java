package io.mtls.revocation;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Where it is known whether a certificate is revoked. Ours are {@link OcspSource} and {@link CrlSource}; another is a
 * lambda.
 *
 * <p>Safe for use by many threads at once.
 */
@FunctionalInterface
public interface RevocationSource {

    /**
     * What is in memory. Never blocks, never does I/O, never throws: it is called on each request, and inside TLS
     * handshakes before the client has proved that it holds the key. What is older than it should be is
     * {@link RevocationStatus.Unknown}, never good.
     */
    RevocationStatus known(RevocationQuery query, Instant at);

    /**
     * Fetches what {@link #known} lacks; when the stage completes, in whatever way, {@code known} is asked again. Called
     * only for a client that has proved its key and whose path is trusted, so addresses in its certificates may be used.
     *
     * <p>Completes at once where there is no hope (the source is known to be away) or no room (too many are waiting): a
     * request waits for it.
     */
    default CompletionStage<?> refresh(RevocationQuery query) {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * Takes an OCSP answer that the client sent along (RFC 8446 section 4.4.2.1), if it stands every test that a fetched
     * one has to; else, and by default, nothing changes. Never throws, does no I/O.
     *
     * @param ocspResponse DER, from the client: hostile until verified
     */
    default void offer(RevocationQuery query, byte[] ocspResponse, Instant at) {}

    /**
     * These issue, so their status data will be asked for: load it now. May block, and is called before the first
     * request. Throws on what is configured and broken, so that the start fails.
     */
    default void prepare(Iterable<java.security.cert.X509Certificate> issuers) {}
}
