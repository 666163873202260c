package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1PrintableString;
import org.bouncycastle.asn1.ASN1UTCTime;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.TBSCertList;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Everything that the CA makes, read as a linter does: by the letter of RFC 5280 and its updates. */
class CertificateProfileTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    /** From here a root's end is beyond 2049, where times are written in another way. */
    private static final Instant LATE = Instant.parse("2045-03-01T12:00:00Z");

    private static final Set<KeyType> OF_CAS = Set.of(KeyType.P256, KeyType.P384, KeyType.ED25519, KeyType.RSA_2048);

    @TestFactory
    Stream<DynamicTest> every_certificate_and_list() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Instant now : List.of(NOW, LATE)) {
            for (KeyType type : OF_CAS) {
                if (now.equals(NOW) || type == KeyType.P256) {
                    everything(type, new SettableClock(now), tests);
                }
            }
        }
        return tests.stream();
    }

    private static void everything(KeyType type, SettableClock clock, List<DynamicTest> tests) {
        var ca = CertificateAuthority.inMemory(
                CaSettings.named("Acme")
                        .withUrl(URI.create("http://pki.example"))
                        .withCaKeyType(type),
                clock);
        ca.issue(Member.client("alice").roles("auditor").keyType(type));
        ca.issue(Member.client("every-name")
                .with(io.mtls.ca.GeneralName.email("alice@example.com"))
                .with(io.mtls.ca.GeneralName.uri("spiffe://acme/alice"))
                .with(io.mtls.ca.GeneralName.dns("alice.example.com"))
                .with(io.mtls.ca.GeneralName.ip("192.0.2.1"))
                .with(io.mtls.ca.GeneralName.upn("alice@acme.example"))
                .with(io.mtls.ca.GeneralName.directory(DistinguishedName.parse("CN=alice,C=DE"))));
        ca.issue(Member.client("no-subject")
                .subject(DistinguishedName.of())
                .with(io.mtls.ca.GeneralName.uri("spiffe://acme/bob")));
        ca.issue(Member.server("api.example.com", "127.0.0.1", "::1", "localhost"));
        ca.issue(Member.client("by-request"), CertificationRequest.parse(Requests.of(KeyType.P256.generate())));
        ca.renew("alice");
        ca.revoke(ca.named("alice").get(0).serial(), RevocationReason.UNSPECIFIED);
        ca.revoke(ca.named("by-request").get(0).serial(), RevocationReason.CERTIFICATE_HOLD);
        ca.crl("issuing-1");
        clock.advance(Duration.ofMinutes(1));
        ca.revoke(ca.named("no-subject").get(0).serial(), RevocationReason.KEY_COMPROMISE);
        ca.release(ca.named("by-request").get(0).serial());
        ca.rotateRoot(null, null);
        ca.issue(Member.client("bob"));

        String of = " of " + type + " in " + clock.instant().toString().substring(0, 4);
        for (IssuedCertificate issued : ca.list()) {
            X509Certificate certificate = ca.certificate(issued.serial());
            X509Certificate issuer = ca.certificate(issued.authority());
            tests.add(DynamicTest.dynamicTest(issued.name() + of, () -> new Lint(certificate, issuer).read()));
        }
        X509Certificate responder = ca.responder("issuing-1").certificate();
        tests.add(DynamicTest.dynamicTest(
                "responder" + of, () -> new Lint(responder, ca.certificate("issuing-1")).read()));
        for (String authority : ca.authorities()) {
            tests.add(DynamicTest.dynamicTest(
                    "list of " + authority + of, () -> list(ca.crl(authority), ca.certificate(authority), false)));
            if (authority.startsWith("issuing")) {
                tests.add(DynamicTest.dynamicTest(
                        "delta of " + authority + of,
                        () -> list(ca.deltaCrl(authority), ca.certificate(authority), true)));
            }
        }
    }

    /** RFC 5280 section 5. */
    private static void list(byte[] der, X509Certificate issuer, boolean delta) throws Exception {
        X509CRLHolder holder = new X509CRLHolder(der);
        TBSCertList list = holder.toASN1Structure().getTBSCertList();
        Extensions extensions = list.getExtensions();

        assertThat(ASN1Primitive.fromByteArray(der).getEncoded(ASN1Encoding.DER))
                .isEqualTo(der);
        assertThat(list.getVersionNumber()).as("5.1.2.1: version 2").isEqualTo(2);
        assertThat(list.getSignature())
                .as("5.1.1.2")
                .isEqualTo(holder.toASN1Structure().getSignatureAlgorithm());
        algorithm(list.getSignature());
        assertThat(list.getIssuer().getEncoded())
                .as("5.1.2.3")
                .isEqualTo(issuer.getSubjectX500Principal().getEncoded());
        time(list.getThisUpdate());
        time(list.getNextUpdate());
        assertThat(extensions.getExtension(Extension.authorityKeyIdentifier).isCritical())
                .as("5.2.1")
                .isFalse();
        BigInteger number = org.bouncycastle.asn1.ASN1Integer.getInstance(
                        extensions.getExtensionParsedValue(Extension.cRLNumber))
                .getValue();
        assertThat(number.toByteArray()).as("5.2.3").hasSizeLessThanOrEqualTo(20);
        Extension indicator = extensions.getExtension(Extension.deltaCRLIndicator);
        assertThat(indicator != null).as("5.2.4").isEqualTo(delta);
        if (indicator != null) {
            assertThat(indicator.isCritical()).isTrue();
            assertThat(extensions.getExtension(Extension.freshestCRL))
                    .as("5.2.6")
                    .isNull();
        }
        assertThat(sequences(list))
                .as("5.1.2.6: no list of entries rather than an empty one")
                .isEqualTo(list.getRevokedCertificates().length == 0 ? 0 : 1);
        for (TBSCertList.CRLEntry entry : list.getRevokedCertificates()) {
            time(entry.getRevocationDate());
            Extension reason =
                    entry.getExtensions() == null ? null : entry.getExtensions().getExtension(Extension.reasonCode);
            if (reason != null) {
                int code = org.bouncycastle.asn1.ASN1Enumerated.getInstance(reason.getParsedValue())
                        .intValueExact();
                assertThat(code).as("5.3.1: unspecified is left out").isPositive();
                assertThat(code == 8 && !delta)
                        .as("5.3.1: removeFromCRL in a delta only")
                        .isFalse();
                assertThat(reason.isCritical()).isFalse();
            }
        }
    }

    /** How many sequences there are after the times: of what is revoked. */
    private static long sequences(TBSCertList list) {
        var fields = org.bouncycastle.asn1.ASN1Sequence.getInstance(list.toASN1Primitive());
        return java.util.stream.IntStream.range(5, fields.size())
                .filter(i -> fields.getObjectAt(i) instanceof org.bouncycastle.asn1.ASN1Sequence)
                .count();
    }

    private static void time(Time time) {
        ASN1Primitive value = time.toASN1Primitive();
        boolean late = !time.getDate().toInstant().isBefore(Instant.parse("2050-01-01T00:00:00Z"));
        String text = late ? ASN1GeneralizedTime.getInstance(value).getTimeString() : ((ASN1UTCTime) value).getTime();
        assertThat(text)
                .as("4.1.2.5: seconds, and Z")
                .matches(late ? "\\d{14}(Z|GMT\\+00:00)" : "\\d{12}(Z|GMT\\+00:00)");
    }

    private static void algorithm(AlgorithmIdentifier algorithm) {
        boolean rsa = algorithm.getAlgorithm().getId().startsWith("1.2.840.113549.1.1.");
        if (rsa) {
            assertThat(algorithm.getParameters()).as("RFC 4055: NULL").isEqualTo(DERNull.INSTANCE);
        } else {
            assertThat(algorithm.getParameters()).as("RFC 5758, 8410: absent").isNull();
        }
    }

    /** RFC 5280 section 4. */
    private static final class Lint {
        private final X509CertificateHolder certificate;
        private final X509CertificateHolder issuer;
        private final byte[] der;
        private final boolean selfSigned;
        private final boolean ca;

        Lint(X509Certificate certificate, X509Certificate issuer) throws IOException, CertificateEncodingException {
            this.der = certificate.getEncoded();
            this.certificate = new X509CertificateHolder(der);
            this.issuer = new X509CertificateHolder(issuer.getEncoded());
            this.selfSigned = certificate.equals(issuer);
            this.ca = certificate.getBasicConstraints() >= 0;
        }

        void read() throws IOException {
            assertThat(ASN1Primitive.fromByteArray(der).getEncoded(ASN1Encoding.DER))
                    .as("4.1: DER")
                    .isEqualTo(der);
            assertThat(certificate.getVersionNumber()).as("4.1.2.1").isEqualTo(3);
            serial();
            assertThat(certificate.getSignatureAlgorithm())
                    .as("4.1.1.2")
                    .isEqualTo(certificate.toASN1Structure().getTBSCertificate().getSignature());
            algorithm(certificate.getSignatureAlgorithm());
            assertThat(certificate.getIssuer().getEncoded())
                    .as("4.1.2.4: byte for byte")
                    .isEqualTo(issuer.getSubject().getEncoded());
            validity();
            name(certificate.getSubject());
            assertThat(certificate.toASN1Structure().getTBSCertificate().getIssuerUniqueId())
                    .as("4.1.2.8")
                    .isNull();
            extensions();
        }

        private void serial() {
            BigInteger serial = certificate.getSerialNumber();
            assertThat(serial.signum()).as("4.1.2.2: positive").isEqualTo(1);
            assertThat(serial.toByteArray()).as("4.1.2.2").hasSizeLessThanOrEqualTo(20);
            assertThat(serial.bitLength())
                    .as("CA/Browser Forum 7.1: 64 bits of entropy")
                    .isGreaterThan(64);
        }

        private void validity() {
            time(certificate.toASN1Structure().getStartDate());
            time(certificate.toASN1Structure().getEndDate());
            assertThat(certificate.getNotBefore()).isBefore(certificate.getNotAfter());
            assertThat(certificate.getNotAfter()).as("not beyond its issuer").isBeforeOrEqualTo(issuer.getNotAfter());
            assertThat(certificate.getNotBefore()).as("not before its issuer").isAfterOrEqualTo(issuer.getNotBefore());
        }

        private void name(X500Name name) {
            assertThat(ca && name.getRDNs().length == 0).as("4.1.2.6").isFalse();
            for (RDN rdn : name.getRDNs()) {
                for (AttributeTypeAndValue attribute : rdn.getTypesAndValues()) {
                    ASN1ObjectIdentifier type = attribute.getType();
                    assertThat(attribute.getValue())
                            .as("4.1.2.4: " + type)
                            .isInstanceOfAny(ASN1UTF8String.class, ASN1PrintableString.class);
                    int length = attribute.getValue().toString().length();
                    assertThat(length).as("A.1: upper bounds").isBetween(1, type.equals(BCStyle.C) ? 2 : 64);
                }
            }
        }

        private void extensions() throws IOException {
            Extensions all = certificate.getExtensions();
            List<ASN1ObjectIdentifier> types = List.of(all.getExtensionOIDs());
            assertThat(types).as("4.2: each once").doesNotHaveDuplicates();
            assertThat(Arrays.asList(all.getCriticalExtensionOIDs()))
                    .as("4.2: understood by everybody")
                    .isSubsetOf(Extension.basicConstraints, Extension.keyUsage, Extension.subjectAlternativeName);
            keyIdentifiers();
            keyUsage();
            basicConstraints();
            extendedKeyUsage();
            alternativeNames();
            addresses();
        }

        private void keyIdentifiers() {
            SubjectKeyIdentifier subject = SubjectKeyIdentifier.fromExtensions(certificate.getExtensions());
            assertThat(subject.getKeyIdentifier()).as("4.2.1.2").hasSize(20);
            AuthorityKeyIdentifier authority = AuthorityKeyIdentifier.fromExtensions(certificate.getExtensions());
            if (selfSigned) {
                assertThat(authority == null
                                || Arrays.equals(authority.getKeyIdentifierOctets(), subject.getKeyIdentifier()))
                        .as("4.2.1.1")
                        .isTrue();
                return;
            }
            assertThat(authority.getKeyIdentifierOctets())
                    .as("4.2.1.1")
                    .isEqualTo(SubjectKeyIdentifier.fromExtensions(issuer.getExtensions())
                            .getKeyIdentifier());
            assertThat(authority.getAuthorityCertIssuer()).isNull();
        }

        private void keyUsage() {
            Extension extension = certificate.getExtension(Extension.keyUsage);
            assertThat(extension.isCritical()).as("4.2.1.3").isTrue();
            var usage = org.bouncycastle.asn1.x509.KeyUsage.fromExtensions(certificate.getExtensions());
            assertThat(usage.hasUsages(org.bouncycastle.asn1.x509.KeyUsage.keyCertSign))
                    .isEqualTo(ca);
            assertThat(usage.hasUsages(org.bouncycastle.asn1.x509.KeyUsage.cRLSign))
                    .isEqualTo(ca);
            assertThat(usage.hasUsages(org.bouncycastle.asn1.x509.KeyUsage.digitalSignature))
                    .isEqualTo(!ca);
        }

        private void basicConstraints() {
            Extension extension = certificate.getExtension(Extension.basicConstraints);
            if (ca) {
                assertThat(extension.isCritical()).as("4.2.1.9").isTrue();
                assertThat(BasicConstraints.fromExtensions(certificate.getExtensions())
                                .isCA())
                        .isTrue();
            } else {
                assertThat(extension).isNull();
            }
        }

        private void extendedKeyUsage() {
            ExtendedKeyUsage purposes = ExtendedKeyUsage.fromExtensions(certificate.getExtensions());
            if (ca) {
                assertThat(purposes).isNull();
                return;
            }
            assertThat(purposes.getUsages()).as("one purpose").hasSize(1);
            assertThat(purposes.hasKeyPurposeId(KeyPurposeId.anyExtendedKeyUsage))
                    .isFalse();
        }

        private void alternativeNames() {
            Extension extension = certificate.getExtension(Extension.subjectAlternativeName);
            boolean nameless = certificate.getSubject().getRDNs().length == 0;
            if (extension == null) {
                assertThat(nameless).as("4.1.2.6: one of the two").isFalse();
                return;
            }
            assertThat(extension.isCritical()).as("4.2.1.6").isEqualTo(nameless);
            GeneralName[] names =
                    GeneralNames.getInstance(extension.getParsedValue()).getNames();
            assertThat(names).isNotEmpty();
            for (GeneralName name : names) {
                String text = name.getName().toString();
                switch (name.getTagNo()) {
                    case GeneralName.dNSName -> assertThat(text).matches("[A-Za-z0-9.*-]+");
                    case GeneralName.rfc822Name -> assertThat(text).matches("[\\x21-\\x7e]+@[A-Za-z0-9.-]+");
                    case GeneralName.uniformResourceIdentifier ->
                        assertThat(URI.create(text).isAbsolute()).isTrue();
                    case GeneralName.iPAddress ->
                        assertThat(org.bouncycastle.asn1.ASN1OctetString.getInstance(name.getName())
                                        .getOctetsLength())
                                .isIn(4, 16);
                    default -> assertThat(name.getTagNo()).isIn(GeneralName.otherName, GeneralName.directoryName);
                }
            }
        }

        private void addresses() {
            Extension access = certificate.getExtension(Extension.authorityInfoAccess);
            Extension lists = certificate.getExtension(Extension.cRLDistributionPoints);
            boolean responder = certificate.getExtension(new ASN1ObjectIdentifier("1.3.6.1.5.5.7.48.1.5")) != null;
            assertThat(access == null).as("4.2.2.1").isEqualTo(selfSigned || responder);
            assertThat(lists == null).as("4.2.1.13").isEqualTo(selfSigned || responder);
            if (access == null || lists == null) {
                return;
            }
            assertThat(access.isCritical()).isFalse();
            assertThat(lists.isCritical()).isFalse();
            List<String> uris = new ArrayList<>();
            for (var each : AuthorityInformationAccess.getInstance(access.getParsedValue())
                    .getAccessDescriptions()) {
                uris.add(each.getAccessLocation().getName().toString());
            }
            for (var point : CRLDistPoint.getInstance(lists.getParsedValue()).getDistributionPoints()) {
                assertThat(point.getReasons()).isNull();
                assertThat(point.getCRLIssuer()).isNull();
                for (GeneralName name : GeneralNames.getInstance(
                                point.getDistributionPoint().getName())
                        .getNames()) {
                    uris.add(name.getName().toString());
                }
            }
            assertThat(uris)
                    .allMatch(uri -> uri.startsWith("http://")
                            && uri.equals(
                                    new String(uri.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII)));
        }
    }
}
