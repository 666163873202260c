package io.mtls.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTextTest {

    @ParameterizedTest
    @CsvSource({"CN=alice", "'O=Acme GmbH & Co, C=DE'", "山田花子", "\u00e9"})
    void plain_text_stays_as_it_is(String text) {
        assertThat(SafeText.of(text)).isEqualTo(text);
    }

    @Test
    void nothing_starts_a_new_line_or_hides() {
        assertThat(SafeText.of("a\r\nb\0\u001b[31m")).isEqualTo("a\\u{d}\\u{a}b\\u{0}\\u{1b}[31m");
        assertThat(SafeText.of("a\u202eb\u2028c\u200bd\u00a0e\u0085"))
                .isEqualTo("a\\u{202e}b\\u{2028}c\\u{200b}d\\u{a0}e\\u{85}");
        assertThat(SafeText.of("\ud83d")).isEqualTo("\\u{d83d}");
        assertThat(SafeText.of("\udb40\udc41")).isEqualTo("\\u{e0041}");
    }

    @Test
    void what_was_escaped_cannot_be_confused_with_what_looks_like_it() {
        assertThat(SafeText.of("\\u{a}")).isEqualTo("\\\\u{a}").isNotEqualTo(SafeText.of("\n"));
    }

    @Test
    void a_quotation_mark_does_not_end_a_quoted_text() {
        assertThat(SafeText.of("x\" principal=\"admin")).isEqualTo("x\\\" principal=\\\"admin");
    }

    @Test
    void a_long_text_is_cut_and_says_so() {
        assertThat(SafeText.of("a".repeat(256))).isEqualTo("a".repeat(256));
        assertThat(SafeText.of("a".repeat(1000))).isEqualTo("a".repeat(256) + "... (744 more)");
        assertThat(SafeText.of("\n".repeat(1_000_000)).length()).isLessThan(256 * 10 + 30);
    }
}
