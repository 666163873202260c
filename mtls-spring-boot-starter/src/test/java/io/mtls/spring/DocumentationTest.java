package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.ca.CaServer;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.TlsClients;
import io.mtls.spring.Application.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application starts by what the documentation shows, and does what that says. */
class DocumentationTest {

    @ParameterizedTest
    @ValueSource(strings = {"../README.md", "README.md"})
    void the_readmes_configuration_starts(String readme, @TempDir Path directory) throws IOException {
        assumeTrue(Files.exists(Path.of(readme)), "Built without the repository around it");
        String text = Files.readString(Path.of(readme));
        int begin = text.indexOf("```yaml\n") + "```yaml\n".length();
        String yaml = text.substring(begin, text.indexOf("```", begin));
        Path configuration = directory.resolve("application.yaml");
        Files.writeString(configuration, yaml.replace("file:", "file:" + directory + "/"));

        // A CA that publishes what it revokes where its certificates say so, as that of the partners does.
        try (CaServer publisher = CaServer.start(
                        url -> CertificateAuthority.inMemory(
                                CaSettings.named("Acme").withUrl(url), InstantSource.system()),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                Application application = started(publisher.authority(), directory, configuration)) {
            CertificateAuthority ca = publisher.authority();
            HeldCertificate alice = ca.issue(Member.client("alice").roles("Audit"));
            SSLContext asAlice = alice.clientContext(ca.root());
            SSLContext asBob = ca.issue(Member.client("bob")).clientContext(ca.root());
            SSLContext asNobody = TlsClients.anonymous(ca.root());
            int port = application.port();
            Client.by(asAlice, port).get("/reports").then().statusCode(200).body(equalTo("alice"));
            Client.by(asBob, port).get("/reports").then().statusCode(403).body("code", equalTo("role-missing"));
            Client.by(asNobody, port).get("/public/hello").then().statusCode(200);
            Client.by(asNobody, port)
                    .get("/reports")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("certificate-required"));
        }
    }

    @Test
    void the_readmes_client_is_compiled() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/mtls/spring/Snippets.java"));
        String snippet = source.substring(
                source.indexOf("// begin\n") + "// begin\n".length(), source.indexOf("        // end"));

        assertThat(Files.readString(Path.of("README.md")))
                .contains(snippet.stripTrailing().stripIndent());
    }

    private static Application started(CertificateAuthority ca, Path directory, Path configuration) throws IOException {
        HeldCertificate server = ca.issue(Member.server("localhost"));
        Files.writeString(directory.resolve("server.crt"), server.chainPem());
        Files.writeString(directory.resolve("server.key"), server.privateKeyPem());
        Files.writeString(directory.resolve("partners-ca.crt"), ca.rootsPem());
        return Application.of(Server.TOMCAT, App.class)
                .without("server.ssl")
                .without("spring.ssl")
                .without("mtls")
                .with("spring.config.location", configuration.toString())
                .start();
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/reports")
        @CertificateRoles("auditor")
        String reports(ClientIdentity caller) {
            return caller.getName();
        }

        @GetMapping("/public/hello")
        String hello() {
            return "hello";
        }
    }
}
