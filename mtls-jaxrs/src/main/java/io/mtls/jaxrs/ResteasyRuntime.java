package io.mtls.jaxrs;

import io.mtls.ClientIdentity;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.FeatureContext;
import org.jboss.resteasy.core.ResteasyContext;
import org.jspecify.annotations.Nullable;

/** RESTEasy; by itself in a servlet container, such as Undertow. */
final class ResteasyRuntime extends RestRuntime {

    private final ConnectionSource connections;

    ResteasyRuntime(@Nullable ConnectionSource given) {
        this.connections = given != null ? given : ResteasyRuntime::ofServletContainer;
    }

    @Override
    public @Nullable ClientConnection connectionOf(ContainerRequestContext request) {
        return connections.connectionOf(request);
    }

    private static @Nullable ClientConnection ofServletContainer(ContainerRequestContext unused) {
        HttpServletRequest request = ResteasyContext.getContextData(HttpServletRequest.class);
        return request == null ? null : ServletConnections.of(request);
    }

    @Override
    void configure(FeatureContext context) {}

    /** What the context of a request holds can be injected. */
    @Override
    void identified(ContainerRequestContext request, @Nullable ClientIdentity identity) {
        ResteasyContext.pushContext(ClientIdentity.class, identity);
    }
}
