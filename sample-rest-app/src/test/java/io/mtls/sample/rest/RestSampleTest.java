package io.mtls.sample.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.RevocationReason;
import io.mtls.ca.TlsClients;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.http.server.HttpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample as it is, on a free port, called over TLS. */
class RestSampleTest {

    private static final int TIMEOUT_MILLIS = 10_000;

    @TempDir
    private Path directory;

    private CertificateAuthority ca;
    private HttpServer server;
    private int port;

    @BeforeEach
    void start() {
        server = RestSample.start(new DevelopmentCa(directory.resolve("ca")), 0);
        port = server.getListener("grizzly").getPort();
        // As another process sees it, mtls-ca say.
        ca = CertificateAuthority.open(directory.resolve("ca"), InstantSource.system());
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
    }

    @Test
    void the_status_is_for_everybody() throws Exception {
        HttpResponse<String> answer = get(nobody(), "/public/status");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"service\":\"settlement-desk\",\"status\":\"up\"}");
    }

    @Test
    void without_a_certificate_nothing_else_is_to_be_had() throws Exception {
        for (String path : new String[] {"/api/me", "/api/reports", "/api/audit", "/nowhere"}) {
            assertRefused(get(nobody(), path), "certificate-required");
        }
    }

    @Test
    void a_member_is_called_by_name_and_roles() throws Exception {
        HttpResponse<String> alice = get(member("alice"), "/api/me");
        HttpResponse<String> bob = get(member("bob"), "/api/me");

        assertThat(alice.statusCode()).isEqualTo(200);
        assertThat(alice.body()).isEqualTo("{\"name\":\"alice\",\"issuer\":\"members\",\"roles\":[\"auditor\"]}");
        assertThat(bob.body()).isEqualTo("{\"name\":\"bob\",\"issuer\":\"members\",\"roles\":[]}");
    }

    @Test
    void an_auditor_sees_who_read_the_reports() throws Exception {
        HttpResponse<String> reports = get(member("bob"), "/api/reports");
        HttpResponse<String> audit = get(member("alice"), "/api/audit");

        assertThat(reports.statusCode()).isEqualTo(200);
        assertThat(reports.body()).contains("\"day\":\"2026-01-06\"");
        assertThat(audit.statusCode()).isEqualTo(200);
        assertThat(audit.body())
                .contains(
                        "\"who\":\"bob\"",
                        "\"certificate\":\"" + serialOf("bob").toString(16) + "\"",
                        "read the reports");
    }

    @Test
    void who_is_no_auditor_does_not() throws Exception {
        assertRefused(get(member("bob"), "/api/audit"), "role-missing");
    }

    @Test
    void a_revocation_by_another_process_holds_on_a_connection_that_is_open() throws Exception {
        try (Socket connection = context("bob").getSocketFactory().createSocket("localhost", port)) {
            connection.setSoTimeout(TIMEOUT_MILLIS);
            BufferedReader answers =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
            send(connection, "HEAD"); // whose answer ends with its headers
            assertThat(answers.readLine()).startsWith("HTTP/1.1 200");
            while (!answers.readLine().isEmpty()) {}

            ca.revoke(serialOf("bob"), RevocationReason.KEY_COMPROMISE);
            send(connection, "GET");

            assertThat(answers.lines().collect(Collectors.joining("\n")))
                    .startsWith("HTTP/1.1 403")
                    .endsWith("\"code\":\"certificate-revoked\"}");
        }
    }

    @Test
    void the_lines_to_paste_name_files_that_are_there() {
        DevelopmentCa again = new DevelopmentCa(directory.resolve("ca"));

        assertThat(again.curlLines(port)).hasSize(2).allSatisfy(line -> {
            String[] quoted = line.split("'", -1);
            assertThat(Path.of(quoted[1])).isRegularFile();
            assertThat(Path.of(quoted[3])).isRegularFile();
            assertThat(Path.of(quoted[5])).isRegularFile();
            assertThat(line).endsWith(" https://localhost:" + port + "/api/me");
        });
    }

    private static void assertRefused(HttpResponse<String> answer, String code) {
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body())
                .isEqualTo(
                        "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"code\":\"" + code + "\"}");
    }

    private HttpResponse<String> get(HttpClient client, String path) throws IOException, InterruptedException {
        URI uri = URI.create("https://localhost:" + port + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private static void send(Socket connection, String method) throws IOException {
        String request = method + " /api/me HTTP/1.1\r\nHost: localhost\r\n\r\n";
        connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        connection.getOutputStream().flush();
    }

    private HttpClient nobody() {
        return client(TlsClients.anonymous(ca.root()));
    }

    private HttpClient member(String name) {
        return client(context(name));
    }

    private static HttpClient client(SSLContext context) {
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private SSLContext context(String name) {
        return ca.held(name).clientContext(ca.root());
    }

    private BigInteger serialOf(String name) {
        return ca.held(name).certificate().getSerialNumber();
    }
}
