package io.mtls.contract;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MutualTls;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.ca.HeldCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * The next service, as far as a test of a client's own certificate needs one: it demands a certificate, answers with its
 * subject, and closes the connection, so that each request begins one. It resumes sessions.
 */
public final class CallersServer implements AutoCloseable {

    private final HttpsServer server;
    private final AtomicInteger asked = new AtomicInteger();

    /**
     * On a free port of the loopback interface.
     *
     * @param key the server's own
     * @param callers whose certificates callers present
     */
    public CallersServer(HeldCertificate key, HeldCertificate callers) {
        try {
            SSLContext context = context(key, callers);
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setHttpsConfigurator(new HttpsConfigurator(context) {
                @Override
                public void configure(HttpsParameters parameters) {
                    SSLParameters needing = getSSLContext().getDefaultSSLParameters();
                    needing.setNeedClientAuth(true);
                    parameters.setSSLParameters(needing);
                }
            });
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
        server.createContext("/", exchange -> {
            byte[] caller = ((HttpsExchange) exchange)
                    .getSSLSession()
                    .getPeerPrincipal()
                    .getName()
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Connection", "close");
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, caller.length);
            exchange.getResponseBody().write(caller);
            exchange.close();
        });
        server.start();
    }

    private SSLContext context(HeldCertificate key, HeldCertificate callers)
            throws GeneralSecurityException, IOException {
        char[] password = "not a secret".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(key.pkcs12(password)), password);
        X509ExtendedKeyManager keys = MutualTls.keys(store, password);
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("callers", TrustAnchors.of(callers.certificate()))
                                .build())
                .build();
        ClientAuthenticator counted = new ClientAuthenticator(
                () -> {
                    asked.incrementAndGet();
                    return verifier;
                },
                InstantSource.system(), // As JSSE.
                event -> {});
        return MutualTls.serverContext(() -> keys, counted, MutualTls.Handshake.REFUSE);
    }

    /** Where it listens, by the name {@code localhost}. */
    public URI uri() {
        return URI.create("https://localhost:" + server.getAddress().getPort() + "/");
    }

    /** The same by its address. */
    public URI uriByAddress() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    /** How often a handshake asked whom to trust. One that resumes a session does not. */
    public int asked() {
        return asked.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
