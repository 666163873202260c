/**
 * Whether a certificate is revoked, and by whose word.
 *
 * <p>A user names sources, {@link io.mtls.revocation.OcspSource} and {@link io.mtls.revocation.CrlSource}, and puts them
 * into a {@link io.mtls.revocation.RevocationPolicy} for each issuer; and a {@link io.mtls.revocation.DenyList} for what
 * must stop at once.
 */
@NullMarked
package io.mtls.revocation;

import org.jspecify.annotations.NullMarked;
