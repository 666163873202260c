package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.MtlsEvent;
import io.mtls.ca.HeldCertificate;
import io.mtls.contract.CallersServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidatorException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

/** An application's own certificate towards the next service, and whom it takes for that, while both are replaced. */
class ClientSslBundleTest {

    private static final HeldCertificate SERVER =
            Pki.ISSUING.issueServer("localhost").build();
    private static final HeldCertificate BEFORE =
            Pki.ISSUING.issueClient("CN=before").build();
    private static final HeldCertificate AFTER =
            Pki.ISSUING.issueClient("CN=after").build();

    private final DefaultSslBundleRegistry bundles =
            new DefaultSslBundleRegistry("next", bundle(BEFORE, BEFORE, Pki.ROOT));
    private final CallersServer next = new CallersServer(SERVER, Pki.ROOT);
    private final List<MtlsEvent> events = new CopyOnWriteArrayList<>();

    /** How a client reads a bundle: as Spring Boot's builder for that client does. */
    enum Library {
        JDK {
            @Override
            Function<URI, @Nullable String> client(SslBundle bundle) {
                return restClient(new JdkClientHttpRequestFactory(http(bundle.createSslContext())));
            }
        },
        /** Asks for a context with each connection. */
        HTTP_URL_CONNECTION {
            @Override
            Function<URI, @Nullable String> client(SslBundle bundle) {
                return restClient(new SimpleClientHttpRequestFactory() {
                    @Override
                    protected void prepareConnection(HttpURLConnection connection, String method) throws IOException {
                        super.prepareConnection(connection, method);
                        ((HttpsURLConnection) connection)
                                .setSSLSocketFactory(bundle.createSslContext().getSocketFactory());
                    }
                });
            }
        },
        WEB_CLIENT {
            @Override
            Function<URI, @Nullable String> client(SslBundle bundle) {
                WebClient client = WebClient.builder()
                        .clientConnector(new JdkClientHttpConnector(http(bundle.createSslContext())))
                        .build();
                return uri -> client.get()
                        .uri(uri)
                        .retrieve()
                        .bodyToMono(String.class)
                        .block();
            }
        };

        abstract Function<URI, @Nullable String> client(SslBundle bundle);
    }

    private static Function<URI, @Nullable String> restClient(ClientHttpRequestFactory factory) {
        RestClient client = RestClient.builder().requestFactory(factory).build();
        return uri -> client.get().uri(uri).retrieve().body(String.class);
    }

    @AfterEach
    void close() {
        next.close();
    }

