package io.mtls.jaxrs;

import io.undertow.Undertow;
import javax.net.ssl.SSLContext;
import org.xnio.Options;
import org.xnio.SslClientAuthMode;

/** Client authentication for Undertow. */
public final class UndertowTls {

    private UndertowTls() {}

    /** Adds a listener that asks clients for a certificate without insisting: the request decides. */
    public static Undertow.Builder listen(Undertow.Builder server, int port, String host, SSLContext context) {
        return server.addHttpsListener(port, host, context)
                .setSocketOption(Options.SSL_CLIENT_AUTH_MODE, SslClientAuthMode.REQUESTED);
    }
}
