package io.mtls.jaxrs.jersey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.AccessRule;
import io.mtls.MtlsConfiguration;
import io.mtls.MtlsListener;
import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what is compiled here, and what is read. */
class DocumentationTest {

    private static final String PROPERTIES = "```properties\n";

    @Test
    void the_readmes_jersey_example_is_compiled() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/mtls/jaxrs/jersey/Snippets.java"));
        String snippet = source.substring(
                source.indexOf("// begin\n") + "// begin\n".length(), source.indexOf("        // end"));

        assertThat(readme()).contains(snippet.stripTrailing().stripIndent());
    }

    @Test
    void its_properties_file_is_one(@TempDir Path directory) throws IOException {
        String readme = readme();
        int begin = readme.indexOf(PROPERTIES) + PROPERTIES.length();
        Path file = Files.writeString(
                directory.resolve("mtls.properties"), readme.substring(begin, readme.indexOf("```", begin)));
        Files.writeString(
                directory.resolve("partners-ca.crt"),
                HeldCertificate.root("CN=Partners").build().certificatePem());

        try (MtlsConfiguration configuration =
                MtlsConfiguration.read(file, InstantSource.system(), MtlsListener.logging())) {
            assertThat(configuration.issuers())
                    .singleElement()
                    .satisfies(issuer -> assertThat(issuer.name()).isEqualTo("partners"));
            assertThat(configuration.pathRules().ruleFor("/public/status")).isEqualTo(AccessRule.none());
            assertThat(configuration.pathRules().ruleFor("/reports")).isEqualTo(AccessRule.STRICTEST);
        }
    }

    private static String readme() throws IOException {
        Path readme = Path.of("..", "..", "README.md");
        assumeTrue(Files.exists(readme), "Built without the repository around it");
        return Files.readString(readme);
    }
}
