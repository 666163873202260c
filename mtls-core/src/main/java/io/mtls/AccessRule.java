package io.mtls;

import java.util.Set;

/**
 * What a request path asks of its callers.
 *
 * <p>Where no rule names a path, it is {@link #STRICTEST}.
 */
public record AccessRule(ClientAuth clientAuth, RequiredRoles roles) {

    /** A certificate is needed, no particular role. What holds for a path that no rule names. */
    public static final AccessRule STRICTEST = new AccessRule(ClientAuth.NEED, RequiredRoles.none());

    /**
     * Checks that the two go together.
     *
     * @throws IllegalArgumentException if roles are asked for where a certificate is ignored: nobody could ever get in,
     *     or, worse, somebody believes the path to be protected
     */
    public AccessRule {
        if (clientAuth == ClientAuth.NONE && roles.isRestricted() && !roles.denied()) {
            throw new IllegalArgumentException(
                    "Roles are required but client authentication is 'none': use 'need', or drop the roles");
        }
    }

    /** A certificate is needed, and at least one of these roles where any are named. */
    public static AccessRule need(String... roles) {
        return roles.length == 0
                ? STRICTEST
                : new AccessRule(ClientAuth.NEED, RequiredRoles.byCertificate(Set.of(roles)));
    }

    /** A certificate is welcome; without one the caller is anonymous. */
    public static AccessRule want() {
        return new AccessRule(ClientAuth.WANT, RequiredRoles.none());
    }

    /** A certificate is ignored; every caller is anonymous. */
    public static AccessRule none() {
        return new AccessRule(ClientAuth.NONE, RequiredRoles.none());
    }
}
