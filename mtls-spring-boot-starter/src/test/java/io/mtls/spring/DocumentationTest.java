package io.mtls.spring;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.spring.Application.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        Files.writeString(directory.resolve("server.crt"), Pki.SERVER.chainPem());
        Files.writeString(directory.resolve("server.key"), Pki.SERVER.privateKeyPem());
        Files.writeString(directory.resolve("partners-ca.crt"), Pki.ROOT.certificatePem());
        Path configuration = directory.resolve("application.yaml");
        Files.writeString(configuration, yaml.replace("file:", "file:" + directory + "/"));

        try (Application application = Application.of(Server.TOMCAT, App.class)
                .without("server.ssl")
                .without("spring.ssl")
                .without("mtls")
                .with("spring.config.location", configuration.toString())
                .start()) {
            int port = application.port();
            Client.by(Pki.alice(), port).get("/reports").then().statusCode(200).body(equalTo("alice"));
            Client.by(Pki.bob(), port).get("/reports").then().statusCode(403).body("code", equalTo("role-missing"));
            Client.by(Pki.nobody(), port).get("/public/hello").then().statusCode(200);
            Client.by(Pki.nobody(), port)
                    .get("/reports")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("certificate-required"));
        }
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
