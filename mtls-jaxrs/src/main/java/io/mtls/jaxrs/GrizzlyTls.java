package io.mtls.jaxrs;

import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.ssl.SSLEngineConfigurator;

/** Client authentication for Grizzly. */
public final class GrizzlyTls {

    private GrizzlyTls() {}

    /** For {@code GrizzlyHttpServerFactory}: asks clients for a certificate without insisting, the request decides. */
    public static SSLEngineConfigurator configurator(SSLContext context) {
        return new SSLEngineConfigurator(context, false, false, true);
    }
}
