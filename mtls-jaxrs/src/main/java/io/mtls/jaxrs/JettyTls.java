package io.mtls.jaxrs;

import javax.net.ssl.SSLContext;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Client authentication for Jetty. */
public final class JettyTls {

    private JettyTls() {}

    /** For a connector: asks clients for a certificate without insisting, the request decides. */
    public static SslContextFactory.Server factory(SSLContext context) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(context);
        factory.setWantClientAuth(true);
        return factory;
    }
}
