package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault is what it says, and nothing else. */
class FaultyResponderTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    private static final String CRL = "/crl/issuing-1.crl";
    private static final String ROOT_CRL = "/crl/root-1.crl";

    private final FaultyResponder responder = FaultyResponder.start("Acme", new SettableClock(NOW));
    private final CertificateAuthority ca = responder.authority();
    private final BigInteger alice =
            ca.issue(Member.client("alice")).certificate().getSerialNumber();
    private final X509Certificate signer = ca.responder("issuing-1").certificate();

    @AfterEach
    void stop() {
        responder.close();
    }

    private HttpURLConnection open(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(responder.url() + path).toURL().openConnection();
        connection.setInstanceFollowRedirects(false);
        return connection;
    }

    private byte[] get(String path) throws IOException {
        try (InputStream in = open(path).getInputStream()) {
            return in.readAllBytes();
        }
    }

    private HttpURLConnection asked(byte[] request) throws IOException {
        return asked(request, 0);
    }

    private HttpURLConnection asked(byte[] request, int timeoutMillis) throws IOException {
        HttpURLConnection connection = open("/ocsp");
        connection.setReadTimeout(timeoutMillis);
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/ocsp-request");
        connection.getOutputStream().write(request);
        return connection;
    }

    private byte[] aboutAlice() {
        return OcspRequests.about(CertId.of(ca.issuing().certificate(), alice));
    }

    private byte[] ask(byte[] request) throws IOException {
        try (InputStream in = asked(request).getInputStream()) {
            return in.readAllBytes();
        }
    }

    private BasicOCSPResp ocsp() throws Exception {
        return OcspRequests.basic(ask(aboutAlice()));
    }

    private X509CRLHolder crl(String path) throws Exception {
        return new X509CRLHolder(get(path));
    }

    private static boolean isSignedBy(X509Certificate signer, BasicOCSPResp response) throws Exception {
        return response.isSignatureValid(new JcaContentVerifierProviderBuilder().build(signer));
    }

    private static boolean isSignedBy(X509Certificate signer, X509CRLHolder crl) throws Exception {
        return crl.isSignatureValid(new JcaContentVerifierProviderBuilder().build(signer));
    }

    @Test
    void nothing_is_wrong_until_it_is_asked_for() throws Exception {
        assertThat(isSignedBy(signer, ocsp())).isTrue();
        assertThat(get(CRL)).isEqualTo(ca.crl("issuing-1"));
        assertThat(get(ROOT_CRL)).isEqualTo(ca.crl("root-1"));
        assertThat(get("/ca/issuing-1.crt"))
                .isEqualTo(ca.issuing().certificate().getEncoded());
        assertThat(responder.requests())
                .containsExactly("POST /ocsp", "GET " + CRL, "GET " + ROOT_CRL, "GET /ca/issuing-1.crt");
    }

    @Test
    void certificates_name_its_address() throws Exception {
        String text = ca.held("alice").certificate().toString();

        assertThat(text).contains(responder.url() + "/ocsp", responder.url() + CRL);
    }

    @Test
    void faults_of_ocsp_and_of_crls_are_apart_and_end() throws Exception {
        responder.ocsp(Fault.httpStatus(500));
        assertThat(asked(aboutAlice()).getResponseCode()).isEqualTo(500);
        assertThat(open(CRL).getResponseCode()).isEqualTo(200);

        responder.ocsp(Fault.none()).crls(Fault.httpStatus(404));
        assertThat(asked(aboutAlice()).getResponseCode()).isEqualTo(200);
        assertThat(open(CRL).getResponseCode()).isEqualTo(404);

        responder.fail(Fault.none());
        assertThat(open(CRL).getResponseCode()).isEqualTo(200);
    }

    @Test
    void reset_is_a_reset() {
        responder.fail(Fault.reset());

        assertThatExceptionOfType(SocketException.class)
                .isThrownBy(() -> get(CRL))
                .withMessageContaining("reset");
    }

    @Test
    void hung_reads_the_request_and_says_nothing() throws Exception {
        responder.fail(Fault.hung());
        HttpURLConnection connection = open(CRL);
        connection.setReadTimeout(50);

        assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(connection::getInputStream);
        responder.awaitRequests(1, Duration.ofSeconds(10));
    }

    @Test
    void closing_ends_what_is_hung() throws Exception {
        responder.fail(Fault.hung());
        CompletableFuture<Object> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return get(CRL);
            } catch (IOException e) {
                return e;
            }
        });
        responder.awaitRequests(1, Duration.ofSeconds(10));

        responder.close();

        assertThat(waiting.join()).isInstanceOf(IOException.class);
    }

    @Test
    void slow_is_late_and_right() throws Exception {
        responder.fail(Fault.slow(Duration.ofMillis(200)));
        long before = System.nanoTime();

        assertThat(get(CRL)).isEqualTo(ca.crl("issuing-1"));
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void trickling_is_right_and_never_times_out() throws Exception {
        responder.fail(Fault.trickling(Duration.ofNanos(1000)));

        assertThat(get(CRL)).isEqualTo(ca.crl("issuing-1"));
    }

    @Test
    void truncated_ends_too_early() throws Exception {
        responder.fail(Fault.truncated());
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(responder.url() + CRL)).build();

        assertThatExceptionOfType(IOException.class)
                .as("HttpURLConnection of Java 17 does not notice")
                .isThrownBy(() -> HttpClient.newHttpClient().send(request, BodyHandlers.ofByteArray()))
                .withMessageContaining("fixed content-length: " + ca.crl("issuing-1").length);
    }

    @Test
    void endless_goes_on_for_as_long_as_one_reads() throws Exception {
        responder.fail(Fault.endless());
        HttpURLConnection connection = open(CRL);

        try (InputStream in = connection.getInputStream()) {
            assertThat(connection.getContentLength()).isEqualTo(-1);
            assertThat(connection.getContentType()).isEqualTo("application/pkix-crl");
            assertThat(in.readNBytes(20_000_000)).hasSize(20_000_000).startsWith(0x30, 0x84);
            connection.disconnect();
        }
    }

    @Test
    void garbage_has_the_right_type() throws Exception {
        responder.fail(Fault.garbage());

        assertThat(ask(aboutAlice())).asString().startsWith("This is neither");
        assertThat(open(CRL).getContentType()).isEqualTo("application/pkix-crl");
        assertThat(asked(aboutAlice()).getContentType()).isEqualTo("application/ocsp-response");
        responder.fail(Fault.body(new byte[] {1, 2}));
        assertThat(get(CRL)).containsExactly(1, 2);
    }

    @Test
    void a_redirect_names_another_place() throws Exception {
        responder.fail(Fault.redirect(URI.create("http://169.254.169.254/")));
        HttpURLConnection connection = open(CRL);

        assertThat(connection.getResponseCode()).isEqualTo(302);
        assertThat(connection.getHeaderField("Location")).isEqualTo("http://169.254.169.254/");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SUCCESSFUL")
    void a_status_of_ocsp_is_503_for_crls(OcspResponseStatus status) throws Exception {
        responder.fail(Fault.ocspStatus(status));

        assertThat(ask(aboutAlice())).isEqualTo(status.response());
        assertThat(open(CRL).getResponseCode()).isEqualTo(503);
    }

    @Test
    void try_later_is_one_of_them() throws Exception {
        responder.fail(Fault.tryLater());

        assertThat(ask(aboutAlice())).isEqualTo(OcspResponseStatus.TRY_LATER.response());
    }

    @Test
    void oversized_is_right_but_for_its_size() throws Exception {
        responder.fail(Fault.oversized(1_000_000));

        assertThat(ask(aboutAlice())).hasSizeBetween(1_000_000, 1_010_000);
        assertThat(isSignedBy(signer, ocsp())).isTrue();
        assertThat(crl(CRL).getEncoded()).hasSizeBetween(1_000_000, 1_010_000);
        assertThat(isSignedBy(ca.issuing().certificate(), crl(CRL))).isTrue();
    }

    @Test
    void stale_ended_long_ago() throws Exception {
        responder.fail(Fault.stale());

        SingleResp single = ocsp().getResponses()[0];
        assertThat(single.getNextUpdate()).isEqualTo(Date.from(NOW.minus(Duration.ofDays(29))));
        assertThat(isSignedBy(signer, ocsp())).isTrue();
        for (String path : List.of(CRL, ROOT_CRL)) {
            assertThat(crl(path).getThisUpdate()).isEqualTo(Date.from(NOW.minus(Duration.ofDays(30))));
            assertThat(crl(path).getNextUpdate()).isEqualTo(Date.from(NOW.minus(Duration.ofDays(29))));
        }
        assertThat(isSignedBy(ca.issuing().certificate(), crl(CRL))).isTrue();
        assertThat(isSignedBy(ca.root(), crl(ROOT_CRL))).isTrue();
    }

    @Test
    void not_yet_valid_begins_long_from_now() throws Exception {
        responder.fail(Fault.notYetValid());

        assertThat(ocsp().getResponses()[0].getThisUpdate()).isEqualTo(Date.from(NOW.plus(Duration.ofDays(30))));
        assertThat(crl(CRL).getThisUpdate()).isEqualTo(Date.from(NOW.plus(Duration.ofDays(30))));
    }

    @Test
    void next_update_can_be_absent() throws Exception {
        responder.fail(Fault.withoutNextUpdate());

        assertThat(ocsp().getResponses()[0].getNextUpdate()).isNull();
        assertThat(crl(CRL).getNextUpdate()).isNull();
        assertThat(crl(CRL).getThisUpdate()).isEqualTo(Date.from(NOW));
    }

    @Test
    void a_corrupt_signature_is_one_of_the_right_signer() throws Exception {
        responder.fail(Fault.corruptSignature());

        assertThat(isSignedBy(signer, ocsp())).isFalse();
        assertThat(ocsp().getCerts()[0].getEncoded()).isEqualTo(signer.getEncoded());
        assertThat(isSignedBy(ca.issuing().certificate(), crl(CRL))).isFalse();
    }

    @Test
    void a_wrong_signer_uses_the_names_of_the_right_one() throws Exception {
        responder.fail(Fault.wrongSigner());

        assertThat(isSignedBy(signer, ocsp())).isFalse();
        assertThat(ocsp().getCerts()[0].getEncoded()).isEqualTo(signer.getEncoded());
        assertThat(isSignedBy(ca.issuing().certificate(), crl(CRL))).isFalse();
        assertThat(crl(CRL).getIssuer().getEncoded())
                .isEqualTo(ca.issuing().certificate().getSubjectX500Principal().getEncoded());
    }

    @Test
    void an_unauthorized_signer_is_a_member_that_is_no_responder() throws Exception {
        responder.fail(Fault.unauthorizedSigner());

        BasicOCSPResp response = ocsp();
        byte[] included = response.getCerts()[0].getEncoded();
        X509Certificate member = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(included));
        member.verify(ca.issuing().certificate().getPublicKey());
        assertThat(member.getExtendedKeyUsage()).containsExactly(KeyPurpose.CLIENT_AUTH);
        assertThat(isSignedBy(member, response)).isTrue();
        assertThat(isSignedBy(ca.issuing().certificate(), crl(CRL))).isFalse();
    }

    @Test
    void a_wrong_certificate_is_a_right_answer_to_another_question() throws Exception {
        responder.fail(Fault.wrongCertificate());

        SingleResp single = ocsp().getResponses()[0];
        assertThat(single.getCertID().getSerialNumber()).isEqualTo(alice.add(BigInteger.ONE));
        assertThat(single.getCertStatus()).isNull();
        assertThat(isSignedBy(signer, ocsp())).isTrue();
        assertThat(crl(CRL).getIssuer()).hasToString("CN=Another CA");
    }

    @Test
    void unknown_is_said_of_everybody() throws Exception {
        responder.fail(Fault.unknown());

        assertThat(ocsp().getResponses()[0].getCertStatus()).isInstanceOf(UnknownStatus.class);
        assertThat(isSignedBy(ca.issuing().certificate(), crl(CRL))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_nonce_can_be_wrong_or_absent(boolean wrong) throws Exception {
        responder.fail(wrong ? Fault.wrongNonce() : Fault.withoutNonce());
        byte[] request =
                OcspRequests.withNonce(new byte[] {7}, CertId.of(ca.issuing().certificate(), alice));

        BasicOCSPResp response = OcspRequests.basic(ask(request));

        assertThat(response.hasExtensions()).isEqualTo(wrong);
        assertThat(isSignedBy(signer, response)).isTrue();
    }

    @Test
    void a_list_with_a_fault_keeps_its_entries_and_extensions() throws Exception {
        ca.revoke(alice, RevocationReason.KEY_COMPROMISE);
        responder.fail(Fault.withoutNextUpdate());

        X509CRLHolder right = new X509CRLHolder(ca.crl("issuing-1"));
        X509CRLHolder wrong = crl(CRL);
        assertThat(wrong.getRevokedCertificate(alice).getExtension(Extension.reasonCode))
                .isEqualTo(right.getRevokedCertificate(alice).getExtension(Extension.reasonCode));
        assertThat(wrong.getExtensionOIDs().equals(right.getExtensionOIDs())).isTrue();
    }

    @Test
    void waiting_for_requests_that_do_not_come_ends() {
        assertThatIllegalStateException()
                .isThrownBy(() -> responder.awaitRequests(1, Duration.ofMillis(20)))
                .withMessage("0 requests instead of 1 after PT0.02S: []");
    }

    @Test
    void hung_requests_do_not_keep_others_waiting() throws Exception {
        responder.ocsp(Fault.hung());
        for (int i = 0; i < 50; i++) {
            HttpURLConnection connection = asked(aboutAlice(), 1);
            assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(connection::getInputStream);
        }

        assertThat(get(CRL)).isNotEmpty();
    }
}
