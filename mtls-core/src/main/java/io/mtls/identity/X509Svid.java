package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;

/** Leaf validation of an X.509-SVID (X509-SVID standard, section 5.2). */
final class X509Svid {

    private X509Svid() {}

    static CertificateField idField(List<String> trustDomains) {
        return field("spiffe-id", trustDomains, SpiffeId::toString);
    }

    static CertificateField pathField(List<String> trustDomains) {
        return field("spiffe-path", trustDomains, SpiffeId::path);
    }

    private static CertificateField field(String kind, List<String> names, Function<SpiffeId, String> part) {
        if (names.isEmpty()) {
            throw new IllegalArgumentException(kind + " needs a trust domain: " + kind + ":example.org");
        }
        names.forEach(X509Svid::checkTrustDomain);
        Set<String> trustDomains = new LinkedHashSet<>(names);
        return new BuiltInField(
                kind + ":" + String.join(",", trustDomains),
                certificate -> id(certificate, trustDomains).map(part).stream().toList());
    }

    private static void checkTrustDomain(String name) {
        if (name.contains("://")) {
            throw new IllegalArgumentException(
                    "a trust domain is named without its scheme: example.org, not '" + SafeText.of(name) + "'");
        }
        SpiffeId.checkTrustDomain(name);
    }

    private static Optional<SpiffeId> id(X509Certificate certificate, Set<String> trustDomains)
            throws CertificateParsingException {
        Optional<byte[]> names = Der.extension(certificate, Extension.subjectAlternativeName);
        List<String> uris = names.isEmpty() ? List.of() : SubjectAltNames.values(SanType.URI, names.get());
        if (uris.stream().noneMatch(X509Svid::claimsToBeSpiffe)) {
            return Optional.empty();
        }
        if (uris.size() > 1) {
            throw new CertificateParsingException(
                    "there are " + uris.size() + " URI names; an SVID has exactly one (X509-SVID section 2)");
        }
        SpiffeId id = parse(uris.get(0));
        if (!trustDomains.contains(id.trustDomain())) {
            throw new CertificateParsingException(
                    "the trust domain is " + SafeText.of(id.trustDomain()) + ", not one of " + trustDomains);
        }
        if (id.path().isEmpty()) {
            throw new CertificateParsingException("the SPIFFE ID of a leaf has a path (X509-SVID section 3.1)");
        }
        checkLeaf(certificate);
        return Optional.of(id);
    }

    /** Wider than what is valid, on purpose: what looks like a SPIFFE ID is judged as one. */
    private static boolean claimsToBeSpiffe(String uri) {
        return uri.regionMatches(true, 0, "spiffe:", 0, "spiffe:".length());
    }

    private static SpiffeId parse(String uri) throws CertificateParsingException {
        try {
            return SpiffeId.parse(uri);
        } catch (IllegalArgumentException e) {
            throw new CertificateParsingException(e.getMessage(), e);
        }
    }

    private static void checkLeaf(X509Certificate certificate) throws CertificateParsingException {
        Optional<byte[]> constraints = Der.extension(certificate, Extension.basicConstraints);
        if (constraints.isPresent()
                && BasicConstraints.getInstance(Der.parse(constraints.get())).isCA()) {
            throw new CertificateParsingException("the certificate is a CA (X509-SVID section 5.2)");
        }
        Optional<byte[]> usage = Der.extension(certificate, Extension.keyUsage);
        if (usage.isEmpty()) {
            return;
        }
        KeyUsage bits = KeyUsage.getInstance(Der.parse(usage.get()));
        if (bits.hasUsages(KeyUsage.keyCertSign) || bits.hasUsages(KeyUsage.cRLSign)) {
            throw new CertificateParsingException(
                    "the key may sign certificates or CRLs, so this is no leaf (X509-SVID section 5.2)");
        }
    }
}
