package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.KeyType;
import io.mtls.ca.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IssueTest {
    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca() {
        shell = Shell.withCa(home);
    }

    private X509Certificate issued(String name) {
        return shell.ca().held(name).certificate();
    }

    @Test
    void a_client_has_its_roles_and_is_told_where_its_files_are() {
        String said = shell.done("issue", "client", "alice", "--role", "audit", "--role", "admin");

        assertThat(issued("alice").getSubjectX500Principal().getName()).isEqualTo("CN=alice,OU=audit,OU=admin");
        assertThat(said)
                .startsWith("Issued a certificate to client \"alice\", valid for 90 days, until 2026-05-30T12:00:00Z.")
                .containsPattern("private key +" + home.resolve("mtls-ca/clients/alice.key") + " +secret")
                .contains(shell.ca().named("alice").get(0).serialHex(), "curl --cert", "export alice --p12");
    }

    @Test
    void a_server_has_all_its_hosts() throws Exception {
        String said = shell.done("issue", "server", "localhost", "127.0.0.1", "::1", "api.example.com");

        assertThat(issued("localhost").getSubjectAlternativeNames())
                .containsExactlyInAnyOrder(
                        List.of(2, "localhost"),
                        List.of(7, "127.0.0.1"),
                        List.of(7, "0:0:0:0:0:0:0:1"),
                        List.of(2, "api.example.com"));
        assertThat(said).contains("server \"localhost\"", "have the server present", "curl --cacert");
    }

    @Test
    void a_wildcard_has_files_of_another_name() throws Exception {
        assertThat(shell.done("issue", "server", "*.example.com"))
                .contains("server/_wildcard.example.com.crt")
                .doesNotContain("https://_");
        assertThat(issued("_wildcard.example.com").getSubjectAlternativeNames())
                .containsExactly(List.of(2, "*.example.com"));
    }

    @Test
    void every_kind_of_name_can_be_had() throws Exception {
        shell.done(
                "issue",
                "client",
                "alice",
                "--dns",
                "a.example.com",
                "--ip",
                "192.0.2.1",
                "--email",
                "alice@example.com",
                "--uri",
                "spiffe://example.org/alice",
                "--upn",
                "alice@corp.example",
                "--directory-name",
                "CN=x,O=Acme",
                "--other-name",
                "1.2.3.4=text",
                "--other-name",
                "1.2.3.5=#0c0161");

        assertThat(issued("alice").getSubjectAlternativeNames().stream().<Object>map(name -> name.get(0)))
                .containsExactlyInAnyOrder(2, 7, 1, 6, 0, 4, 0, 0);
    }

    @Test
    void the_subject_can_be_another_one() {
        shell.done("issue", "client", "alice", "--subject", "CN=Alice Doe,OU=Audit,O=Acme");

        assertThat(issued("alice").getSubjectX500Principal().getName()).isEqualTo("CN=Alice Doe,OU=Audit,O=Acme");
    }

    @ParameterizedTest
    @CsvSource({"p384, EC", "ed25519, EdDSA", "rsa-2048, RSA", "P-256, EC"})
    void the_key_is_of_the_type_that_is_asked_for(String type, String algorithm) {
        shell.done("issue", "client", "alice", "--key-type", type);

        assertThat(issued("alice").getPublicKey().getAlgorithm()).isEqualTo(algorithm);
    }

    @ParameterizedTest
    @CsvSource({"12h, PT12H, 12 hours", "2w, PT336H, 14 days", "1y, PT8760H, 365 days", "45m, PT45M, 45 minutes"})
    void a_lifetime_is_as_long_as_asked_for(String text, Duration lifetime, String said) {
        assertThat(shell.done("issue", "client", "alice", "--lifetime", text)).contains("valid for " + said + ",");
        assertThat(issued("alice").getNotAfter()).isEqualTo(Shell.NOW.plus(lifetime));
    }

    @Test
    void a_lifetime_beyond_the_issuer_is_refused() {
        assertThat(shell.refused("issue", "client", "alice", "--lifetime", "20y"))
                .contains("would outlive its issuer", "name a shorter lifetime");
    }

    @Test
    void who_has_a_certificate_is_not_issued_another() {
        shell.done("issue", "client", "alice");

        assertThat(shell.refused("issue", "client", "alice"))
                .contains("client alice has a certificate until", "renew it");
    }

    @Test
    void a_request_gives_its_key_and_nothing_else() throws Exception {
        KeyPair pair = KeyType.P256.generate();
        var request = new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=admin"), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
        Files.write(home.resolve("alice.csr"), request.getEncoded());
        shell.done("issue", "client", "alice"); // whose key is still there
        shell.done("revoke", "alice");

        String said = shell.done("issue", "client", "alice", "--csr", "alice.csr");

        var certificate =
                shell.ca().certificate(shell.ca().named("alice").get(1).serial());
        assertThat(certificate.getPublicKey()).isEqualTo(pair.getPublic());
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=alice");
        assertThat(said)
                .contains("hand " + home.resolve("mtls-ca/clients/alice.crt"))
                .doesNotContain("private key");
    }

    @Test
    void what_is_no_request_is_refused() throws Exception {
        Files.writeString(home.resolve("a.csr"), "hello");

        assertThat(shell.refused("issue", "client", "alice", "--csr", "a.csr"))
                .contains("the certification request", "openssl req");
        assertThat(shell.refused("issue", "client", "alice", "--csr", "b.csr")).contains("b.csr cannot be read");
        assertThat(shell.ca().named("alice")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            issue                                         | say for whom
            issue client                                  | Missing required parameter: 'NAME'
            issue server                                  | Missing required parameter: 'HOST'
            issue client ../root                          | cannot name a member
            issue client alice --subject nonsense         | "nonsense" is no distinguished name
            issue client alice --subject CN=a --role b    | write each --role into it as an OU
            issue client alice --csr a --key-type p256    | leave one of them out
            issue client alice --lifetime 90              | "90" is no duration
            issue client alice --lifetime 0d              | "0d" is no duration
            issue client alice --key-type rsa-1024        | "rsa-1024" is none of
            issue client alice --dns a_b..c               | is no name of a host
            issue client alice --dns xn--é                | is no name of a host
            issue client alice --ip 192.0.2.0/24          | and no range
            issue client alice --ip localhost             | is no IP address
            issue client alice --ip ::ffff:192.0.2.1      | in different ways
            issue client alice --ip ::ffff:c000:201       | in different ways
            issue server 010.0.0.1                        | in different ways
            issue server 256.1.1.1                        | no number at the end
            issue server 127.1                            | no number at the end
            issue server *.0x7f000001                     | no number at the end
            issue client alice --email a@b..c             | is no mail address
            issue client alice --email a..b@example.com   | is no mail address
            issue client alice --email a@*.example.com    | is no mail address
            issue client alice --directory-name ''        | an empty name says nothing
            issue client alice --subject ''               | needs another name beside it
            issue client alice --subject CN=bob\\00.evil    | that nobody sees
            issue client alice --subject CN=a\\E2\\80\\AEb   | that nobody sees
            issue client alice --directory-name CN=\\0Aa    | that nobody sees
            issue client alice --email alice              | is no mail address
            issue client alice --uri /relative            | is no absolute URI
            issue client alice --upn alice                | is no user principal name
            issue client alice --directory-name alice     | is no distinguished name
            issue client alice --other-name x=y           | is no other name
            issue client alice --other-name 1.2.3         | is no other name
            issue client alice --other-name 1.2.3=#0      | is no other name
            issue server localhost:8443                   | without a port
            issue client alice bob                        | Unmatched argument
            issue client alice --roel x                   | Unknown option
            """)
    void wrong_arguments_are_told_and_nothing_is_issued(String line, String error) {
        assertThat(shell.wrong(line.replace("''", "").split(" +", -1))).contains(error, "--help");
        assertThat(shell.ca().named("alice")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u001b]0;owned\u0007", "\u202egnp.exe", "a\nb"})
    void what_would_move_the_terminal_is_spelt_out(String role) {
        shell.ca().issue(Member.client("alice").roles(role));

        assertThat(shell.done("renew", "alice")).doesNotContain(role);
        assertThat(shell.done("list")).doesNotContain(role).contains("\\u{");
        assertThat(shell.refused("revoke", role)).doesNotContain(role).contains("\\u{");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u001b[31mred", "\u202egnp.exe", "a\nb", "zero\u200bwidth"})
    void what_nobody_sees_does_not_come_into_a_certificate(String text) {
        for (String[] option : new String[][] {
            {"--role", text},
            {"--upn", text + "@acme.example"},
            {"--other-name", "1.2.3=" + text},
            {"--subject", "CN=" + text}
        }) {
            assertThat(shell.wrong("issue", "client", "alice", option[0], option[1]))
                    .doesNotContain(text)
                    .contains("that nobody sees");
        }
        assertThat(shell.ca().named("alice")).isEmpty();
    }
}
