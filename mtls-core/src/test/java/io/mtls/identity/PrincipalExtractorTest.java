package io.mtls.identity;

import static io.mtls.identity.CertificateField.san;
import static io.mtls.identity.CertificateField.subject;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mtls.identity.ExtractedPrincipal.Ambiguous;
import io.mtls.identity.ExtractedPrincipal.Invalid;
import io.mtls.identity.ExtractedPrincipal.Missing;
import io.mtls.identity.ExtractedPrincipal.Named;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERT61String;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.DERUniversalString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each name that has made a mapper somewhere give one person the name of another. */
class PrincipalExtractorTest {

    private static final PrincipalExtractor COMMON_NAME = new PrincipalExtractor(subject("CN"));

    @Test
    void a_plain_common_name_is_the_principal() {
        assertThat(extract("CN=alice,OU=Audit,O=Acme")).isEqualTo(new Named("alice"));
    }

    @Test
    void an_organization_that_looks_like_a_common_name_is_not_one() {
        // Spring Security's regular expression found "admin" here (CVE-2026-22747).
        X500Name name = new X500NameBuilder()
                .addRDN(BCStyle.O, "CN=admin,")
                .addRDN(BCStyle.CN, "mallory")
                .build();
        assertThat(extract(name)).isEqualTo(new Named("mallory"));
    }

    @Test
    void a_comma_inside_a_common_name_does_not_end_it() {
        assertThat(extract("CN=Smith\\, John,O=Acme")).isEqualTo(new Named("Smith, John"));
    }

    @Test
    void two_common_names_in_one_rdn_are_ambiguous() {
        assertThat(extract("CN=alice+CN=bob")).isEqualTo(new Ambiguous(2));
    }

    @Test
    void two_common_names_in_two_rdns_are_ambiguous() {
        assertThat(extract("CN=alice,O=Acme,CN=bob")).isEqualTo(new Ambiguous(2));
    }

    @Test
    void the_same_common_name_twice_is_still_ambiguous() {
        assertThat(extract("CN=alice,CN=alice")).isEqualTo(new Ambiguous(2));
    }

    @Test
    void a_common_name_beside_another_attribute_in_one_rdn_is_found() {
        assertThat(extract("C=US+CN=alice")).isEqualTo(new Named("alice"));
    }

    @Test
    void an_octet_string_is_no_common_name() {
        assertThat(extract("CN=#0403666f6f"))
                .isEqualTo(new Invalid("subject:CN: a value is not a readable character string"));
    }

    @Test
    void one_readable_common_name_does_not_make_up_for_an_unreadable_one() {
        assertThat(extract("CN=alice,CN=#0403666f6f"))
                .isEqualTo(new Invalid("subject:CN: a value is not a readable character string"));
    }

    @Test
    void an_empty_common_name_is_invalid_and_not_missing() {
        X500Name name =
                new X500NameBuilder().addRDN(BCStyle.CN, new DERUTF8String("")).build();
        assertThat(extract(name)).isEqualTo(new Invalid("the name is blank"));
    }

    @Test
    void no_common_name_is_missing() {
        assertThat(extract("O=Acme")).isEqualTo(new Missing());
        assertThat(extract("")).isEqualTo(new Missing());
    }

