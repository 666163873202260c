package io.mtls.spring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.mtls.ClientCertificateVerifier;
import io.mtls.ClientIdentity;
import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.TrustedProxies;
import io.mtls.ca.HeldCertificate;
import io.mtls.contract.Http2ToTheLetter;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.spring.Application.Server;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What {@code mtls.proxies} does, on each container. */
class ProxiesTest {

    private static final HeldCertificate PROXY_ROOT =
            HeldCertificate.root("CN=Acme Proxies").build();
    private static final HeldCertificate EDGE =
            PROXY_ROOT.issueClient("CN=edge-1").build();
    private static final HeldCertificate OTHER_EDGE =
            PROXY_ROOT.issueClient("CN=edge-2").build();
    private static final String LOOPBACK = "127.0.0.1, ::1";
    private static final String ELSEWHERE = "192.0.2.7";

    @ParameterizedTest
    @EnumSource
    void a_member_gets_in_by_a_proxy_that_is_known_by_its_certificate(Server server) throws Exception {
        try (Application application = byCertificate(server).start()) {
            RequestSpecification edge = Client.by(edge(EDGE), application.port());
            whoami(forwarding(edge)).statusCode(200).body(equalTo("alice []"));
            whoami(Client.by(edge(EDGE), application.port()))
                    .statusCode(403)
                    .body("code", equalTo("certificate-required"));
            whoami(Client.by(Pki.alice(), application.port())).statusCode(200).body(equalTo("alice []"));
            whoami(forwarding(Client.by(Pki.bob(), application.port())))
                    .statusCode(403)
                    .body("code", equalTo("forwarded-certificate-refused"));
        }
    }

    /** Each presents its own, so that the handshake can do without anybody who has none. */
    @ParameterizedTest
    @EnumSource
    void where_proxies_have_certificates_the_handshake_still_needs_one(Server server) throws Exception {
        try (Application application = byCertificate(server).start()) {
            assertThatThrownBy(() -> whoami(Client.by(Pki.nobody(), application.port())))
                    .isInstanceOf(IOException.class);
        }
    }

    /** The right CA is not enough. */
    @ParameterizedTest
    @EnumSource
    void who_is_not_named_as_a_proxy_is_none(Server server) throws Exception {
        try (Application application = byCertificate(server).start()) {
            whoami(forwarding(Client.by(edge(OTHER_EDGE), application.port())))
                    .statusCode(403)
                    .body("code", equalTo("forwarded-certificate-refused"));
        }
    }

    @Test
    void proxies_of_several_issuers_need_no_prefix() throws Exception {
        HeldCertificate cloud = Pki.OTHER_ROOT.issueClient("CN=cloud").build();
        String fingerprint = "sha256:" + fingerprint(cloud);
        try (Application application = byCertificate(Server.TOMCAT)
                .with(Pki.trusting("cloud-ca", Pki.OTHER_ROOT))
                .with("mtls.proxies.issuers.cloud.bundle", "cloud-ca")
                .with("mtls.proxies.issuers.cloud.members", fingerprint)
                .start()) {
            whoami(forwarding(Client.by(edge(EDGE), application.port()))).statusCode(200);
            whoami(forwarding(Client.by(edge(cloud), application.port()))).statusCode(200);
            HeldCertificate impostor = Pki.OTHER_ROOT.issueClient("CN=edge-1").build();
            whoami(forwarding(Client.by(edge(impostor), application.port())))
                    .statusCode(403)
                    .body("code", equalTo("forwarded-certificate-refused"));
        }
    }

    /** A proxy that is known by its address presents none, and must get as far as its request. */
    @ParameterizedTest
    @EnumSource
    void a_member_gets_in_by_a_proxy_that_is_known_by_its_address(Server server) throws Exception {
        try (Application application =
                application(server).with("mtls.proxies.addresses", LOOPBACK).start()) {
            whoami(forwarding(Client.by(Pki.nobody(), application.port())))
                    .statusCode(200)
                    .body(equalTo("alice []"));
            whoami(Client.by(Pki.nobody(), application.port()))
                    .statusCode(403)
                    .body("code", equalTo("certificate-required"));
        }
    }

