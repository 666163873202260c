package io.mtls.spring;

import io.mtls.ClientAuth;
import jakarta.servlet.DispatcherType;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Engine;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.valves.SSLValve;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.util.net.SSLUtil;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/** Gives Tomcat our TLS context. */
final class TomcatTls implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>, Ordered {

    private final ServerTls tls;

    TomcatTls(ServerTls tls) {
        this.tls = tls;
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        if (tls.applyTo(factory)) {
            ClientAuth clientAuth = tls.clientAuth();
            factory.addConnectorCustomizers(connector -> configure(connector, clientAuth));
            factory.addContextValves(new TomcatChains());
        }
        if (tls.arePeersAsked()) {
            factory.addContextValves(new TomcatPeers());
        }
        ContextHolder holder = new ContextHolder();
        factory.addContextCustomizers(context -> holder.context = context);
        factory.addInitializers(servletContext -> {
            tls.requireTlsOfProperties(factory);
            check(Objects.requireNonNull(holder.context));
        });
    }

    /** After all that a user may have said of the connector. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    private void configure(Connector connector, ClientAuth clientAuth) {
        if (!(connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> protocol)) {
            return; // The check below will say so.
        }
        for (SSLHostConfig host : protocol.findSslHostConfigs()) {
            boolean isDefault = host.getHostName().equals(protocol.getDefaultSSLHostConfigName());
            ServerTls.Context context = tls.context(isDefault ? null : host.getHostName());
            host.setCertificateVerification(
                    switch (clientAuth) {
                        case NONE -> "none";
                        case WANT -> "optional";
                        case NEED -> "required";
                    });
            for (SSLHostConfigCertificate certificate : host.getCertificates()) {
                certificate.setSslContext(SSLUtil.createSSLContext(context.ssl(), context.keys(), context.trust()));
            }
        }
    }

    /** Once all connectors and filters are there, and before any of them serves. */
    private void check(Context context) {
        Engine engine = (Engine) context.getParent().getParent();
        Stream.of(engine, context.getParent(), context)
                .flatMap(container -> Arrays.stream(container.getPipeline().getValves()))
                .filter(SSLValve.class::isInstance)
                .forEach(valve -> {
                    throw new MtlsConfigurationException(
                            "Tomcat has an SSLValve, which takes a caller's certificate from a header that any caller can"
                                    + " send.",
                            "Remove the SSLValve: certificates are taken from the TLS connection, or from the proxies"
                                    + " that mtls.proxies names.");
                });
        for (Connector connector : engine.getService().findConnectors()) {
            String name = "Tomcat's connector on port " + connector.getPort();
            if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> protocol) {
                tls.requireTls(protocol.isSSLEnabled(), name, "SSLEnabled");
            } else {
                tls.requireHttp(name);
            }
        }
        FilterMap[] filters = context.findFilterMaps();
        FilterCoverage.require(
                Arrays.stream(filters)
                        .filter(map -> FilterCoverage.FILTER.equals(map.getFilterName()))
                        .anyMatch(TomcatTls::coversAll),
                filters.length > 0 && FilterCoverage.FILTER.equals(filters[0].getFilterName()),
                context.getParent().findChildren().length == 1,
                tls);
    }

    private static boolean coversAll(FilterMap map) {
        Set<DispatcherType> covered = EnumSet.noneOf(DispatcherType.class);
        for (DispatcherType type : DispatcherType.values()) {
            if ((map.getDispatcherMapping() & maskOf(type)) != 0) {
                covered.add(type);
            }
        }
        return Arrays.asList(map.getURLPatterns()).contains("/*")
                && covered.containsAll(EnumSet.allOf(DispatcherType.class));
    }

    private static int maskOf(DispatcherType type) {
        FilterMap one = new FilterMap();
        one.setDispatcher(type.name());
        return one.getDispatcherMapping();
    }

    private static final class ContextHolder {
        private @org.jspecify.annotations.Nullable Context context;
    }
}
