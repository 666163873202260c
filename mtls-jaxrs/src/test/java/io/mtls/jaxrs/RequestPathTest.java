package io.mtls.jaxrs;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.AccessRule;
import io.mtls.PathRules;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {

    private static final PathRules RULES = PathRules.builder()
            .none("/public/*")
            .need("/public/admin", "operator")
            .want("/münchen/*")
            .want("/a+b")
            .none("")
            .build();

    @ParameterizedTest
    @CsvSource({
        "public, NONE",
        "public/, NONE",
        "public;v=1/x;y, NONE",
        "public/x%20y, NONE",
        "public/%78, NONE",
        "public/bob%40example.org, NONE",
        "m%C3%BCnchen/x, WANT",
        "a+b, WANT",
        "api/whoami, NEED",
        "'', NONE",
        ";x, NONE",
    })
    void that_is_read_in_one_way_has_its_rule(String raw, String clientAuth) {
        assertThat(rule(raw))
                .isNotNull()
                .extracting(rule -> rule.clientAuth().name())
                .isEqualTo(clientAuth);
    }

    /** A template takes what no literal path does, so these may lead elsewhere than they read. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "%70ublic/x",
                "publi%63",
                "public/%61dmin",
                "m%c3%bcnchen/x",
                "münchen/x",
                "a%2Bb",
            })
    void that_is_escaped_needlessly_has_no_rule_where_the_two_readings_differ(String raw) {
        assertThat(rule(raw)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "public%2fx",
                "public/..%2Fapi",
                "public/../api",
                "public/%2e%2e/api",
                "public/./x",
                "public//x",
                "public//",
                "public/;x/;y",
                "/",
                ";x/;y",
                "/public",
                "//public",
                "public/..;/api",
                "public;/../api",
                "public/x%5Cy",
                "public/x\\y",
                "public/x%3By",
                "public/x%25y",
                "public/x%00",
                "public/x%0a",
                "public/%",
                "public/%4",
                "public/%zz",
                "public/%-1",
                "public/%+1",
                "public/%c0%af",
                "public/%EF%BF%BD",
                "public/%EF%BF%BE",
                "public/\uFFFE",
            })
    void that_can_be_read_in_more_than_one_way_has_no_rule(String raw) {
        assertThat(rule(raw)).isNull();
    }

    @Test
    void that_ends_in_a_slash_is_the_one_without() {
        assertThat(RequestPath.of("admin/")).isEqualTo(RequestPath.of("admin")).isEqualTo(RequestPath.of("admin/;x"));
    }

    private static @Nullable AccessRule rule(String raw) {
        RequestPath path = RequestPath.of(raw);
        return path == null ? null : path.rule(RULES);
    }
}
