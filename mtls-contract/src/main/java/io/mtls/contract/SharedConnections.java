package io.mtls.contract;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** One connection of a client for many tests: handshakes are what they would spend their time on. */
final class SharedConnections implements Closeable {

    /** Tomcat closes after a hundred. Jetty takes about as many refusals over HTTP/2 for a flood, and goes away. */
    private static final int REQUESTS = 40;

    private final int port;
    private final Map<SSLContext, Used<Connection>> http1 = new HashMap<>();
    private final Map<SSLContext, Used<Http2Connection>> http2 = new HashMap<>();
    private final Map<SSLContext, Used<Http2ToTheLetter>> toTheLetter = new HashMap<>();
    private final List<Closeable> open = new ArrayList<>();

    SharedConnections(int port) {
        this.port = port;
    }

    private static final class Used<T> {
        private final T connection;
        private int requests;

        Used(T connection) {
            this.connection = connection;
        }
    }

    private interface Opening<T> {
        T open() throws IOException;
    }

    /** Not to be used where the server closes after a refusal. */
    HttpConnection http1(SSLContext client) {
        return counting(http1, client, () -> Connection.open(client, port));
    }

    HttpConnection http2(SSLContext client) {
        return counting(http2, client, () -> Http2Connection.open(client, port));
    }

    Http2ToTheLetter http2ToTheLetter(SSLContext client) throws IOException {
        Used<Http2ToTheLetter> used = toTheLetter.get(client);
        if (used != null && used.connection.isOver()) {
            toTheLetter.remove(client);
        }
        return next(toTheLetter, client, () -> Http2ToTheLetter.open(client, port));
    }

    /** Stays open when it is closed. */
    private <T extends HttpConnection> HttpConnection counting(
            Map<SSLContext, Used<T>> all, SSLContext client, Opening<T> opening) {
        return new HttpConnection() {
            @Override
            public Answer send(String method, String path, String... headers) throws IOException {
                return next(all, client, opening).send(method, path, headers);
            }

            @Override
            public void close() {}
        };
    }

    private synchronized <T extends Closeable> T next(
            Map<SSLContext, Used<T>> all, SSLContext client, Opening<T> opening) throws IOException {
        Used<T> used = all.get(client);
        if (used == null || used.requests >= REQUESTS) {
            used = new Used<>(opening.open());
            open.add(used.connection);
            all.put(client, used);
        }
        used.requests++;
        return used.connection;
    }

    @Override
    public void close() throws IOException {
        for (Closeable connection : open) {
            connection.close();
        }
    }
}
