package io.mtls;

import static io.mtls.TestPki.ALICE;
import static io.mtls.TestPki.CLOCK;
import static io.mtls.TestPki.ISSUING;
import static io.mtls.TestPki.ROOT;
import static io.mtls.TestPki.chain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.mtls.ca.HeldCertificate;
import io.mtls.proxy.Forwarded;
import io.mtls.proxy.ForwardedCertificates;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the next service is told, and by whom else it is not. */
class CertificateForwardingTest {

    private static final HeldCertificate JUNK =
            HeldCertificate.root("CN=Junk").clock(CLOCK).build();

    private static ClientIdentity identity(ClientCertificateVerifier verifier, HeldCertificate... presented) {
        ClientAuthentication answer = new ClientAuthenticator(() -> verifier, CLOCK, event -> {})
                .authenticateNow(TestPki.request(chain(presented)), ClientAuth.NEED);
        assertThat(answer).isInstanceOf(ClientAuthentication.Authenticated.class);
        return ((ClientAuthentication.Authenticated) answer).identity();
    }

    private static ClientIdentity alice() {
        return identity(TestPki.verifier(ROOT), ALICE, ISSUING);
    }

    private static List<X509Certificate> read(Map<String, String> headers) {
        Forwarded read = ForwardedCertificates.rfc9440()
                .read(name -> headers.entrySet().stream()
                        .filter(header -> header.getKey().equalsIgnoreCase(name))
                        .map(Map.Entry::getValue)
                        .toList());
        assertThat(read).isInstanceOf(Forwarded.Chain.class);
        return ((Forwarded.Chain) read).certificates();
    }

    @Test
    void the_path_is_told_from_the_caller_on_and_without_its_anchor() {
        assertThat(CertificateForwarding.RFC9440.headers(alice())).containsOnlyKeys("Client-Cert", "Client-Cert-Chain");
        assertThat(read(CertificateForwarding.RFC9440.headers(alice())))
                .containsExactly(ALICE.certificate(), ISSUING.certificate());
    }

    @Test
    void what_the_caller_presented_beside_its_path_is_not_told() {
        ClientIdentity caller = identity(TestPki.verifier(ROOT), ALICE, JUNK, ISSUING, ROOT);

        assertThat(read(CertificateForwarding.RFC9440.headers(caller)))
                .containsExactly(ALICE.certificate(), ISSUING.certificate());
    }

    @Test
    void a_caller_whom_the_anchor_itself_issued_needs_no_chain() {
        ClientIdentity caller = identity(TestPki.verifier(ISSUING), ALICE);

        assertThat(CertificateForwarding.RFC9440.headers(caller)).containsOnlyKeys("Client-Cert");
        assertThat(read(CertificateForwarding.RFC9440.headers(caller))).containsExactly(ALICE.certificate());
    }

    @Test
    void a_pinned_certificate_is_told_though_it_is_its_own_anchor() {
        TrustAnchors pinned = TrustAnchors.pinnedEndEntities(List.of(ALICE.certificate()));
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("acme", pinned).build())
                .build();

        assertThat(read(CertificateForwarding.RFC9440.headers(identity(verifier, ALICE))))
                .containsExactly(ALICE.certificate());
    }

    @Test
    void of_a_path_that_is_longer_than_what_is_read_the_end_is_left_out() {
        List<HeldCertificate> path = new ArrayList<>(List.of(ROOT));
        for (int i = 1; i <= 10; i++) {
            HeldCertificate issuer = path.get(0);
            path.add(0, issuer.issueCa("CN=Intermediate " + i).clock(CLOCK).build());
        }
        path.add(0, path.get(0).issueClient("CN=alice").clock(CLOCK).build());
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(TestPki.issuer(ROOT)
                        .intermediates(List.of(path.get(10).certificate()))
                        .build())
                .policy(PathPolicy.builder().maxIntermediates(10).build())
                .build();
        ClientIdentity caller = identity(verifier, path.subList(0, 10).toArray(HeldCertificate[]::new));

        assertThat(caller.path().certificates()).hasSize(12);
        assertThat(read(CertificateForwarding.RFC9440.headers(caller)))
                .isEqualTo(caller.path().certificates().subList(0, 10));
    }

    @Test
    void of_nobody_nothing_is_told() {
        assertThat(CertificateForwarding.RFC9440.headers(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Client-Cert",
                "client-cert",
                "Client_Cert",
                "CLIENT.CERT",
                "HTTP_CLIENT_CERT",
                "Client-Cert-Chain",
                "client_cert-chain",
                "X-Forwarded-Client-Cert",
                "x_forwarded.client-cert",
                "X-Forwarded-Tls-Client-Cert",
                "X-Amzn-Mtls-Clientcert",
                "X-Amzn-Mtls-Clientcert-Leaf"
            })
    void a_request_loses_what_somebody_else_wrote_in_any_spelling(String name) {
        assertThat(CertificateForwarding.isStripped(name)).isTrue();
        assertThat(onBehalfOf(null, name).headers().map()).isEmpty();
        Map<String, List<String>> told = onBehalfOf(alice(), name).headers().map();
        assertThat(told).containsOnlyKeys("Client-Cert", "Client-Cert-Chain");
        assertThat(told.values()).allSatisfy(values -> assertThat(values).hasSize(1));
        assertThat(HttpClientCertificateForwarding.onBehalfOf(alice(), spoofed(name), CertificateForwarding.XFCC)
                        .headers()
                        .map())
                .containsOnly(entry(
                        "X-Forwarded-Client-Cert",
                        List.copyOf(CertificateForwarding.XFCC.headers(alice()).values())));
    }

    @Test
    void the_path_is_told_in_envoys_header_too() {
        Map<String, String> headers = CertificateForwarding.XFCC.headers(alice());

        assertThat(ForwardedCertificates.xfcc().read(name -> List.copyOf(headers.values())))
                .isEqualTo(new Forwarded.Chain(List.of(ALICE.certificate(), ISSUING.certificate())));
        assertThat(CertificateForwarding.XFCC.headers(null)).isEmpty();
    }

    private static HttpRequest onBehalfOf(@Nullable ClientIdentity caller, String spoofed) {
        return HttpClientCertificateForwarding.onBehalfOf(caller, spoofed(spoofed));
    }

    private static HttpRequest spoofed(String name) {
        return HttpRequest.newBuilder(URI.create("https://next.example/"))
                .header(name, "spoofed")
                .header(name, "twice")
                .build();
    }

    @Test
    void a_request_is_otherwise_the_same() {
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://next.example/orders?page=2"))
                .header("Accept", "text/plain")
                .header("Client-Certificate-Of-Origin", "CH")
                .expectContinue(true)
                .timeout(Duration.ofSeconds(7))
                .version(HttpClient.Version.HTTP_1_1)
                .PUT(HttpRequest.BodyPublishers.ofString("order"))
                .build();

        HttpRequest told = HttpClientCertificateForwarding.onBehalfOf(alice(), request);

        assertThat(told.uri()).isEqualTo(request.uri());
        assertThat(told.method()).isEqualTo("PUT");
        assertThat(told.bodyPublisher()).isEqualTo(request.bodyPublisher());
        assertThat(told.expectContinue()).isTrue();
        assertThat(told.timeout()).isEqualTo(Optional.of(Duration.ofSeconds(7)));
        assertThat(told.version()).isEqualTo(Optional.of(HttpClient.Version.HTTP_1_1));
        assertThat(told.headers().firstValue("Accept")).hasValue("text/plain");
        assertThat(told.headers().firstValue("Client-Certificate-Of-Origin")).hasValue("CH");
    }
}
