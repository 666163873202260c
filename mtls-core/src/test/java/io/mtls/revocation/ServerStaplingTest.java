package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.CertId;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.RevocationReason;
import io.mtls.ca.TlsClients;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers of JSSE's, and what their clients see stapled. */
@SuppressWarnings("try") // Stapling is there for as long as it is open.
class ServerStaplingTest {

    private static final HeldCertificate ROOT = HeldCertificate.root("CN=Root").build();
    private static final HeldCertificate ISSUING = ROOT.issueCa("CN=Issuing").build();
    private static final HeldCertificate SERVER = ISSUING.issueServer("localhost")
            .ocspResponder("http://ocsp.invalid/")
            .build();
    private static final RevocationQuery QUERY = ServerStapling.queryFor(SERVER.chain(), false);
    private static final byte[] TRY_LATER = {0x30, 3, 0x0A, 1, 3};
    private static final byte[] UNAUTHORIZED = {0x30, 3, 0x0A, 1, 6};

    private final Memory memory = new Memory();
    private final List<RevocationEvent> events = new CopyOnWriteArrayList<>();
    private Map<String, String> before = Map.of();

    @BeforeEach
    void remember() {
        before = staplingProperties();
    }

    @AfterEach
    void leave_the_jvm_as_it_was() {
        Map<String, String> left = staplingProperties();
        left.keySet().forEach(System::clearProperty);
        before.forEach(System::setProperty);
        assertThat(left).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void a_client_sees_the_answer_that_is_in_memory(String protocol) throws Exception {
        memory.response = good();
        try (ServerStapling stapling = start();
                Server server = new Server(SERVER)) {
            assertThat(server.stapledTo(protocol)).containsExactly(memory.response);
        }
    }

    @Test
    void without_an_answer_the_handshake_has_no_staple_and_one_is_fetched() throws Exception {
        try (ServerStapling stapling = start();
                Server server = new Server(SERVER)) {
            assertThat(server.stapledTo("TLSv1.3")).isEmpty();
            assertThat(memory.refreshed.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(stapling.answerTo(OcspRequest.der(QUERY, null))).isEqualTo(TRY_LATER);
        }
    }

    @Test
    void an_answer_that_comes_later_is_stapled_and_so_is_the_next_one() throws Exception {
        try (ServerStapling stapling = start();
                Server server = new Server(SERVER)) {
            assertThat(server.stapledTo("TLSv1.3")).isEmpty();
            for (int i = 0; i < 2; i++) {
                byte[] response = good();
                memory.response = response;
                server.awaitStaple(response);
            }
        }
    }

    @Test
    void a_look_fetches_at_once_for_a_certificate_that_is_new() throws Exception {
        try (ServerStapling stapling = start()) {
            assertThat(memory.refreshed.await(10, TimeUnit.SECONDS)).isTrue();
            CountDownLatch again = new CountDownLatch(1);
            memory.refreshed = again;

            stapling.look();

            assertThat(again.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_server_certificate_that_is_revoked_is_told_of_once_and_stapled_as_such() throws Exception {
        memory.status = new Revoked(Instant.EPOCH, "keyCompromise");
        memory.response = OcspResponseBuilder.signedBy(ISSUING)
                .revoked(
                        CertId.of(ISSUING.certificate(), SERVER.certificate().getSerialNumber()),
                        Instant.EPOCH,
                        RevocationReason.KEY_COMPROMISE)
                .der();
        try (ServerStapling stapling = start();
                Server server = new Server(SERVER)) {
            memory.awaitLooks(1);
            stapling.look();
            memory.awaitLooks(2);

            assertThat(server.stapledTo("TLSv1.3")).containsExactly(memory.response);
        }
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.kind()).isEqualTo(RevocationEvent.Kind.SERVER_REVOKED);
            assertThat(event.kind().level()).isEqualTo(System.Logger.Level.ERROR);
            assertThat(event.source()).isEqualTo("CN=localhost");
            assertThat(event.detail())
                    .startsWith("since 1970-01-01T00:00:00Z, keyCompromise; serial ")
                    .endsWith("replace its certificate");
        });
    }

    @Test
    void a_source_that_throws_does_not_end_the_looking() throws Exception {
        memory.failure = new IllegalStateException("provoked");
        Logger logger = Logger.getLogger("io.mtls");
        logger.setLevel(Level.OFF);
        try (ServerStapling stapling = start()) {
            memory.awaitLooks(1);
            memory.failure = null;
            stapling.look();
            assertThat(memory.refreshed.await(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            logger.setLevel(null);
        }
    }

    @Test
    void another_server_of_this_jvm_gets_nothing_for_its_certificate() throws Exception {
        memory.response = good();
        HeldCertificate other = ISSUING.issueServer("localhost").build();
        try (ServerStapling stapling = start();
                Server server = new Server(other)) {
            assertThat(server.stapledTo("TLSv1.3")).isEmpty();
            assertThat(stapling.answerTo(
                            OcspRequest.der(new RevocationQuery(other.certificate(), ISSUING.certificate()), null)))
                    .isEqualTo(UNAUTHORIZED);
        }
    }

    @Test
    void what_is_not_octet_for_octet_the_request_of_jsse_is_not_answered() {
        memory.response = good();
        try (ServerStapling stapling = start()) {
            byte[] right = OcspRequest.der(QUERY, null);
            assertThat(stapling.answerTo(right)).isEqualTo(memory.response);
            assertThat(stapling.answerTo(new byte[0])).isEqualTo(UNAUTHORIZED);
            assertThat(stapling.answerTo(Arrays.copyOf(right, right.length + 1)))
                    .isEqualTo(UNAUTHORIZED);
            for (int i = 0; i < right.length; i++) {
                byte[] changed = right.clone();
                changed[i] ^= 1;
                assertThat(stapling.answerTo(changed)).isEqualTo(UNAUTHORIZED);
            }
        }
    }

    @Test
    void who_does_not_know_the_path_gets_nothing() throws Exception {
        memory.response = good();
        String request = Base64.getEncoder()
                .encodeToString(OcspRequest.der(QUERY, null))
                .replace("+", "%2B")
                .replace("/", "%2F");
        try (ServerStapling stapling = start()) {
            URI address = stapling.address();
            assertThat(get(address + "/" + request)).isEqualTo(200);
            assertThat(post(address.toString())).isEqualTo(200);
            assertThat(post(address.resolve("/").toString())).isEqualTo(404);
            assertThat(get(address.resolve("/") + request)).isEqualTo(404);
            assertThat(get(address.resolve("/").toString())).isEqualTo(404);
            assertThat(get(address.toString())).isEqualTo(404);
            assertThat(get(address + "/%21")).isEqualTo(404);
            assertThat(get(address + "/" + "A".repeat(2000))).isEqualTo(404);
        }
    }

    @Test
    void with_every_thread_held_by_somebody_a_handshake_goes_on_without_a_staple() throws Exception {
        memory.response = good();
        List<Socket> holding = new ArrayList<>();
        try (ServerStapling stapling = start();
                Server server = new Server(SERVER)) {
            Socket last;
            do { // The first that is turned away tells that all are held.
                last = new Socket(
                        stapling.address().getHost(), stapling.address().getPort());
                holding.add(last);
                last.getOutputStream().write("GET /".getBytes(StandardCharsets.US_ASCII));
                assertThat(holding).hasSizeLessThan(100);
            } while (!isClosed(last));

            assertThat(server.stapledTo("TLSv1.3")).isEmpty();
        } finally {
            for (Socket socket : holding) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "jdk.tls.server.enableStatusRequestExtension, false, set it to 'true'",
        "jdk.tls.stapling.responderURI, http://ocsp.example.org, only one of them",
        "jdk.tls.stapling.responderOverride, false, set it to 'true'",
        "jdk.tls.stapling.cacheLifetime, 3600, set it to '1'",
        "jdk.tls.stapling.ignoreExtensions, false, set it to 'true'",
        "jdk.tls.stapling.responseTimeout, 0, leaves no time"
    })
    void a_property_that_contradicts_stops_the_start(String name, String value, String advice) {
        System.setProperty(name, value);
        try {
            assertThatThrownBy(this::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'" + name + "' is '" + value + "'")
                    .hasMessageContaining("Remove it")
                    .hasMessageContaining(advice);
        } finally {
            System.clearProperty(name);
        }
    }

    @Test
    void properties_that_already_say_the_same_stay_when_all_is_over() {
        System.setProperty("jdk.tls.server.enableStatusRequestExtension", "TRUE");
        System.setProperty("jdk.tls.stapling.responseTimeout", "5000");
        try {
            Map<String, String> mine = staplingProperties();
            start().close();
            assertThat(staplingProperties()).isEqualTo(mine);
        } finally {
            System.clearProperty("jdk.tls.server.enableStatusRequestExtension");
            System.clearProperty("jdk.tls.stapling.responseTimeout");
        }
    }

    @Test
    void a_second_one_in_this_jvm_does_not_start_until_the_first_is_closed() {
        try (ServerStapling first = start()) {
            assertThatThrownBy(this::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("jdk.tls.stapling.responderURI")
                    .hasMessageContaining("another application in this JVM");
        }
        start().close();
    }

    @Test
    void a_proxy_between_the_jvm_and_itself_stops_the_start() {
        ProxySelector selector = ProxySelector.getDefault();
        ProxySelector.setDefault(new ProxySelector() {
            @Override
            public List<Proxy> select(URI uri) {
                return List.of(
                        new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("proxy.example.org", 3128)));
            }

            @Override
            public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
        });
        try {
            assertThatThrownBy(this::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("goes through the proxy proxy.example.org")
                    .hasMessageContaining("http.nonProxyHosts");
        } finally {
            ProxySelector.setDefault(selector);
        }
    }

    @Test
    void tls_of_another_provider_stops_the_start() {
        Provider other = new Provider("Other", "1", "TLS that does not staple") {
            private static final long serialVersionUID = 1;
        };
        other.put("SSLContext.TLS", "sun.security.ssl.SSLContextImpl$TLSContext");
        Security.insertProviderAt(other, 1);
        try {
            assertThatThrownBy(this::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("from the security provider 'Other'");
        } finally {
            Security.removeProvider("Other");
        }
    }

    @Test
    void a_chain_without_the_issuer_is_refused() {
        assertThatThrownBy(() -> ServerStapling.queryFor(List.of(SERVER.certificate()), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Put the issuing CA's certificate behind the server's");
        assertThatThrownBy(() -> ServerStapling.queryFor(List.of(SERVER.certificate(), ROOT.certificate()), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not follow");
    }

    @Test
    void an_issuer_by_name_only_is_none() {
        X509Certificate impostor = ROOT.issueCa("CN=Issuing").build().certificate();

        assertThatThrownBy(() -> ServerStapling.queryFor(List.of(SERVER.certificate(), impostor), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not follow");
    }

    @Test
    void a_certificate_that_names_no_responder_is_refused_unless_one_is_configured() {
        HeldCertificate silent = ISSUING.issueServer("localhost")
                .caIssuers("http://ca.invalid/issuing.crt")
                .build();

        assertThatThrownBy(() -> ServerStapling.queryFor(silent.chain(), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("names no OCSP responder");
        assertThat(ServerStapling.queryFor(silent.chain(), true).issuer()).isEqualTo(ISSUING.certificate());
    }

    private ServerStapling start() {
        return ServerStapling.start(
                () -> List.of(QUERY), memory, memory::response, InstantSource.system(), events::add);
    }

    private static byte[] good() {
        return OcspResponseBuilder.signedBy(ISSUING)
                .good(CertId.of(ISSUING.certificate(), SERVER.certificate().getSerialNumber()))
                .der();
    }

    private static int get(String address) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(address).toURL().openConnection();
        return connection.getResponseCode();
    }

    /** As JSSE asks when GET is turned off. */
    private static int post(String address) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write(OcspRequest.der(QUERY, null));
        return connection.getResponseCode();
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(50);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    private static Map<String, String> staplingProperties() {
        return System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("jdk.tls."))
                .collect(Collectors.toMap(name -> name, System::getProperty, (one, other) -> one, TreeMap::new));
    }

    /** What is in memory, as a test says. */
    private static final class Memory implements RevocationSource {
        private volatile byte @Nullable [] response;
        private volatile @Nullable RevocationStatus status;
        private volatile @Nullable RuntimeException failure;
        private volatile CountDownLatch refreshed = new CountDownLatch(1);
        private int looks;

        @Override
        public synchronized RevocationStatus known(RevocationQuery query, Instant at) {
            looks++;
            notifyAll();
            RuntimeException thrown = failure;
            if (thrown != null) {
                throw thrown;
            }
            RevocationStatus said = status;
            return said != null ? said : response == null ? new Unknown(Why.NOT_ASKED, "nothing") : new Good(at);
        }

        @Override
        public CompletionStage<?> refresh(RevocationQuery query) {
            refreshed.countDown();
            return CompletableFuture.completedFuture(null);
        }

        Optional<byte[]> response(RevocationQuery query, Instant at) {
            return Optional.ofNullable(response);
        }

        synchronized void awaitLooks(int count) throws InterruptedException {
            while (looks < count) {
                wait();
            }
        }
    }

    /** Shakes hands with whoever comes. */
    private static final class Server implements AutoCloseable {
        private final SSLServerSocket socket;

        Server(HeldCertificate held) throws Exception {
            char[] password = "secret".toCharArray();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "server", held.privateKey(), password, held.chain().toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            socket = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
            Thread thread = new Thread(this::serve, "test-server");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            while (true) {
                try (SSLSocket connection = (SSLSocket) socket.accept()) {
                    connection.startHandshake();
                    connection.getInputStream().read();
                } catch (SocketException e) {
                    if (socket.isClosed()) {
                        return;
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        /** To a client that resumes no session: only full handshakes have a staple. */
        List<byte[]> stapledTo(String protocol) throws IOException {
            SSLContext client = TlsClients.anonymous(ROOT.certificate());
            try (SSLSocket connection =
                    (SSLSocket) client.getSocketFactory().createSocket("localhost", socket.getLocalPort())) {
                connection.setEnabledProtocols(new String[] {protocol});
                connection.startHandshake();
                ExtendedSSLSession session = (ExtendedSSLSession) connection.getSession();
                return session.getStatusResponses().stream()
                        .filter(response -> response.length > 0)
                        .toList();
            }
        }

        void awaitStaple(byte[] response) throws IOException {
            Instant patience = Instant.now().plusSeconds(30);
            while (Stream.of(stapledTo("TLSv1.3"))
                    .flatMap(List::stream)
                    .noneMatch(stapled -> Arrays.equals(stapled, response))) {
                assertThat(Instant.now()).as("stapled before long").isBefore(patience);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
