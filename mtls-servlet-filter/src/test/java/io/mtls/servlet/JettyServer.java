package io.mtls.servlet;

import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Embedded Jetty, whose application registers what it likes. */
final class JettyServer implements ContractServer {

    private final Server server = new Server();
    private final ServerConnector tls;
    private final ServerConnector plain;

    private JettyServer(SSLContext sslContext, Application application) {
        tls = tlsConnector(sslContext);
        plain = new ServerConnector(server);
        server.addConnector(tls);
        server.addConnector(plain);
        ServletContextHandler context = new ServletContextHandler("/", ServletContextHandler.SESSIONS);
        context.addServletContainerInitializer((classes, servletContext) -> application.configure(servletContext));
        ErrorPageErrorHandler errors = new ErrorPageErrorHandler();
        errors.addErrorPage(ErrorPageErrorHandler.GLOBAL_ERROR_PAGE, ContractServlets.ERROR_PAGE);
        context.setErrorHandler(errors);
        server.setHandler(context);
    }

    static JettyServer start(SSLContext sslContext, Application application) {
        JettyServer server = new JettyServer(sslContext, application);
        try {
            server.server.start();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return server;
    }

    private ServerConnector tlsConnector(SSLContext sslContext) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(sslContext);
        factory.setWantClientAuth(true);
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new SecureRequestCustomizer());
        HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol(http1.getProtocol());
        return new ServerConnector(
                server,
                new SslConnectionFactory(factory, alpn.getProtocol()),
                alpn,
                new HTTP2ServerConnectionFactory(configuration),
                http1);
    }

    @Override
    public int port() {
        return tls.getLocalPort();
    }

    @Override
    public int plainPort() {
        return plain.getLocalPort();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
