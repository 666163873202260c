package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What nobody here wrote reads the files of a CA and finds nothing wrong: with keys of each kind for roots, issuing CAs, a
 * client and a server, from before and after a rotation of the issuing CA and of the root.
 */
@Tag("interop")
@ParameterizedClass
@EnumSource(names = {"P256", "P384", "ED25519", "RSA_2048"})
class CertificatesInteropTest {
    private static final String PASSPHRASE = "correct horse";
    private static final List<String> CLIENTS = List.of("alice", "every-name", "no-subject");
    private static final List<String> SERVERS = List.of("api.example.com", "_wildcard.example.org");
    private static final String AFTER_ISSUING = "after-the-issuing-ca";
    private static final String AFTER_ROOT = "after-the-root";

    @TempDir
    private static Path directory;

    /** One for all tests of a kind of key. */
    private static final Map<KeyType, CertificateAuthority> MADE = new EnumMap<>(KeyType.class);

    private final KeyType type;
    private final CertificateAuthority ca;
    private final Path home;

    @TempDir
    private Path work;

    CertificatesInteropTest(KeyType type) {
        this.type = type;
        this.ca = MADE.computeIfAbsent(type, CertificatesInteropTest::issueAndRotate);
        this.home = ca.directory();
    }

    private static CertificateAuthority issueAndRotate(KeyType type) {
        CertificateAuthority ca = CertificateAuthority.create(
                directory.resolve(type.name()),
                CaSettings.named("Acme")
                        .withUrl(URI.create("http://pki.example"))
                        .withCaKeyType(type),
                null,
                InstantSource.system());
        ca.issue(Member.client("alice").roles("auditor").keyType(type));
        ca.issue(Member.client("every-name")
                .with(GeneralName.dns("alice.example.com"))
                .with(GeneralName.ip("192.0.2.7"))
                .with(GeneralName.ip("2001:db8::7"))
                .with(GeneralName.email("alice@example.com"))
                .with(GeneralName.uri("spiffe://example.org/alice"))
                .with(GeneralName.upn("alice@corp.example"))
                .with(GeneralName.directory(DistinguishedName.parse("CN=alice,O=Acme")))
                .with(GeneralName.otherName("1.2.3.4", new byte[] {0x0c, 2, 'i', 'd'})));
        ca.issue(Member.client("no-subject")
                .subject(DistinguishedName.of())
                .with(GeneralName.uri("spiffe://example.org/nobody")));
        ca.issue(Member.server("api.example.com", "*.example.com", "192.0.2.1", "2001:db8::1")
                .keyType(type));
        ca.issue(Member.server("*.example.org"));
        ca.rotateIssuing(null);
        ca.issue(Member.client(AFTER_ISSUING));
        ca.rotateRoot(null, PASSPHRASE.toCharArray());
        ca.issue(Member.client(AFTER_ROOT));
        return ca;
    }

    private Path client(String name) {
        return home.resolve("clients/" + name + ".crt");
    }

    private Path server(String name) {
        return home.resolve("server/" + name + ".crt");
    }

    private Path authority(String name) {
        return home.resolve("ca/" + name + ".crt");
    }

    private Path trusted() {
        return home.resolve("root.crt");
    }

    private Stream<Path> clients() {
        return Stream.concat(CLIENTS.stream(), Stream.of(AFTER_ISSUING, AFTER_ROOT))
                .map(this::client);
    }

    private Stream<Path> servers() {
        return SERVERS.stream().map(this::server);
    }

    private Stream<Path> ofTheCa() {
        return Stream.concat(ca.authorities().stream(), Stream.of("root-1-by-root-2", "root-2-by-root-1"))
                .map(this::authority);
    }

    /** What somebody presents from before the rotation, with the certificate that leads to the new root. */
    private Path withCross(Path member) throws IOException {
        return Files.writeString(
                work.resolve("chain.pem"), Files.readString(member) + Files.readString(authority("root-1-by-root-2")));
    }

    private static Object[] openssl(String purpose, Path roots, Path chain, Object... more) {
        List<Object> command = new ArrayList<>(List.of("openssl", "verify", "-x509_strict", "-check_ss_sig"));
        command.addAll(List.of("-purpose", purpose, "-CAfile", roots, "-untrusted", chain));
        command.addAll(Arrays.asList(more));
        command.add(chain);
        return command.toArray();
    }

