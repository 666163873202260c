package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;

import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import io.mtls.contract.SplitHello;
import io.mtls.contract.SplitHello.Pieces;
import io.mtls.spring.Application.Server;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What TLS does: where keys and trust come from, and how they are replaced. */
class ServerTlsTest {

    @ParameterizedTest
    @EnumSource
    void trust_is_replaced_while_connections_are_open(Server server) throws Exception {
        Events events = new Events();
        try (Application application =
                application(server).bean(MtlsListener.class, events).start()) {
            HttpClient alice = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .sslContext(Pki.alice())
                    .build();
            assertThat(get(alice, application.port()).body()).isEqualTo("alice");

            update(application, bundle(Pki.SERVER, Pki.OTHER_ROOT));

            assertThat(get(alice, application.port()).body()).contains("\"code\":\"signature-invalid\"");
            SSLContext other = Pki.stranger();
            Client.by(other, application.port()).get("/whoami").then().statusCode(200);
            assertThatThrownBy(() -> Client.by(Pki.alice(), application.port()).get("/whoami"))
                    .isInstanceOf(IOException.class); // The alert, or the reset that overtook it.
            assertThat(events.kinds()).contains("Reloaded", "HandshakeRefused");
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_servers_key_is_replaced(Server server) throws Exception {
        try (Application application = application(server).start()) {
            HeldCertificate renewed = Pki.ISSUING.issueServer("localhost").build();
            assertThat(presented(application.port(), null)).isEqualTo(Pki.SERVER.certificate());

            update(application, bundle(renewed, Pki.ROOT));

            assertThat(presented(application.port(), null)).isEqualTo(renewed.certificate());
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_cannot_be_used_does_not_replace_what_can(Server server) throws Exception {
        Events events = new Events();
        try (Application application =
                application(server).bean(MtlsListener.class, events).start()) {
            HeldCertificate renewed = Pki.ISSUING.issueServer("localhost").build();
            SslBundle mismatched = SslBundle.of(new PemSslStoreBundle(
                    new PemSslStoreDetails(null, renewed.chainPem(), Pki.SERVER.privateKeyPem()),
                    new PemSslStoreDetails(null, Pki.ALICE.certificatePem(), null)));

            update(application, mismatched);

            assertThat(presented(application.port(), null)).isEqualTo(Pki.SERVER.certificate());
            Client.by(Pki.alice(), application.port()).get("/whoami").then().statusCode(200);
            assertThat(events.kinds())
                    .containsOnlyOnce("CallerVerified")
                    .contains("ReloadFailed")
                    .doesNotContain("Reloaded");
        }
    }

    @Test
    void tomcat_presents_the_certificate_of_the_name_that_is_asked_for() throws Exception {
        HeldCertificate other =
                Pki.ISSUING.issueServer("other.example", "localhost").build();
        try (Application application = application(Server.TOMCAT)
                .with(Pki.bundle("other", other, Pki.ROOT))
                .with("server.ssl.server-name-bundles[0].server-name", "other.example")
                .with("server.ssl.server-name-bundles[0].bundle", "other")
                .start()) {
            assertThat(presented(application.port(), "other.example")).isEqualTo(other.certificate());
            assertThat(presented(application.port(), "localhost")).isEqualTo(Pki.SERVER.certificate());
            assertThatThrownBy(() -> presented(
                            application.port(), "other.example", TlsClients.anonymous(Pki.ROOT.certificate())))
                    .isInstanceOf(IOException.class);
        }
    }

    /** Tomcat finds no name in the first record of such a hello, and takes its default host. */
    @ParameterizedTest
    @EnumSource
    void a_hello_in_pieces_does_not_lead_to_a_host_that_asks_for_less(Server server) throws Exception {
        HeldCertificate ofBothNames =
                Pki.ISSUING.issueServer("localhost", "other.example").build();
        Application.Builder builder = application(server).with(Pki.bundle("server", ofBothNames, Pki.ROOT));
        if (server == Server.TOMCAT) { // Jetty has one context for all names.
            builder.with(Pki.bundle(
                            "other", Pki.ISSUING.issueServer("other.example").build(), Pki.ROOT))
                    .with("server.ssl.server-name-bundles[0].server-name", "other.example")
                    .with("server.ssl.server-name-bundles[0].bundle", "other");
        }
        try (Application application = builder.start()) {
            // By the other name Tomcat answers 400, if it took its default host: the Host header says otherwise.
            assertThat(whoamiByPieces(Pieces.TWO, Pki.alice(), application.port(), "localhost"))
                    .isEqualTo("alice");
            for (String name : new String[] {"localhost", "other.example"}) {
                for (Pieces pieces : Pieces.values()) {
                    for (SSLContext outsider : new SSLContext[] {Pki.nobody(), Pki.stranger()}) {
                        assertThatThrownBy(() -> whoamiByPieces(pieces, outsider, application.port(), name))
                                .isInstanceOf(IOException.class);
                    }
                }
            }
        }
    }

    private static String whoamiByPieces(Pieces pieces, SSLContext client, int port, String name) throws IOException {
        try (SSLSocket socket = SplitHello.connect(client, port, pieces)) {
            socket.setSoTimeout(10_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            socket.setSSLParameters(parameters);
            String request = "GET /whoami HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4).strip();
        }
    }

    @ParameterizedTest
    @EnumSource
    void where_all_paths_need_a_certificate_the_handshake_does(Server server) throws Exception {
        try (Application application = application(server).start()) {
            assertThatThrownBy(() -> Client.by(Pki.nobody(), application.port()).get("/whoami"))
                    .isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_deferred_handshake_lets_the_filter_answer(Server server) throws Exception {
        try (Application application =
                application(server).with("mtls.handshake", "defer").start()) {
            Client.by(Pki.nobody(), application.port())
                    .get("/whoami")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("certificate-required"));
            Client.by(Pki.stranger(), application.port())
                    .get("/whoami")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("signature-invalid"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void protocols_of_the_bundle_stay_in_force(Server server) throws Exception {
        try (Application application = application(server)
                .with("spring.ssl.bundle.pem.server.options.enabled-protocols", "TLSv1.3")
                .start()) {
            Client.by(Pki.alice(), application.port()).get("/whoami").then().statusCode(200);
            SSLContext alice = Pki.alice();
            assertThatThrownBy(() -> {
                        try (SSLSocket socket =
                                (SSLSocket) alice.getSocketFactory().createSocket("localhost", application.port())) {
                            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                            socket.startHandshake();
                        }
                    })
                    .isInstanceOf(SSLException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void keys_and_trust_come_from_key_stores_too(Server server, @TempDir Path directory) throws Exception {
        Path keys = directory.resolve("server.p12");
        Path trust = directory.resolve("ca.jks");
        KeyStore keyStore = KeyStore.getInstance("PKCS12");
        keyStore.load(null, null);
        keyStore.setKeyEntry("decoy", Pki.BOB.privateKey(), "secret".toCharArray(), chain(Pki.BOB));
        keyStore.setKeyEntry("server", Pki.SERVER.privateKey(), "secret".toCharArray(), chain(Pki.SERVER));
        store(keyStore, keys);
        KeyStore trustStore = KeyStore.getInstance("JKS");
        trustStore.load(null, null);
        trustStore.setCertificateEntry("ca", Pki.ROOT.certificate());
        store(trustStore, trust);
        try (Application application = application(server)
                .without("server.ssl")
                .without("spring.ssl")
                .with("server.ssl.key-store", keys.toString())
                .with("server.ssl.key-store-password", "secret")
                .with("server.ssl.key-alias", "server")
                .with("server.ssl.trust-store", trust.toString())
                .with("server.ssl.trust-store-password", "secret")
                .start()) {
            assertThat(presented(application.port(), null)).isEqualTo(Pki.SERVER.certificate());
            Client.by(Pki.alice(), application.port()).get("/whoami").then().statusCode(200);
        }
    }

    @Test
    void several_issuers_each_with_its_own_names_and_a_pinned_partner() {
        HeldCertificate partner = HeldCertificate.selfSignedClient("CN=gateway").build();
        try (Application application = application(Server.TOMCAT)
                .with(Pki.trusting("others", Pki.OTHER_ROOT))
                .with("mtls.issuers.others.bundle", "others")
                .with("mtls.issuers.others.principal-prefix", "other:")
                .with(Pki.trusting("partner", partner))
                .with("mtls.issuers.partner.pinned-bundle", "partner")
                .with("mtls.issuers.partner.principal-prefix", "partner:")
                .start()) {
            whoami(application, Pki.alice(), "alice");
            whoami(application, Pki.stranger(), "other:alice");
            whoami(application, partner.clientContext(Pki.ROOT.certificate()), "partner:gateway");
        }
    }

    @Test
    void only_members_get_in_where_they_are_listed() {
        try (Application application = application(Server.TOMCAT)
                .with("mtls.issuers.members.members", "bob")
                .with("mtls.handshake", "defer")
                .start()) {
            whoami(application, Pki.bob(), "bob");
            Client.by(Pki.alice(), application.port())
                    .get("/whoami")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("not-a-member"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_management_port_stays_without_client_authentication(Server server) {
        try (Application application = management(application(server)).start()) {
            assertThat(application.managementPort()).isNotEqualTo(application.port());
            Client.by(Pki.nobody(), application.managementPort())
                    .get("/actuator/health")
                    .then()
                    .statusCode(200);
            assertThatThrownBy(() -> Client.by(Pki.nobody(), application.port()).get("/whoami"))
                    .isInstanceOf(IOException.class);
            whoami(application, Pki.alice(), "alice");
        }
    }

    @Test
    void a_management_port_gives_no_more_than_health_away_to_nobody() {
        try (Application application =
                management(Application.of(Server.TOMCAT, App.class)).start()) {
            Client.by(Pki.nobody(), application.managementPort())
                    .get("/actuator/health")
                    .then()
                    .statusCode(200);
            Client.by(Pki.nobody(), application.managementPort())
                    .get("/actuator/info")
                    .then()
                    .statusCode(403);
        }
    }

    private static Application.Builder management(Application.Builder application) {
        return application
                .with("management.server.port", "0")
                .with("management.endpoints.web.exposure.include", "health,info");
    }

    private static Application.Builder application(Server server) {
        return Application.of(server, App.class).withoutSecurity();
    }

    private static void whoami(Application application, SSLContext client, String name) {
        Client.by(client, application.port())
                .get("/whoami")
                .then()
                .statusCode(200)
                .body(equalTo(name));
    }

    private static HttpResponse<String> get(HttpClient client, int port) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/whoami"))
                        .build(),
                BodyHandlers.ofString());
    }

    private static void update(Application application, SslBundle bundle) {
        application.context().getBean(SslBundleRegistry.class).updateBundle("server", bundle);
    }

    private static SslBundle bundle(HeldCertificate key, HeldCertificate trusted) {
        return SslBundle.of(new PemSslStoreBundle(
                new PemSslStoreDetails(null, key.chainPem(), key.privateKeyPem()),
                new PemSslStoreDetails(null, trusted.certificatePem(), null)));
    }

    private static X509Certificate presented(int port, @org.jspecify.annotations.Nullable String serverName)
            throws IOException {
        return presented(port, serverName, Pki.alice());
    }

    /** With TLS 1.2 a refusal ends the handshake itself. */
    private static X509Certificate presented(
            int port, @org.jspecify.annotations.Nullable String serverName, SSLContext client) throws IOException {
        try (SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("localhost", port)) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            if (serverName != null) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setServerNames(List.of(new SNIHostName(serverName)));
                socket.setSSLParameters(parameters);
            }
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private static Certificate[] chain(HeldCertificate held) {
        return held.chain().toArray(Certificate[]::new);
    }

    private static void store(KeyStore store, Path file) throws IOException, GeneralSecurityException {
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "secret".toCharArray());
        }
    }

    private static final class Events implements MtlsListener {
        private final List<MtlsEvent> all = new CopyOnWriteArrayList<>();

        @Override
        public void onEvent(MtlsEvent event) {
            all.add(event);
        }

        List<String> kinds() {
            return all.stream().map(event -> event.getClass().getSimpleName()).toList();
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/whoami")
        String whoami(Principal principal) {
            return principal.getName();
        }
    }
}
