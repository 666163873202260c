package io.mtls.spring;

import io.mtls.ClientAuth;
import io.mtls.servlet.MtlsFilter;
import jakarta.servlet.DispatcherType;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.ee11.servlet.FilterMapping;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.util.component.Container;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/** Gives Jetty our TLS context. */
final class JettyTls implements WebServerFactoryCustomizer<JettyServletWebServerFactory>, Ordered {

    private final ServerTls tls;

    JettyTls(ServerTls tls) {
        this.tls = tls;
    }

    @Override
    public void customize(JettyServletWebServerFactory factory) {
        if (tls.applyTo(factory)) {
            ClientAuth clientAuth = tls.clientAuth();
            factory.addServerCustomizers(server -> configure(server.getConnectors()[0], clientAuth));
        }
        ServerHolder holder = new ServerHolder();
        factory.addServerCustomizers(server -> {
            holder.server = server;
            server.addEventListener(new ConnectorCheck());
        });
        factory.addInitializers(servletContext -> {
            tls.requireTlsOfProperties(factory);
            requireCoverage(Objects.requireNonNull(holder.server));
        });
    }

    /** After all that a user may have said of the connector. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    private void configure(Connector connector, ClientAuth clientAuth) {
        SslConnectionFactory connections = connector.getConnectionFactory(SslConnectionFactory.class);
        if (connections == null) {
            return; // The check below will say so.
        }
        SslContextFactory.Server factory = connections.getSslContextFactory();
        factory.setSslContext(tls.context(null).ssl());
        factory.setWantClientAuth(clientAuth == ClientAuth.WANT);
        factory.setNeedClientAuth(clientAuth == ClientAuth.NEED);
    }

    /** Once all filters are there, and before anybody is served. */
    private void requireCoverage(Server server) {
        List<FilterMapping> filters = server.getDescendants(ServletContextHandler.class).stream()
                .flatMap(handler -> Arrays.stream(handler.getServletHandler().getFilterMappings()))
                .toList();
        FilterCoverage.require(
                filters.stream().filter(JettyTls::isOurs).anyMatch(JettyTls::coversAll),
                !filters.isEmpty() && isOurs(filters.get(0)),
                server.getDescendants(ContextHandler.class).size() == 1,
                tls);
    }

    private static boolean isOurs(FilterMapping mapping) {
        return FilterCoverage.FILTER.equals(mapping.getFilterName());
    }

    private static boolean coversAll(FilterMapping mapping) {
        return Arrays.asList(mapping.getPathSpecs()).contains("/*")
                && Arrays.stream(DispatcherType.values())
                        .allMatch(type -> mapping.getDispatcherTypes().contains(type));
    }

    /** Leaves the connection's own address with each request, before a {@code ForwardedRequestCustomizer} hides it. */
    private static final HttpConfiguration.Customizer PEERS = (request, responseHeaders) -> {
        Object peer = request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress address
                ? address.getAddress()
                : null; // Of a Unix domain socket, say.
        request.setAttribute(MtlsFilter.PEER_ATTRIBUTE, peer != null ? peer : MtlsFilter.UNKNOWN_PEER);
        return request;
    };

    /** Leaves the connection's TLS session with each request. */
    private static final HttpConfiguration.Customizer SESSIONS = (request, responseHeaders) -> {
        EndPoint.SslSessionData tls =
                request.getConnectionMetaData().getConnection().getEndPoint().getSslSessionData();
        if (tls != null) {
            request.setAttribute(MtlsFilter.TLS_SESSION_ATTRIBUTE, tls.sslSession());
        }
        return request;
    };

    /** First of all, before any that makes another request of it. */
    private static void customize(Connector connector, HttpConfiguration.Customizer customizer) {
        connector.getConnectionFactories().stream()
                .filter(HttpConfiguration.ConnectionFactory.class::isInstance)
                .map(factory -> ((HttpConfiguration.ConnectionFactory) factory).getHttpConfiguration())
                .forEach(configuration -> {
                    configuration.getCustomizers().remove(customizer);
                    configuration.getCustomizers().add(0, customizer);
                });
    }

    /** Told of each connector that the server has or gets, before it starts. */
    private final class ConnectorCheck implements Container.Listener {
        @Override
        public void beanAdded(Container parent, Object child) {
            if (child instanceof Connector connector) {
                boolean isTls = connector.getConnectionFactory(SslConnectionFactory.class) != null;
                int port = connector instanceof NetworkConnector network ? network.getPort() : -1;
                tls.requireTls(isTls, "Jetty's connector on port " + port, "an SslConnectionFactory");
                customize(connector, SESSIONS);
                if (tls.arePeersAsked()) {
                    customize(connector, PEERS);
                }
            }
        }

        @Override
        public void beanRemoved(Container parent, Object child) {}
    }

    private static final class ServerHolder {
        private @Nullable Server server;
    }
}