    /** Else no proxy would be known, where every path ignores certificates. */
    @ParameterizedTest
    @EnumSource
    void a_proxy_is_asked_for_its_certificate_even_where_callers_are_not(Server server) throws Exception {
        try (Application application = byCertificate(server)
                .with("mtls.paths[0].pattern", "/**")
                .with("mtls.paths[0].client-auth", "none")
                .start()) {
            forwarding(Client.by(edge(EDGE), application.port()))
                    .get("/headers")
                    .then()
                    .statusCode(200)
                    .body(not(containsString("client-cert")));
            forwarding(Client.by(Pki.nobody(), application.port()))
                    .get("/headers")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("forwarded-certificate-refused"));
        }
    }

    static Stream<Arguments> serversAndStrategies() {
        return Stream.of(Server.values())
                .flatMap(server ->
                        Stream.of("native", "framework", "none").map(strategy -> Arguments.of(server, strategy)));
    }

    @ParameterizedTest
    @MethodSource("serversAndStrategies")
    void nobody_gets_the_address_of_a_proxy_by_saying_so(Server server, String strategy) throws Exception {
        try (Application application = application(server)
                .with("server.http2.enabled", "true")
                .with("server.forward-headers-strategy", strategy)
                .with("mtls.proxies.addresses", ELSEWHERE)
                .start()) {
            RequestSpecification outsider = Client.by(Pki.nobody(), application.port())
                    .header("X-Forwarded-For", ELSEWHERE)
                    .header("Forwarded", "for=" + ELSEWHERE);
            whoami(forwarding(outsider)).statusCode(403).body("code", equalTo("forwarded-certificate-refused"));
            assertThat(statusOverHttp2(application)).isEqualTo(403);
        }
    }

    @ParameterizedTest
    @MethodSource("serversAndStrategies")
    void a_proxy_keeps_its_address_whomever_it_forwards(Server server, String strategy) throws Exception {
        try (Application application = application(server)
                .with("server.http2.enabled", "true")
                .with("server.forward-headers-strategy", strategy)
                .with("mtls.proxies.addresses", LOOPBACK)
                .start()) {
            assertThat(statusOverHttp2(application)).isEqualTo(200);
            RequestSpecification proxy = Client.by(Pki.nobody(), application.port())
                    .header("X-Forwarded-For", ELSEWHERE)
                    .header("X-Forwarded-Proto", "https");
            whoami(forwarding(proxy)).statusCode(200).body(equalTo("alice []"));
            String address = forwarding(
                            Client.by(Pki.nobody(), application.port()).header("X-Forwarded-For", ELSEWHERE))
                    .get("/address")
                    .asString();
            assertThat(address.equals(ELSEWHERE))
                    .as("the strategy is in force: " + address)
                    .isEqualTo(!strategy.equals("none"));
        }
    }

    @ParameterizedTest
    @MethodSource("serversAndStrategies")
    void over_plain_http_the_same_holds_where_it_is_allowed(Server server, String strategy) throws Exception {
        try (Application application = plain(server)
                .with("server.forward-headers-strategy", strategy)
                .with("mtls.proxies.addresses", LOOPBACK)
                .start()) {
            whoami(forwarding(plain(application))).statusCode(200).body(equalTo("alice []"));
            whoami(plain(application)).statusCode(403).body("code", equalTo("certificate-required"));
        }
        try (Application application = plain(server)
                .with("server.forward-headers-strategy", strategy)
                .with("mtls.proxies.addresses", ELSEWHERE)
                .start()) {
            whoami(forwarding(plain(application).header("X-Forwarded-For", ELSEWHERE)))
                    .statusCode(403)
                    .body("code", equalTo("forwarded-certificate-refused"));
        }
    }

    @Test
    void headers_of_others_are_ignored_where_that_is_said() throws Exception {
        try (Application application = application(Server.TOMCAT)
                .with("mtls.proxies.addresses", ELSEWHERE)
                .with("mtls.proxies.ignore-from-others", "true")
                .start()) {
            whoami(forwarding(Client.by(Pki.nobody(), application.port())))
                    .statusCode(403)
                    .body("code", equalTo("certificate-required"));
            forwarding(Client.by(Pki.bob(), application.port()))
                    .get("/headers")
                    .then()
                    .statusCode(200)
                    .body(not(containsString("client-cert")));
        }
    }

    @Test
    void a_format_takes_the_names_of_headers() throws Exception {
        try (Application application = application(Server.TOMCAT)
                .with("mtls.proxies.format", "haproxy")
                .with("mtls.proxies.headers", "X-Cert, X-Chain")
                .with("mtls.proxies.addresses", LOOPBACK)
                .start()) {
            whoami(Client.by(Pki.nobody(), application.port())
                            .header("X-Cert", base64(Pki.ALICE))
                            .header("X-Chain", base64(Pki.ISSUING)))
                    .statusCode(200)
                    .body(equalTo("alice []"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whom_proxies_are_issued_by_is_replaced_while_connections_are_open(Server server) throws Exception {
        List<MtlsEvent> events = new CopyOnWriteArrayList<>();
        try (Application application =
                byCertificate(server).bean(MtlsListener.class, events::add).start()) {
            whoami(forwarding(Client.by(edge(EDGE), application.port()))).statusCode(200);

            application.context().getBean(SslBundleRegistry.class).updateBundle("proxies-ca", trusting(Pki.OTHER_ROOT));

            assertThatThrownBy(() -> whoami(forwarding(Client.by(edge(EDGE), application.port()))))
                    .isInstanceOf(IOException.class);
            HeldCertificate renewed = Pki.OTHER_ROOT.issueClient("CN=edge-1").build();
            whoami(forwarding(Client.by(edge(renewed), application.port()))).statusCode(200);
            assertThat(events).anyMatch(MtlsEvent.Reloaded.class::isInstance);
        }
    }

    @Test
    void a_bean_of_the_users_own_says_it() throws Exception {
        ClientCertificateVerifier members = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("forwarded", TrustAnchors.of(List.of(Pki.ROOT.certificate())))
                                .build())
                .build();
        TrustedProxies ofUser = TrustedProxies.builder(ForwardedCertificates.rfc9440(), () -> members)
                .addresses("127.0.0.1", "::1")
                .build();
        try (Application application = application(Server.TOMCAT)
                .without("mtls.proxies")
                .bean(TrustedProxies.class, ofUser)
                .start()) {
            whoami(forwarding(Client.by(Pki.nobody(), application.port())))
                    .statusCode(200)
                    .body(equalTo("alice []"));
        }
    }

    @Test
    void what_is_known_of_the_certificates_of_proxies_is_kept_apart(@TempDir Path directory) {
        byCertificate(Server.TOMCAT)
                .without("mtls.revocation")
                .with("mtls.revocation.storage", directory)
                .with("mtls.issuers.members.revocation.sources", "ocsp")
                .with("mtls.proxies.issuers.edge.revocation.sources", "ocsp")
                .start()
                .close();

        assertThat(directory.resolve("issuer-members/ocsp")).isDirectory();
        assertThat(directory.resolve("proxies-issuer-edge/ocsp")).isDirectory();
    }

    @ParameterizedTest
    @EnumSource
    void a_proxys_word_is_taken_for_the_issuer_that_says_so_and_for_nobody_who_connects_himself(Server server)
            throws Exception {
        HeldCertificate partner = HeldCertificate.root("CN=Partner CA")
                .build()
                .issueClient("CN=pat")
                .build();
        try (Application application = byCertificate(server)
                .with("mtls.issuers.own.bundle", "server")
                .with("mtls.issuers.partner.verified-by-proxy", "true")
                .with("mtls.issuers.partner.principal-prefix", "partner:")
                .with("mtls.issuers.partner.revocation.allow-unchecked", "true")
                .with("mtls.handshake", "defer")
                .start()) {
            RequestSpecification byEdge = Client.by(edge(EDGE), application.port());
            ForwardedCertificates.toRfc9440(List.of(partner.certificate())).forEach(byEdge::header);
            whoami(byEdge).statusCode(200).body(equalTo("partner:pat []"));
            whoami(forwarding(Client.by(edge(EDGE), application.port())))
                    .statusCode(200)
                    .body(equalTo("alice []"));
            whoami(Client.by(partner.clientContext(Pki.ROOT.certificate()), application.port()))
                    .statusCode(403)
                    .body("code", equalTo("issuer-unknown"));
        }
    }

    private static Application.Builder application(Server server) {
        return Application.of(server, App.class)
                .withoutSecurity()
                .without("mtls.issuers")
                .with("mtls.proxies.format", "rfc9440");
    }

    private static Application.Builder byCertificate(Server server) {
        return application(server)
                .with(Pki.trusting("proxies-ca", PROXY_ROOT))
                .with("mtls.proxies.issuers.edge.bundle", "proxies-ca")
                .with("mtls.proxies.issuers.edge.members", "edge-1");
    }

    private static Application.Builder plain(Server server) {
        return application(server)
                .without("server.ssl")
                .with("mtls.issuers.members.bundle", "server")
                .with("mtls.proxies.allow-plain-http", "true");
    }

    private static RequestSpecification plain(Application application) {
        return given().baseUri("http://localhost").port(application.port());
    }

    private static SSLContext edge(HeldCertificate proxy) {
        return proxy.clientContext(Pki.ROOT.certificate());
    }

    private static SslBundle trusting(HeldCertificate root) {
        return SslBundle.of(new PemSslStoreBundle(null, new PemSslStoreDetails(null, root.certificatePem(), null)));
    }

    private static RequestSpecification forwarding(RequestSpecification request) {
        ForwardedCertificates.toRfc9440(Pki.ALICE.chain()).forEach(request::header);
        return request;
    }

    /** Of alice's forwarded certificate, by somebody who has an address of {@link #ELSEWHERE}'s forwarded as well. */
    private static int statusOverHttp2(Application application) throws IOException {
        List<String> headers = new ArrayList<>(
                List.of("x-forwarded-for: " + ELSEWHERE, "forwarded: for=" + ELSEWHERE, "x-forwarded-proto: https"));
        ForwardedCertificates.toRfc9440(Pki.ALICE.chain())
                .forEach((name, value) -> headers.add(name.toLowerCase(Locale.ROOT) + ": " + value));
        try (Http2ToTheLetter connection = Http2ToTheLetter.open(Pki.nobody(), application.port())) {
            return connection.status("GET", "/whoami", headers.toArray(String[]::new));
        }
    }

    private static ValidatableResponse whoami(RequestSpecification request) {
        return request.get("/whoami").then();
    }

    private static String base64(HeldCertificate certificate) throws Exception {
        return Base64.getEncoder().encodeToString(certificate.certificate().getEncoded());
    }

    private static String fingerprint(HeldCertificate certificate) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256")
                        .digest(certificate.certificate().getEncoded()));
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/whoami")
        String whoami(ClientIdentity caller) {
            return caller.getName() + " " + caller.roles();
        }

        @GetMapping("/headers")
        String headers(HttpServletRequest request) {
            return String.join(" ", Collections.list(request.getHeaderNames())).toLowerCase(Locale.ROOT);
        }

        @GetMapping("/address")
        String address(HttpServletRequest request) {
            return request.getRemoteAddr();
        }
    }
}
