package io.mtls.ca;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over a real connection, with the JDK's client and by hand. */
class CaServerTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    private static final String REUSABLE = "max-age=1800, public, no-transform, must-revalidate";
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final SettableClock clock = new SettableClock(NOW);
    private final CertificateAuthority ca =
            CertificateAuthority.inMemory(CaSettings.named("Acme").withUrl(URI.create("http://pki.example")), clock);
    private final CaServer server = CaServer.start(ca, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final BigInteger alice =
            ca.issue(Member.client("alice")).certificate().getSerialNumber();
    private final byte[] aboutAlice = OcspRequests.about(CertId.of(ca.issuing().certificate(), alice));

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path));
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(String path) throws Exception {
        return send(to(path));
    }

    private HttpResponse<byte[]> post(byte[] request) throws Exception {
        return send(to("/ocsp")
                .header("Content-Type", "application/ocsp-request")
                .POST(BodyPublishers.ofByteArray(request)));
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /** What the server says to exactly this. */
    private String raw(String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.url().getPort())) {
            socket.getOutputStream().write(request.getBytes(US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private static String base64(byte[] request) {
        return Base64.getEncoder().encodeToString(request);
    }

    @Test
    void ocsp_is_answered_by_post() throws Exception {
        HttpResponse<byte[]> response = post(aboutAlice);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Content-Type")).isEqualTo("application/ocsp-response");
        assertThat(OcspRequests.basic(response.body()).getResponses()[0].getCertStatus())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void ocsp_is_answered_by_get_whether_base64_is_percent_encoded_or_not(boolean encoded) throws Exception {
        // Serial numbers until the three signs are in it that make a difference.
        int serial = 0;
        String text;
        do {
            text = base64(OcspRequests.about(CertId.of(ca.issuing().certificate(), BigInteger.valueOf(++serial))));
        } while (!text.contains("+") || !text.contains("/") || !text.endsWith("="));

        HttpResponse<byte[]> response = get("/ocsp/" + (encoded ? URLEncoder.encode(text, UTF_8) : text));

        assertThat(OcspRequests.basic(response.body())
                        .getResponses()[0]
                        .getCertID()
                        .getSerialNumber())
                .isEqualTo(serial);
    }

    @Test
    void a_reusable_answer_says_so_as_rfc_5019_has_it() throws Exception {
        HttpResponse<byte[]> response = get("/ocsp/" + base64(aboutAlice));

        assertThat(header(response, "Cache-Control")).isEqualTo(REUSABLE);
        assertThat(header(response, "Last-Modified")).isEqualTo("Sun, 01 Nov 2026 12:00:00 GMT");
        assertThat(header(response, "Expires")).isEqualTo("Sun, 01 Nov 2026 13:00:00 GMT");
        assertThat(header(response, "ETag")).matches("\"[0-9a-f]{64}\"");
        assertThat(header(response, "Content-Length")).isEqualTo(Integer.toString(response.body().length));
    }

    @Test
    void an_answer_with_a_nonce_and_one_that_is_not_signed_are_for_nobody_else() throws Exception {
        byte[] withNonce =
                OcspRequests.withNonce(new byte[32], CertId.of(ca.issuing().certificate(), alice));

        assertThat(header(get("/ocsp/" + base64(withNonce).replace("+", "%2b")), "Cache-Control"))
                .isEqualTo("no-store");
        assertThat(header(post(new byte[] {1}), "Cache-Control")).isEqualTo("no-store");
    }

    @ParameterizedTest
    @ValueSource(strings = {"MEU", "%FF", "ME=U", "TUU", "TU%20U=", "*", "..%2f..", "TUU=%0a", "-_-_", ""})
    void a_get_without_a_request_in_base64_is_malformed(String encoded) throws Exception {
        HttpResponse<byte[]> response = get("/ocsp/" + encoded);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(OcspResponseStatus.MALFORMED_REQUEST.response());
    }

    @Test
    void a_revocation_is_in_the_next_answer_and_in_the_next_lists() throws Exception {
        String tag = header(get("/crl/issuing-1.crl"), "ETag");
        ca.revoke(alice, RevocationReason.KEY_COMPROMISE);

        assertThat(OcspRequests.basic(post(aboutAlice).body()).getResponses()[0].getCertStatus())
                .isInstanceOf(RevokedStatus.class);
        HttpResponse<byte[]> full = send(to("/crl/issuing-1.crl").header("If-None-Match", tag));
        assertThat(full.statusCode()).isEqualTo(200);
        assertThat(new X509CRLHolder(full.body()).getRevokedCertificate(alice)).isNotNull();
        HttpResponse<byte[]> delta = get("/crl/issuing-1-delta.crl");
        assertThat(new X509CRLHolder(delta.body()).getRevokedCertificate(alice)).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "/crl/root-1.crl, application/pkix-crl",
        "/crl/issuing-1.crl, application/pkix-crl",
        "/crl/issuing-1-delta.crl, application/pkix-crl",
        "/ca/root-1.crt, application/pkix-cert",
        "/ca/issuing-1.crt, application/pkix-cert",
        "/root.crt, application/pem-certificate-chain",
        "/, text/plain; charset=utf-8"
    })
    void what_is_published_has_a_type_and_a_tag_and_is_asked_for_anew(String path, String type) throws Exception {
        HttpResponse<byte[]> response = get(path);
        HttpResponse<byte[]> head = send(to(path).method("HEAD", BodyPublishers.noBody()));
        HttpResponse<byte[]> known = send(to(path).header("If-None-Match", "\"x\", W/" + header(response, "ETag")));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Content-Type")).isEqualTo(type);
        assertThat(header(response, "Cache-Control")).isEqualTo("no-cache, public, no-transform");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(header(head, "Content-Length")).isEqualTo(Integer.toString(response.body().length));
        assertThat(header(head, "ETag")).isEqualTo(header(response, "ETag"));
        assertThat(known.statusCode()).isEqualTo(304);
        assertThat(known.body()).isEmpty();
        assertThat(header(known, "ETag")).isEqualTo(header(response, "ETag"));
    }

    @Test
    void what_is_published_is_what_the_authority_has() throws Exception {
        assertThat(get("/crl/issuing-1.crl").body()).isEqualTo(ca.crl("issuing-1"));
        assertThat(get("/crl/issuing-1-delta.crl").body()).isEqualTo(ca.deltaCrl("issuing-1"));
        assertThat(get("/ca/issuing-1.crt").body())
                .isEqualTo(ca.certificate("issuing-1").getEncoded());
        assertThat(get("/root.crt").body()).asString().isEqualTo(ca.rootsPem());
        assertThat(get("/").body()).asString().isEqualTo("""
                        Acme

                        /root.crt
                        /ca/root-1.crt
                        /crl/root-1.crl
                        /ca/issuing-1.crt
                        /crl/issuing-1.crl
                        /crl/issuing-1-delta.crl
                        /ocsp
                        """);
    }

    @Test
    void a_list_is_not_sent_to_who_has_it() throws Exception {
        String tag = header(get("/crl/issuing-1.crl"), "ETag");

        HttpResponse<byte[]> known = send(to("/crl/issuing-1.crl").header("If-None-Match", "\"another\", " + tag));
        HttpResponse<byte[]> another = send(to("/crl/issuing-1.crl").header("If-None-Match", "\"another\""));

        assertThat(known.statusCode()).isEqualTo(304);
        assertThat(known.body()).isEmpty();
        assertThat(header(known, "Expires")).isEqualTo("Sun, 08 Nov 2026 12:00:00 GMT");
        assertThat(another.statusCode()).isEqualTo(200);
        assertThat(send(to("/crl/issuing-1.crl").header("If-None-Match", "*")).statusCode())
                .isEqualTo(304);
    }

    @Test
    void two_lists_of_the_same_second_are_not_taken_for_one() throws Exception {
        String modified = header(get("/crl/issuing-1.crl"), "Last-Modified");

        assertThat(modified).isEqualTo("Sun, 01 Nov 2026 12:00:00 GMT");
        assertThat(send(to("/crl/issuing-1.crl").header("If-Modified-Since", modified))
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/favicon.ico",
                "/ocspx",
                "/crl/issuing-2.crl",
                "/crl/root-1-delta.crl",
                "/crl/issuing-1",
                "/crl/.crl",
                "/crl/issuing-1.crl/",
                "/crl/%69ssuing-1.crl",
                "/crl/../ca/issuing-1.crt",
                "/crl/..%2fca%2fissuing-1.crt",
                "/ca/issuing-1.key",
                "/ca/clients/alice.crt",
                "/index.txt",
                "/ca.properties"
            })
    void nothing_else_is_there(String path) throws Exception {
        String response = raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertThat(response).startsWith("HTTP/1.1 404 ").endsWith("\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /root.crt, 'GET, HEAD'",
        "PUT, /crl/issuing-1.crl, 'GET, HEAD'",
        "DELETE, /ocsp/MEU=, 'GET, HEAD'",
        "GET, /ocsp, POST",
        "PUT, /ocsp, POST"
    })
    void another_method_is_refused_with_those_there_are(String method, String path, String allowed) throws Exception {
        HttpResponse<byte[]> response = send(to(path).method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(header(response, "Allow")).isEqualTo(allowed);
        assertThat(response.body()).isEmpty();
    }

    @Test
    void a_body_of_another_type_is_refused() throws Exception {
        assertThat(send(to("/ocsp").POST(BodyPublishers.ofByteArray(aboutAlice)))
                        .statusCode())
                .isEqualTo(415);
    }

    @Test
    void a_long_body_is_refused_whether_its_length_is_announced_or_not() throws Exception {
        byte[] long1 = new byte[CaResources.MAX_BODY_BYTES + 1];
        HttpRequest.BodyPublisher chunked =
                BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(List.of(long1, long1)));

        assertThat(post(long1).statusCode()).isEqualTo(413);
        assertThat(send(to("/ocsp")
                                .header("Content-Type", "application/ocsp-request")
                                .POST(chunked))
                        .statusCode())
                .isEqualTo(413);
        assertThat(post(new byte[CaResources.MAX_BODY_BYTES]).statusCode()).isEqualTo(200);
    }

    @Test
    void a_long_path_is_refused() throws Exception {
        assertThat(get("/ocsp/" + "A".repeat(CaResources.MAX_PATH_CHARS)).statusCode())
                .isEqualTo(414);
    }

    @Test
    void a_fault_of_the_ca_is_a_503_without_detail(@TempDir Path home) throws Exception {
        Path directory = home.resolve("ca");
        CertificateAuthority stored = CertificateAuthority.openOrCreate(directory, ca.settings(), clock);
        Files.writeString(directory.resolve("index.txt"), "no index\n");

        try (CaServer broken = CaServer.start(stored, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            HttpResponse<byte[]> response =
                    send(HttpRequest.newBuilder(URI.create(broken.url() + "/crl/issuing-1.crl")));

            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).isEmpty();
        }
    }

    @Test
    void hundreds_of_requests_at_once_are_all_answered() {
        var answers = IntStream.range(0, 300)
                .mapToObj(i -> CLIENT.sendAsync(
                        to("/ocsp")
                                .header("Content-Type", "application/ocsp-request")
                                .POST(BodyPublishers.ofByteArray(aboutAlice))
                                .build(),
                        BodyHandlers.ofByteArray()))
                .toList();

        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
    }

    @Test
    void an_address_that_is_taken_says_what_to_do() {
        InetSocketAddress taken = new InetSocketAddress(
                InetAddress.getLoopbackAddress(), server.url().getPort());

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> CaServer.start(ca, taken))
                .withMessageContaining("cannot listen on ")
                .withMessageContaining("name another address, or a free port");
    }

    @Test
    void the_url_of_all_interfaces_is_that_of_this_machine() {
        try (CaServer everywhere = CaServer.start(ca, new InetSocketAddress(0))) {
            assertThat(everywhere.url().toString()).matches("http://localhost:[0-9]+");
        }
    }

    @Test
    void after_closing_nobody_answers() {
        server.close();

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> get("/"));
    }
}
