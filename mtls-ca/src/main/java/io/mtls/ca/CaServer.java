package io.mtls.ca;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Publishes what verifiers need of a {@link CertificateAuthority}: OCSP answers, revocation lists, certificates.
 *
 * <pre>
 * /ocsp                       OCSP by POST, and by GET /ocsp/&lt;base64 of the request&gt; (RFC 6960, RFC 5019, RFC 9654)
 * /crl/issuing-1.crl          the complete list of each authority, DER; conditional requests are answered by 304
 * /crl/issuing-1-delta.crl    what has changed since an earlier one
 * /ca/issuing-1.crt           the certificate of each authority, DER
 * /root.crt                   what to trust, PEM
 * /                           these, as text
 * </pre>
 *
 * <p>What it says is what the authority says at that moment: a revocation, by whichever process, is in the next answer. It
 * neither asks nor tells who is asking, and speaks HTTP without TLS, because what it says is signed and a verifier must not
 * need what it is about to verify. Whatever else is asked for gets a status without detail.
 *
 * <p>The size of requests and the number of threads are bounded. How long a client may take is not, so that 32 slow ones
 * keep all others waiting, unless the program sets the JDK's own {@code sun.net.httpserver.maxReqTime} (seconds for a whole
 * request) before its first HTTP server, as {@code mtls-ca serve} does.
 */
public final class CaServer implements AutoCloseable {
    private static final int THREADS = 32;
    private static final int BACKLOG = 128;

    private static final System.Logger LOGGER = System.getLogger(CaServer.class.getName());

    private final HttpServer server;
    private final CertificateAuthority authority;
    private final ExecutorService threads;
    private final CaResources resources;

    private CaServer(HttpServer server, CertificateAuthority authority) {
        this.server = server;
        this.authority = authority;
        this.resources = new CaResources(authority);
        this.threads = Executors.newFixedThreadPool(THREADS, daemons());
    }

    /**
     * Answers from now on.
     *
     * @param address port 0 takes a free one
     * @throws CaException when nothing can listen there
     */
    public static CaServer start(CertificateAuthority authority, InetSocketAddress address) {
        return start(url -> authority, address);
    }

    /**
     * Answers for the CA that this makes, which is told the address that its certificates have to name: for a port that is
     * not known before.
     *
     * @throws CaException when nothing can listen there
     */
    public static CaServer start(Function<URI, CertificateAuthority> authority, InetSocketAddress address) {
        HttpServer server;
        try {
            server = HttpServer.create(address, BACKLOG);
        } catch (IOException e) {
            throw new CaException(
                    "cannot listen on " + address + ": " + e.getMessage(), "name another address, or a free port", e);
        }
        try {
            CaServer started = new CaServer(server, authority.apply(Http.url(server.getAddress())));
            server.createContext("/", started::handle);
            server.setExecutor(started.threads);
            server.start();
            return started;
        } catch (RuntimeException e) {
            server.stop(0);
            throw e;
        }
    }

    private static ThreadFactory daemons() {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, "mtls-ca-server-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** The CA that it answers for. */
    public CertificateAuthority authority() {
        return authority;
    }

    /** Where it listens, such as {@code http://localhost:8889}, without a slash at the end. */
    public URI url() {
        return Http.url(server.getAddress());
    }

    /** Ends what is being answered, and waits for nothing. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            // One more than allowed tells too long from long enough.
            byte[] body = exchange.getRequestBody().readNBytes(CaResources.MAX_BODY_BYTES + 1);
            CaResources.Request request = new CaResources.Request(
                    exchange.getRequestMethod(), path(exchange.getRequestURI()), headers(exchange), body);
            send(exchange, resources.answer(request));
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "A client went away", e);
        }
    }

    private static String path(URI uri) {
        String path = uri.getRawPath();
        return path == null ? "" : path;
    }

    private static Map<String, String> headers(HttpExchange exchange) {
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        return headers;
    }

    private static void send(HttpExchange exchange, CaResources.Response response) throws IOException {
        response.headers()
                .forEach((name, value) -> exchange.getResponseHeaders().put(name, List.of(value)));
        boolean head = exchange.getRequestMethod().equals("HEAD");
        byte[] body = response.body();
        if (head && response.status() == 200) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        }
        exchange.sendResponseHeaders(response.status(), head || body.length == 0 ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }
}
