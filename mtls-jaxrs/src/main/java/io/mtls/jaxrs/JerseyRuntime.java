package io.mtls.jaxrs;

import io.mtls.ClientIdentity;
import jakarta.inject.Singleton;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.FeatureContext;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.glassfish.grizzly.ssl.SSLUtils;
import org.glassfish.jersey.InjectionManagerProvider;
import org.glassfish.jersey.innate.inject.InternalBinder;
import org.glassfish.jersey.internal.inject.InjectionManager;
import org.glassfish.jersey.server.ContainerRequest;
import org.glassfish.jersey.server.model.Parameter;
import org.glassfish.jersey.server.spi.AbstractContainerLifecycleListener;
import org.glassfish.jersey.server.spi.Container;
import org.glassfish.jersey.server.spi.internal.ValueParamProvider;
import org.jspecify.annotations.Nullable;

/** Jersey; by itself on Grizzly, Jetty, in a servlet container, and on the JDK's server by {@link JdkServerTls}. */
final class JerseyRuntime extends RestRuntime {

    private static final String IDENTITY = ClientIdentity.class.getName();

    private volatile ConnectionSource connections;

    JerseyRuntime(FeatureContext context, @Nullable ConnectionSource given) {
        this.connections = given != null ? given : JdkServerTls::connectionOf;
        if (given == null) {
            InjectionManager injection = InjectionManagerProvider.getInjectionManager(context);
            context.register(new AbstractContainerLifecycleListener() {
                @Override
                public void onStartup(Container container) {
                    connections = connectionsOf(container, injection);
                }
            });
        }
    }

    /** The JDK's server is not among those that start a container: Jersey does not tell what belongs to an exchange. */
    private static ConnectionSource connectionsOf(Container container, InjectionManager injection) {
        String name = container.getClass().getName();
        if (name.startsWith("org.glassfish.jersey.servlet.")) {
            return new OfServletContainer(injection);
        }
        if (name.startsWith("org.glassfish.jersey.grizzly2.")) {
            return new OfGrizzly(injection);
        }
        if (name.startsWith("org.glassfish.jersey.jetty.")) {
            return new OfJetty(injection);
        }
        throw new IllegalStateException(
                "Where " + name + " keeps the TLS connection of a request is not known: tell it to"
                        + " MtlsFeature by a ConnectionSource"
                        + (name.startsWith("org.glassfish.jersey.jdkhttp.")
                                ? ", or make the HttpsServer by JdkServerTls instead of JdkHttpServerFactory"
                                : ""));
    }

    @Override
    public @Nullable ClientConnection connectionOf(ContainerRequestContext request) {
        return connections.connectionOf(request);
    }

    /** A slash at the beginning is one more, behind an empty segment. */
    @Override
    String path(ContainerRequestContext request) {
        return request.getUriInfo().getPath(false);
    }

    @Override
    void configure(FeatureContext context) {
        context.register(new InternalBinder() {
            @Override
            protected void configure() {
                bind(new IdentityParameter()).to(ValueParamProvider.class).in(Singleton.class);
            }
        });
    }

    @Override
    void identified(ContainerRequestContext request, @Nullable ClientIdentity identity) {
        request.setProperty(IDENTITY, identity);
    }

    /**
     * For parameters only: a field of a singleton would keep the caller of one request for all others, since a final class
     * has no proxy.
     */
    private static final class IdentityParameter implements ValueParamProvider {
        @Override
        public @Nullable Function<ContainerRequest, ?> getValueProvider(Parameter parameter) {
            return parameter.getRawType() == ClientIdentity.class && parameter.isAnnotationPresent(Context.class)
                    ? request -> request.getProperty(IDENTITY)
                    : null;
        }

        @Override
        public PriorityType getPriority() {
            return Priority.HIGH;
        }
    }

    private record OfServletContainer(InjectionManager injection) implements ConnectionSource {
        @Override
        public ClientConnection connectionOf(ContainerRequestContext unused) {
            return ServletConnections.of(injection.getInstance(HttpServletRequest.class));
        }
    }

    private record OfGrizzly(InjectionManager injection) implements ConnectionSource {
        @Override
        public ClientConnection connectionOf(ContainerRequestContext unused) {
            org.glassfish.grizzly.http.server.Request request =
                    injection.getInstance(org.glassfish.grizzly.http.server.Request.class);
            SSLEngine engine = SSLUtils.getSSLEngine(request.getContext().getConnection());
            return ClientConnection.of(
                    engine == null ? null : engine.getSession(),
                    request.getRemoteAddr(),
                    request.getProtocol().getProtocolString().startsWith("HTTP/1."));
        }
    }

    private record OfJetty(InjectionManager injection) implements ConnectionSource {
        @Override
        public ClientConnection connectionOf(ContainerRequestContext unused) {
            Request request = injection.getInstance(Request.class);
            EndPoint.SslSessionData tls =
                    (EndPoint.SslSessionData) request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE);
            return new ClientConnection(
                    tls == null || tls.peerCertificates() == null ? List.of() : List.of(tls.peerCertificates()),
                    tls == null ? null : tls.sslSession(),
                    Request.getRemoteAddr(request),
                    request.getConnectionMetaData().getProtocol().startsWith("HTTP/1."));
        }
    }
}
