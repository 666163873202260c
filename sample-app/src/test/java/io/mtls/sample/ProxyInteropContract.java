package io.mtls.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/**
 * The sample behind a real proxy, which lets pass whatever certificate a client has: what it forwards is verified by us.
 * What the proxy said is kept in {@code target/interop}.
 */
@Tag("interop")
@RunningSample
@Import(ProxyInteropContract.Connections.class)
@TestPropertySource(
        properties = {
            "mtls.proxies.issuers.edge.bundle=proxies",
            "mtls.proxies.issuers.edge.members=edge-1",
            "mtls.proxies.issuers.edge.revocation.allow-unchecked=true"
        })
abstract class ProxyInteropContract implements ForeignProxy.Kind {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @LocalServerPort
    private int port;

    @Autowired
    private Connections connections;

    @TempDir
    private Path directory;

    private @Nullable ForeignProxy proxy;

    @DynamicPropertySource
    static void trust(DynamicPropertyRegistry registry) {
        registry.add("spring.ssl.bundle.pem.proxies.truststore.certificate", ForeignProxy.authority()::certificatePem);
        registry.add("spring.ssl.bundle.pem.issuing.truststore.certificate", Certificates.issuing()::certificatePem);
    }

    /** The headers that the proxy is told to write, first that of the client's certificate. */
    abstract List<String> headers();

    /** What the proxy writes for one certificate into any of them. */
    abstract String value(X509Certificate certificate) throws CertificateEncodingException;

    @BeforeEach
    void start() throws Exception {
        ForeignClient.assumeInstalled(tool());
        proxy = ForeignProxy.start(this, port, directory);
    }

    @AfterEach
    void end() throws Exception {
        if (proxy != null) {
            proxy.end();
            Path transcripts = Files.createDirectories(Path.of("target", "interop"));
            Files.writeString(transcripts.resolve(getClass().getSimpleName() + ".txt"), proxy.output());
        }
    }

    @Test
    void a_member_gets_in_by_name_and_role() throws Exception {
        assertIsAlice(byProxy(Certificates.ALICE).get("/api/me"));
        assertThat(byProxy(Certificates.ALICE).get("/api/audit").statusCode()).isEqualTo(200);
        assertProblem("role-missing", byProxy(Certificates.BOB).get("/api/audit"));
    }

    @Test
    void nobody_gets_where_a_certificate_is_needed() throws Exception {
        assertThat(byProxy(null).get("/public/status").statusCode()).isEqualTo(200);
        assertProblem("certificate-required", byProxy(null).get("/api/me"));
    }

    /** What TLS resumes holds the client's certificate, and not those that came with it. */
    @Test
    void a_resumed_session_is_answered_for_by_the_certificate_alone() throws Exception {
        SSLContext alice = Certificates.ALICE.clientContext(Certificates.root());
        HttpResponse<String> first = new Caller(alice, proxyPort()).get("/api/me");
        HttpResponse<String> second = new Caller(alice, proxyPort()).get("/api/me");

        assertThat(connection(second).port).isNotEqualTo(connection(first).port);
        assertThat(connection(second).resumed).isTrue();
        assertOnResumedSession(second);
    }

    /** By an answer to alice. */
    void assertOnResumedSession(HttpResponse<String> answer) {
        assertIsAlice(answer);
    }

    @Test
    void a_header_of_the_client_names_nobody() throws Exception {
        String[] alice = forged();
        // It is what the proxy itself could have written.
        assertIsAlice(new Caller(ForeignProxy.EDGE.clientContext(Certificates.root()), port).get("/api/me", alice));

        assertNamesNobody(alice);
        String certificate = value(Certificates.ALICE.certificate());
        for (String header : headers()) {
            assertNamesNobody(header, certificate);
            assertNamesNobody(header, certificate, header, certificate);
            assertNamesNobody(header.toLowerCase(Locale.ROOT), certificate);
        }
    }

    @Test
    void a_header_of_the_client_by_another_spelling_names_nobody() throws Exception {
        String alice = value(Certificates.ALICE.certificate());

        for (String header : headers()) {
            assertNamesNobody(header.replace('-', '_'), alice);
            assertNamesNobody(header.replace('-', '.'), alice);
        }
    }

    /** Alice's certificate and what it was issued by, as many as there are headers. */
    private String[] forged() throws CertificateEncodingException {
        List<String> forged = new ArrayList<>();
        for (int i = 0; i < headers().size(); i++) {
            forged.add(headers().get(i));
            forged.add(value(Certificates.ALICE.chain().get(i)));
        }
        return forged.toArray(String[]::new);
    }

