package io.mtls.contract;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The next service, as far as a client's test needs one: it remembers the headers of the last request. */
public final class HeadersServer implements AutoCloseable {

    private final HttpServer server;
    private volatile Map<String, List<String>> received = Map.of();

    /** On a free port of the loopback interface. */
    public HeadersServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            Map<String, List<String>> headers = new TreeMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
            received = headers;
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
    }

    /** Where it listens. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    /** By name, in lower case. */
    public Map<String, List<String>> received() {
        return received;
    }

    /** As if nothing had been received. */
    public void forget() {
        received = Map.of();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
