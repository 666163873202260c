package io.mtls.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mtls.identity.ExtractedPrincipal.Ambiguous;
import io.mtls.identity.ExtractedPrincipal.Invalid;
import io.mtls.identity.ExtractedPrincipal.Missing;
import io.mtls.identity.ExtractedPrincipal.Named;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates of smart cards, workloads, banks and directories that nobody here made. */
class RealCertificatesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "upn-krb5-user; san:upn; user@krbtest.com",
                "upn-krb5-user; subject:CN; user",
                "upn-krb5-no-realm; san:upn; user",
                "upn-piv-i-test-card; san:upn; 0257000054@some-nfi.com",
                "upn-piv-i-test-card; san:uri; urn:uuid:7781a388-c00a-45ba-9904-099f30da56ac",
                "upn-piv-i-test-card; spiffe-id:example.org | san:upn; 0257000054@some-nfi.com",
                "upn-smime; san:upn; hanako.yamada@example.com",
                "upn-smime; san:email; hanako.yamada@example.com",
                "upn-smime; subject:emailAddress; hanako.yamada@example.com",
                "upn-smime; subject:O; Acme Industries, Ltd.",
                "upn-smime; subject:organizationIdentifier; GOV",
                "upn-smime; policy; 2.23.140.1.5.2.2",
                "upn-smime; san:directory-name;" + " O=アクミ工業株式会社,organizationIdentifier=LEIXG-AEYE00EKXESVZUUEBP67",
                "piv-fascn-test-card; subject:CN; ICAM PIV Authentication",
                "piv-fascn-test-card; policy; 2.16.840.1.101.3.2.1.48.11",
                "piv-card-auth-test-card; subject:serialNumber; D13810D828AB6C10C339E5A1685A08C92ADE0A6184E739C3E7",
                "piv-card-auth-test-card; eku; 2.16.840.1.101.3.6.8",
                "spiffe-svid; spiffe-id:example.org; spiffe://example.org/workload-1",
                "spiffe-svid; spiffe-path:example.org; /workload-1",
                "spiffe-uri-and-dns; spiffe-id:foo.prod.google.com; spiffe://foo.prod.google.com/p1/p2",
                "spiffe-grpc-client; subject:CN; test-client1",
                "psd2-qseal-sandbox; subject:organizationIdentifier; PSDNL-SBX-1234512345",
                "psd2-qseal-sandbox; serial; 546212fb:C=NL,ST=Amsterdam,L=Amsterdam,O=Ing,OU=Ing,CN=AppCertificateMeansAPI",
                "psd2-qwac-sandbox; subject:OU; sandbox_eidas_qwac",
                "psd2-qwac-sandbox; subject:2.5.4.97; PSDNL-SBX-1234512345",
                "orgid-psd; subject:organizationIdentifier; PSDNL-XX-1234",
                "orgid-vat; subject:organizationIdentifier; VATFR-1",
                "orgid-vat; subject:serialNumber; 1",
                "orgid-vat; san:dns; example.com",
                "pkinit-user; san:upn | subject:CN; user",
                "eid-demo-serialnumber; subject:serialNumber; PNOEE-10101010005",
                "eid-demo-serialnumber; subject:CN; SMART-ID,DEMO,PNOEE-10101010005",
                "eid-demo-serialnumber; subject:surname; SMART-ID",
                "eid-demo-auth; subject:serialNumber; PNOEE-40504040001",
                "eid-demo-auth; san:directory-name; CN=PNOEE-40504040001-DEMO-Q",
                "eid-demo-auth; eku; 1.3.6.1.4.1.62306.5.7.0",
            })
    void names_its_holder(String file, String field, String expected) throws Exception {
        assertThat(extract(file, field)).isEqualTo(new Named(expected));
    }

    @ParameterizedTest
    @CsvSource({
        "piv-fascn-test-card, san:upn",
        "piv-card-auth-test-card, san:upn",
        "piv-card-auth-test-card, subject:CN",
        "pkinit-user, san:upn",
        "psd2-qwac-sandbox, san:uri",
        "psd2-qseal-sandbox, subject:CN",
        "orgid-vat, subject:CN",
        "orgid-psd, san:dns",
        "spiffe-svid, subject:CN",
        "upn-krb5-user, spiffe-id:example.org",
        "eid-demo-auth, san:email",
    })
    void does_not_have_the_field(String file, String field) throws Exception {
        assertThat(extract(file, field)).isEqualTo(new Missing());
    }

    @ParameterizedTest
    @CsvSource({
        "spiffe-grpc-client, san:uri, 2",
        "spiffe-uri-and-dns, san:dns, 2",
        "eid-demo-auth, policy, 2",
        "upn-piv-i-test-card, eku, 4",
    })
    void has_the_field_more_than_once(String file, String field, int count) throws Exception {
        assertThat(extract(file, field)).isEqualTo(new Ambiguous(count));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "spiffe-wrong-leaf-is-ca; spiffe-id:example.org; the certificate is a CA (X509-SVID section 5.2)",
                "spiffe-grpc-client; spiffe-id:foo.bar.com;"
                        + " 'there are 2 URI names; an SVID has exactly one (X509-SVID section 2)'",
                "spiffe-svid; spiffe-id:other.example; the trust domain is example.org, not one of [other.example]",
            })
    void is_refused(String file, String field, String why) throws Exception {
        assertThat(extract(file, field)).isEqualTo(new Invalid(field + ": " + why));
    }

    @Test
    void a_ca_whose_issuer_has_no_name_does_not_even_become_a_certificate() {
        byte[] der = Certificates.vectorBytes("spiffe-ca.der");

        assertThatExceptionOfType(CertificateException.class).isThrownBy(() -> Certificates.parse(der));
    }

    @Test
    void an_svid_gets_its_role_by_its_path() throws Exception {
        X509Certificate svid = Certificates.vector("spiffe-svid.der");
        RoleRule rule = RoleRule.glob(CertificateField.spiffePath("example.org"), "/workload-*", "workload");
        assertThat(rule.grants(svid)).containsExactly("workload");
        X509Certificate ca = Certificates.vector("spiffe-wrong-leaf-is-ca.der");
        assertThatExceptionOfType(CertificateParsingException.class).isThrownBy(() -> rule.grants(ca));
    }

    @Test
    void a_card_gets_its_role_by_its_policy() throws Exception {
        RoleRule rule = RoleRule.equal(CertificateField.policies(), "2.16.840.1.101.3.2.1.48.11", "piv");
        assertThat(rule.grants(Certificates.vector("piv-fascn-test-card.der"))).containsExactly("piv");
        assertThat(rule.grants(Certificates.vector("piv-card-auth-test-card.der")))
                .isEmpty();
        assertThat(rule.grants(Certificates.vector("psd2-qwac-sandbox.der"))).isEmpty();
    }

    @Test
    void every_real_certificate_has_a_fingerprint() throws Exception {
        for (String file : List.of("orgid-vat", "spiffe-svid", "upn-smime", "eid-demo-auth")) {
            assertThat(CertificateField.sha256Fingerprint().values(Certificates.vector(file + ".der")))
                    .singleElement()
                    .asString()
                    .matches("[0-9a-f]{64}");
        }
    }

    private static ExtractedPrincipal extract(String file, String field) throws CertificateException {
        return new PrincipalExtractor(CertificateField.parse(field)).extract(Certificates.vector(file + ".der"));
    }
}
