package io.mtls.revocation;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/**
 * Finds those who may sign revocation lists for a certificate without being its issuer: a CRL issuer of its own, or the
 * same CA with another key (RFC 5280 section 6.3.3 (f)).
 */
@FunctionalInterface
public interface SignerPaths {

    /** Nobody but the issuer itself signs. */
    SignerPaths NONE = (name, at) -> List.of();

    /**
     * Certificates with this subject that are valid at that instant and lead to the trust anchor of the certificate in
     * question. Costs signatures, a bounded number; not for a handshake.
     */
    List<SignerPath> pathsOf(X500Principal name, Instant at);

    /**
     * A signer whose path was verified, all but revocation.
     *
     * @param queries what is still to be asked: one for each certificate of its path below the trust anchor; empty where
     *     the signer is the anchor itself
     */
    record SignerPath(X509Certificate signer, List<RevocationQuery> queries) {
        public SignerPath {
            queries = List.copyOf(queries);
        }
    }
}
