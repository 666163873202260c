package io.mtls.jaxrs;

import io.mtls.ClientIdentity;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The caller as the application sees it.
 *
 * <p>A caller with a certificate is that caller alone: neither the name nor a role of somebody whom the runtime knows is
 * added, for that may be another person. An anonymous caller may be known to the runtime by other means; by a certificate
 * that was not accepted it is known to nobody.
 *
 * @param runtimes what was there before; null if nothing
 */
record MtlsSecurityContext(
        @Nullable ClientIdentity identity, @Nullable SecurityContext runtimes, boolean isSecure)
        implements SecurityContext {

    @Override
    public @Nullable Principal getUserPrincipal() {
        return identity != null ? identity : runtimesPrincipal();
    }

    @Override
    public boolean isUserInRole(String role) {
        if (identity != null) {
            return identity.roles().contains(role);
        }
        return runtimes != null && runtimesPrincipal() != null && runtimes.isUserInRole(role);
    }

    @Override
    public @Nullable String getAuthenticationScheme() {
        if (identity != null) {
            return CLIENT_CERT_AUTH;
        }
        return runtimes == null || runtimesPrincipal() == null ? null : runtimes.getAuthenticationScheme();
    }

    /**
     * Null also where it is known by a certificate alone: Grizzly makes a principal of whatever certificate there is, and
     * the JDK's server has one of ours. CXF takes the scheme from a header, and knows nobody then.
     */
    private @Nullable Principal runtimesPrincipal() {
        if (runtimes == null || CLIENT_CERT_AUTH.equals(runtimes.getAuthenticationScheme())) {
            return null;
        }
        Principal principal = runtimes.getUserPrincipal();
        return principal instanceof X500Principal || principal instanceof JdkServerTls.ConnectionPrincipal
                ? null
                : principal;
    }
}
