package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server of the JDK's, secured by the core alone: who gets through the handshake, and who is who behind it. */
class MutualTlsTest {

    // Of today, since the clients of this test go by the machine's clock.
    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root,O=Acme").build();
    private static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing,O=Acme").build();
    private static final HeldCertificate ALICE =
            ISSUING.issueClient("CN=alice,OU=auditor").build();
    private static final HeldCertificate BOB = ISSUING.issueClient("CN=bob").build();

    private static final List<MtlsEvent> EVENTS = new CopyOnWriteArrayList<>();
    private static final ClientAuthenticator AUTHENTICATOR = new ClientAuthenticator(
            new Reloadable<>("trust", TestPki.verifier(ROOT), EVENTS::add), InstantSource.system(), EVENTS::add);
    private static HttpsServer refusing;
    private static HttpsServer deferring;

    @BeforeAll
    static void start() throws Exception {
        refusing = server(MutualTls.Handshake.REFUSE);
        deferring = server(MutualTls.Handshake.DEFER);
    }

    @AfterAll
    static void stop() {
        refusing.stop(0);
        deferring.stop(0);
    }

    @Test
    void a_servers_key_is_taken_from_a_key_store() throws Exception {
        HeldCertificate server = ISSUING.issueServer("localhost").build();
        char[] password = "secret".toCharArray();
        KeyStore store = emptyStore();
        store.setKeyEntry(
                "server", server.privateKey(), password, server.chain().toArray(X509Certificate[]::new));

        X509ExtendedKeyManager keys = MutualTls.keys(store, password);

        String alias = keys.chooseServerAlias("EC", null, null);
        assertThat(keys.getCertificateChain(alias)).startsWith(server.certificate());
    }

