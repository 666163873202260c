package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the README shows is what is compiled and run here. */
class DocumentationTest {
    private static final Path README = Path.of("../mtls-ca/README.md");

    @Test
    void the_readmes_example_is_compiled_and_runs() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/mtls/ca/Snippets.java"));
        String snippet = source.substring(
                source.indexOf("// begin\n") + "// begin\n".length(), source.indexOf("        // end"));

        assertThat(Files.readString(README)).contains(snippet.stripTrailing().stripIndent());
        assertThatNoException().isThrownBy(Snippets::inYourTests);
    }

    @Test
    void every_fault_is_named() throws IOException {
        List<String> faults = Arrays.stream(Fault.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && Modifier.isStatic(method.getModifiers()))
                .map(method -> "`" + method.getName() + "`")
                .filter(name -> !name.equals("`none`"))
                .toList();

        assertThat(faults).isNotEmpty();
        assertThat(Files.readString(README)).contains(faults);
    }
}
