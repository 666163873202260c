package io.mtls.identity;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/**
 * Your own way from a principal to its roles, beside or instead of {@link RoleRule}s: a directory, a
 * table, a file.
 *
 * <p>Called on every request, from any thread and possibly from one that must not block: answer from
 * memory. An exception refuses the request. Names that {@link Roles#checked(String)} does not let pass
 * are a fault too; roles are names without a framework's prefix.
 */
@FunctionalInterface
public interface RoleMapper {

    /**
     * The roles of this principal, empty for none, never {@code null}.
     *
     * @param principal the name that was extracted from the end entity, its prefix included
     * @param path the verified path, the end entity first and the trust anchor last; immutable. Only the
     *     end entity speaks for the principal; the others say who vouches for it.
     */
    Set<String> roles(String principal, List<X509Certificate> path);
}
