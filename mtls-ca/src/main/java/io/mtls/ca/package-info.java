/**
 * A team's own certificate authority, and the PKI of tests.
 *
 * <ul>
 *   <li>{@link io.mtls.ca.CertificateAuthority}, in a directory or in memory: issues {@link io.mtls.ca.Member}s, revokes,
 *       publishes. {@link io.mtls.ca.CaServer} answers for it over HTTP; {@code io.mtls.ca.cli} is its command line.
 *   <li>{@link io.mtls.ca.HeldCertificate} and the builders of certificates, revocation lists and OCSP answers: single ones,
 *       right or with any one mistake. {@link io.mtls.ca.FaultyResponder} fails in any way that a test asks for.
 * </ul>
 *
 * <p>Nothing here decides whether a certificate is to be accepted.
 */
@NullMarked
package io.mtls.ca;

import org.jspecify.annotations.NullMarked;
