/**
 * Who a certificate names, and what that name may do.
 *
 * <p>{@link io.mtls.identity.CertificateField} reads a field of a certificate; {@link
 * io.mtls.identity.PrincipalExtractor} makes at most one principal of it, and {@link
 * io.mtls.identity.RoleRule} roles. Both refuse what is ambiguous or unreadable: nothing here guesses.
 *
 * <p>Nothing in this package verifies anything. Hand it the end entity of a verified path and
 * nothing else: not another certificate of the presented chain, and not one whose path was refused.
 */
@NullMarked
package io.mtls.identity;

import org.jspecify.annotations.NullMarked;
