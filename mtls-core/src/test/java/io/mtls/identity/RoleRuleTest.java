package io.mtls.identity;

import static io.mtls.identity.CertificateField.san;
import static io.mtls.identity.CertificateField.spiffePath;
import static io.mtls.identity.CertificateField.subject;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoleRuleTest {

    private static final X509Certificate ALICE =
            Certificates.withSubject("CN=alice,OU=auditor,OU=admin,OU=ROLE_ROOT,O=Acme");

    @Test
    void a_value_that_is_equal_grants_the_roles() throws Exception {
        RoleRule rule = RoleRule.equal(subject("OU"), "admin", "admin", "auditor");
        assertThat(rule.grants(ALICE)).containsExactlyInAnyOrder("admin", "auditor");
        assertThat(rule.roles()).containsExactly("admin", "auditor");
    }

    @Test
    void a_value_that_differs_in_case_or_space_grants_nothing() throws Exception {
        assertThat(RoleRule.equal(subject("OU"), "Admin", "admin").grants(ALICE))
                .isEmpty();
        assertThat(RoleRule.equal(subject("OU"), "admin ", "admin").grants(ALICE))
                .isEmpty();
    }

    @Test
    void an_absent_field_grants_nothing() throws Exception {
        assertThat(RoleRule.glob(subject("UID"), "**", "admin").grants(ALICE)).isEmpty();
    }

    @Test
    void a_value_that_matches_grants_the_roles() throws Exception {
        X509Certificate certificate = Certificates.withSan(Certificates.uri("spiffe://example.org/ns/prod/sa/api"));
        assertThat(RoleRule.glob(spiffePath("example.org"), "/ns/prod/**", "prod")
                        .grants(certificate))
                .containsExactly("prod");
        assertThat(RoleRule.glob(spiffePath("example.org"), "/ns/prod/*", "prod")
                        .grants(certificate))
                .isEmpty();
    }

    @Test
    void a_certificate_cannot_mint_a_role_that_the_rule_does_not_name() throws Exception {
        assertThat(RoleRule.sameName(subject("OU"), "auditor", "viewer").grants(ALICE))
                .containsExactly("auditor");
        assertThat(RoleRule.sameName(subject("OU"), "ROOT").grants(ALICE)).isEmpty();
    }

    @Test
    void an_unreadable_field_is_no_mere_absence_of_roles() {
        RoleRule rule = RoleRule.equal(san(SanType.URI), "urn:a", "admin");
        X509Certificate certificate = Certificates.withExtensions(
                Certificates.extension(Extension.subjectAlternativeName, new byte[] {0x30, 0}));
        assertThatExceptionOfType(CertificateParsingException.class)
                .isThrownBy(() -> rule.grants(certificate))
                .withMessageStartingWith("san:uri: ");
    }

    @Test
    void the_granted_roles_cannot_be_changed() throws Exception {
        assertThat(RoleRule.sameName(subject("OU"), "auditor").grants(ALICE)).isUnmodifiable();
        assertThat(RoleRule.sameName(subject("OU"), "auditor").roles()).isUnmodifiable();
    }

    @Test
    void a_rule_tells_what_it_does() {
        assertThat(RoleRule.equal(subject("OU"), "Audit\n", "auditor"))
                .hasToString("subject:OU = 'Audit\\u{a}' grants [auditor]");
        assertThat(RoleRule.glob(subject("OU"), "A*", "auditor"))
                .hasToString("subject:OU matches 'A*' grants [auditor]");
        assertThat(RoleRule.sameName(subject("OU"), "auditor", "admin"))
                .hasToString("subject:OU grants the one it names of [auditor, admin]");
    }

    @Test
    void rules_made_alike_are_equal() {
        assertThat(RoleRule.glob(subject("OU"), "A*", "a"))
                .isEqualTo(RoleRule.glob(subject("2.5.4.11"), "A*", "a"))
                .isNotEqualTo(RoleRule.equal(subject("OU"), "A*", "a"))
                .hasSameHashCodeAs(RoleRule.glob(subject("OU"), "A*", "a"));
    }

    @Test
    void a_rule_without_a_role_a_value_or_a_pattern_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RoleRule.equal(subject("OU"), "Audit"))
                .withMessageContaining("name at least one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RoleRule.equal(subject("OU"), "", "auditor"))
                .withMessageContaining("empty value");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RoleRule.glob(subject("OU"), "", "auditor"))
                .withMessageContaining("empty");
    }

    // Names of roles

    @ParameterizedTest
    @ValueSource(strings = {"auditor", "A", "0", "team/x:read", "a.b_c-d", "ROLES", "role_admin"})
    void a_name_of_a_role_is_a_name(String name) {
        assertThat(Roles.checked(name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "-a", "/a", ":a", "_a", "a\n", "\u00e4", "a*", "a,b", "a\0", "\u0430dmin"})
    void anything_else_is_refused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Roles.checked(name))
                .withMessageContaining("a role has 1 to 128 of");
    }

    @Test
    void a_name_of_a_role_has_128_characters_at_most() {
        assertThat(Roles.checked("a".repeat(128))).hasSize(128);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Roles.checked("a".repeat(129)))
                .withMessageContaining("1 to 128");
    }

    @Test
    void a_role_that_collides_with_a_framework_prefix_is_refused_with_advice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RoleRule.sameName(subject("OU"), "ROLE_auditor"))
                .withMessage("role 'ROLE_auditor': write 'auditor', the framework's prefix is added by the adapter");
        for (String prefix : List.of("ROLE_", "SCOPE_", "FACTOR_")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Roles.checked(prefix + "X509"))
                    .withMessageContaining("write 'X509'");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Roles.checked(prefix))
                    .withMessageContaining("the framework's prefix");
        }
    }

    @Test
    void wildcards_are_no_roles() {
        for (String wildcard : List.of("*", "**")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Roles.checked(wildcard))
                    .withMessageContaining("there is no wildcard");
        }
    }

    @Test
    void a_set_of_roles_keeps_its_order_and_cannot_be_changed() {
        assertThat(Roles.checked(List.of("b", "a", "b")))
                .containsExactly("b", "a")
                .isUnmodifiable();
    }
}