    private void assertNamesNobody(String... headers) throws Exception {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            assertProblem("certificate-required", byProxy(null, version).get("/api/me", headers));
            HttpResponse<String> bob = byProxy(Certificates.BOB, version).get("/api/me", headers);
            assertThat(bob.body()).contains("\"name\":\"bob\"");
            assertThat(bob.version()).isEqualTo(version);
        }
    }

    @Test
    void a_stranger_whom_the_proxy_lets_pass_is_refused() throws Exception {
        assertProblem("issuer-unknown", byProxy(Certificates.OF_UNKNOWN_CA).get("/api/me"));
        assertProblem("issuer-unknown", byProxy(ForeignProxy.EDGE).get("/api/me"));
    }

    @Test
    void who_is_revoked_is_refused_at_the_next_request_on_an_open_connection() throws Exception {
        HeldCertificate alice = Certificates.issued(member -> member);
        Caller caller = byProxy(alice);
        HttpResponse<String> before = caller.get("/api/me");
        assertIsAlice(before);

        Certificates.revoke(alice);

        HttpResponse<String> after = caller.get("/api/me");
        assertProblem("certificate-revoked", after);
        assertThat(connection(after)).isEqualTo(connection(before));
        assertThat(connections.latestTwo()).as("ports of the proxy").hasSize(2).containsOnly(connections.latest());
    }

    @Test
    void whoever_is_no_proxy_and_sends_the_header_is_refused() throws Exception {
        String alice = value(Certificates.ALICE.certificate());
        for (SSLContext other : List.of(
                TlsClients.anonymous(Certificates.root()),
                Certificates.BOB.clientContext(Certificates.root()),
                ForeignProxy.IMPOSTOR.clientContext(Certificates.root()))) {
            Caller direct = new Caller(other, port);
            for (String header : headers()) {
                assertProblem("forwarded-certificate-refused", direct.get("/api/me", header, alice));
                assertProblem("forwarded-certificate-refused", direct.get("/public/status", header, alice));
                assertProblem("forwarded-certificate-refused", direct.get("/api/me", header.replace('-', '_'), alice));
            }
        }
    }

    static String base64(X509Certificate certificate) throws CertificateEncodingException {
        return Base64.getEncoder().encodeToString(certificate.getEncoded());
    }

    Caller byProxy(@Nullable HeldCertificate member) {
        return byProxy(member, HttpClient.Version.HTTP_1_1);
    }

    private Caller byProxy(@Nullable HeldCertificate member, HttpClient.Version version) {
        X509Certificate root = Certificates.root();
        return new Caller(
                member == null ? TlsClients.anonymous(root) : member.clientContext(root), proxyPort(), version);
    }

    /** By a client that sends any header. */
    ForeignClient.Answer byProxyWithCurl(HeldCertificate member, String header) throws Exception {
        ForeignClient.CURL.assumeInstalled();
        Path home = Files.createDirectories(directory.resolve("curl"));
        List<String> command = new ArrayList<>(
                ForeignClient.CURL.command(new ForeignClient.Call(proxyPort(), "/api/me", member, home)));
        command.addAll(List.of("-H", header));
        return new ForeignClient.Answer(ForeignClient.run(command, "", home));
    }

    private int proxyPort() {
        return Objects.requireNonNull(proxy).port();
    }

    static void assertIsAlice(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).contains("\"name\":\"alice\"", "\"roles\":[\"auditor\"]");
    }

    static void assertProblem(String code, HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(403);
        assertThat(response.body()).contains("\"code\":\"" + code + "\"");
    }

    private static Connection connection(HttpResponse<String> response) {
        String[] said = response.headers()
                .firstValue(ForeignProxy.CONNECTION_HEADER)
                .orElseThrow()
                .split(" ", 2);
        return new Connection(
                Integer.parseInt(said[0]), List.of("1", "r", "Resumed").contains(said[1]));
    }

    /** Of a client to the proxy. */
    private record Connection(int port, boolean resumed) {}

    /** A client that keeps its connection. */
    static final class Caller {
        private final HttpClient client;
        private final int port;

        Caller(SSLContext tls, int port) {
            this(tls, port, HttpClient.Version.HTTP_1_1);
        }

        Caller(SSLContext tls, int port, HttpClient.Version version) {
            this.client =
                    HttpClient.newBuilder().sslContext(tls).version(version).build();
            this.port = port;
        }

        HttpResponse<String> get(String path, String... headers) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
                    .timeout(PATIENCE);
            for (int i = 0; i < headers.length; i += 2) {
                request.header(headers[i], headers[i + 1]);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    /** Where the requests to the application came from. */
    static final class Connections implements ServletRequestListener {
        private final List<Integer> ports = new CopyOnWriteArrayList<>();

        @Override
        public void requestInitialized(ServletRequestEvent event) {
            ports.add(event.getServletRequest().getRemotePort());
        }

        List<Integer> latestTwo() {
            return ports.subList(Math.max(0, ports.size() - 2), ports.size());
        }

        int latest() {
            return ports.get(ports.size() - 1);
        }
    }
}
