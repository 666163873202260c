package io.mtls.ca;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.mtls.ca.CaResources.Request;
import io.mtls.ca.CaResources.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * An OCSP responder and CRL publisher that fails on demand, for tests of those who rely on one. It listens on a free port of
 * the loopback interface and publishes what a {@link CaServer} publishes.
 *
 * <pre>{@code
 * try (FaultyResponder responder = FaultyResponder.start("Acme", clock)) {
 *     HeldCertificate alice = responder.authority().issue(Member.client("alice"));
 *     responder.ocsp(Fault.hung());
 *     ...
 *     assertThat(responder.requests()).hasSize(1);
 * }
 * }</pre>
 *
 * <p>Nothing is wrong until it is asked for. Each request gets a connection and a thread of its own, without any bound: not
 * for production. Safe for use by several threads.
 */
public final class FaultyResponder implements AutoCloseable {
    private static final int MAX_HEAD_BYTES = 16 * 1024;
    private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(ISO_8859_1);

    /** For the listener to end, which takes no time. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ServerSocket listener;
    private final URI url;
    private final CertificateAuthority authority;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CountDownLatch refusing = new CountDownLatch(1);
    private final List<String> requests = new ArrayList<>();
    private volatile Fault ofOcsp = Fault.none();
    private volatile Fault ofCrls = Fault.none();

    private FaultyResponder(ServerSocket listener, Function<URI, CertificateAuthority> authority) {
        this.listener = listener;
        this.url = Http.url((InetSocketAddress) listener.getLocalSocketAddress());
        this.authority = authority.apply(url);
    }

    /** A new CA in memory of this name, whose certificates say that they can be checked here. */
    public static FaultyResponder start(String name, InstantSource clock) {
        return start(url -> CertificateAuthority.inMemory(CaSettings.named(name).withUrl(url), clock));
    }

    /** The CA that this makes, which is told the address that its certificates have to name. */
    public static FaultyResponder start(Function<URI, CertificateAuthority> authority) {
        try {
            FaultyResponder responder =
                    new FaultyResponder(new ServerSocket(0, 0, InetAddress.getLoopbackAddress()), authority);
            daemon(responder::accept);
            return responder;
        } catch (IOException e) {
            throw new UncheckedIOException("nothing can listen on the loopback interface", e);
        }
    }

    /** The CA that it answers for. */
    public CertificateAuthority authority() {
        return authority;
    }

    /** Where it listens, without a slash at the end. */
    public URI url() {
        return url;
    }

    /** What is wrong from the next request on, whatever it is for. */
    public FaultyResponder fail(Fault fault) {
        return ocsp(fault).crls(fault);
    }

    /** What is wrong with OCSP from the next request on. */
    public FaultyResponder ocsp(Fault fault) {
        this.ofOcsp = fault;
        return this;
    }

    /** What is wrong with everything but OCSP from the next request on. */
    public FaultyResponder crls(Fault fault) {
        this.ofCrls = fault;
        return this;
    }

