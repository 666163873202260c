package io.mtls.contract;

import jakarta.servlet.ServletContainerInitializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.util.net.SSLUtil;

/** Embedded Tomcat, whose application registers what it likes. */
public final class TomcatServer implements ContractServer {

    /** It logs the exceptions that tests throw on purpose. Held here, or the setting is collected with the logger. */
    private static final Logger LOGGER = Logger.getLogger("org.apache");

    static {
        LOGGER.setUseParentHandlers(false);
    }

    private final Tomcat tomcat = new Tomcat();
    private final Connector tls;
    private final Connector plain;

    private TomcatServer(
            SSLContext sslContext, X509KeyManager keys, X509TrustManager trust, ServletApplication application) {
        try {
            tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        tls = tlsConnector(sslContext, keys, trust);
        plain = new Connector();
        plain.setPort(0);
        tomcat.setConnector(tls);
        tomcat.getService().addConnector(plain);
        Context context = tomcat.addContext("", null);
        context.addServletContainerInitializer(initializer(application, context), Set.of());
        // Without one, 404 comes before any filter.
        Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
    }

    /** On free ports; its TLS connector wants a certificate. */
    public static TomcatServer start(
            SSLContext sslContext, X509KeyManager keys, X509TrustManager trust, ServletApplication application) {
        TomcatServer server = new TomcatServer(sslContext, keys, trust, application);
        try {
            server.tomcat.start();
        } catch (LifecycleException e) {
            throw new IllegalStateException(e);
        }
        return server;
    }

    private static ServletContainerInitializer initializer(ServletApplication application, Context tomcats) {
        return (classes, context) -> {
            application.configure(context);
            if (ContractServlets.hasErrorPage(context)) {
                ErrorPage errorPage = new ErrorPage();
                errorPage.setLocation(ContractServlets.ERROR_PAGE);
                tomcats.addErrorPage(errorPage);
            }
        };
    }

    private static Connector tlsConnector(SSLContext sslContext, X509KeyManager keys, X509TrustManager trust) {
        Connector connector = new Connector();
        connector.setPort(0);
        connector.setScheme("https");
        connector.setSecure(true);
        connector.setProperty("SSLEnabled", "true");
        SSLHostConfig host = new SSLHostConfig();
        host.setCertificateVerification("optional");
        SSLHostConfigCertificate certificate =
                new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
        certificate.setSslContext(SSLUtil.createSSLContext(sslContext, keys, trust));
        host.addCertificate(certificate);
        connector.addSslHostConfig(host);
        connector.addUpgradeProtocol(new Http2Protocol());
        return connector;
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
            tomcat.stop();
            tomcat.destroy();
        } catch (LifecycleException e) {
            throw new IllegalStateException(e);
        }
    }
}