    @Test
    void openssl_verifies_every_member_strictly() throws Exception {
        for (Path member : clients().toList()) {
            assertThat(Programs.run(openssl("sslclient", trusted(), member))).contains(": OK");
            assertThat(Programs.refused(openssl("sslserver", trusted(), member)))
                    .contains("unsuitable certificate purpose");
        }
        for (Path member : servers().toList()) {
            assertThat(Programs.run(openssl("sslserver", trusted(), member))).contains(": OK");
            assertThat(Programs.refused(openssl("sslclient", trusted(), member)))
                    .contains("unsuitable certificate purpose");
        }
    }

    @Test
    void openssl_finds_every_host_of_a_server_and_no_other() throws Exception {
        Path api = server("api.example.com");
        for (String host : List.of("api.example.com", "www.example.com")) {
            Programs.run(openssl("sslserver", trusted(), api, "-verify_hostname", host));
        }
        for (String address : List.of("192.0.2.1", "2001:db8::1")) {
            Programs.run(openssl("sslserver", trusted(), api, "-verify_ip", address));
        }
        assertThat(Programs.refused(openssl("sslserver", trusted(), api, "-verify_hostname", "www.example.org")))
                .contains("hostname mismatch");
        assertThat(Programs.refused(openssl("sslserver", trusted(), api, "-verify_ip", "192.0.2.2")))
                .contains("IP address mismatch");
        Programs.run(openssl(
                "sslserver", trusted(), server("_wildcard.example.org"), "-verify_hostname", "www.example.org"));
    }

    @Test
    void openssl_verifies_who_is_on_the_other_side_of_a_new_root() throws Exception {
        Path old = authority("root-1");
        Path young = authority("root-2");

        Programs.run(openssl("sslclient", old, client("alice")));
        Programs.run(openssl("sslclient", old, client(AFTER_ISSUING)));
        Programs.run(openssl("sslclient", old, client(AFTER_ROOT)));
        Programs.run(openssl("sslclient", young, client(AFTER_ROOT)));
        Programs.run(openssl("sslclient", young, withCross(client("alice"))));
        assertThat(Programs.refused(openssl("sslclient", young, client("alice"))))
                .contains("unable to get local issuer certificate");
    }

    @Test
    void openssl_reads_every_name() throws Exception {
        assertThat(text(client("every-name")))
                .contains("DNS:alice.example.com, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7,"
                        + " email:alice@example.com, URI:spiffe://example.org/alice,"
                        + " othername: UPN::alice@corp.example, DirName:/O=Acme/CN=alice, othername: 1.2.3.4::id");
        assertThat(text(client("no-subject")))
                .containsPattern("Subject: *\\R")
                .contains("X509v3 Subject Alternative Name: critical", "URI:spiffe://example.org/nobody");
    }

    private static String text(Path certificate) throws Exception {
        return Programs.run(
                "openssl",
                "x509",
                "-in",
                certificate,
                "-noout",
                "-text",
                "-nameopt",
                "RFC2253",
                "-certopt",
                "ext_error");
    }

    @Test
    void openssl_and_gnutls_read_everything_without_a_complaint() throws Exception {
        for (Path certificate : Stream.of(clients(), servers(), ofTheCa())
                .flatMap(files -> files)
                .toList()) {
            assertThat(text(certificate)).doesNotContain("<", "Unable", "BAD", "nknown");
            assertThat(Programs.run("certtool", "--certificate-info", "--infile", certificate))
                    .contains("X.509 Certificate Information")
                    .doesNotContainIgnoringCase("warning", "error", "unknown", "invalid");
        }
    }

    private static void gnutlsVerifies(Path roots, Path chain, String... more) throws Exception {
        List<Object> command = new ArrayList<>(List.of("certtool", "--verify", "--verify-profile=medium"));
        command.addAll(List.of("--load-ca-certificate", roots, "--infile", chain));
        command.addAll(List.of(more));
        assertThat(Programs.run(command.toArray()))
                .contains("Chain verification output: Verified. The certificate is trusted.");
    }

