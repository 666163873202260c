package io.mtls.revocation;

import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.Extension;
import org.jspecify.annotations.Nullable;

/** Which revocation lists are about a certificate (RFC 5280 section 6.3.3 (b)), as the certificate says. */
final class CertificateScope {

    /** Where lists and their deltas are looked for. Who names more addresses does not make us connect to them. */
    private static final int MAX_POINTS = 4;

    private static final int MAX_ALTERNATIVES = 2;

    private final SerialKey serial;
    private final X500Principal issuer;
    private final boolean authority;
    private final List<Point> points = new ArrayList<>();
    private final List<List<URI>> addresses = new ArrayList<>();
    private boolean readable = true;

    private record Point(Set<Object> names, int reasons, List<X500Principal> crlIssuers) {}

    CertificateScope(X509Certificate certificate) {
        serial = SerialKey.of(certificate.getSerialNumber());
        issuer = certificate.getIssuerX500Principal();
        authority = certificate.getBasicConstraints() >= 0;
        try {
            read(certificate);
        } catch (RuntimeException e) { // BouncyCastle's parsers have no checked exception.
            points.clear();
            addresses.clear();
            readable = false;
            return;
        }
        // RFC 5280 section 6.3.3, last paragraph: what the issuer publishes elsewhere.
        points.add(new Point(Set.of(issuer), CrlHead.ALL_REASONS, List.of()));
    }

    private void read(X509Certificate certificate) {
        CRLDistPoint extension = points(certificate, Extension.cRLDistributionPoints.getId());
        if (extension != null) {
            for (DistributionPoint point : extension.getDistributionPoints()) {
                List<X500Principal> crlIssuers = DistributionNames.principals(point.getCRLIssuer());
                points.add(new Point(
                        DistributionNames.of(
                                point.getDistributionPoint(), crlIssuers.isEmpty() ? issuer : crlIssuers.get(0)),
                        point.getReasons() == null
                                ? CrlHead.ALL_REASONS
                                : point.getReasons().intValue() & CrlHead.ALL_REASONS,
                        crlIssuers));
            }
            addresses.addAll(bounded(DistributionNames.addresses(extension)));
        }
        CRLDistPoint freshest = points(certificate, Extension.freshestCRL.getId());
        if (freshest != null) {
            addresses.addAll(bounded(DistributionNames.addresses(freshest)));
        }
    }

    private static @Nullable CRLDistPoint points(X509Certificate certificate, String oid) {
        byte[] value = certificate.getExtensionValue(oid);
        return value == null
                ? null
                : CRLDistPoint.getInstance(ASN1OctetString.getInstance(value).getOctets());
    }

    /** Of those that a certificate or a list names, the first few. */
    static List<List<URI>> bounded(List<List<URI>> addresses) {
        return addresses.stream()
                .filter(alternatives -> !alternatives.isEmpty())
                .limit(MAX_POINTS)
                .map(alternatives ->
                        alternatives.stream().limit(MAX_ALTERNATIVES).toList())
                .toList();
    }

    /** If not, no list is known to be about it. */
    boolean isReadable() {
        return readable;
    }

    SerialKey serial() {
        return serial;
    }

    X500Principal issuer() {
        return issuer;
    }

    /** Where its lists are to be had: one of each. */
    List<List<URI>> addresses() {
        return addresses;
    }

    /** Whose lists may be about it: its issuer's, and theirs who issue lists on behalf of that. */
    Set<X500Principal> crlIssuers() {
        Set<X500Principal> all = new LinkedHashSet<>();
        all.add(issuer);
        points.forEach(point -> all.addAll(point.crlIssuers));
        return all;
    }

    /** For which reasons a list would say that this certificate is revoked; 0 where it is not about it at all. */
    int reasonsCoveredBy(CrlHead crl) {
        if (crl.onlyAttributes() || (crl.onlyUsers() && authority) || (crl.onlyAuthorities() && !authority)) {
            return 0;
        }
        int reasons = 0;
        for (Point point : points) {
            if (isOfIssuer(crl, point) && isNamed(crl, point)) {
                reasons |= point.reasons & crl.reasons();
            }
        }
        return reasons;
    }

    /** Section 6.3.3 (b)(1). */
    private boolean isOfIssuer(CrlHead crl, Point point) {
        return point.crlIssuers.isEmpty()
                ? crl.issuer().equals(issuer)
                : crl.indirect() && point.crlIssuers.contains(crl.issuer());
    }

    /** Section 6.3.3 (b)(2)(i). */
    private static boolean isNamed(CrlHead crl, Point point) {
        if (crl.names().isEmpty()) {
            return true;
        }
        Set<Object> names = point.names.isEmpty() ? new HashSet<>(point.crlIssuers) : point.names;
        return !Collections.disjoint(crl.names(), names);
    }
}