    @Test
    void a_nul_does_not_end_the_name() {
        assertThat(extractValue("admin\0.mallory.example"))
                .isEqualTo(new Invalid("the name has the character U+0000, which is a control or cannot be seen"));
    }

    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "alice\nadmin", // a second line in the log
                "alice\r",
                "alice\t",
                "\u0085alice", // C1 next line
                "alice\u2028bob", // line separator
                "alice\u202enimda", // right-to-left override
                "alice\u2066", // isolate
                "al\u200bice", // zero-width space
                "al\u200dice", // zero-width joiner
                "\ufeffalice", // byte-order mark
                "al\u00adice", // soft hyphen
                "al\u034fice", // combining grapheme joiner
                "\u3164", // Hangul filler: a letter that is drawn as nothing
                "alice\u2800", // empty Braille pattern
                "alice\ufe0f", // variation selector
                "alice\udb40\udc41", // tag letter
                "alice\ue000", // private use
                "alice\uffff", // noncharacter
                "alice\u0378", // unassigned
                "alice\u00a0smith", // a space that is not U+0020
                "alice\u3000smith",
            })
    void a_name_with_what_cannot_be_seen_is_invalid(String name) {
        assertThat(extractValue(name))
                .isInstanceOfSatisfying(
                        Invalid.class,
                        invalid -> assertThat(invalid.why())
                                .matches(
                                        "the name (has the character U\\+[0-9A-F]{4,6}, which is a control or cannot be seen)"));
    }

    @Test
    void half_a_surrogate_pair_is_invalid() {
        assertThat(ExtractedPrincipal.of("", List.of("alice\ud83d")))
                .isEqualTo(new Invalid("the name has the character U+D83D, which is a control or cannot be seen"));
    }

    @Test
    void white_space_at_the_ends_is_not_trimmed_away() {
        assertThat(extractValue(" admin")).isEqualTo(new Invalid("the name begins or ends with a space"));
        assertThat(extractValue("admin ")).isEqualTo(new Invalid("the name begins or ends with a space"));
        assertThat(extractValue("   ")).isEqualTo(new Invalid("the name is blank"));
    }

    @Test
    void a_name_that_normalization_would_change_is_invalid() {
        assertThat(extractValue("e\u0301lodie"))
                .isEqualTo(new Invalid("the name is not in Unicode Normalization Form C"));
        assertThat(extractValue("\u00e9lodie")).isEqualTo(new Named("\u00e9lodie"));
        // U+212A, the Kelvin sign, becomes the letter K.
        assertThat(extractValue("\u212aarl")).isEqualTo(new Invalid("the name is not in Unicode Normalization Form C"));
    }

    @Test
    void names_of_all_scripts_are_names() {
        for (String name : List.of("山田花子", "Ζωή", "محمد", "Nguyễn Văn A", "O'Brien", "\ud83d\ude00")) {
            assertThat(extractValue(name)).isEqualTo(new Named(name));
        }
    }

    @Test
    void a_name_is_as_long_as_the_longest_spiffe_id_and_no_longer() {
        int longest = PrincipalExtractor.MAX_LENGTH;
        assertThat(ExtractedPrincipal.of("", List.of("a".repeat(longest)))).isInstanceOf(Named.class);
        assertThat(ExtractedPrincipal.of("", List.of("a".repeat(longest + 1))))
                .isEqualTo(new Invalid("the name is longer than 2048 bytes"));
        assertThat(ExtractedPrincipal.of("", List.of("\u5c71".repeat(longest / 3 + 1))))
                .isEqualTo(new Invalid("the name is longer than 2048 bytes"));
    }

    @Test
    void teletex_bytes_above_ascii_are_not_guessed() {
        assertThat(extract(named(new DERT61String("J\u00f6rg"))))
                .isEqualTo(new Invalid("subject:CN: a value has bytes above 0x7F in a string type that is ASCII"));
        assertThat(extract(named(new DERT61String("Joerg")))).isEqualTo(new Named("Joerg"));
    }

    @Test
    void a_bmp_string_is_read() {
        assertThat(extract(named(new DERBMPString("J\u00f6rg")))).isEqualTo(new Named("J\u00f6rg"));
    }

    @Test
    void a_universal_string_is_refused_and_not_shown_as_hexadecimal() {
        assertThat(extract(named(new DERUniversalString(new byte[] {0, 0, 0, 'a'}))))
                .isEqualTo(new Invalid("subject:CN: a value is not a readable character string"));
    }

    @Test
    void overlong_utf8_is_refused() {
        X509Certificate certificate = Certificates.patched(
                Certificates.withSubject(named(new DERUTF8String("xxadmin"))),
                new byte[] {0x0c, 7, 'x', 'x'},
                new byte[] {0x0c, 7, (byte) 0xc1, (byte) 0x81});
        assertThat(COMMON_NAME.extract(certificate))
                .isEqualTo(new Invalid("subject:CN: malformed ASN.1, Invalid UTF-8 input"));
    }

    @Test
    void a_prefix_keeps_a_partner_apart() {
        PrincipalExtractor partner = new PrincipalExtractor(subject("CN"), "partner:");
        assertThat(partner.extract(Certificates.withSubject("CN=alice"))).isEqualTo(new Named("partner:alice"));
        assertThat(partner.extract(Certificates.withSubject("O=Acme"))).isEqualTo(new Missing());
    }

    @Test
    void a_prefix_does_not_hide_a_blank_name() {
        assertThat(ExtractedPrincipal.of("partner:", List.of(" "))).isEqualTo(new Invalid("the name is blank"));
        assertThat(ExtractedPrincipal.of("partner:", List.of(" alice")))
                .isEqualTo(new Invalid("the name begins or ends with a space"));
        assertThat(ExtractedPrincipal.of("x", List.of("\u0301")))
                .as("a mark that melts into the prefix; x\u0301 itself has no composed form")
                .isEqualTo(new Named("x\u0301"));
        assertThat(ExtractedPrincipal.of("e", List.of("\u0301")))
                .isEqualTo(new Invalid("the name is not in Unicode Normalization Form C"));
    }

    @Test
    void a_prefix_counts_for_the_length() {
        assertThat(ExtractedPrincipal.of("p:", List.of("a".repeat(PrincipalExtractor.MAX_LENGTH - 1))))
                .isEqualTo(new Invalid("the name is longer than 2048 bytes"));
    }

    @Test
    void an_unfit_prefix_is_refused_at_once() {
        for (String prefix : List.of(" ", "partner\n", " partner:", "partner\u200b:")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new PrincipalExtractor(subject("CN"), prefix))
                    .withMessageContaining("cannot be a prefix");
        }
    }

    @Test
    void the_second_uri_does_not_hide_behind_the_first() {
        X509Certificate certificate = Certificates.withSan(Certificates.uri("urn:a"), Certificates.uri("urn:b"));
        assertThat(new PrincipalExtractor(san(SanType.URI)).extract(certificate))
                .isEqualTo(new Ambiguous(2));
    }

    @Test
    void the_reason_is_fit_for_a_log_line() {
        PrincipalExtractor extractor = new PrincipalExtractor(CertificateField.spiffeId("example.org"));
        X509Certificate certificate = Certificates.withSan(Certificates.uri("spiffe://evil\u0007\n\"/x"));
        assertThat(extractor.extract(certificate))
                .isInstanceOfSatisfying(
                        Invalid.class,
                        invalid -> assertThat(invalid.why().chars().noneMatch(Character::isISOControl))
                                .isTrue());
    }

    @Test
    void a_named_can_only_be_made_of_a_name() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Named("alice\n"))
                .withMessage("'alice\\u{a}' cannot be a principal: the name has the character U+000A, which is a"
                        + " control or cannot be seen");
        assertThatIllegalArgumentException().isThrownBy(() -> new Ambiguous(1));
    }

    @Test
    void fold_asks_the_function_of_the_case() {
        assertThat(List.of(new Named("alice"), new Missing(), new Ambiguous(3), new Invalid("why")))
                .extracting(it -> ((ExtractedPrincipal) it)
                        .<String>fold(n -> n.name(), m -> "missing", a -> "ambiguous " + a.count(), i -> i.why()))
                .containsExactly("alice", "missing", "ambiguous 3", "why");
    }

    private static ExtractedPrincipal extract(String subject) {
        return COMMON_NAME.extract(Certificates.withSubject(subject));
    }

    private static ExtractedPrincipal extract(X500Name subject) {
        return COMMON_NAME.extract(Certificates.withSubject(subject));
    }

    private static ExtractedPrincipal extractValue(String commonName) {
        return extract(named(new DERUTF8String(commonName)));
    }

    private static X500Name named(ASN1Encodable commonName) {
        return new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
    }
}