    @Test
    void gnutls_verifies_every_member() throws Exception {
        for (Path member : clients().toList()) {
            gnutlsVerifies(trusted(), member, "--verify-purpose=" + KeyPurpose.CLIENT_AUTH);
        }
        for (Path member : servers().toList()) {
            gnutlsVerifies(trusted(), member, "--verify-purpose=" + KeyPurpose.SERVER_AUTH);
        }
        for (String host : List.of("www.example.com", "192.0.2.1", "2001:db8::1")) {
            gnutlsVerifies(trusted(), server("api.example.com"), "--verify-hostname=" + host);
        }
    }

    @Test
    void gnutls_verifies_who_is_on_the_other_side_of_a_new_root() throws Exception {
        gnutlsVerifies(authority("root-1"), client(AFTER_ROOT));
        gnutlsVerifies(authority("root-2"), client(AFTER_ROOT));
        gnutlsVerifies(authority("root-2"), withCross(client("alice")));
    }

    @Test
    void the_jdk_verifies_every_member_on_both_sides_of_a_new_root() throws Exception {
        for (Path member : clients().toList()) {
            jdkVerifies("root-1", member).checkClientTrusted(chain(member), "UNKNOWN");
        }
        for (Path member : servers().toList()) {
            jdkVerifies("root-1", member).checkServerTrusted(chain(member), "UNKNOWN");
        }
        Path alice = withCross(client("alice"));
        jdkVerifies("root-2", alice).checkClientTrusted(chain(alice), "UNKNOWN");
        jdkTrusting("root-2").checkClientTrusted(chain(client(AFTER_ROOT)), "UNKNOWN");
    }

