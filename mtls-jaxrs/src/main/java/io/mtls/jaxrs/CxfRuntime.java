package io.mtls.jaxrs;

import io.mtls.ClientIdentity;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.FeatureContext;
import org.apache.cxf.io.DelegatingInputStream;
import org.apache.cxf.jaxrs.ext.ContextProvider;
import org.apache.cxf.jaxrs.utils.JAXRSUtils;
import org.apache.cxf.message.Message;
import org.jspecify.annotations.Nullable;

/** CXF; by itself in a servlet container, its own Jetty included. */
final class CxfRuntime extends RestRuntime {

    /** AbstractHTTPDestination.HTTP_REQUEST, of a module that nothing else here is needed from. */
    private static final String SERVLET_REQUEST = "HTTP.REQUEST";

    private final ConnectionSource connections;

    CxfRuntime(@Nullable ConnectionSource given) {
        this.connections = given != null ? given : CxfRuntime::ofServletContainer;
    }

    @Override
    public @Nullable ClientConnection connectionOf(ContainerRequestContext request) {
        return connections.connectionOf(request);
    }

    private static @Nullable ClientConnection ofServletContainer(ContainerRequestContext unused) {
        return JAXRSUtils.getCurrentMessage().get(SERVLET_REQUEST) instanceof HttpServletRequest request
                ? ServletConnections.of(request)
                : null;
    }

    @Override
    void configure(FeatureContext context) {
        context.register(new IdentityProvider());
    }

    @Override
    void identified(ContainerRequestContext request, @Nullable ClientIdentity identity) {
        JAXRSUtils.getCurrentMessage().put(ClientIdentity.class, identity);
    }

    /** CXF reads a megabyte of the request before it writes, so that anybody could keep a thread by sending none of it. */
    @Override
    void refused() {
        JAXRSUtils.getCurrentMessage().removeContent(DelegatingInputStream.class);
    }

    /** For parameters; CXF does not ask it for fields. */
    private static final class IdentityProvider implements ContextProvider<ClientIdentity> {
        @Override
        public @Nullable ClientIdentity createContext(Message message) {
            return message.get(ClientIdentity.class);
        }
    }
}
