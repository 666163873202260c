package io.mtls.jaxrs.jersey;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import io.mtls.contract.ContractServer;
import io.mtls.jaxrs.JdkServerTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.glassfish.jersey.server.ContainerFactory;
import org.glassfish.jersey.server.ResourceConfig;

/** Jersey on the JDK's HTTP server. */
final class JdkServer implements ContractServer {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpsServer tls;
    private final HttpServer plain;

    JdkServer(SSLContext context, ResourceConfig application) throws IOException {
        HttpHandler jersey = ContainerFactory.createContainer(HttpHandler.class, application);
        tls = HttpsServer.create(anyPort(), 0);
        tls.setHttpsConfigurator(JdkServerTls.configurator(context));
        plain = HttpServer.create(anyPort(), 0);
        for (HttpServer server : new HttpServer[] {tls, plain}) {
            server.createContext("/", jersey).setAuthenticator(JdkServerTls.authenticator());
            server.setExecutor(threads);
            server.start();
        }
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Override
    public int port() {
        return tls.getAddress().getPort();
    }

    @Override
    public int plainPort() {
        return plain.getAddress().getPort();
    }

    @Override
    public void close() {
        tls.stop(0);
        plain.stop(0);
        threads.shutdownNow();
    }
}
