package io.mtls;

/**
 * What a request path asks of its callers.
 *
 * <p>Where no rule names a path, it is {@link #STRICTEST}.
 */
public record AccessRule(ClientAuth clientAuth, RequiredRoles roles) {

    /** A certificate is needed, no particular role. What holds for a path that no rule names. */
    public static final AccessRule STRICTEST = new AccessRule(ClientAuth.NEED, RequiredRoles.none());

    /**
     * @throws IllegalArgumentException if roles are asked for where a certificate is ignored: nobody could ever get in,
     *     or, worse, somebody believes the path to be protected
     */
    public AccessRule {
        if (clientAuth == ClientAuth.NONE && roles.isRestricted() && !roles.denied()) {
            throw new IllegalArgumentException(
                    "Roles are required but client authentication is 'none': use 'need', or drop the roles");
        }
    }
}
