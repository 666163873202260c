package io.mtls.ca;

import static io.mtls.ca.DistinguishedName.attribute;
import static io.mtls.ca.DistinguishedName.attributeDer;
import static io.mtls.ca.DistinguishedName.rdn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mtls.ca.DistinguishedName.StringType;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DistinguishedNameTest {
    private static final HeldCertificate CA = HeldCertificate.root("CN=CA").build();

    private static X500Principal subject(DistinguishedName name) {
        return CA.issueClient(name).build().certificate().getSubjectX500Principal();
    }

    @Test
    void text_is_rfc_4514_and_the_last_rdn_comes_first_in_the_encoding() {
        assertThat(DistinguishedName.parse("CN=alice,OU=Audit").encoded())
                .isEqualTo(DistinguishedName.of(
                                rdn(attribute("OU", StringType.PRINTABLE_STRING, "Audit")),
                                rdn(attribute("CN", StringType.PRINTABLE_STRING, "alice")))
                        .encoded());
    }

    @Test
    void text_that_is_no_name_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> HeldCertificate.root("alice"));
    }

    @Test
    void an_rdn_can_have_several_attributes() {
        var name = DistinguishedName.of(rdn(attribute("CN", "alice"), attribute("C", "US")));

        assertThat(subject(name).getName()).isIn("CN=alice+C=US", "C=US+CN=alice");
    }

    @Test
    void a_name_can_have_two_common_names_an_empty_one_and_a_comma() {
        assertThat(subject(DistinguishedName.of(rdn(attribute("CN", "bob")), rdn(attribute("CN", "alice"))))
                        .getName())
                .isEqualTo("CN=alice,CN=bob");
        assertThat(subject(DistinguishedName.of(rdn(attribute("CN", "")))).getEncoded())
                .isEqualTo(HexFormat.of().parseHex("300b3109300706035504030c00"));
        assertThat(subject(DistinguishedName.of(rdn(attribute("CN", "mallory")), rdn(attribute("O", "CN=admin,"))))
                        .getName())
                .isEqualTo("O=CN\\=admin\\,,CN=mallory");
    }

    @ParameterizedTest
    @CsvSource({
        "UTF8_STRING, 0c01",
        "PRINTABLE_STRING, 1301",
        "IA5_STRING, 1601",
        "BMP_STRING, 1e0200",
        "TELETEX_STRING, 1401",
        "UNIVERSAL_STRING, 1c04000000",
        "NUMERIC_STRING, 1201",
        "OCTET_STRING, 0401",
    })
    void a_value_can_have_any_string_type(StringType type, String header) {
        byte[] der =
                subject(DistinguishedName.of(rdn(attribute("CN", type, "7")))).getEncoded();

        assertThat(HexFormat.of().formatHex(der)).endsWith("0603550403" + header + "37");
    }

    @Test
    void a_value_can_hold_a_nul_a_line_feed_and_bidi_controls() {
        byte[] der = subject(DistinguishedName.of(rdn(attribute("CN", "a\0b\n\u202e"))))
                .getEncoded();

        assertThat(HexFormat.of().formatHex(der)).endsWith("0c07" + "6100620ae280ae");
    }

    @Test
    void a_value_can_be_any_der_and_a_type_any_object_identifier() {
        byte[] der = subject(DistinguishedName.of(rdn(attributeDer("1.2.3.4", new byte[] {5, 0}))))
                .getEncoded();

        assertThat(HexFormat.of().formatHex(der)).isEqualTo("300b3109300706032a03040500");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> attributeDer("CN", new byte[] {0x0c, 9}))
                .withMessageContaining("CN");
    }

    @ParameterizedTest
    @EnumSource(names = {"PRINTABLE_STRING", "IA5_STRING", "TELETEX_STRING", "NUMERIC_STRING"})
    void a_character_never_becomes_another(StringType type) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> attribute("CN", type, "\u0161lice"))
                .withMessageContaining("more than an octet");
    }

    @Test
    void an_alternative_name_never_becomes_another() {
        List<Function<String, GeneralName>> kinds = List.of(GeneralName::dns, GeneralName::email, GeneralName::uri);

        assertThat(kinds)
                .allSatisfy(kind -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> kind.apply("\u0161lice@example.com"))
                        .withMessageContaining("is not ASCII"));
    }
}