    /** Every request that was read, such as {@code GET /crl/issuing-1.crl}, in their order. */
    public List<String> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    /**
     * Waits until this many requests were read since the start, for faults that never answer.
     *
     * @throws IllegalStateException when there are fewer after this time
     */
    public void awaitRequests(int count, Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (requests) {
            while (requests.size() < count) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new IllegalStateException(
                            requests.size() + " requests instead of " + count + " after " + atMost + ": " + requests);
                }
                TimeUnit.NANOSECONDS.timedWait(requests, left);
            }
        }
    }

    /** Ends everything, hung exchanges too. Once this returns, connections are refused. */
    @Override
    public void close() {
        closed.countDown();
        closeQuietly(listener);
        try {
            // The operating system listens on for as long as a thread is about to accept.
            if (!refusing.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the listener does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connections.forEach(FaultyResponder::closeQuietly);
    }

    private void accept() {
        try {
            while (closed.getCount() > 0) {
                Socket connection = listener.accept();
                connections.add(connection);
                daemon(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed.
        } finally {
            refusing.countDown();
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            Request request = read(connection.getInputStream());
            synchronized (requests) {
                requests.add(request.method() + " " + request.path());
                requests.notifyAll();
            }
            Exchange exchange = new Exchange(request, connection);
            (exchange.isOcsp() ? ofOcsp : ofCrls).serve(exchange);
        } catch (IOException e) {
            // The client went away, as clients of a faulty responder do.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.remove(connection);
        }
    }

    private static Request read(InputStream in) throws IOException {
        String[] lines = head(in).split("\r\n", -1);
        String[] start = lines[0].split(" ", -1);
        if (start.length != 3) {
            throw new IOException("no HTTP request: " + lines[0]);
        }
        Map<String, String> headers = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
                headers.put(name, lines[i].substring(colon + 1).strip());
            }
        }
        try {
            int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
            byte[] body = in.readNBytes(Math.min(length, CaResources.MAX_BODY_BYTES + 1));
            return new Request(start[0], start[1], headers, body);
        } catch (IllegalArgumentException e) {
            throw new IOException("a length that is none", e);
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < END_OF_HEAD.length) {
            int octet = in.read();
            if (octet < 0 || head.size() == MAX_HEAD_BYTES) {
                throw new IOException("the head of a request does not end");
            }
            head.write(octet);
            matched = octet == END_OF_HEAD[matched] ? matched + 1 : octet == '\r' ? 1 : 0;
        }
        return head.toString(ISO_8859_1);
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "mtls-ca-faulty-responder");
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is closed as far as it can be.
        }
    }

    /** One request and what a fault can do to it. */
    final class Exchange {
        private final Request request;
        private final Socket connection;

        private Exchange(Request request, Socket connection) {
            this.request = request;
            this.connection = connection;
        }

        boolean isOcsp() {
            return request.path().startsWith(Publication.OCSP);
        }

        CertificateAuthority authority() {
            return authority;
        }

        Response right() {
            return new CaResources(authority).answer(request);
        }

        /** Right but for this, in what is signed. */
        Response right(
                UnaryOperator<OcspResponseBuilder> ocsp, BiFunction<CrlBuilder, CertificateAuthority, CrlBuilder> crl) {
            return new CaResources(authority, ocsp, (name, der) -> {
                        HeldCertificate issuer = authority.signer(name);
                        return crl.apply(CrlBuilder.copyOf(der, issuer), authority)
                                .der();
                    })
                    .answer(request);
        }

        void send(Response response) throws IOException {
            begin(response, response.body().length);
            write(response.body());
        }

        /** The head. A negative length is not announced: the body ends with the connection. */
        void begin(Response response, int length) throws IOException {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + response.status() + " \r\n");
            response.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
            if (length >= 0) {
                head.append("Content-Length: " + length + "\r\n");
            }
            head.append("Connection: close\r\n\r\n");
            OutputStream out = connection.getOutputStream();
            out.write(head.toString().getBytes(ISO_8859_1));
            out.flush();
        }

        void write(byte[] octets) throws IOException {
            if (!request.method().equals("HEAD")) {
                connection.getOutputStream().write(octets);
            }
        }

        void trickle(Response response, Duration between) throws IOException, InterruptedException {
            begin(response, response.body().length);
            for (byte octet : response.body()) {
                pause(between);
                write(new byte[] {octet});
            }
        }

        /** Until this has passed, or all is closed. */
        void pause(Duration duration) throws InterruptedException {
            if (closed.await(duration.toNanos(), TimeUnit.NANOSECONDS)) {
                closeQuietly(connection);
            }
        }

        void pause() throws InterruptedException {
            closed.await();
        }

        /** With no time to linger, closing is a TCP reset. */
        void reset() throws IOException {
            connection.setSoLinger(true, 0);
        }
    }
}
