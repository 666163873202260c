package io.mtls.revocation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mtls.revocation.RevocationEvent.Kind;
import io.mtls.revocation.RevocationStatus.Revoked;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Has the JVM's TLS servers staple an OCSP answer for their own certificate (RFC 6066 section 8) that was fetched ahead, so
 * that a handshake never waits for a responder.
 *
 * <p>JSSE can staple, but only what it fetches itself, in the handshake. So it is pointed at a responder of ours on the
 * loopback interface, which answers at once from memory; where nothing is there it says {@code tryLater}, and the handshake
 * goes on without a staple. That is done by system properties and therefore <strong>changes the whole JVM</strong>: every
 * server {@link javax.net.ssl.SSLContext} that is made from now on asks that responder, and gets nothing for certificates
 * that are not among these. The context whose answers are to be stapled must be made afterwards. One of these per JVM.
 *
 * <p>Only answers about the server's own certificate are stapled, none about the CA certificates above it. A certificate
 * that its CA has revoked goes on being served, with the answer that says so and an event at ERROR level.
 *
 * <p>Needs the module {@code jdk.httpserver} and the JDK's own TLS. Safe for use by many threads.
 */
public final class ServerStapling implements AutoCloseable {

    /** Keeps answers warm, and picks up a certificate that is new. A look that finds all in order does no I/O. */
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

    /** JSSE has eight per context; without a free one a connection is closed, and its handshake has no staple. */
    private static final int MAX_THREADS = 16;

    /** Two SHA-1 digests and a serial number of at most 20 octets (RFC 5280 section 4.1.2.2) take less than 100. */
    private static final int MAX_REQUEST_BYTES = 200;

    /** The same in base64, each character escaped. */
    private static final int MAX_PATH_CHARACTERS = 1000;

    /** RFC 6960 section 4.2.1: a response that is nothing but a status. */
    private static final byte[] TRY_LATER = {0x30, 3, 0x0A, 1, 3};

    private static final byte[] UNAUTHORIZED = {0x30, 3, 0x0A, 1, 6};

    private final Supplier<List<RevocationQuery>> certificates;
    private final RevocationSource source;
    private final BiFunction<RevocationQuery, Instant, Optional<byte[]>> copies;
    private final InstantSource clock;
    private final Consumer<RevocationEvent> events;
    private final ThreadPoolExecutor answering;
    private final ScheduledExecutorService looking;
    private final HttpServer responder;
    private final String path;
    private final StaplingProperties properties;

    /** For the looking thread only. */
    private final Set<RevocationQuery> revoked = new HashSet<>();

