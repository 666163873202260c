package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathRulesTest {

    private static final AccessRule NONE = new AccessRule(ClientAuth.NONE, RequiredRoles.none());
    private static final AccessRule WANT = new AccessRule(ClientAuth.WANT, RequiredRoles.none());

    private final PathRules rules = PathRules.builder()
            .none("/*")
            .need("/admin/*", "operator")
            .want("/admin/help/*")
            .none("/admin/help/logo.png")
            .want("")
            .build();

    @ParameterizedTest
    @CsvSource({
        "/index.html, NONE",
        "/administrator, NONE",
        "/admin, NEED",
        "/admin/, NEED",
        "/admin/x/y, NEED",
        "/admin/help, WANT",
        "/admin/help/x, WANT",
        "/admin/helpless, NEED",
        "/admin/help/logo.png, NONE",
        "/admin/help/logo.png/, WANT",
        "/, WANT",
        "'', WANT",
    })
    void the_most_specific_pattern_wins(String path, ClientAuth expected) {
        assertThat(rules.ruleFor(path)).extracting(AccessRule::clientAuth).isEqualTo(expected);
    }

    @Test
    void roles_come_with_the_rule() {
        assertThat(rules.ruleFor("/admin/x"))
                .extracting(rule -> rule.roles().byCertificate())
                .isEqualTo(Set.of("operator"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/anything", "/PUBLIC/x", "/public.", "/publicity", "/publi"})
    void a_path_that_no_pattern_names_needs_a_certificate(String path) {
        PathRules onlyPublic = PathRules.builder().none("/public/*").build();

        assertThat(onlyPublic.ruleFor(path)).isEqualTo(AccessRule.STRICTEST);
        assertThat(PathRules.builder().build().ruleFor(path)).isEqualTo(AccessRule.STRICTEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//admin",
                "/x//admin",
                "/./admin",
                "/x/../admin",
                "/x/..",
                "/x/.",
                "/..",
                "/x;y/admin",
                "/x\\admin",
                "/%61dmin",
                "/admin%2fx",
                "/admin\u0000",
                "/admin\n",
                "/admin\u0085",
                "admin",
                "*",
                "http://localhost/admin"
            })
    void a_path_that_can_be_read_in_two_ways_has_no_rule(String path) {
        assertThat(rules.ruleFor(path)).isNull();
    }

    @Test
    void a_dot_in_a_name_is_no_dot_segment() {
        assertThat(rules.ruleFor("/.well-known/x...y/..z")).isEqualTo(NONE);
    }

    @Test
    void how_a_path_is_read_does_not_matter_where_all_have_one_rule() {
        assertThat(PathRules.builder().none("/*").build().ruleFor("/100%//x")).isEqualTo(NONE);
        assertThat(PathRules.builder().build().ruleFor("/100%//x")).isEqualTo(AccessRule.STRICTEST);
        assertThat(PathRules.builder().want("/*").want("/x").build().ruleFor("/%"))
                .isEqualTo(WANT);
        assertThat(PathRules.builder().none("/public/*").build().ruleFor("/public/%"))
                .as("the rest needs a certificate")
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "*.html, extension",
        "/, root",
        "admin, slash at the beginning",
        "/admin/**, '/*'",
        "/admin*, '/*'",
        "/ad*in, wildcards",
        "/users/{id}, templates",
        "/admin//x, decoded path",
        "/admin/../x, decoded path",
        "/admin;x, decoded path",
        "/admin%2fx, decoded path",
        "/admin/, '/admin/*'",
        "//*, slash",
        "/admin//*, slash",
    })
    void what_is_no_pattern_is_refused_with_an_explanation(String pattern, String explanation) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PathRules.builder().none(pattern))
                .withMessageContaining("'" + pattern + "'")
                .withMessageContaining(explanation);
    }

    @Test
    void a_pattern_with_two_rules_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PathRules.builder().need("/x").none("/x"))
                .withMessageContaining("'/x' has two rules");
    }
}
