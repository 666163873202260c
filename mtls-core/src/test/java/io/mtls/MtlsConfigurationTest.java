package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mtls.ca.CertificateBuilder;
import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MtlsConfigurationTest {

    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root").build();
    private static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing CA").build();
    private static final HeldCertificate PARTNER =
            HeldCertificate.selfSignedClient("CN=partner").build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeEach
    void writeCertificates() throws IOException {
        Files.writeString(directory.resolve("root.crt"), ROOT.certificatePem());
        Files.writeString(directory.resolve("issuing.crt"), ISSUING.certificatePem());
        Files.writeString(directory.resolve("partner.crt"), PARTNER.certificatePem());
    }

    @Test
    void the_shortest_file_trusts_one_ca_and_needs_a_certificate_everywhere() {
        MtlsConfiguration configuration = readUnchecked("issuer.acme.anchors = root.crt");

        assertThat(configuration.issuers()).extracting(TrustedIssuer::name).containsExactly("acme");
        assertThat(configuration.issuers().get(0).anchors().authorities()).containsExactly(ROOT.certificate());
        assertThat(configuration.pathRules().ruleFor("/any")).isEqualTo(AccessRule.STRICTEST);
    }

    @Test
    void all_that_can_be_said_is_read() {
        MtlsConfiguration configuration = readUnchecked("""
                issuer.acme.anchors = root.crt
                issuer.acme.intermediates = issuing.crt
                issuer.acme.principal = san:email | subject:CN
                issuer.acme.members = alice, bob
                issuer.acme.roles.alice = operator, viewer
                issuer.acme.role-rule.1 = subject:OU = Audit -> auditor
                issuer.acme.role-rule.2 = subject:OU ~ build-* -> builder
                issuer.acme.role-rule.3 = subject:OU -> support
                issuer.partner.pinned = partner.crt
                issuer.partner.principal-prefix = partner:
                issuer.partner.roles.partner\\:partner = guest
                policy.max-intermediates = 1
                policy.max-lifetime = 100d
                policy.min-rsa-bits = 3072
                policy.allow-missing-extended-key-usage = true
                policy.allow-any-extended-key-usage = false
                path./* = none
                path./admin/* = need operator, auditor
                path./help = want
                path. = none
                """);

        ClientIdentity alice = identity(configuration, ISSUING.issueClient("CN=alice,OU=Audit,OU=build-7,OU=support"));
        assertThat(alice.getName()).isEqualTo("alice");
        assertThat(alice.roles()).containsExactlyInAnyOrder("operator", "viewer", "auditor", "builder", "support");
        assertThat(identity(configuration, PARTNER.certificate()).toString())
                .isEqualTo("partner:partner (partner) [guest]");
        assertThat(configuration.policy().maxIntermediates()).isEqualTo(1);
        assertThat(configuration.pathRules().byPattern().keySet()).containsExactly("/*", "/admin/*", "/help", "");
        assertThat(configuration.pathRules().ruleFor("/admin/x"))
                .isEqualTo(new AccessRule(ClientAuth.NEED, RequiredRoles.byCertificate(Set.of("operator", "auditor"))));
    }

    @Test
    void the_policy_is_in_force() {
        MtlsConfiguration strict = readUnchecked(
                "issuer.acme.anchors=root.crt\nissuer.acme.intermediates=issuing.crt\n" + "policy.max-lifetime=P30D");

        assertThat(refusal(strict, ISSUING.issueClient("CN=alice").build().certificate()))
                .isEqualTo(RejectionReason.LIFETIME_TOO_LONG);
    }

    @Test
    void an_empty_list_of_members_lets_nobody_in() {
        MtlsConfiguration configuration = readUnchecked("issuer.acme.anchors=root.crt\nissuer.acme.members=");

        assertThat(refusal(configuration, ROOT.issueClient("CN=alice").build().certificate()))
                .isEqualTo(RejectionReason.NOT_A_MEMBER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "isuer.acme.members = a | 'isuer' is not known (did you mean 'issuer'?)",
                "issuer.acme.anchor = x | 'anchor' is not known (did you mean 'anchors'?)",
                "issuer.acme.role.alice = x | 'role' is not known (did you mean 'roles'?)",
                "issuer.acme = x | expected 'issuer.<name>.<setting>'",
                "issuer.acme.roles = x | expected a principal behind it",
                "issuer.acme.members.1 = x | expected nothing behind 'members'",
                "issuer.ACME.anchors = root.crt | expected lower-case letters",
                "issuer.other.members = x | 'issuer.other.anchors' is missing",
                "issuer.other.anchors = root.crt | belongs to two issuers",
                "issuer.other.anchors = missing.crt | missing.crt",
                "issuer.other.anchors = partner.crt | not a CA",
                "issuer.acme.principal = subject:XY | XY",
                "issuer.acme.roles.alice = ROLE_admin | write 'admin'",
                "issuer.acme.roles.alice = a,,b | none of them empty",
                "issuer.acme.roles.alice = a,a | each value once",
                "issuer.acme.role-rule.1 = subject:OU = Audit | expected 'subject:OU = Audit -> auditor'",
                "issuer.acme.role-rule.1 = subject:OU = Audit -> | none of them empty",
                "issuer.acme.role-rule.1 = -> auditor | expected 'subject:OU = Audit -> auditor'",
                "issuer.acme.role-rule.1 = subject:0U = Audit -> auditor | 0U",
                "policy.max-lifetme = 90d | not known (did you mean 'max-lifetime'?)",
                "policy.max-lifetime = 90 days | expected a duration such as 90d",
                "policy.max-lifetime = 0d | expected a positive duration",
                "policy.min-rsa-bits = many | expected a number",
                "policy.min-rsa-bits = 1024 | expected 2048 to 8192",
                "policy.allow-dsa-keys = yes | expected true or false",
                "path./x = needed | expected none, want or need",
                "path./x = | expected none, want or need",
                "path./x = none operator | client authentication is 'none'",
                "path.*.html = none | extension",
                "pathx = none | 'pathx' is not known (did you mean 'path'?)",
                "issuer.acme.anchors = root.crt | given twice",
            })
    void a_mistake_is_told_with_the_file_and_the_key(String line, String explanation) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> readUnchecked("issuer.acme.anchors = root.crt\n" + line))
                .withMessageContaining(directory.resolve("mtls.properties").toString())
                .withMessageContaining(explanation);
    }

    @Test
    void a_mistake_is_told_with_what_was_found() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> readUnchecked("issuer.acme.anchors = root.crt\npolicy.max-lifetime = 90 days"))
                .withMessageContaining("policy.max-lifetime = '90 days': expected");
    }

    @Test
    void a_path_cannot_be_opened_by_a_second_line_further_down() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> readUnchecked("issuer.acme.anchors=root.crt\npath./admin/*=need\npath./admin/*=none"))
                .withMessageContaining("'path./admin/*' is given twice");
    }

    @Test
    void small_rsa_keys_are_not_both_allowed_and_forbidden() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> readUnchecked("issuer.acme.anchors=root.crt\npolicy.min-rsa-bits=3072\n"
                        + "policy.allow-small-rsa-keys=1024"))
                .withMessageContaining("contradict");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# a comment", "path./x = need"})
    void a_file_that_trusts_nobody_is_refused(String content) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(content))
                .withMessageContaining("names no trusted issuer");
    }

    @Test
    void a_file_that_forgets_revocation_is_refused_with_what_to_write() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("issuer.acme.anchors = root.crt"))
                .withMessageContaining("revocation.*: it is not said how it is learned")
                .withMessageContaining("'sources = ocsp'")
                .withMessageContaining("'allow-unchecked = true'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "revocation.source = crl | 'source' is not known (did you mean 'sources'?)",
                "revocation.sources = ldap | expected ocsp, crl or both",
                "revocation.sources = crl; revocation.crl.files = absent.crl | absent.crl",
                "revocation.sources = ocsp; revocation.crl.files = a.crl | 'crl.files' has no effect",
                "revocation.sources = ocsp; revocation.ocsp.nonce = yes | expected off, optional or required",
                "revocation.sources = ocsp; revocation.ocsp.responders = ldap://x | ldap://x",
                "revocation.sources = ocsp; revocation.grace = 2d | expected between",
                "revocation.sources = ocsp; revocation.allow-unknown = anything | expected one or more of",
                "revocation.sources = ocsp; revocation.allow-unchecked = true | keep one",
                "revocation.sources = ocsp; issuer.acme.revocation.grace = 5m | it is not said how",
                "issuer.acme.revocation = crl | expected a setting behind it, as in 'issuer.acme.revocation.sources'",
                "revocation.sources = ocsp; deny-list = absent.txt | absent.txt",
            })
    void a_mistake_in_what_it_says_of_revocation_is_refused_with_what_is_expected(String lines, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("issuer.acme.anchors = root.crt\n" + lines.replace("; ", "\n")))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "revocation.sources = ocsp | revocation.sources = 'ocsp': not in force",
                "revocation.sources = no such source | revocation.sources = 'no such source': not in force",
                "revocation.allow-unchecked = true | revocation.allow-unchecked = 'true': not in force",
                "revocation.grace = 5m; revocation.storage = kept | revocation.grace = '5m': not in force",
            })
    void what_is_said_of_revocation_for_all_issuers_and_read_by_none_is_refused(String lines, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("issuer.acme.anchors = root.crt\nissuer.acme.revocation.sources = ocsp\n"
                        + lines.replace("; ", "\n")))
                .withMessageContaining(directory.resolve("mtls.properties").toString())
                .withMessageContaining(message)
                .withMessageContaining("Remove what stands after 'revocation.'");
    }

    @Test
    void what_is_said_of_revocation_for_all_issuers_is_for_those_that_say_nothing_themselves() {
        read("""
                issuer.acme.anchors = root.crt
                issuer.acme.revocation.sources = ocsp
                issuer.partner.pinned = partner.crt
                issuer.partner.principal-prefix = partner:
                revocation.allow-unchecked = true
                """).close();
    }

    @Test
    void where_answers_are_stored_is_said_for_all_issuers_also_where_each_has_a_revocation_of_its_own() {
        read("""
                issuer.acme.anchors = root.crt
                issuer.acme.revocation.sources = ocsp
                revocation.storage = kept
                """).close();

        assertThat(directory.resolve("kept/issuer-acme/ocsp")).isDirectory();
    }

    @Test
    void who_is_on_the_deny_list_is_refused() throws IOException {
        X509Certificate alice = ROOT.issueClient("CN=alice").build().certificate();
        Files.writeString(
                directory.resolve("denied.txt"),
                "serial:" + alice.getSerialNumber().toString(16) + " issuer:" + alice.getIssuerX500Principal());

        try (MtlsConfiguration configuration =
                readUnchecked("issuer.acme.anchors = root.crt\ndeny-list = denied.txt")) {
            assertThat(refusal(configuration, alice)).isEqualTo(RejectionReason.CERTIFICATE_DENIED);
        }
    }

    @Test
    void callers_come_by_a_proxy_that_is_known_by_its_certificate() {
        MtlsConfiguration configuration = readUnchecked("""
                issuer.acme.anchors = root.crt
                issuer.acme.intermediates = issuing.crt
                proxies.format = nginx
                proxies.headers = X-Client-Cert
                proxies.issuer.edge.anchors = root.crt
                proxies.issuer.edge.members = nginx-1
                proxies.issuer.partner.pinned = partner.crt
                """);
        X509Certificate alice = ISSUING.issueClient("CN=alice").build().certificate();
        X509Certificate nginx = ROOT.issueClient("CN=nginx-1").build().certificate();
        X509Certificate bob = ROOT.issueClient("CN=bob").build().certificate();

        assertThat(byProxy(configuration, nginx, alice)).isEqualTo("alice");
        assertThat(byProxy(configuration, PARTNER.certificate(), alice)).isEqualTo("alice");
        assertThat(byProxy(configuration, bob, alice)).isEqualTo("forwarded-certificate-refused");
        assertThat(byProxy(configuration, bob, null)).isEqualTo("bob");
    }

    @Test
    void callers_come_by_a_proxy_that_is_known_by_its_address() {
        String file = """
                issuer.acme.anchors = root.crt
                proxies.format = nginx
                proxies.headers = X-Client-Cert
                """;
        X509Certificate alice = ROOT.issueClient("CN=alice").build().certificate();

        assertThat(byProxy(readUnchecked(file + "proxies.addresses = 127.0.0.0/8, 2001:db8::1"), null, alice))
                .isEqualTo("alice");
        assertThat(byProxy(readUnchecked(file + "proxies.addresses = 10.0.0.0/8"), null, alice))
                .isEqualTo("forwarded-certificate-refused");
        assertThat(byProxy(
                        readUnchecked(file + "proxies.addresses = 10.0.0.0/8\nproxies.ignore-from-others = true"),
                        null,
                        alice))
                .isEqualTo("certificate-required");
    }

    @Test
    void a_proxys_word_is_taken_for_the_issuer_that_says_so_and_for_no_other() {
        MtlsConfiguration configuration = readUnchecked("""
                issuer.acme.anchors = root.crt
                issuer.partner.verified-by-proxy = true
                issuer.partner.principal-prefix = partner:
                proxies.format = nginx
                proxies.headers = X-Client-Cert
                proxies.addresses = 127.0.0.0/8
                """);

        assertThat(byProxy(configuration, null, PARTNER.certificate())).startsWith("partner:");
        assertThat(byProxy(configuration, PARTNER.certificate(), null)).isEqualTo("certificate-required");
        assertThat(refusal(configuration, PARTNER.certificate())).isEqualTo(RejectionReason.ISSUER_UNKNOWN);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "proxies = nginx | 'proxies' is not known",
                "proxies.fromat = nginx | 'fromat' is not known (did you mean 'format'?)",
                "proxies.addresses = 10.0.0.0/8 | it is not said how they forward certificates",
                "proxies.format = rfc9440 | whoever sends a certificate in a header would be believed",
                "proxies.format = ngnix; proxies.addresses = 10.0.0.1 | (did you mean 'nginx'?)",
                "proxies.format = nginx; proxies.addresses = 10.0.0.1 | proxies.headers: format nginx takes the one header",
                "proxies.format = xfcc; proxies.headers = A; proxies.addresses = 10.0.0.1 | takes no headers",
                "proxies.format = rfc9440; proxies.addresses = 10.0.0.1/8 | proxies.addresses = '10.0.0.1/8': ",
                "proxies.format = rfc9440; proxies.addresses = edge | expected an IP address or a range",
                "proxies.format = rfc9440; proxies.addresses = | none of them empty",
                "proxies.format = rfc9440; proxies.addresses = 10.0.0.1; proxies.ignore-from-others = yes | expected true",
                "proxies.issuer.edge.anchors = root.crt; proxies.issuer.edge.members = a | it is not said how they forward",
                "proxies.format = rfc9440; proxies.issuer.edge.anchors = root.crt | 'proxies.issuer.edge.members' is missing",
                "proxies.format = rfc9440; proxies.issuer.edge.members = a | 'proxies.issuer.edge.anchors' is missing",
                "proxies.issuer.edge.roles.a = b | 'roles' is not known",
                "proxies.format = aws-alb-passthrough; proxies.addresses = 10.0.0.1; issuer.partner.verified-by-proxy = true;"
                        + " issuer.partner.principal-prefix = p:; issuer.partner.revocation.allow-unchecked = true |"
                        + " proxies forward what they have not verified",
                "issuer.partner.verified-by-proxy = true; issuer.partner.principal-prefix = p:;"
                        + " issuer.partner.revocation.allow-unchecked = true | there are no proxies",
                "issuer.partner.verified-by-proxy = true; issuer.partner.anchors = root.crt | the CA is not known here",
                "issuer.partner.verified-by-proxy = yes | expected true or false",
                "allow-misdirected-requests = yes | expected true or false",
                "proxies.issuer.edge = x | expected 'proxies.issuer.<name>.<setting>'",
            })
    void a_mistake_about_proxies_is_told_with_the_file_and_the_key(String lines, String explanation) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> readUnchecked("issuer.acme.anchors = root.crt\n" + lines.replace("; ", "\n")))
                .withMessageContaining(directory.resolve("mtls.properties").toString())
                .withMessageContaining(explanation);
    }

    @Test
    void an_issuer_of_proxies_reads_what_is_said_of_revocation_for_all_or_has_its_own() {
        String file = """
                issuer.acme.anchors = root.crt
                issuer.acme.revocation.sources = ocsp
                revocation.storage = kept
                proxies.format = rfc9440
                proxies.issuer.edge.anchors = root.crt
                proxies.issuer.edge.members = edge
                """;
        read(file + "revocation.allow-unchecked = true").close();
        read(file + "proxies.issuer.edge.revocation.sources = ocsp").close();

        assertThat(directory.resolve("kept/issuer-acme/ocsp")).isDirectory();
        assertThat(directory.resolve("kept/proxies-issuer-edge/ocsp")).isDirectory();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(file))
                .withMessageContaining("revocation.*: it is not said how it is learned");
    }

    @Test
    void a_file_that_is_not_there_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> readFile(directory.resolve("absent.properties")))
                .withMessageContaining("absent.properties");
    }

    @ParameterizedTest
    @ValueSource(strings = {"issuer.acme.anchors = \\u00zz", "issuer.acme.anchors = \u0000"})
    void a_file_that_is_not_properties_is_refused(String content) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(content)).withMessageContaining("mtls.properties");
    }

    @Test
    void a_file_that_is_too_large_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("#".repeat((1 << 20) + 1)))
                .withMessageContaining("more than");
    }

    private MtlsConfiguration read(String content) {
        Path file = directory.resolve("mtls.properties");
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return readFile(file);
    }

    private static MtlsConfiguration readFile(Path file) {
        return MtlsConfiguration.read(file, InstantSource.system(), event -> {});
    }

    /** Of a file that says nothing of revocation, which must not be forgotten. */
    private MtlsConfiguration readUnchecked(String content) {
        return read(content + "\nrevocation.allow-unchecked = true\n");
    }

    private static ClientIdentity identity(MtlsConfiguration configuration, CertificateBuilder client) {
        return identity(configuration, client.build().certificate());
    }

    private static ClientIdentity identity(MtlsConfiguration configuration, X509Certificate client) {
        return authenticate(configuration, client)
                .fold(
                        anonymous -> {
                            throw new AssertionError("anonymous");
                        },
                        ClientAuthentication.Authenticated::identity,
                        refused -> {
                            throw new AssertionError(refused);
                        });
    }

    /** The name of whom the file lets in, or why it does not, for a request from this machine. */
    private static String byProxy(
            MtlsConfiguration configuration, @Nullable X509Certificate presented, @Nullable X509Certificate forwarded) {
        RequestFacts facts = new RequestFacts() {
            @Override
            public X509Certificate @Nullable [] certificates() {
                return presented == null ? null : new X509Certificate[] {presented};
            }

            @Override
            public InetAddress peer() {
                return InetAddress.getLoopbackAddress();
            }

            @Override
            public Iterable<String> headerNames() {
                return forwarded == null ? List.of() : List.of("X-Client-Cert");
            }

            @Override
            public List<String> headers(String name) {
                return forwarded == null ? List.of() : List.of(escapedPem(forwarded));
            }

            @Override
            public String origin() {
                return "a test";
            }
        };
        return configuration
                .authenticator()
                .authenticateNow(facts, ClientAuth.NEED)
                .fold(
                        anonymous -> "anonymous",
                        authenticated -> authenticated.identity().getName(),
                        refused -> refused.reason().code());
    }

    private static String escapedPem(X509Certificate certificate) {
        try {
            String pem = "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
            return URLEncoder.encode(pem, StandardCharsets.US_ASCII).replace("+", "%20");
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RejectionReason refusal(MtlsConfiguration configuration, X509Certificate client) {
        return authenticate(configuration, client)
                .fold(
                        anonymous -> {
                            throw new AssertionError("anonymous");
                        },
                        authenticated -> {
                            throw new AssertionError(authenticated);
                        },
                        ClientAuthentication.Refused::reason);
    }

    private static ClientAuthentication authenticate(MtlsConfiguration configuration, X509Certificate client) {
        ClientCertificateVerifier verifier = configuration.verifier();
        RequestFacts facts = new RequestFacts() {
            @Override
            public X509Certificate[] certificates() {
                return new X509Certificate[] {client};
            }

            @Override
            public String origin() {
                return "a test";
            }
        };
        return new ClientAuthenticator(() -> verifier, Instant::now, event -> {})
                .authenticateNow(facts, ClientAuth.NEED);
    }
}