    private ServerStapling(
            Supplier<List<RevocationQuery>> certificates,
            RevocationSource source,
            BiFunction<RevocationQuery, Instant, Optional<byte[]>> copies,
            InstantSource clock,
            Consumer<RevocationEvent> events) {
        this.certificates = certificates;
        this.source = source;
        this.copies = copies;
        this.clock = clock;
        this.events = events;
        // A secret, so that other programs on this machine get no work done here.
        byte[] secret = new byte[16];
        new SecureRandom().nextBytes(secret);
        this.path = "/" + HexFormat.of().formatHex(secret);
        try {
            this.responder = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException("Nothing can listen on the loopback interface: " + e.getMessage(), e);
        }
        try {
            this.properties = StaplingProperties.pointingAt(address());
        } catch (RuntimeException e) {
            responder.stop(0);
            throw e;
        }
        ThreadFactory threads = task -> {
            Thread thread = new Thread(task, "mtls-stapling");
            thread.setDaemon(true);
            return thread;
        };
        this.answering = new ThreadPoolExecutor(0, MAX_THREADS, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
        this.looking = Executors.newSingleThreadScheduledExecutor(threads);
    }

    /**
     * Staples from now on, in contexts that are made from now on. Waits for no responder: the first handshakes may go
     * without a staple.
     *
     * @param certificates those that the server presents at the moment, see {@link #queryFor}; asked again and again
     * @param ocsp fetches, verifies and keeps the answers; is not closed with this
     * @param events told when a certificate of the server is revoked
     * @throws IllegalStateException if other stapling properties contradict it, those of another one of these in this JVM
     *     included; the message says what to change
     */
    public static ServerStapling start(
            Supplier<List<RevocationQuery>> certificates,
            OcspSource ocsp,
            InstantSource clock,
            Consumer<RevocationEvent> events) {
        return start(certificates, ocsp, ocsp::response, clock, events);
    }

    /**
     * The same for a source of any kind.
     *
     * @param copies the response in DER, verified and in force at that instant; never blocks
     */
    @SuppressWarnings("FutureReturnValueIgnored") // It ends with its thread.
    static ServerStapling start(
            Supplier<List<RevocationQuery>> certificates,
            RevocationSource source,
            BiFunction<RevocationQuery, Instant, Optional<byte[]>> copies,
            InstantSource clock,
            Consumer<RevocationEvent> events) {
        ServerStapling stapling = new ServerStapling(certificates, source, copies, clock, events);
        stapling.responder.createContext("/", stapling::handle);
        stapling.responder.setExecutor(stapling.answering);
        stapling.responder.start();
        stapling.looking.scheduleWithFixedDelay(stapling::keepWarm, 0, BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
        return stapling;
    }

    /**
     * What is to be asked about a server's certificate.
     *
     * @param chain as the server presents it
     * @param responderIsConfigured whether it matters not that the certificate names none
     * @throws IllegalArgumentException if no answer could ever be stapled for it; the message says what to change
     */
    public static RevocationQuery queryFor(List<X509Certificate> chain, boolean responderIsConfigured) {
        X509Certificate certificate = chain.get(0);
        if (chain.size() < 2 || !isIssuedBy(certificate, chain.get(1))) {
            throw new IllegalArgumentException("the certificate of its issuer does not follow the server's own in the"
                    + " chain, and without it no answer can be stapled. Put the issuing CA's certificate behind the"
                    + " server's");
        }
        if (!responderIsConfigured && OcspSource.addressesIn(certificate).isEmpty()) {
            throw new IllegalArgumentException("the server's certificate names no OCSP responder (authority information"
                    + " access, RFC 5280 section 4.2.2.1), and none is configured. Configure the CA's responder, or have"
                    + " the CA name it in the certificate");
        }
        return new RevocationQuery(certificate, chain.get(1));
    }

    private static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
        if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Where it answers. */
    URI address() {
        InetSocketAddress address = responder.getAddress();
        try {
            return new URI("http", null, address.getAddress().getHostAddress(), address.getPort(), path, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("The loopback interface has an address that no URI can have", e);
        }
    }

    /** Looks at once whether there is an answer for each certificate: for when one was replaced. Does not wait. */
    public void look() {
        soon(this::keepWarm);
    }

    private void soon(Runnable task) {
        try {
            looking.execute(task);
        } catch (RejectedExecutionException e) {
            // It is closed.
        }
    }

    private void keepWarm() {
        try {
            List<RevocationQuery> current = certificates.get();
            revoked.retainAll(current);
            for (RevocationQuery query : current) {
                tellIfRevoked(query); // What is asked for lately the source keeps fresh by itself.
                if (copies.apply(query, clock.instant()).isEmpty()) {
                    source.refresh(query).whenComplete((done, failure) -> soon(() -> tellIfRevoked(query)));
                }
            }
        } catch (RuntimeException | Error e) {
            // A source is an extension point, and what is thrown here would end the looking.
            System.getLogger("io.mtls").log(System.Logger.Level.ERROR, "Stapling could not look for answers", e);
        }
    }

    private void tellIfRevoked(RevocationQuery query) {
        if (!(source.known(query, clock.instant()) instanceof Revoked status)) {
            revoked.remove(query);
        } else if (revoked.add(query)) {
            events.accept(new RevocationEvent(
                    Kind.SERVER_REVOKED,
                    query.certificate().getSubjectX500Principal().getName(),
                    "since " + status.at() + ", " + status.reason() + "; serial "
                            + query.certificate().getSerialNumber().toString(16)
                            + ". Clients are told so and may refuse the server: replace its certificate"));
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] request = requestIn(exchange);
            if (request == null) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            byte[] answer = answerTo(request);
            exchange.getResponseHeaders().set("Content-Type", "application/ocsp-response");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    /** By GET or POST (RFC 6960 appendix A.1); null if it is none for us. */
    private byte @Nullable [] requestIn(HttpExchange exchange) throws IOException {
        String target = exchange.getRequestURI().getRawPath();
        if (target == null || target.length() > MAX_PATH_CHARACTERS) {
            return null;
        }
        if (exchange.getRequestMethod().equals("POST") && target.equals(path)) {
            return exchange.getRequestBody().readNBytes(MAX_REQUEST_BYTES);
        }
        if (exchange.getRequestMethod().equals("GET") && target.startsWith(path + "/")) {
            try {
                return Base64.getDecoder().decode(URLDecoder.decode(target.substring(path.length() + 1), US_ASCII));
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
        return null;
    }

    /**
     * Nothing is parsed: there is one client, JSSE in this JVM, and what is not octet for octet its request about one of
     * these certificates (SHA-1, no extensions) is none of ours.
     */
    byte[] answerTo(byte[] request) {
        for (RevocationQuery query : certificates.get()) {
            if (Arrays.equals(request, OcspRequest.der(query, null))) {
                return copies.apply(query, clock.instant()).orElse(TRY_LATER);
            }
        }
        return UNAUTHORIZED;
    }

    /** Staples no more, and leaves the system properties as they were. A server has to be stopped before. */
    @Override
    public void close() {
        properties.close();
        looking.shutdownNow();
        responder.stop(0);
        answering.shutdownNow();
    }
}
