package io.mtls.spring;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.mtls.CertificateRoles;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.RevocationReason;
import io.mtls.spring.Application.Server;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** From nothing to a member's first request. */
class DevelopmentModeTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static Application application;

    private static String printed = "";

    @BeforeAll
    static void start() {
        Output output = new Output();
        application = Application.of(Server.TOMCAT, App.class)
                .without("server.ssl")
                .without("spring.ssl")
                .without("mtls")
                .with("server.servlet.context-path", "/shop")
                .with("logging.level.io.mtls", "warn")
                .with("mtls.dev.enabled", "true")
                .with("mtls.dev.directory", directory.resolve("the ca"))
                .with("mtls.dev.members.alice", "auditor")
                .with("mtls.dev.members.bob", "")
                .withoutSecurity()
                .start();
        printed = output.stop();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void members_get_in_with_their_roles() {
        whoami("alice", "/shop/whoami", 200);
        whoami("alice", "/shop/report", 200);
        whoami("bob", "/shop/whoami", 200);
        whoami("bob", "/shop/report", 403);
    }

    @Test
    void who_is_no_member_any_more_stays_out() {
        HeldCertificate mallory = authority().obtain(Member.client("mallory").roles("auditor"));
        Client.by(mallory.clientContext(authority().root()), application.port())
                .get("/shop/whoami")
                .then()
                .statusCode(403)
                .body("code", equalTo("not-a-member"));
    }

    @Test
    void a_line_to_paste_is_printed_for_each_member() {
        Path ca = directory.resolve("the ca").toAbsolutePath();
        assertThat(printed)
                .contains("curl --cacert '" + ca + "/root.crt' --cert '" + ca + "/clients/alice.crt' --key '" + ca
                        + "/clients/alice.key' https://localhost:" + application.port() + "/shop/")
                .contains("/clients/bob.crt'")
                .contains("not for production");
        assertThat(ca.resolve("clients/alice.key")).isReadable();
        assertThat(Files.exists(ca.resolve("root.crt"))).isTrue();
    }

    @Test
    void it_publishes_what_another_process_revokes() throws Exception {
        HeldCertificate carol = authority().obtain(Member.client("carol"));
        BigInteger serial = carol.certificate().getSerialNumber();
        assertThat(revoked(serial)).isFalse();

        authority().revoke(serial, RevocationReason.KEY_COMPROMISE);

        assertThat(revoked(serial)).isTrue();
    }

    @Test
    void who_is_revoked_by_another_process_is_refused_at_the_next_request_of_an_open_connection() throws Exception {
        HeldCertificate bob = authority().obtain(Member.client("bob"));
        HttpClient client = HttpClient.newBuilder()
                .sslContext(bob.clientContext(authority().root()))
                .build();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("https://localhost:" + application.port() + "/shop/whoami"))
                .build();
        assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("bob");
        BigInteger serial = bob.certificate().getSerialNumber();

        authority().revoke(serial, RevocationReason.CERTIFICATE_HOLD);
        assertThat(client.send(request, BodyHandlers.ofString()).body()).contains("\"code\":\"certificate-revoked\"");

        authority().release(serial);
        assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("bob");
    }

    private static boolean revoked(BigInteger serial) throws Exception {
        URI url = requireNonNull(authority().settings().url());
        try (InputStream list = url.resolve("/crl/issuing-1.crl").toURL().openStream()) {
            return ((X509CRL) CertificateFactory.getInstance("X.509").generateCRL(list)).getRevokedCertificate(serial)
                    != null;
        }
    }

    @Test
    void it_listens_on_loopback() {
        assertThat(application.context().getBean(ServerProperties.class).getAddress())
                .isEqualTo(InetAddress.getLoopbackAddress());
    }

    private static void whoami(String member, String path, int status) {
        HeldCertificate held = authority()
                .obtain(Member.client(member).roles(member.equals("alice") ? List.of("auditor") : List.of()));
        Client.by(held.clientContext(authority().root()), application.port())
                .get(path)
                .then()
                .statusCode(status);
    }

    private static CertificateAuthority authority() {
        return CertificateAuthority.openOrCreate(
                directory.resolve("the ca"), CaSettings.named("unused"), InstantSource.system());
    }

    /** What is printed to the console, which is where Spring Boot logs. */
    private static final class Output {
        private final java.io.PrintStream before = System.out;
        private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

        Output() {
            System.setOut(new java.io.PrintStream(bytes, true, java.nio.charset.StandardCharsets.UTF_8));
        }

        String stop() {
            System.setOut(before);
            return bytes.toString(java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/whoami")
        String whoami(Principal principal) {
            return principal.getName();
        }

        @GetMapping("/report")
        @CertificateRoles("auditor")
        String report() {
            return "report";
        }
    }
}
