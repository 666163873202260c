package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the README shows is what is compiled here. */
class DocumentationTest {

    @Test
    void the_readmes_servlet_example_is_compiled() throws IOException {
        Path readme = Path.of("..", "README.md");
        assumeTrue(Files.exists(readme), "Built without the repository around it");
        String source = Files.readString(Path.of("src/test/java/io/mtls/servlet/Snippets.java"));
        String snippet = source.substring(
                source.indexOf("// begin\n") + "// begin\n".length(), source.indexOf("        // end"));

        assertThat(Files.readString(readme)).contains(snippet.stripTrailing().stripIndent());
    }
}
