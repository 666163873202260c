package io.mtls.jaxrs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mtls.AccessRule;
import io.mtls.PathRules;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a caller sends as a path ends in a rule or in none. {@code JAZZER_FUZZ=1} searches; the build tries the seeds. */
class RequestPathFuzzTest {

    private static final PathRules RULES = PathRules.builder().none("/public/*").build();

    @MethodSource("paths")
    @FuzzTest
    void any_path(byte[] bytes) {
        String raw = new String(bytes, StandardCharsets.UTF_8);
        RequestPath path = RequestPath.of(raw);

        if (path != null && AccessRule.none().equals(path.rule(RULES))) {
            // What is let pass begins so, to a router that decodes nothing and to one that decodes all.
            assertThat(raw).matches("(?s)public([/;].*)?");
        }
    }

    static Stream<byte[]> paths() {
        return Stream.of("public/x", "/public;a/%78", "%70ublic", "public%2f", "public/../x", "a/%", "/", "")
                .map(path -> path.getBytes(StandardCharsets.UTF_8));
    }
}
