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
        if (identity != null) {
            return identity;
        }
        return isByCertificate() || runtimes == null ? null : runtimes.getUserPrincipal();
    }

    @Override
    public boolean isUserInRole(String role) {
        if (identity != null) {
            return identity.roles().contains(role);
        }
        return !isByCertificate() && runtimes != null && runtimes.isUserInRole(role);
    }

    @Override
    public @Nullable String getAuthenticationScheme() {
        if (identity != null) {
            return CLIENT_CERT_AUTH;
        }
        return isByCertificate() || runtimes == null ? null : runtimes.getAuthenticationScheme();
    }

    /** Grizzly makes a principal of whatever certificate there is, and tells no scheme; the JDK's server has ours. */
    private boolean isByCertificate() {
        return runtimes != null
                && (CLIENT_CERT_AUTH.equals(runtimes.getAuthenticationScheme())
                        || runtimes.getUserPrincipal() instanceof X500Principal
                        || runtimes.getUserPrincipal() instanceof JdkServerTls.ConnectionPrincipal);
    }
}