    /** Link by link, as the chain is presented; gives one that also looks at the purpose, as TLS does. */
    private X509TrustManager jdkVerifies(String root, Path member) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(ca.certificate(root), null)));
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(chain(member))), parameters);
        return jdkTrusting(root);
    }

    private X509TrustManager jdkTrusting(String root) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusting(root));
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    private KeyStore trusting(String root) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("root", ca.certificate(root));
        return trusted;
    }

    private static X509Certificate[] chain(Path file) throws Exception {
        try (var in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toArray(X509Certificate[]::new);
        }
    }

    @Test
    void openssl_reads_every_key_and_it_is_that_of_the_certificate() throws Exception {
        for (Path certificate : Stream.of(clients(), servers(), ofTheCa())
                .flatMap(files -> files)
                .filter(certificate -> Files.exists(key(certificate)))
                .toList()) {
            assertThat(Programs.run(
                            "openssl",
                            "pkey",
                            "-in",
                            key(certificate),
                            "-passin",
                            "pass:" + PASSPHRASE,
                            "-check",
                            "-pubout"))
                    .contains("Key is valid", publicKey(certificate));
        }
        assertThat(Programs.refused("openssl", "pkey", "-in", key(authority("root-2")), "-passin", "pass:wrong"))
                .contains("Could not read key");
    }

    @Test
    void gnutls_reads_every_key_and_it_is_that_of_the_certificate() throws Exception {
        for (Path certificate : Stream.concat(clients(), servers()).toList()) {
            assertThat(Programs.run("certtool", "--key-info", "--infile", key(certificate)))
                    .contains("Public Key Info:");
            assertThat(Programs.run("certtool", "--pubkey-info", "--load-privkey", key(certificate)))
                    .contains(publicKey(certificate));
        }
        // Not --key-info, which is silent about an encrypted Ed25519 key, its own included.
        assertThat(Programs.run(
                        "certtool",
                        "--pubkey-info",
                        "--pkcs8",
                        "--load-privkey",
                        key(authority("root-2")),
                        "--password",
                        PASSPHRASE))
                .contains(publicKey(authority("root-2")));
    }

    private static Path key(Path certificate) {
        return certificate.resolveSibling(certificate.getFileName().toString().replace(".crt", ".key"));
    }

    private static String publicKey(Path certificate) throws Exception {
        return Programs.run("openssl", "x509", "-in", certificate, "-noout", "-pubkey");
    }

    @Test
    void who_asks_with_openssl_gets_a_certificate_for_that_key() throws Exception {
        Path key = work.resolve("member.key");
        List<Object> request = new ArrayList<>(List.of("openssl", "req", "-new", "-nodes", "-keyout", key));
        request.addAll(List.of("-out", request(), "-subj", "/CN=admin", "-addext", "basicConstraints=CA:TRUE"));
        request.addAll(List.of("-newkey"));
        request.addAll(
                switch (type) {
                    case P256 -> List.of("ec", "-pkeyopt", "ec_paramgen_curve:P-256");
                    case P384 -> List.of("ec", "-pkeyopt", "ec_paramgen_curve:P-384");
                    case ED25519 -> List.of("ed25519");
                    default -> List.of("rsa:2048");
                });
        Programs.run(request.toArray());

        Path certificate = certified("openssl");

        assertThat(publicKey(certificate)).isEqualTo(Programs.run("openssl", "pkey", "-in", key, "-pubout"));
    }

    @Test
    void who_asks_with_gnutls_gets_a_certificate_for_that_key() throws Exception {
        Path key = work.resolve("member.key");
        Path template = Files.writeString(work.resolve("template"), "cn = admin\ndns_name = admin.example\nca\n");
        List<Object> generate = new ArrayList<>(List.of("certtool", "--generate-privkey", "--outfile", key));
        generate.addAll(
                switch (type) {
                    case P256 -> List.of("--key-type=ecdsa", "--curve=secp256r1");
                    case P384 -> List.of("--key-type=ecdsa", "--curve=secp384r1");
                    case ED25519 -> List.of("--key-type=ed25519");
                    default -> List.of("--key-type=rsa", "--bits=2048");
                });
        Programs.run(generate.toArray());
        Programs.run(
                "certtool",
                "--generate-request",
                "--load-privkey",
                key,
                "--template",
                template,
                "--outfile",
                request());

        Path certificate = certified("gnutls");

        assertThat(publicKey(certificate)).isEqualTo(Programs.run("openssl", "pkey", "-in", key, "-pubout"));
    }

    /** keytool takes a reply only if it is for its key and leads to a root that it knows. */
    @Test
    void who_asks_with_keytool_can_import_the_reply() throws Exception {
        // The old root: keytool looks at the last certificate of the reply, which the old root signed for the new one.
        try (OutputStream out = Files.newOutputStream(work.resolve("store.p12"))) {
            trusting("root-1").store(out, "changeit".toCharArray());
        }
        List<Object> generate = new ArrayList<>(List.of("-genkeypair", "-alias", "member", "-dname", "CN=admin"));
        generate.addAll(
                switch (type) {
                    case P256 -> List.of("-keyalg", "EC", "-groupname", "secp256r1");
                    case P384 -> List.of("-keyalg", "EC", "-groupname", "secp384r1");
                    case ED25519 -> List.of("-keyalg", "Ed25519");
                    default -> List.of("-keyalg", "RSA", "-keysize", "2048");
                });
        keytool(generate.toArray());
        keytool("-certreq", "-alias", "member", "-file", request(), "-ext", "san=dns:admin.example");

        assertThat(keytool("-importcert", "-alias", "member", "-file", certified("keytool")))
                .contains("Certificate reply was installed in keystore");
    }

    private String keytool(Object... arguments) throws Exception {
        List<Object> command = new ArrayList<>(List.of("keytool", "-keystore", work.resolve("store.p12")));
        command.addAll(List.of("-storepass", "changeit", "-J-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(arguments));
        return Programs.run(command.toArray());
    }

    private Path request() {
        return work.resolve("member.csr");
    }

    /** Issues by request, and what it makes of it verifies and says nothing that the request asked for. */
    private Path certified(String name) throws Exception {
        ca.issue(Member.client("by-" + name), CertificationRequest.parse(Files.readAllBytes(request())));
        Path certificate = client("by-" + name);
        Programs.run(openssl("sslclient", trusted(), certificate));
        gnutlsVerifies(trusted(), certificate);
        assertThat(text(certificate)).contains("CN=by-" + name).doesNotContain("admin", "CA:TRUE");
        return certificate;
    }
}
