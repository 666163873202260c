package io.mtls.revocation;

import java.security.cert.X509Certificate;

/**
 * A question about one certificate of a verified path.
 *
 * @param certificate whose revocation is asked for
 * @param issuer the certificate above it <em>in the verified path</em>, never one that the client merely presented
 */
public record RevocationQuery(X509Certificate certificate, X509Certificate issuer) {}
