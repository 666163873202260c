package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Members with the clients that people use, at a server that asks the CA about revocations: it gets to know what another
 * process revoked by the next connection.
 *
 * <p>No Ed25519 in Chromium: it talks to no server with such a key, and NSS 3.87 imports neither a root nor a key of that
 * kind.
 */
@Tag("interop")
class ClientsInteropTest {
    private static final String PASSWORD = "open sesame";

    @TempDir
    private static Path directory;

    private static CaServer publisher;
    private static JdkServer server;

    @TempDir
    private Path home;

    @BeforeAll
    static void start() throws Exception {
        publisher = CaServer.start(
                url -> CertificateAuthority.create(
                        directory.resolve("ca"), CaSettings.named("Acme").withUrl(url), null, InstantSource.system()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        CertificateAuthority ca = publisher.authority();
        server = JdkServer.forMembers(ca.issue(Member.server("localhost")), ca.root());
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        publisher.close();
    }

    /** What people call with, once somebody handed them what {@code export} wrote. */
    enum Client {
        CURL_WITH_PKCS12("alert certificate unknown") {
            @Override
            Caller of(HeldCertificate member, Path home) throws IOException {
                return curl("--cert-type", "P12", "--cert", pkcs12(member, home), "--pass", PASSWORD);
            }
        },
        CURL_WITH_LEGACY_PKCS12("alert certificate unknown") {
            @Override
            Caller of(HeldCertificate member, Path home) throws IOException {
                Path file = Files.write(home.resolve("old.p12"), member.pkcs12Legacy(PASSWORD.toCharArray()));
                return curl("--cert-type", "P12", "--cert", file, "--pass", PASSWORD);
            }
        },
        CURL_WITH_PEM("alert certificate unknown") {
            @Override
            Caller of(HeldCertificate member, Path home) throws IOException {
                return curl(
                        "--cert",
                        Files.writeString(home.resolve("member.pem"), member.privateKeyPem() + member.chainPem()));
            }
        },
        CHROMIUM("Page load failed: net::ERR_BAD_SSL_CLIENT_AUTH_CERT") {
            @Override
            Caller of(HeldCertificate member, Path home) throws IOException, InterruptedException {
                Chromium chromium = Chromium.at(home);
                chromium.trust(root());
                chromium.importPkcs12(pkcs12(member, home), PASSWORD);
                return () -> chromium.open(server.url());
            }
        },
        JAVA("Received fatal alert: certificate_unknown") {
            @Override
            Caller of(HeldCertificate member, Path home) throws IOException, GeneralSecurityException {
                KeyStore keys = KeyStore.getInstance("PKCS12");
                try (InputStream in = Files.newInputStream(pkcs12(member, home))) {
                    keys.load(in, PASSWORD.toCharArray());
                }
                return () -> java(keys);
            }
        };

        /** What a person gets to see who is not let in. */
        private final String refusal;

        Client(String refusal) {
            this.refusal = refusal;
        }

        abstract Caller of(HeldCertificate member, Path home) throws Exception;
    }

    /** Calls over a new connection and gives what a person gets to see. */
    interface Caller {
        String call() throws Exception;
    }

    private static Path root() {
        return directory.resolve("ca/root.crt");
    }

    private static Path pkcs12(HeldCertificate member, Path home) throws IOException {
        return Files.write(home.resolve("member.p12"), member.pkcs12(PASSWORD.toCharArray()));
    }

    private static Caller curl(Object... identity) {
        List<Object> command = new ArrayList<>(List.of("curl", "--no-progress-meter", "--cacert", root()));
        command.addAll(List.of(identity));
        command.add(server.url());
        return () -> Programs.say(command.toArray());
    }

    private static String java(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("root", publisher.authority().root());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyManagerFactory identity = KeyManagerFactory.getInstance("PKIX");
        identity.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(identity.getKeyManagers(), trust.getTrustManagers(), null);
        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        try {
            return client.send(HttpRequest.newBuilder(server.url()).build(), BodyHandlers.ofString())
                    .body();
        } catch (SSLHandshakeException e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_member_gets_in_until_somebody_revokes_it(Client client) throws Exception {
        String name = client.name().toLowerCase(Locale.ROOT);
        HeldCertificate member = publisher.authority().issue(Member.client(name));
        Caller caller = client.of(member, home);
        CertificateAuthority elsewhere = CertificateAuthority.open(directory.resolve("ca"), InstantSource.system());

        letsIn(name, caller);
        server.forgetRefusals();

        elsewhere.revoke(member.certificate().getSerialNumber(), RevocationReason.CERTIFICATE_HOLD);
        refuses(client, caller, "CERTIFICATE_HOLD");

        elsewhere.release(member.certificate().getSerialNumber());
        letsIn(name, caller);

        elsewhere.revoke(member.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        refuses(client, caller, "KEY_COMPROMISE");
    }

    @ParameterizedTest
    @CsvSource({
        "P384, CURL_WITH_PKCS12",
        "P384, CHROMIUM",
        "P384, JAVA",
        "RSA_2048, CURL_WITH_PKCS12",
        "RSA_2048, CHROMIUM",
        "RSA_2048, JAVA",
        "ED25519, CURL_WITH_PKCS12",
        "ED25519, CURL_WITH_PEM",
        "ED25519, JAVA"
    })
    void a_member_gets_in_with_another_kind_of_key(KeyType type, Client client) throws Exception {
        String name = (type + "-" + client).toLowerCase(Locale.ROOT);

        letsIn(name, client.of(publisher.authority().issue(Member.client(name).keyType(type)), home));
    }

    @Test
    void nobody_gets_in_without_a_certificate() throws Exception {
        assertThat(curl().call()).contains("alert").doesNotContain("Hello");
    }

    private static void letsIn(String name, Caller caller) throws Exception {
        assertThat(caller.call()).contains("<h1>Hello CN=" + name + "</h1>");
    }

    private static void refuses(Client client, Caller caller, String reason) throws Exception {
        assertThat(caller.call()).contains(client.refusal).doesNotContain("Hello");
        server.awaitRefusal("REVOKED: ", "reason: " + reason);
    }

    /** Root, issuing CA and server with keys of one kind. */
    @ParameterizedTest
    @CsvSource({"P256, localhost", "P384, 127.0.0.1", "RSA_2048, localhost"})
    void chromium_accepts_a_server_by_name_and_by_address(KeyType type, String host) throws Exception {
        CertificateAuthority ca =
                CertificateAuthority.inMemory(CaSettings.named("Acme").withCaKeyType(type), InstantSource.system());
        Path root = Files.writeString(home.resolve("root.crt"), ca.rootsPem());
        try (JdkServer of = JdkServer.forAll(
                ca.issue(Member.server("localhost", "127.0.0.1").keyType(type)))) {
            Chromium chromium = Chromium.at(home);
            URI page = of.url(host);
            chromium.trust(root);

            assertThat(chromium.open(page)).contains("<h1>Hello everybody</h1>").doesNotContain("ERR_CERT");
        }
    }

    /** Else that it accepts one would say nothing. */
    @Test
    void chromium_accepts_no_server_of_a_root_that_is_not_imported() throws Exception {
        assertThat(Chromium.at(home).open(server.url())).contains("Page load failed: net::ERR_CERT_AUTHORITY_INVALID");
    }
}
