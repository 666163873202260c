package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What the README promises is what there is. */
class DocumentationTest {

    @Test
    void the_readme_lists_every_code_and_no_other() throws IOException {
        Path readme = Path.of("..", "README.md");
        assumeTrue(Files.exists(readme), "Built without the repository around it");

        assertThat(Files.readString(readme)
                        .lines()
                        .filter(line -> line.matches("\\| `[a-z-]+` \\| [A-Za-z].*"))
                        .toList())
                .containsAll(Arrays.stream(RejectionReason.values())
                        .map(reason -> "| `" + reason.code() + "` | " + reason.summary() + " |")
                        .toList());
    }
}
