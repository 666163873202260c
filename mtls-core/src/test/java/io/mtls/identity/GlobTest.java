package io.mtls.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource({
        "/ns/prod/**,       /ns/prod/sa/api, true",
        "/ns/prod/**,       /ns/production,  false",
        "/ns/prod/**,       /ns/prod/,       true",
        "/ns/prod/**,       /ns/prod,        false",
        "/ns/*/sa/api,      /ns/prod/sa/api, true",
        "/ns/*/sa/api,      /ns/a/b/sa/api,  false",
        "/ns/**/sa/api,     /ns/a/b/sa/api,  true",
        "**/*,              a/b/c,           true",
        "*.example.org,     a.example.org,   true",
        "*.example.org,     .example.org,    true",
        "*.example.org,     a.example.org.x, false",
        "*,                 a/b,             false",
        "**,                a/b,             true",
        "alice,             alice,           true",
        "alice,             Alice,           false",
        "a.c,               abc,             false",
        "a[bc],             ab,              false",
        "a?,                ab,              false",
    })
    void matches_the_whole_value_and_only_stars_are_special(String pattern, String value, boolean expected) {
        assertThat(new Glob(pattern).matches(value)).isEqualTo(expected);
    }

    @Test
    void stars_match_nothing_too() {
        assertThat(new Glob("*").matches("")).isTrue();
        assertThat(new Glob("**").matches("")).isTrue();
        assertThat(new Glob("a").matches("")).isFalse();
    }

    @Test
    void agrees_with_the_plain_definition() {
        Random random = new Random(20261101);
        for (int i = 0; i < 20_000; i++) {
            String pattern = random(random, "ab/**", 1 + random.nextInt(7));
            if (pattern.contains("***")) {
                continue;
            }
            String value = random(random, "ab/", random.nextInt(8));
            assertThat(new Glob(pattern).matches(value))
                    .as("%s against %s", pattern, value)
                    .isEqualTo(definition(pattern, value));
        }
    }

    @Test
    void many_stars_against_a_long_near_miss_do_not_blow_up() {
        String longValue = "a".repeat(16_384);
        for (String unit : new String[] {"*a", "**a", "*aa", "**a*a"}) {
            Glob glob = new Glob(unit.repeat(Glob.MAX_LENGTH / unit.length() - 1) + "b");
            boolean matches = assertTimeoutPreemptively(Duration.ofSeconds(5), () -> glob.matches(longValue));
            assertThat(matches).isFalse();
        }
    }

    @Test
    void three_stars_an_empty_and_an_endless_pattern_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Glob("a***")).withMessageContaining("three stars");
        assertThatIllegalArgumentException().isThrownBy(() -> new Glob("")).withMessageContaining("empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Glob("a".repeat(Glob.MAX_LENGTH + 1)))
                .withMessageContaining("longer than 512");
    }

    /** Exponential, and plainly right. */
    private static boolean definition(String pattern, String value) {
        if (pattern.isEmpty()) {
            return value.isEmpty();
        }
        if (pattern.startsWith("**")) {
            return definition(pattern.substring(2), value)
                    || (!value.isEmpty() && definition(pattern, value.substring(1)));
        }
        if (pattern.startsWith("*")) {
            return definition(pattern.substring(1), value)
                    || (!value.isEmpty() && value.charAt(0) != '/' && definition(pattern, value.substring(1)));
        }
        return !value.isEmpty()
                && value.charAt(0) == pattern.charAt(0)
                && definition(pattern.substring(1), value.substring(1));
    }

    private static String random(Random random, String alphabet, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
