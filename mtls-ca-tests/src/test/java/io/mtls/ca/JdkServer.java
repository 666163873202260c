package io.mtls.ca;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidatorException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A web server that verifies with the JDK alone: its TLS, its path validation, its own revocation checking with the defaults,
 * which refuse when nothing is found out. It says who is calling, and each connection is for one request.
 *
 * <p>Not the JDK's own HTTPS server, which hangs up without telling the caller why.
 */
final class JdkServer implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final ServerSocket listener;
    private final SSLContext context;
    private final boolean membersOnly;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** What was wrong with the certificates of those who were refused. */
    private final BlockingQueue<String> refusals = new LinkedBlockingQueue<>();

    private JdkServer(HeldCertificate identity, @Nullable X509Certificate clientRoot)
            throws IOException, GeneralSecurityException {
        this.context = SSLContext.getInstance("TLS");
        this.membersOnly = clientRoot != null;
        context.init(keyManagers(identity), clientRoot == null ? null : checking(clientRoot), null);
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::listen);
    }

    /** Lets in whom this root vouches for and nobody has revoked. */
    static JdkServer forMembers(HeldCertificate identity, X509Certificate root)
            throws IOException, GeneralSecurityException {
        return new JdkServer(identity, root);
    }

    /** Asks nobody for a certificate. */
    static JdkServer forAll(HeldCertificate identity) throws IOException, GeneralSecurityException {
        return new JdkServer(identity, null);
    }

    URI url() {
        return url("localhost");
    }

    URI url(String host) {
        return URI.create("https://" + host + ":" + listener.getLocalPort() + "/");
    }

    /**
     * Waits until somebody has been refused for this, since the caller may know before the server has noted it. What came
     * before is forgotten.
     */
    void awaitRefusal(String... words) throws InterruptedException {
        List<String> others = new ArrayList<>();
        String refusal;
        do {
            refusal = refusals.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            assertThat(refusal)
                    .as("a refusal for %s, after %s", List.of(words), others)
                    .isNotNull();
            others.add(refusal);
        } while (!Stream.of(words).allMatch(refusal::contains));
    }

    void forgetRefusals() {
        refusals.clear();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        threads.shutdownNow();
    }

    private void listen() {
        try {
            while (true) {
                Socket caller = listener.accept();
                threads.execute(() -> answer(caller));
            }
        } catch (IOException e) {
            // closed: this is the end
        }
    }

    private void answer(Socket caller) {
        try (caller) {
            caller.setSoTimeout(PATIENCE_MILLIS);
            // Without closing the connection below it, which is read to its end when a caller is refused: else what a
            // caller of TLS 1.3 has sent already makes the system drop the alert that is on its way.
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(caller, null, false);
            tls.setNeedClientAuth(membersOnly);
            try {
                tls.startHandshake();
            } catch (SSLException e) {
                invalid(e).ifPresent(refusals::add);
                caller.shutdownOutput();
                caller.getInputStream().transferTo(OutputStream.nullOutputStream());
                return;
            }
            greet(tls);
        } catch (IOException e) {
            // the caller went away
        }
    }

    private void greet(SSLSocket tls) throws IOException {
        BufferedReader request = new BufferedReader(new InputStreamReader(tls.getInputStream(), UTF_8));
        String line = request.readLine();
        while (line != null && !line.isEmpty()) {
            line = request.readLine();
        }
        String caller = membersOnly ? tls.getSession().getPeerPrincipal().getName() : "everybody";
        byte[] page = ("<h1>Hello " + caller + "</h1>").getBytes(UTF_8);
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " + page.length
                + "\r\nConnection: close\r\n\r\n";
        tls.getOutputStream().write(head.getBytes(UTF_8));
        tls.getOutputStream().write(page);
        tls.shutdownOutput();
    }

    private static KeyManager[] keyManagers(HeldCertificate identity) throws IOException, GeneralSecurityException {
        char[] password = "changeit".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(new ByteArrayInputStream(identity.pkcs12(password)), password);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(keys, password);
        return factory.getKeyManagers();
    }

    private static TrustManager[] checking(X509Certificate root) throws GeneralSecurityException {
        PKIXRevocationChecker checker =
                (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        PKIXBuilderParameters parameters =
                new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), new X509CertSelector());
        parameters.addCertPathChecker(checker);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        return factory.getTrustManagers();
    }

    /** What is wrong with the caller's certificate, if that is why the handshake failed. */
    private static Optional<String> invalid(SSLException failure) {
        return Stream.iterate((Throwable) failure, Objects::nonNull, Throwable::getCause)
                .filter(CertPathValidatorException.class::isInstance)
                .map(CertPathValidatorException.class::cast)
                .map(invalid -> invalid.getReason() + ": " + invalid.getMessage())
                .findFirst();
    }
}
