package io.mtls.jaxrs;

import jakarta.ws.rs.container.ContainerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Where a runtime keeps what the TLS connection says of its client.
 *
 * <p>Nothing that a request says of itself, such as a header, is a source.
 */
@FunctionalInterface
public interface ConnectionSource {

    /**
     * Asked in the thread that the runtime runs its filters in.
     *
     * @return null where this source does not know the connection of that request: it is refused, since nobody can tell
     *     whether there was a certificate
     */
    @Nullable
    ClientConnection connectionOf(ContainerRequestContext request);
}
