package io.mtls.sample;

import io.mtls.VerifiedPath;
import io.mtls.identity.CertificateField;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A verified path as the page shows it.
 *
 * @param validUntil the first instant at which something in the path expires
 * @param percentLeft how much of the member's own certificate's life is left, 0 to 100
 */
record ChainView(String validUntil, String left, boolean expiresSoon, int percentLeft, List<Link> links) {

    /** One certificate, the member's own first. */
    record Link(String kind, String subject, String serial, String fingerprint, String validUntil, String left) {}

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    static ChainView of(VerifiedPath path, Instant now, Duration warning) {
        List<X509Certificate> certificates = path.certificates();
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < certificates.size(); i++) {
            links.add(link(kind(i, certificates.size()), certificates.get(i), now));
        }
        return new ChainView(
                DATE.format(path.notAfter()),
                left(now, path.notAfter()),
                now.plus(warning).isAfter(path.notAfter()),
                percentLeft(path, now),
                List.copyOf(links));
    }

    private static String kind(int index, int length) {
        if (index == 0) {
            return "Your certificate";
        }
        return index == length - 1 ? "Trust anchor" : "Issuing CA";
    }

    private static Link link(String kind, X509Certificate certificate, Instant now) {
        Instant notAfter = certificate.getNotAfter().toInstant();
        return new Link(
                kind,
                visible(certificate.getSubjectX500Principal().getName()),
                certificate.getSerialNumber().toString(16),
                fingerprint(certificate),
                DATE.format(notAfter),
                left(now, notAfter));
    }

    /**
     * A name is what somebody wrote into a certificate, and may hide or turn around what stands next to it on the screen.
     * Not done: escaping for HTML, which is the template's.
     */
    private static String visible(String name) {
        return name.replaceAll("\\p{C}", "\uFFFD");
    }

    private static String fingerprint(X509Certificate certificate) {
        try {
            return CertificateField.sha256Fingerprint().values(certificate).get(0);
        } catch (CertificateParsingException e) {
            throw new IllegalStateException("A verified certificate has no encoding", e);
        }
    }

    private static int percentLeft(VerifiedPath path, Instant now) {
        Instant from = path.certificate().getNotBefore().toInstant();
        long whole = Duration.between(from, path.notAfter()).toSeconds();
        long rest = Duration.between(now, path.notAfter()).toSeconds();
        return whole <= 0 ? 0 : (int) Math.max(0, Math.min(100, 100 * rest / whole));
    }

    private static String left(Instant now, Instant notAfter) {
        Duration left = Duration.between(now, notAfter);
        if (left.toDays() >= 2 * 365) {
            return Math.round(left.toDays() / 365.25) + " years left";
        }
        if (left.toDays() >= 2) {
            return left.toDays() + " days left";
        }
        return left.toHours() >= 2 ? left.toHours() + " hours left" : "less than two hours left";
    }
}
