package io.mtls.identity;

import static io.mtls.identity.CertificateField.parse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/** Hostile bytes end in a documented outcome. {@code JAZZER_FUZZ=1} searches; the build tries the seeds.
 * {@code @FuzzTest} has to be the last annotation for the former. */
class IdentityFuzzTest {

    private static final X509Certificate RICH = Certificates.withExtensions(
            Certificates.extension(Extension.subjectAlternativeName, new GeneralNames(new GeneralName[] {
                Certificates.uri("spiffe://example.org/api"),
                Certificates.upn("alice@corp.example"),
                new GeneralName(GeneralName.iPAddress, "10.0.0.1"),
                new GeneralName(new X500Name("CN=alice,O=Acme"))
            })),
            Certificates.extension(new ASN1ObjectIdentifier("1.2.3.4"), new DERUTF8String("auditor")));

    private static final List<CertificateField> FIELDS = Stream.of(
                    "subject:CN",
                    "issuer:O",
                    "san:uri",
                    "san:dns",
                    "san:email",
                    "san:upn",
                    "san:ip",
                    "san:directory-name",
                    "spiffe-id:example.org",
                    "spiffe-path:example.org",
                    "serial",
                    "sha256",
                    "policy",
                    "eku",
                    "extension:1.2.3.4",
                    "extension:2.5.29.17")
            .map(CertificateField::parse)
            .toList();

    @MethodSource("certificates")
    @FuzzTest
    void any_certificate(byte[] der) {
        readAll(der);
    }

    @MethodSource("extensions")
    @FuzzTest
    void any_extension(byte[] value) {
        for (SanType type : SanType.values()) {
            read(new BuiltInField("san", any -> SubjectAltNames.values(type, value)));
        }
        read(new BuiltInField("extension", any -> CertificateFacts.strings(value)));
        read(new BuiltInField("policy", any -> CertificateFacts.policies(value)));
        read(new BuiltInField("eku", any -> CertificateFacts.extendedKeyUsages(value)));
    }

    @MethodSource("texts")
    @FuzzTest
    void any_text(byte[] utf8) {
        String text = new String(utf8, StandardCharsets.UTF_8);
        try {
            if (!SpiffeId.parse(text).toString().equals(text)) {
                throw new AssertionError("a SPIFFE ID was normalised");
            }
        } catch (IllegalArgumentException e) {
            // no SPIFFE ID: that is an answer
        }
        try {
            CertificateField field = parse(text);
            if (!parse(field.toString()).equals(field)) {
                throw new AssertionError("the text of a field is another field");
            }
        } catch (IllegalArgumentException e) {
            // no field: that is an answer
        }
        try {
            new Glob(text.substring(0, text.length() / 2)).matches(text.substring(text.length() / 2));
        } catch (IllegalArgumentException e) {
            // no pattern: that is an answer
        }
        SafeText.of(text);
        ExtractedPrincipal.of("", List.of(text));
    }

    @Test
    void a_thousand_damaged_certificates_end_in_values_or_a_parsing_exception() {
        byte[] whole = Certificates.encoded(RICH);
        Random random = new Random(20261101);
        for (int i = 0; i < 1_000; i++) {
            byte[] damaged = whole.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            readAll(damaged);
        }
    }

    static List<byte[]> certificates() {
        return List.of(
                Certificates.encoded(RICH), Certificates.encoded(Certificates.withSubject("CN=alice+CN=#0403666f6f")));
    }

    static List<byte[]> extensions() {
        List<byte[]> seeds = new ArrayList<>();
        for (ASN1ObjectIdentifier oid :
                List.of(Extension.subjectAlternativeName, new ASN1ObjectIdentifier("1.2.3.4"))) {
            byte[] wrapped = RICH.getExtensionValue(oid.getId());
            seeds.add(Arrays.copyOfRange(wrapped, 2, wrapped.length));
        }
        return seeds;
    }

    static List<byte[]> texts() {
        return Stream.of("spiffe://example.org/ns/prod", "subject:CN | san:uri", "**/*a*b/**aab/xaab", "\ud83d\ude00\n")
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private static void readAll(byte[] der) {
        X509Certificate certificate;
        try {
            certificate = Certificates.parse(der);
        } catch (CertificateException e) {
            return;
        }
        for (CertificateField field : FIELDS) {
            read(field, certificate);
            new PrincipalExtractor(field).extract(certificate);
        }
    }

    private static void read(CertificateField field) {
        read(field, RICH);
    }

    private static void read(CertificateField field, X509Certificate certificate) {
        try {
            field.values(certificate);
        } catch (CertificateParsingException e) {
            // documented
        }
    }
}
