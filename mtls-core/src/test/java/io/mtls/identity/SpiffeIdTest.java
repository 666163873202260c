package io.mtls.identity;

import static io.mtls.identity.CertificateField.spiffeId;
import static io.mtls.identity.CertificateField.spiffePath;
import static io.mtls.identity.Certificates.uri;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpiffeIdTest {

    @Test
    void a_spiffe_id_has_a_trust_domain_and_a_path() {
        assertThat(SpiffeId.parse("spiffe://example.org/ns/prod/sa/Api_1.x-y"))
                .isEqualTo(new SpiffeId("example.org", "/ns/prod/sa/Api_1.x-y"))
                .hasToString("spiffe://example.org/ns/prod/sa/Api_1.x-y");
        assertThat(SpiffeId.parse("spiffe://example.org")).isEqualTo(new SpiffeId("example.org", ""));
        assertThat(SpiffeId.parse("spiffe://example.org/...").path()).isEqualTo("/...");
    }

    @ParameterizedTest
    @CsvSource({
        "'', begins with spiffe://",
        "https://example.org/a, begins with spiffe://",
        "SPIFFE://example.org/a, begins with spiffe://",
        "spiffe:/example.org/a, begins with spiffe://",
        "' spiffe://example.org/a', begins with spiffe://",
        "spiffe://, the trust domain is missing",
        "spiffe:///a, the trust domain is missing",
        "spiffe://Example.org/a, a trust domain has only",
        "spiffe://user@example.org/a, a trust domain has only",
        "spiffe://example.org:443/a, a trust domain has only",
        "spiffe://example.org?q/a, a trust domain has only",
        "spiffe://example%2eorg/a, a trust domain has only",
        "spiffe://ex\u00e4mple.org/a, a trust domain has only",
        "spiffe://[::1]/a, a trust domain has only",
        "spiffe://example.org/, an empty segment or a slash at its end",
        "spiffe://example.org/a/, an empty segment or a slash at its end",
        "spiffe://example.org//a, an empty segment",
        "spiffe://example.org/a//b, an empty segment",
        "spiffe://example.org/./a, a dot segment",
        "spiffe://example.org/a/.., a dot segment",
        "spiffe://example.org/a?b, a path segment has only",
        "spiffe://example.org/a#b, a path segment has only",
        "spiffe://example.org/%61, a path segment has only",
        "spiffe://example.org/a;b, a path segment has only",
        "'spiffe://example.org/a b', a path segment has only",
        "spiffe://example.org/\u00e4, a path segment has only",
        "spiffe://example.org\\a, a trust domain has only",
    })
    void what_would_need_normalization_is_refused(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SpiffeId.parse(text))
                .withMessageContaining(message);
    }

    @Test
    void an_id_has_2048_bytes_and_a_trust_domain_255_at_most() {
        String start = "spiffe://example.org/";
        assertThat(SpiffeId.parse(start + "a".repeat(2048 - start.length())).toString())
                .hasSize(2048);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SpiffeId.parse(start + "a".repeat(2049 - start.length())))
                .withMessageContaining("longer than 2048");
        assertThat(new SpiffeId("a".repeat(255), "").trustDomain()).hasSize(255);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SpiffeId("a".repeat(256), ""))
                .withMessageContaining("longer than 255");
    }

    @Test
    void the_parts_are_checked_as_the_whole_is() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SpiffeId("example.org", "a"))
                .withMessageContaining("begins with '/'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SpiffeId("example.org/a", ""))
                .withMessageContaining("a trust domain has only");
    }

    @Test
    void an_svid_names_its_workload() throws Exception {
        X509Certificate certificate =
                Certificates.withSan(uri("spiffe://example.org/api"), new GeneralName(GeneralName.dNSName, "api"));
        assertThat(spiffeId("example.org").values(certificate)).containsExactly("spiffe://example.org/api");
        assertThat(spiffeId("a.example", "example.org").values(certificate))
                .containsExactly("spiffe://example.org/api");
        assertThat(spiffePath("example.org").values(certificate)).containsExactly("/api");
    }

    @Test
    void a_certificate_without_a_spiffe_uri_is_no_svid() throws Exception {
        assertThat(spiffeId("example.org").values(Certificates.withSubject("CN=alice")))
                .isEmpty();
        assertThat(spiffeId("example.org").values(Certificates.withSan(uri("urn:uuid:1"), uri("urn:uuid:2"))))
                .isEmpty();
    }

    @Test
    void a_second_uri_of_any_scheme_is_refused() {
        assertRefused(
                Certificates.withSan(uri("spiffe://example.org/api"), uri("urn:uuid:1")),
                "there are 2 URI names; an SVID has exactly one (X509-SVID section 2)");
        assertRefused(
                Certificates.withSan(uri("spiffe://example.org/api"), uri("spiffe://example.org/api")),
                "there are 2 URI names; an SVID has exactly one (X509-SVID section 2)");
    }

    @Test
    void a_foreign_trust_domain_is_refused_and_not_absent() {
        assertRefused(
                Certificates.withSan(uri("spiffe://evil.example/api")),
                "the trust domain is evil.example, not one of [example.org]");
        assertRefused(
                Certificates.withSan(uri("spiffe://sub.example.org/api")),
                "the trust domain is sub.example.org, not one of [example.org]");
    }

    @Test
    void a_malformed_id_is_refused_and_not_absent() {
        assertRefused(
                Certificates.withSan(uri("SPIFFE://example.org/api")),
                "a SPIFFE ID begins with spiffe:// in lower case: 'SPIFFE://example.org/api'");
        assertRefused(
                Certificates.withSan(uri("spiffe:example.org/api")),
                "a SPIFFE ID begins with spiffe:// in lower case: 'spiffe:example.org/api'");
    }

    @Test
    void a_trust_domain_is_no_workload() {
        assertRefused(
                Certificates.withSan(uri("spiffe://example.org")),
                "the SPIFFE ID of a leaf has a path (X509-SVID section 3.1)");
    }

    @Test
    void a_ca_is_no_workload() {
        assertRefused(
                certificate(Certificates.extension(Extension.basicConstraints, new BasicConstraints(true))),
                "the certificate is a CA (X509-SVID section 5.2)");
    }

    @Test
    void a_key_that_may_sign_certificates_or_crls_is_no_workloads() {
        for (int usage : new int[] {KeyUsage.keyCertSign, KeyUsage.cRLSign}) {
            assertRefused(
                    certificate(Certificates.extension(
                            Extension.keyUsage, new KeyUsage(KeyUsage.digitalSignature | usage))),
                    "the key may sign certificates or CRLs, so this is no leaf (X509-SVID section 5.2)");
        }
    }

    @Test
    void a_leaf_with_the_constraints_of_one_is_a_workload() throws Exception {
        X509Certificate certificate = certificate(
                Certificates.extension(Extension.basicConstraints, new BasicConstraints(false)),
                Certificates.extension(Extension.keyUsage, new KeyUsage(KeyUsage.digitalSignature)));
        assertThat(spiffeId("example.org").values(certificate)).containsExactly("spiffe://example.org/api");
    }

    @Test
    void trust_domains_have_to_be_named() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> spiffeId())
                .withMessage("spiffe-id needs a trust domain: spiffe-id:example.org");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> spiffePath("spiffe://example.org"))
                .withMessageContaining("without its scheme");
    }

    private static X509Certificate certificate(Extension... more) {
        Extension[] all = new Extension[more.length + 1];
        all[0] = Certificates.extension(
                Extension.subjectAlternativeName, new GeneralNames(uri("spiffe://example.org/api")));
        System.arraycopy(more, 0, all, 1, more.length);
        return Certificates.withExtensions(all);
    }

    private static void assertRefused(X509Certificate certificate, String why) {
        assertThatExceptionOfType(CertificateParsingException.class)
                .isThrownBy(() -> spiffeId("example.org").values(certificate))
                .withMessage("spiffe-id:example.org: " + why);
        assertThatExceptionOfType(CertificateParsingException.class)
                .isThrownBy(() -> spiffePath("example.org").values(certificate))
                .withMessage("spiffe-path:example.org: " + why);
    }
}
