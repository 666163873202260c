/**
 * Who gets in: verify a client's certificate, name the caller, say which roles it has.
 *
 * <p>An adapter needs three types of this package: a {@link io.mtls.ClientAuthenticator} to ask, a
 * {@link io.mtls.ClientAuthentication} for the answer, and a {@link io.mtls.HttpRefusal} to say no. A user needs
 * {@link io.mtls.TrustAnchors} and {@link io.mtls.TrustedIssuer} to say whom to trust for what, and
 * {@link io.mtls.ClientCertificateVerifier} to put them together.
 */
@NullMarked
package io.mtls;

import org.jspecify.annotations.NullMarked;
