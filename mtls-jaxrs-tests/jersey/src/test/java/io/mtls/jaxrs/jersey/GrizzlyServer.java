package io.mtls.jaxrs.jersey;

import io.mtls.contract.ContractServer;
import io.mtls.jaxrs.GrizzlyTls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.http.server.HttpServer;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;

/** Jersey on Grizzly. */
final class GrizzlyServer implements ContractServer {

    private final HttpServer tls;
    private final HttpServer plain;

    GrizzlyServer(SSLContext context, ResourceConfig application) {
        tls = GrizzlyHttpServerFactory.createHttpServer(
                URI.create("https://localhost:0/"), application, true, GrizzlyTls.configurator(context), false);
        plain = GrizzlyHttpServerFactory.createHttpServer(URI.create("http://localhost:0/"), application, false);
        try {
            tls.start();
            plain.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int port() {
        return tls.getListener("grizzly").getPort();
    }

    @Override
    public int plainPort() {
        return plain.getListener("grizzly").getPort();
    }

    @Override
    public void close() {
        tls.shutdownNow();
        plain.shutdownNow();
    }
}
