package io.mtls.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.CertificateForwarding;
import io.mtls.ClientIdentity;
import io.mtls.MutualTls;
import io.mtls.Reloadable;
import io.mtls.TrustAnchors;
import io.mtls.ca.HeldCertificate;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.client.ClientRequestFilter;
import jakarta.ws.rs.client.Invocation;
import jakarta.ws.rs.client.WebTarget;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a Jakarta REST client tells the next service of the caller it calls for. */
public abstract class RestClientContract {

    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root").build();
    private static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing CA").build();
    private static final ClientIdentity ALICE =
            VerifiedCaller.of(ISSUING.issueClient("CN=alice").build(), ROOT);
    private static final ClientIdentity BOB =
            VerifiedCaller.of(ISSUING.issueClient("CN=bob").build(), ROOT);

    private final HeadersServer next = new HeadersServer();

    @SuppressWarnings("NullAway.Init")
    private Client client;

    /** The filter under test. */
    protected abstract ClientRequestFilter forwarding(CertificateForwarding format);

    /** How that is told for whom a request is. */
    protected abstract Invocation.Builder onBehalfOf(@Nullable ClientIdentity caller, Invocation.Builder request);

    @BeforeEach
    void open() {
        client = ClientBuilder.newClient().register(forwarding(CertificateForwarding.RFC9440));
    }

    @AfterEach
    void close() {
        client.close();
        next.close();
    }

    private Invocation.Builder request(@Nullable ClientIdentity caller) {
        Invocation.Builder request = client.target(next.uri())
                .request()
                .header("Client-Cert", "spoofed")
                .header("client_cert", "spoofed")
                .header("CLIENT-CERT-CHAIN", "spoofed")
                .header("X-Forwarded-Client-Cert", "spoofed")
                .header("Accept-Language", "de");
        return caller == null ? request : onBehalfOf(caller, request);
    }

    /** Names in lower case, and the values of those that forward certificates. */
    private Map<String, List<String>> told() {
        assertThat(next.received()).containsEntry("accept-language", List.of("de"));
        return next.received().entrySet().stream()
                .filter(header -> CertificateForwarding.isStripped(header.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Map<String, List<String>> headersFor(ClientIdentity caller) {
        return headersFor(caller, CertificateForwarding.RFC9440);
    }

    private static Map<String, List<String>> headersFor(ClientIdentity caller, CertificateForwarding format) {
        return format.headers(caller).entrySet().stream()
                .collect(Collectors.toMap(
                        header -> header.getKey().toLowerCase(Locale.ROOT), header -> List.of(header.getValue())));
    }

    @Test
    void the_caller_of_a_request_is_told_and_nobody_else() {
        request(ALICE).get().close();
        assertThat(told()).isEqualTo(headersFor(ALICE));

        request(BOB).get().close();
        assertThat(told()).isEqualTo(headersFor(BOB));
    }

    @Test
    void the_caller_is_told_as_envoy_does_it_where_that_is_read() {
        client.close();
        client = ClientBuilder.newClient().register(forwarding(CertificateForwarding.XFCC));

        request(ALICE).get().close();
        assertThat(told()).isEqualTo(headersFor(ALICE, CertificateForwarding.XFCC));

        request(null).get().close();
        assertThat(told()).isEmpty();
    }

    @Test
    void the_clients_own_certificate_is_replaced_from_the_next_connection_on() {
        HeldCertificate server = ISSUING.issueServer("localhost").build();
        Reloadable<SSLContext> current = new Reloadable<>("client", context("CN=before"), event -> {});
        try (CallersServer upstream = new CallersServer(server, ROOT);
                Client own = ClientBuilder.newBuilder()
                        .sslContext(MutualTls.clientContext(current))
                        .build()) {
            assertThat(own.target(upstream.uri()).request().get(String.class)).isEqualTo("CN=before");

            current.reload(() -> context("CN=after"));

            assertThat(own.target(upstream.uri()).request().get(String.class)).isEqualTo("CN=after");
        }
    }

    private static SSLContext context(String name) {
        char[] password = "not a secret".toCharArray();
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(
                    new ByteArrayInputStream(ISSUING.issueClient(name).build().pkcs12(password)), password);
            return MutualTls.clientContext(MutualTls.keys(store, password), TrustAnchors.of(ROOT.certificate()));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void without_a_caller_nothing_is_told_and_what_was_there_is_gone() {
        request(null).get().close();
        assertThat(told()).isEmpty();

        onBehalfOf(null, request(null)).get().close();
        assertThat(told()).isEmpty();
        assertThat(next.received()).doesNotContainKey("mtls-caller-ticket");
    }

    /** CXF keeps properties with the target. */
    @Test
    void the_caller_of_one_request_is_not_told_with_the_next_of_the_same_target() {
        WebTarget target = client.target(next.uri());
        onBehalfOf(ALICE, target.request().header("Accept-Language", "de"))
                .get()
                .close();
        assertThat(told()).isEqualTo(headersFor(ALICE));

        target.request()
                .header("Accept-Language", "de")
                .header("client-cert", "spoofed")
                .get()
                .close();
        assertThat(told()).isEmpty();
    }

    /** As when two threads use one target. */
    @Test
    void a_request_that_another_overtook_speaks_for_its_own_caller_or_fails() {
        WebTarget target = client.target(next.uri());
        Invocation.Builder first = onBehalfOf(ALICE, target.request().header("Accept-Language", "de"));
        Invocation.Builder overtaking = onBehalfOf(BOB, target.request().header("Accept-Language", "de"));
        overtaking.get().close();
        assertThat(told()).isEqualTo(headersFor(BOB));
        next.forget();

        try {
            first.get().close();
            assertThat(told()).isEqualTo(headersFor(ALICE));
        } catch (RuntimeException e) {
            assertThat(e).hasStackTraceContaining("is not this request's");
            assertThat(next.received()).isEmpty();
        }
    }

    @Test
    void a_ticket_that_somebody_sent_is_worth_nothing() {
        WebTarget target = client.target(next.uri());
        onBehalfOf(ALICE, target.request().header("Accept-Language", "de"))
                .get()
                .close();
        next.forget();
        Invocation.Builder forged = target.request().header("Mtls-Caller-Ticket", "x");

        assertThatThrownBy(forged::get).hasStackTraceContaining("is not this request's");
        assertThat(next.received()).isEmpty();
    }

    @Test
    void the_caller_is_the_same_in_another_thread() throws Exception {
        request(ALICE).async().get().get(10, TimeUnit.SECONDS).close();

        assertThat(told()).isEqualTo(headersFor(ALICE));
    }

    @Test
    void what_another_filter_adds_is_stripped() {
        client.register(
                (ClientRequestFilter) request -> request.getHeaders().putSingle("Client-Cert", "spoofed"), 10_000);

        request(null).get().close();

        assertThat(told()).isEmpty();
    }
}
