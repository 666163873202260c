/**
 * Certificates on demand: the chains of a test, right or with any one fault, and a small CA for development.
 *
 * <p>{@link io.mtls.ca.HeldCertificate} is where to begin for a test, {@link io.mtls.ca.CertificateAuthority} for a CA that
 * stays. Nothing here decides whether a certificate is to be accepted.
 */
@NullMarked
package io.mtls.ca;

import org.jspecify.annotations.NullMarked;
