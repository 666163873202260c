package io.mtls.contract;

import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Embedded Jetty, whose application registers what it likes. */
public final class JettyServer implements ContractServer {

    private final Server server = new Server();
    private final ServerConnector tls;
    private final ServerConnector plain;

    private JettyServer(SSLContext sslContext, Handler handler) {
        tls = tlsConnector(sslContext);
        plain = new ServerConnector(server);
        server.addConnector(tls);
        server.addConnector(plain);
        server.setHandler(handler);
    }

    /** On free ports; its TLS connector wants a certificate. */
    public static JettyServer start(SSLContext sslContext, Handler handler) {
        JettyServer server = new JettyServer(sslContext, handler);
        try {
            server.server.start();
        } catch (Exception e) {
            server.close();
            throw new IllegalStateException(e);
        }
        return server;
    }

    /** The same for servlets. */
    public static JettyServer start(SSLContext sslContext, ServletApplication application) {
        return start(sslContext, handler(application));
    }

    private static Handler handler(ServletApplication application) {
        ServletContextHandler context = new ServletContextHandler("/", ServletContextHandler.SESSIONS);
        ErrorPageErrorHandler errors = new ErrorPageErrorHandler();
        context.setErrorHandler(errors);
        context.addServletContainerInitializer((classes, servletContext) -> {
            application.configure(servletContext);
            if (ContractServlets.hasErrorPage(servletContext)) {
                errors.addErrorPage(ErrorPageErrorHandler.GLOBAL_ERROR_PAGE, ContractServlets.ERROR_PAGE);
            }
        });
        return context;
    }

    private ServerConnector tlsConnector(SSLContext sslContext) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(sslContext);
        factory.setWantClientAuth(true);
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new SecureRequestCustomizer());
        configuration.addCustomizer((request, responseHeaders) -> {
            EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
            request.setAttribute(
                    "io.mtls.tls-session", endPoint.getSslSessionData().sslSession());
            return request;
        });
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
