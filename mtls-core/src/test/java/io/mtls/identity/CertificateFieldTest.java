package io.mtls.identity;

import static io.mtls.identity.CertificateField.extension;
import static io.mtls.identity.CertificateField.firstOf;
import static io.mtls.identity.CertificateField.issuer;
import static io.mtls.identity.CertificateField.policies;
import static io.mtls.identity.CertificateField.san;
import static io.mtls.identity.CertificateField.serialNumberAndIssuer;
import static io.mtls.identity.CertificateField.sha256Fingerprint;
import static io.mtls.identity.CertificateField.subject;
import static io.mtls.identity.Certificates.uri;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.MessageDigest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.CertificatePolicies;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.OtherName;
import org.bouncycastle.asn1.x509.PolicyInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateFieldTest {

    /** An OID for documentation (RFC 5612). */
    private static final String OWN = "1.3.6.1.4.1.32473.1";

    private static final X509Certificate ALICE = Certificates.withSubject("CN=alice,OU=Audit,OU=Berlin,O=Acme");

    // Distinguished names

    @Test
    void values_come_in_order_of_appearance() throws Exception {
        assertThat(subject("OU").values(ALICE)).containsExactly("Audit", "Berlin");
    }

    @Test
    void an_absent_attribute_has_no_value() throws Exception {
        assertThat(subject("UID").values(ALICE)).isEmpty();
    }

    @Test
    void an_attribute_is_found_by_any_of_its_names() throws Exception {
        assertThat(subject("cn")).isEqualTo(subject("CN")).isEqualTo(subject("2.5.4.3"));
        assertThat(subject("E")).isEqualTo(subject("emailAddress")).hasToString("subject:emailAddress");
        X500Name name = new X500NameBuilder()
                .addRDN(new ASN1ObjectIdentifier(OWN), "own")
                .build();
        assertThat(subject(OWN).values(Certificates.withSubject(name))).containsExactly("own");
    }

    @Test
    void issuer_and_subject_are_not_confused() throws Exception {
        assertThat(issuer("CN").values(ALICE)).containsExactly("Acme Issuing CA");
        assertThat(subject("CN").values(ALICE)).containsExactly("alice");
    }

    @ParameterizedTest
    @CsvSource({
        "CM, did you mean 'CN'",
        "organisationIdentifier, did you mean 'organizationIdentifier'",
        "serial, did you mean 'serialNumber'",
        "SN, write 'surname' or 'serialNumber'",
        "'', unknown attribute ''",
        "2.5.4.x, is not an object identifier",
        "9.9.9, is not an object identifier",
    })
    void an_unknown_attribute_is_refused_with_a_hint(String attribute, String hint) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> subject(attribute))
                .withMessageContaining(hint);
    }

    // Subject alternative names

    @Test
    void each_type_of_alternative_name_is_read_by_itself() throws Exception {
        X509Certificate certificate = Certificates.withSan(
                uri("urn:uuid:1"),
                new GeneralName(GeneralName.dNSName, "Api.Example.org"),
                new GeneralName(GeneralName.rfc822Name, "alice@example.org"),
                Certificates.upn("alice@corp.example"),
                new GeneralName(GeneralName.iPAddress, new DEROctetString(new byte[] {10, 0, 0, 1})),
                new GeneralName(new X500Name("O=Acme+CN=alice,OU=a\\,b")),
                uri("urn:uuid:2"));
        assertThat(san(SanType.URI).values(certificate)).containsExactly("urn:uuid:1", "urn:uuid:2");
        assertThat(san(SanType.DNS).values(certificate)).containsExactly("Api.Example.org");
        assertThat(san(SanType.EMAIL).values(certificate)).containsExactly("alice@example.org");
        assertThat(san(SanType.UPN).values(certificate)).containsExactly("alice@corp.example");
        assertThat(san(SanType.IP).values(certificate)).containsExactly("10.0.0.1");
        assertThat(san(SanType.DIRECTORY_NAME).values(certificate)).containsExactly("OU=a\\,b,O=Acme+CN=alice");
    }

    @Test
    void a_certificate_without_extensions_has_no_alternative_names() throws Exception {
        for (SanType type : SanType.values()) {
            assertThat(san(type).values(ALICE)).isEmpty();
        }
    }

    @Test
    void an_other_name_of_another_kind_is_no_user_principal_name() throws Exception {
        GeneralName other = new GeneralName(
                GeneralName.otherName, new OtherName(new ASN1ObjectIdentifier(OWN), new ASN1Integer(1)));
        X509Certificate certificate = Certificates.withSan(other, Certificates.upn("alice@corp.example"));
        assertThat(san(SanType.UPN).values(certificate)).containsExactly("alice@corp.example");
    }

    @Test
    void a_user_principal_name_is_a_utf8_string() {
        GeneralName wrong = new GeneralName(
                GeneralName.otherName, new OtherName(SubjectAltNames.UPN, new DERIA5String("alice@corp.example")));
        assertUnreadable(
                () -> san(SanType.UPN).values(Certificates.withSan(wrong)),
                "san:upn: a user principal name is not a UTF8String");
    }

    @ParameterizedTest
    @CsvSource({
        "0a000001, 10.0.0.1",
        "ffffffff, 255.255.255.255",
        "20010db8000000000000000000000001, 2001:db8::1",
        "20010db8000000010001000100010001, 2001:db8:0:1:1:1:1:1",
        "20010db8000000000001000000000001, 2001:db8::1:0:0:1",
        "20010000000000010000000000000001, 2001:0:0:1::1",
        "00000000000000000000000000000000, ::",
        "00000000000000000000000000000001, ::1",
        "20010db8000000000000000000000000, 2001:db8::",
        "00000000000000000000ffff0a000001, ::ffff:10.0.0.1",
        "2001ABCD00010002000300040005000F, 2001:abcd:1:2:3:4:5:f",
    })
    void an_ip_address_has_one_text(String octets, String expected) throws Exception {
        assertThat(IpText.of(HexFormat.of().parseHex(octets))).isEqualTo(expected);
    }

    @Test
    void an_ip_address_of_another_length_is_refused() {
        GeneralName network = new GeneralName(GeneralName.iPAddress, new DEROctetString(new byte[] {10, 0, 0, 0, -1}));
        assertUnreadable(
                () -> SubjectAltNames.values(SanType.IP, encoded(new DERSequence(network))),
                "an IP address has 5 octets, not 4 or 16");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // no bytes at all
                "3000", // no name
                "30", // cut off
                "3003860161" + "00", // something behind
                "0403666f6f", // no SEQUENCE
                "3003060155", // no tagged name
                "3003890161", // an unknown tag
                "3080860161" + "0000", // an indefinite length: BER, not DER
                "308103860161", // a length that is longer than it need be
            })
    void a_malformed_extension_is_refused_whatever_is_asked_for(String hex) throws Exception {
        // What JDK 25 does not parse it keeps, unless the extension is critical; so do we get to see it.
        X509Certificate certificate = Certificates.withExtensions(Certificates.extension(
                Extension.subjectAlternativeName, HexFormat.of().parseHex(hex)));
        for (SanType type : SanType.values()) {
            assertThatExceptionOfType(CertificateParsingException.class)
                    .as("%s %s", type, hex)
                    .isThrownBy(() -> san(type).values(certificate))
                    .withMessageStartingWith("san:" + type.word());
        }
    }

    @Test
    void bytes_above_ascii_in_an_alternative_name_are_refused() {
        X509Certificate certificate = Certificates.withExtensions(Certificates.extension(
                Extension.subjectAlternativeName, new byte[] {0x30, 3, (byte) 0x86, 1, (byte) 0xe9}));
        assertUnreadable(
                () -> san(SanType.URI).values(certificate),
                "san:uri: a value has bytes above 0x7F in a string type that is ASCII");
    }

    @Test
    void a_second_subject_alternative_name_extension_is_refused() {
        // The JDK keeps the readable one of two and forgets the other.
        byte[] own = encoded(new ASN1ObjectIdentifier("2.5.29.99"));
        byte[] subjectAltName = encoded(Extension.subjectAlternativeName);
        X509Certificate certificate = Certificates.patched(
                Certificates.withExtensions(
                        Certificates.extension(Extension.subjectAlternativeName, new DERSequence(uri("urn:alice"))),
                        Certificates.extension(new ASN1ObjectIdentifier("2.5.29.99"), new byte[] {4, 0})),
                own,
                subjectAltName);
        assertUnreadable(
                () -> san(SanType.URI).values(certificate),
                "san:uri: malformed ASN.1, repeated extension found: 2.5.29.17");
    }

    // Serial number, fingerprint, policies, extensions

    @Test
    void serial_number_and_issuer_are_one_text() throws Exception {
        assertThat(serialNumberAndIssuer().values(ALICE)).containsExactly("1a252ff3:O=Acme,CN=Acme Issuing CA");
    }

    @Test
    void issuers_of_different_content_have_different_texts() throws Exception {
        assertThat(issuerText("CN=a\\,O\\=b")).isEqualTo("CN=a\\,O=b");
        assertThat(issuerText("O=b,CN=a")).isEqualTo("CN=a,O=b");
        assertThat(issuerText("CN=\\#0403666f6f")).isEqualTo("CN=\\#0403666f6f");
        assertThat(issuerText(OWN + "=#0403666f6f")).isEqualTo(OWN + "=#0403666f6f");
        assertThat(issuerText("CN=\\ a \\ ")).isEqualTo("CN=\\ a \\ ");
        X500Name controls = new X500NameBuilder()
                .addRDN(BCStyle.CN, new DERUTF8String("a\0b\n\u0085\"<>;+\\"))
                .build();
        assertThat(DistinguishedNames.rfc4514(controls)).isEqualTo("CN=a\\00b\\0a\\c2\\85\\\"\\<\\>\\;\\+\\\\");
    }

    @Test
    void an_issuer_that_cannot_be_read_or_has_no_name_is_refused() {
        assertUnreadable(
                () -> serialNumberAndIssuer().values(Certificates.withIssuer("CN=#0403666f6f")),
                "serial: a value is not a readable character string");
        assertUnreadable(
                () -> DistinguishedNames.rfc4514(X500Name.getInstance(new DERSequence(new DERSet()))),
                "an RDN has no attribute (RFC 5280 section 4.1.2.4)");
    }

    @Test
    void the_fingerprint_is_the_sha256_of_the_der() throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Certificates.encoded(ALICE));
        assertThat(sha256Fingerprint().values(ALICE))
                .containsExactly(HexFormat.of().formatHex(digest));
    }

    @Test
    void policies_and_key_usages_are_oids() throws Exception {
        X509Certificate certificate = Certificates.withExtensions(
                Certificates.extension(Extension.certificatePolicies, new CertificatePolicies(new PolicyInformation[] {
                    new PolicyInformation(new ASN1ObjectIdentifier(OWN)),
                    new PolicyInformation(
                            PolicyInformation.getInstance(new DERSequence(new ASN1ObjectIdentifier("2.5.29.32.0")))
                                    .getPolicyIdentifier())
                })),
                Certificates.extension(
                        Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth)));
        assertThat(policies().values(certificate)).containsExactly(OWN, "2.5.29.32.0");
        assertThat(CertificateField.extendedKeyUsages().values(certificate)).containsExactly("1.3.6.1.5.5.7.3.2");
    }

    @Test
    void an_extension_is_a_string_or_a_list_of_strings() throws Exception {
        assertThat(own(new DERUTF8String("auditor"))).containsExactly("auditor");
        assertThat(own(new DERPrintableString("auditor"))).containsExactly("auditor");
        assertThat(own(new DERIA5String("auditor"))).containsExactly("auditor");
        assertThat(own(new DERBMPString("auditor"))).containsExactly("auditor");
        assertThat(own(new DERSequence(new ASN1Encodable[] {new DERUTF8String("b"), new DERIA5String("a")})))
                .containsExactly("b", "a");
        assertThat(own(new DERSet(new DERUTF8String("a")))).containsExactly("a");
        assertThat(own(new DERSequence())).isEmpty();
        assertThat(extension(OWN).values(ALICE)).isEmpty();
    }

    @Test
    void an_extension_of_anything_else_is_refused() {
        String unreadable = "extension:" + OWN + ": a value is not a readable character string";
        assertUnreadable(() -> own(new ASN1Integer(1)), unreadable);
        assertUnreadable(() -> own(new DEROctetString(new byte[] {'a'})), unreadable);
        assertUnreadable(
                () -> own(new DERSequence(new ASN1Encodable[] {new DERUTF8String("a"), new ASN1Integer(1)})),
                unreadable);
        assertUnreadable(() -> own(new DERSequence(new DERSequence(new DERUTF8String("a")))), unreadable);
        assertUnreadable(
                () -> own(new DERBMPString("\ud83d\ude00")), "extension:" + OWN + ": a BMPString has surrogates in it");
        String malformed = "extension:" + OWN + ": malformed ASN.1, ";
        assertUnreadable(
                () -> raw(new byte[] {0x0c, 5, 'a'}),
                malformed + "corrupted stream - out of bounds length found: 5 > 3");
        assertUnreadable(() -> raw(new byte[] {0x0c, 1, 'a', 0}), malformed + "Extra data detected in stream");
        assertUnreadable(() -> raw(new byte[] {0x0c, 2, (byte) 0xc0, (byte) 0x80}), malformed + "Invalid UTF-8 input");
    }

    @Test
    void an_extension_nested_without_end_is_refused() {
        byte[] nested = {};
        for (int depth = 0; depth < 10_000; depth++) {
            nested = wrapped(nested);
        }
        byte[] deep = nested;
        assertUnreadable(
                () -> raw(deep), "extension:" + OWN + ": malformed ASN.1, maximum nested construction level reached");
    }

    // Alternatives

    @Test
    void the_first_field_that_has_a_value_is_used() throws Exception {
        assertThat(firstOf(subject("UID"), subject("CN"), subject("O")).values(ALICE))
                .containsExactly("alice");
        assertThat(firstOf(subject("UID"), subject("C")).values(ALICE)).isEmpty();
    }

    @Test
    void an_ambiguity_in_the_first_field_is_not_masked_by_the_second() throws Exception {
        assertThat(firstOf(subject("OU"), subject("CN")).values(ALICE)).containsExactly("Audit", "Berlin");
    }

    @Test
    void an_unreadable_first_field_is_not_masked_by_the_second() {
        X509Certificate certificate = Certificates.withSubject("UID=#0403666f6f,CN=alice");
        assertUnreadable(
                () -> firstOf(subject("UID"), subject("CN")).values(certificate),
                "subject:UID: a value is not a readable character string");
    }

    @Test
    void the_id_of_a_foreign_trust_domain_is_not_masked_by_the_common_name() {
        X509Certificate certificate = Certificates.withSan(uri("spiffe://evil.example/alice"));
        assertUnreadable(
                () -> firstOf(CertificateField.spiffeId("example.org"), subject("CN"))
                        .values(certificate),
                "spiffe-id:example.org: the trust domain is evil.example, not one of [example.org]");
    }

    @Test
    void no_alternative_at_all_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> firstOf()).withMessageContaining("at least one");
    }

    // Textual form

    @ParameterizedTest
    @ValueSource(
            strings = {
                "subject:CN",
                "subject:serialNumber",
                "subject:1.2.3.4",
                "issuer:O",
                "san:uri",
                "san:dns",
                "san:email",
                "san:upn",
                "san:ip",
                "san:directory-name",
                "spiffe-id:example.org",
                "spiffe-id:example.org,partner.example",
                "spiffe-path:example.org",
                "serial",
                "sha256",
                "policy",
                "eku",
                "extension:1.2.3.4",
                "san:upn | san:email | subject:CN",
            })
    void the_text_of_a_field_is_read_back(String text) {
        assertThat(CertificateField.parse(text)).hasToString(text);
        assertThat(CertificateField.parse(text)).isEqualTo(CertificateField.parse(text));
    }

    @Test
    void spaces_around_alternatives_do_not_matter() {
        assertThat(CertificateField.parse(" subject:cn|san:uri ")).isEqualTo(firstOf(subject("CN"), san(SanType.URI)));
    }

    @Test
    void alternatives_of_alternatives_are_alternatives() {
        assertThat(firstOf(firstOf(subject("CN"), subject("O")), subject("C")))
                .isEqualTo(CertificateField.parse("subject:CN | subject:O | subject:C"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "subjct:CN; 'subjct' is not a field of a certificate (did you mean 'subject'?)",
                "CN; 'CN' is not a field of a certificate (did you mean 'subject:CN'?)",
                "uri; 'uri' is not a field of a certificate (did you mean 'san:uri'?)",
                "subject; 'subject' needs an attribute behind ':'",
                "subject:; 'subject' needs an attribute behind ':'",
                "subject:CM; unknown attribute 'CM' (did you mean 'CN'?)",
                "san:url; 'url' is not a type of alternative name (did you mean 'uri'?)",
                "san:URI; 'URI' is not a type of alternative name (did you mean 'uri'?)",
                "spiffe-id; 'spiffe-id' needs a trust domain behind ':'",
                "spiffe-id:spiffe://example.org; without its scheme",
                "spiffe-id:Example.org; a trust domain has only a-z",
                "spiffe-id:a,; the trust domain is missing",
                "serial:1; 'serial' stands alone",
                "extension:abc; 'abc' is not an object identifier",
                "subject:CN |; an alternative is empty",
                "\"\"; an alternative is empty",
                "subject:CN || san:uri; an alternative is empty",
            })
    void a_text_that_cannot_be_read_says_what_is_wrong_and_what_is_allowed(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CertificateField.parse(text))
                .withMessageContaining(message)
                .withMessageContaining("Allowed are subject:<an attribute>, issuer:<an attribute>, san:<a type>");
    }

    private static List<String> own(ASN1Encodable value) throws CertificateParsingException {
        return raw(encoded(value));
    }

    private static List<String> raw(byte[] value) throws CertificateParsingException {
        return extension(OWN)
                .values(Certificates.withExtensions(Certificates.extension(new ASN1ObjectIdentifier(OWN), value)));
    }

    private static String issuerText(String issuer) throws CertificateParsingException {
        return serialNumberAndIssuer()
                .values(Certificates.withIssuer(issuer))
                .get(0)
                .substring("1a252ff3:".length());
    }

    private static byte[] encoded(ASN1Encodable value) {
        return Certificates.extension(Extension.subjectAlternativeName, value)
                .getExtnValue()
                .getOctets();
    }

    private static byte[] wrapped(byte[] content) {
        int length = content.length;
        int header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
        byte[] der = new byte[header + length];
        der[0] = 0x30;
        der[1] = (byte) (header == 2 ? length : 0x80 | (header - 2));
        for (int i = header - 1, rest = length; i > 1; i--, rest >>= 8) {
            der[i] = (byte) rest;
        }
        System.arraycopy(content, 0, der, header, length);
        return der;
    }

    private static void assertUnreadable(ThrowingCallable call, String message) {
        assertThatExceptionOfType(CertificateParsingException.class)
                .isThrownBy(call)
                .withMessage(message);
    }
}