    private static HttpClient http(SSLContext context) {
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static SslBundle bundle(HeldCertificate certificate, HeldCertificate key, HeldCertificate trusted) {
        return SslBundle.of(new PemSslStoreBundle(
                new PemSslStoreDetails(null, certificate.chainPem(), key.privateKeyPem()), trusting(trusted)));
    }

    private static PemSslStoreDetails trusting(HeldCertificate trusted) {
        return new PemSslStoreDetails(null, trusted.certificatePem(), null);
    }

    private ClientSslBundle following() {
        return ClientSslBundle.of(bundles, "next", events::add);
    }

    private List<String> told() {
        return events.stream().map(event -> event.getClass().getSimpleName()).toList();
    }

    /** A ticket may come too late for the very next connection. */
    private void resume(Function<URI, @Nullable String> client) {
        int asked;
        int connections = 0;
        do {
            assertThat(++connections).as("connections, none of which resumed").isLessThan(100);
            asked = next.asked();
            assertThat(client.apply(next.uri())).isEqualTo("CN=before");
        } while (next.asked() != asked);
    }

    @ParameterizedTest
    @EnumSource
    void a_new_connection_shows_the_new_certificate_although_sessions_are_resumed(Library library) {
        Function<URI, @Nullable String> client = library.client(following());
        assertThat(client.apply(next.uri())).isEqualTo("CN=before");
        resume(client);

        bundles.updateBundle("next", bundle(AFTER, AFTER, Pki.ROOT));

        assertThat(client.apply(next.uri())).isEqualTo("CN=after");
        assertThat(client.apply(next.uri())).isEqualTo("CN=after");
        assertThat(told()).containsExactly("Reloaded");
    }

    @ParameterizedTest
    @EnumSource
    void a_service_whose_ca_left_the_trust_store_is_refused(Library library) {
        Function<URI, @Nullable String> client = library.client(following());
        assertThat(client.apply(next.uri())).isEqualTo("CN=before");

        bundles.updateBundle("next", bundle(AFTER, AFTER, Pki.OTHER_ROOT));

        assertThatThrownBy(() -> client.apply(next.uri())).hasRootCauseInstanceOf(GeneralSecurityException.class);
    }

    @ParameterizedTest
    @EnumSource
    void the_name_of_the_service_is_checked_before_and_after_an_update(Library library) {
        Function<URI, @Nullable String> client = library.client(following());
        assertThatThrownBy(() -> client.apply(next.uriByAddress())).hasStackTraceContaining("127.0.0.1");

        bundles.updateBundle("next", bundle(AFTER, AFTER, Pki.ROOT));

        assertThatThrownBy(() -> client.apply(next.uriByAddress()))
                .hasStackTraceContaining("No subject alternative names matching IP address 127.0.0.1");
        assertThat(client.apply(next.uri())).isEqualTo("CN=after");
    }

    @Test
    void a_key_that_is_not_its_certificates_does_not_replace_one_that_is() {
        Function<URI, @Nullable String> client = Library.JDK.client(following());

        bundles.updateBundle("next", bundle(AFTER, BEFORE, Pki.ROOT));

        assertThat(client.apply(next.uri())).isEqualTo("CN=before");
        assertThat(events)
                .singleElement()
                .extracting(MtlsEvent::message)
                .asString()
                .contains("the SSL bundle 'next'", "does not belong to its certificate");
    }

    @Test
    void an_update_that_trusts_nobody_does_not_make_the_platforms_authorities_trusted() {
        ClientSslBundle bundle = following();
        Function<URI, @Nullable String> client = Library.JDK.client(bundle);

        bundles.updateBundle(
                "next",
                SslBundle.of(new PemSslStoreBundle(
                        new PemSslStoreDetails(null, AFTER.chainPem(), AFTER.privateKeyPem()), null)));

        assertThat(client.apply(next.uri())).isEqualTo("CN=before");
        assertThat(told()).containsExactly("ReloadFailed");
        assertThat(bundle.getStores().getTrustStore()).isNotNull();
    }

    @Test
    void a_bundle_without_a_key_or_without_trust_stops_the_start() {
        bundles.registerBundle("keyless", SslBundle.of(new PemSslStoreBundle(null, trusting(Pki.ROOT))));
        bundles.registerBundle(
                "trusting nobody",
                SslBundle.of(new PemSslStoreBundle(
                        new PemSslStoreDetails(null, BEFORE.chainPem(), BEFORE.privateKeyPem()), null)));
        bundles.registerBundle("mismatched", bundle(AFTER, BEFORE, Pki.ROOT));
        bundles.registerBundle("nothing", SslBundle.of(SslStoreBundle.NONE));

        assertStops("keyless", "has no key store", "keystore.certificate");
        assertStops("trusting nobody", "has no trusted certificates", "truststore.certificate");
        assertStops("mismatched", "does not belong to its certificate", "of the same pair");
        assertStops("nothing", "has no key store", "keystore.certificate");
    }

    private void assertStops(String name, String description, String action) {
        assertThatThrownBy(() -> ClientSslBundle.of(bundles, name))
                .isInstanceOfSatisfying(
                        MtlsConfigurationException.class,
                        e -> assertThat(e.action()).contains(action))
                .hasMessageContaining("'" + name + "'")
                .hasMessageContaining(description);
    }

    /** As Reactor Netty does. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void a_context_that_a_library_makes_of_the_managers_follows_too(String protocol) throws Exception {
        SslManagerBundle managers = following().getManagers();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                managers.getKeyManagerFactory().getKeyManagers(),
                managers.getTrustManagerFactory().getTrustManagers(),
                null);
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {protocol});
        HttpClient http = HttpClient.newBuilder()
                .sslContext(context)
                .sslParameters(parameters)
                .build();
        Function<URI, @Nullable String> client = restClient(new JdkClientHttpRequestFactory(http));
        assertThat(client.apply(next.uri())).isEqualTo("CN=before");
        resume(client);

        bundles.updateBundle("next", bundle(AFTER, AFTER, Pki.ROOT));

        assertThat(client.apply(next.uri())).isEqualTo("CN=after");
        assertThatThrownBy(() -> client.apply(next.uriByAddress())).hasStackTraceContaining("127.0.0.1");

        bundles.updateBundle("next", bundle(AFTER, AFTER, Pki.OTHER_ROOT));

        assertThatThrownBy(() -> client.apply(next.uri())).hasRootCauseInstanceOf(CertPathValidatorException.class);
    }
}
