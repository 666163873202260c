package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handshakes between two engines in memory. */
class TlsClientsTest {
    private static final HeldCertificate ROOT = HeldCertificate.root("CN=root").build();
    private static final HeldCertificate SERVER = ROOT.issueServer("localhost").build();

    @ParameterizedTest
    @EnumSource(names = {"P256", "P384", "P521", "ED25519", "RSA_2048"})
    void a_client_presents_its_chain(KeyType type) throws Exception {
        HeldCertificate issuing = ROOT.issueCa("CN=issuing").build();
        HeldCertificate alice = issuing.issueClient("CN=alice").keyType(type).build();

        assertThat(handshake(alice.clientContext(ROOT.certificate()))
                        .getSession()
                        .getPeerCertificates())
                .containsExactly(alice.certificate(), issuing.certificate());
    }

    @Test
    void a_client_presents_its_chain_even_if_the_server_asks_for_another_issuer() throws Exception {
        HeldCertificate mallory = HeldCertificate.selfSignedClient("CN=mallory").build();

        assertThat(handshake(mallory.clientContext(ROOT.certificate()))
                        .getSession()
                        .getPeerCertificates())
                .containsExactly(mallory.certificate());
    }

    @Test
    void a_client_presents_whatever_intermediates_it_is_given() throws Exception {
        HeldCertificate alice = ROOT.issueClient("CN=alice").build();
        X509Certificate junk = HeldCertificate.root("CN=junk").build().certificate();

        SSLEngine server =
                handshake(alice.withIntermediates(junk, SERVER.certificate()).clientContext(ROOT.certificate()));

        assertThat(server.getSession().getPeerCertificates())
                .containsExactly(alice.certificate(), junk, SERVER.certificate());
    }

    @Test
    void an_anonymous_client_presents_nothing() throws Exception {
        SSLEngine server = handshake(TlsClients.anonymous(SERVER.certificate()));

        assertThatThrownBy(server.getSession()::getPeerCertificates).isInstanceOf(SSLPeerUnverifiedException.class);
    }

    @Test
    void a_server_that_was_not_named_is_not_trusted() {
        SSLContext client =
                TlsClients.anonymous(HeldCertificate.root("CN=root").build().certificate());

        assertThatThrownBy(() -> handshake(client)).isInstanceOf(SSLException.class);
    }

    @Test
    void no_server_named_is_never_the_systems_trust_store() {
        assertThatIllegalArgumentException().isThrownBy(TlsClients::anonymous);
        assertThatIllegalArgumentException().isThrownBy(SERVER::clientContext);
    }

    private static SSLEngine handshake(SSLContext clientContext) throws Exception {
        SSLEngine client = clientContext.createSSLEngine("localhost", 443);
        client.setUseClientMode(true);
        SSLEngine server = serverContext().createSSLEngine();
        server.setUseClientMode(false);
        server.setWantClientAuth(true);
        ByteBuffer toServer = ByteBuffer.allocate(1 << 16);
        ByteBuffer toClient = ByteBuffer.allocate(1 << 16);
        client.beginHandshake();
        server.beginHandshake();
        while (isHandshaking(client) || isHandshaking(server)) {
            step(client, toServer, toClient);
            step(server, toClient, toServer);
        }
        return server;
    }

    private static boolean isHandshaking(SSLEngine engine) {
        return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
    }

    private static void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws SSLException {
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> engine.getDelegatedTask().run();
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
            default -> {
                in.flip();
                engine.unwrap(in, ByteBuffer.allocate(1 << 16));
                in.compact();
            }
        }
    }

    private static SSLContext serverContext() throws Exception {
        char[] password = "password".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(SERVER.pkcs12(password)), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[] {new TrustsEveryone()}, null);
        return context;
    }

    /** Says that it accepts the root, and accepts all. */
    private static final class TrustsEveryone extends X509ExtendedTrustManager {
        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[] {ROOT.certificate()};
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}
    }
}
