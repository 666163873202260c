package io.mtls.revocation;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Where it is known whether a certificate is revoked: the place of CRLs, OCSP answers and deny lists in the verifier.
 *
 * <p>Safe for use by many threads at once.
 */
@FunctionalInterface
public interface RevocationSource {

    /**
     * What is in memory. Never blocks, never does I/O, never throws: it is called inside TLS handshakes, before the
     * client has proved that it holds the key.
     */
    RevocationStatus known(RevocationQuery query, Instant at);

    /**
     * Fetches what {@link #known} lacks; when the stage completes, in whatever way, {@code known} is asked again. Called
     * only for a client that has proved its key and whose path is trusted, so addresses in its certificates may be used.
     */
    default CompletionStage<?> refresh(RevocationQuery query) {
        return CompletableFuture.completedFuture(null);
    }
}