    @Test
    void a_key_store_without_a_key_or_with_another_password_is_refused() throws Exception {
        HeldCertificate server = ISSUING.issueServer("localhost").build();
        KeyStore onlyCertificate = emptyStore();
        onlyCertificate.setCertificateEntry("server", server.certificate());
        KeyStore otherPassword = emptyStore();
        otherPassword.setKeyEntry(
                "server",
                server.privateKey(),
                "another".toCharArray(),
                server.chain().toArray(X509Certificate[]::new));

        assertThatThrownBy(() -> MutualTls.keys(onlyCertificate, "secret".toCharArray()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no private key");
        assertThatThrownBy(() -> MutualTls.keys(otherPassword, "secret".toCharArray()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("password");
    }

    private static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    @Test
    void a_member_gets_in_and_is_named() throws Exception {
        assertThat(get(refusing, ALICE.clientContext(ROOT.certificate())).body())
                .isEqualTo("alice");
    }

    @Test
    void a_stranger_does_not_get_through_the_handshake_and_the_event_says_why() {
        HeldCertificate mallory = HeldCertificate.selfSignedClient("CN=mallory").build();

        assertThatThrownBy(() -> get(refusing, mallory.clientContext(ROOT.certificate())))
                .isInstanceOf(IOException.class);
        assertThat(EVENTS)
                .filteredOn(MtlsEvent.HandshakeRefused.class::isInstance)
                .anySatisfy(event -> assertThat(event.message())
                        .startsWith("Handshake refused: issuer-unknown; \"CN=mallory\", serial "));
    }

    @Test
    void a_deferred_stranger_is_refused_by_the_request_with_its_code() throws Exception {
        HeldCertificate server = ISSUING.issueServer("localhost").build();

        HttpResponse<String> response = get(deferring, server.clientContext(ROOT.certificate()));

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.body())
                .isEqualTo("{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,"
                        + "\"code\":\"extended-key-usage-refused\"}");
    }

    @Test
    void somebody_without_a_certificate_is_refused_by_the_request() throws Exception {
        HttpResponse<String> response = get(refusing, TlsClients.anonymous(ROOT.certificate()));

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.body()).contains("\"code\":\"certificate-required\"");
    }

    @Test
    void new_keys_are_presented_from_the_next_handshake_on() throws Exception {
        HeldCertificate otherRoot = HeldCertificate.root("CN=Other Root").build();
        Reloadable<X509ExtendedKeyManager> keys = new Reloadable<>(
                "keys", keyManager(ISSUING.issueServer("localhost").build()), EVENTS::add);
        HttpsServer server = server(MutualTls.serverContext(keys, AUTHENTICATOR, MutualTls.Handshake.REFUSE));
        try {
            assertThat(get(server, ALICE.clientContext(ROOT.certificate())).body())
                    .isEqualTo("alice");

            keys.reload(() -> keyManager(otherRoot.issueServer("localhost").build()));

            assertThat(get(server, ALICE.clientContext(otherRoot.certificate())).body())
                    .isEqualTo("alice");
            assertThatThrownBy(() -> get(server, ALICE.clientContext(ROOT.certificate())))
                    .isInstanceOf(IOException.class);
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_the_connections_algorithm_constraints_forbid_ends_the_handshake_and_is_told(MutualTls.Handshake handshake)
            throws Exception {
        X509ExtendedTrustManager trust = MutualTls.trustManager(AUTHENTICATOR, handshake);
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        SSLParameters parameters = engine.getSSLParameters();
        trust.checkClientTrusted(TestPki.chain(ALICE, ISSUING), "UNKNOWN", engine);

        parameters.setAlgorithmConstraints(new NothingSignedByEcdsa());
        engine.setSSLParameters(parameters);
        EVENTS.clear();

        assertThatThrownBy(() -> trust.checkClientTrusted(TestPki.chain(ALICE, ISSUING), "UNKNOWN", engine))
                .isInstanceOf(CertificateException.class)
                .hasMessage("algorithm-refused");
        assertThat(EVENTS)
                .singleElement()
                .isInstanceOfSatisfying(
                        MtlsEvent.HandshakeRefused.class,
                        event -> assertThat(event.reason()).isEqualTo(RejectionReason.ALGORITHM_REFUSED));
    }

    private static final class NothingSignedByEcdsa implements AlgorithmConstraints {
        @Override
        public boolean permits(
                Set<CryptoPrimitive> primitives, String algorithm, @Nullable AlgorithmParameters parameters) {
            return !algorithm.endsWith("ECDSA");
        }

        @Override
        public boolean permits(Set<CryptoPrimitive> primitives, Key key) {
            return true;
        }

        @Override
        public boolean permits(
                Set<CryptoPrimitive> primitives, String algorithm, Key key, @Nullable AlgorithmParameters parameters) {
            return permits(primitives, algorithm, parameters);
        }
    }

    @Test
    void the_trust_manager_trusts_no_server() {
        assertThatThrownBy(() -> MutualTls.trustManager(AUTHENTICATOR, MutualTls.Handshake.REFUSE)
                        .checkServerTrusted(TestPki.chain(ALICE, ISSUING), "ECDHE_ECDSA"))
                .hasMessageContaining("trusts no server");
    }

    private static Reloadable<SSLContext> client(HeldCertificate held, HeldCertificate servers) throws Exception {
        return new Reloadable<>("client", clientContext(held, servers), EVENTS::add);
    }

    private static SSLContext clientContext(HeldCertificate held, HeldCertificate servers) throws Exception {
        return MutualTls.clientContext(keyManager(held), TrustAnchors.of(servers.certificate()));
    }

    @Test
    void a_clients_certificate_is_replaced_from_the_next_connection_on() throws Exception {
        Reloadable<SSLContext> current = client(ALICE, ROOT);
        SSLContext context = MutualTls.clientContext(current);
        assertThat(get(refusing, context).body()).isEqualTo("alice");
        assertThat(bySocket(refusing, context)).endsWith("alice");
        assertThat(context.getClientSessionContext().getIds().hasMoreElements())
                .as("there is a session that could be resumed")
                .isTrue();

        current.reload(() -> clientContext(BOB, ROOT));

        assertThat(get(refusing, context).body()).isEqualTo("bob");
        assertThat(bySocket(refusing, context)).endsWith("bob");
    }

    @Test
    void a_server_whose_ca_is_no_longer_named_is_refused() throws Exception {
        Reloadable<SSLContext> current = client(ALICE, ROOT);
        SSLContext context = MutualTls.clientContext(current);
        assertThat(get(refusing, context).body()).isEqualTo("alice");

        current.reload(
                () -> clientContext(ALICE, HeldCertificate.root("CN=Other Root").build()));

        assertThatThrownBy(() -> get(refusing, context)).hasRootCauseInstanceOf(CertPathBuilderException.class);
        assertThatThrownBy(() -> bySocket(refusing, context)).hasRootCauseInstanceOf(CertPathBuilderException.class);
    }

    @Test
    void a_pinned_server_is_trusted_and_no_other_of_its_ca() throws Exception {
        HeldCertificate server = ISSUING.issueServer("localhost").build();
        SSLContext context = MutualTls.clientContext(
                keyManager(ALICE), TrustAnchors.pinnedEndEntities(List.of(server.certificate())));
        X509ExtendedKeyManager keys = keyManager(server);
        HttpsServer pinned = server(MutualTls.serverContext(() -> keys, AUTHENTICATOR, MutualTls.Handshake.REFUSE));
        try {
            assertThat(get(pinned, context).body()).isEqualTo("alice");
            assertThatThrownBy(() -> get(refusing, context)).isInstanceOf(SSLHandshakeException.class);
        } finally {
            pinned.stop(0);
        }
    }

    @Test
    void a_server_of_another_name_is_refused() throws Exception {
        SSLContext context = MutualTls.clientContext(client(ALICE, ROOT));

        assertThatThrownBy(() -> send(
                        context,
                        URI.create("https://127.0.0.1:" + refusing.getAddress().getPort() + "/")))
                .hasStackTraceContaining("No subject alternative names matching IP address 127.0.0.1");
    }

    @Test
    void a_clients_context_serves_nobody_and_cannot_be_given_other_keys() throws Exception {
        SSLContext context = MutualTls.clientContext(client(ALICE, ROOT));

        assertThatThrownBy(context::getServerSocketFactory).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> context.init(null, null, null)).isInstanceOf(KeyManagementException.class);
        assertThat(context.getSocketFactory()).isSameAs(context.getSocketFactory());
    }

    @Test
    void a_key_that_is_replaced_within_a_handshake_goes_with_its_own_certificate() throws Exception {
        Reloadable<X509ExtendedKeyManager> keys = new Reloadable<>("keys", keyManager(ALICE), EVENTS::add);
        X509ExtendedKeyManager current = MutualTls.currentKeys(keys);
        String engines = current.chooseEngineClientAlias(new String[] {"EC"}, null, null);
        String sockets = current.chooseClientAlias(new String[] {"EC"}, null, null);

        keys.reload(() -> keyManager(BOB));

        String next = current.chooseEngineClientAlias(new String[] {"EC"}, null, null);
        for (String alias : List.of(engines, sockets)) {
            assertThat(current.getCertificateChain(alias)).startsWith(ALICE.certificate());
            assertThat(current.getPrivateKey(alias)).isEqualTo(ALICE.privateKey());
        }
        assertThat(current.getCertificateChain(next)).startsWith(BOB.certificate());
        assertThat(current.getPrivateKey(next)).isEqualTo(BOB.privateKey());
        assertThat(current.getClientAliases("EC", null)).hasSize(1);
    }

    private static String bySocket(HttpsServer server, SSLContext context) throws Exception {
        try (Socket socket = context.getSocketFactory()
                .createSocket("localhost", server.getAddress().getPort())) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static HttpsServer server(MutualTls.Handshake handshake) throws Exception {
        X509ExtendedKeyManager keys =
                keyManager(ISSUING.issueServer("localhost").build());
        return server(MutualTls.serverContext(() -> keys, AUTHENTICATOR, handshake));
    }

    private static X509ExtendedKeyManager keyManager(HeldCertificate held) throws Exception {
        char[] password = "changeit".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(held.pkcs12(password)), password);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, password);
        return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
    }

    private static HttpsServer server(SSLContext context) throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanting = getSSLContext().getDefaultSSLParameters();
                wanting.setWantClientAuth(true);
                parameters.setSSLParameters(wanting);
            }
        });
        server.createContext("/", exchange -> {
            ClientAuthentication who =
                    AUTHENTICATOR.authenticateNow(TestPki.request(peer((HttpsExchange) exchange)), ClientAuth.NEED);
            HttpRefusal refusal = who instanceof ClientAuthentication.Refused refused ? HttpRefusal.of(refused) : null;
            byte[] body = refusal != null
                    ? refusal.body()
                    : ((ClientAuthentication.Authenticated) who)
                            .identity()
                            .getName()
                            .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(refusal != null ? refusal.status() : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static X509Certificate[] peer(HttpsExchange exchange) {
        try {
            return (X509Certificate[]) exchange.getSSLSession().getPeerCertificates();
        } catch (SSLPeerUnverifiedException e) {
            return new X509Certificate[0];
        }
    }

    private static HttpResponse<String> get(HttpsServer server, SSLContext context) throws Exception {
        return send(
                context, URI.create("https://localhost:" + server.getAddress().getPort() + "/"));
    }

    private static HttpResponse<String> send(SSLContext context, URI uri) throws Exception {
        return HttpClient.newBuilder()
                .sslContext(context)
                .build()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
