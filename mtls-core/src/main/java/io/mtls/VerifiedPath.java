package io.mtls;

import io.mtls.revocation.RevocationQuery;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proof that a path from a client's certificate to a trust anchor was verified: whoever holds one need not ask again.
 *
 * <p>Only {@link ClientCertificateVerifier} makes one, and it is not serializable. It says nothing about now: time and
 * revocation are judged anew at each request.
 */
public final class VerifiedPath {

    private final List<X509Certificate> certificates;
    private final TrustedIssuer issuer;
    private final Instant notBefore;
    private final Instant notAfter;
    private final List<RevocationQuery> queries;
    private final Verdict.Accepted accepted = new Verdict.Accepted(this);

    /** A pure function of this path and its issuer's rules, so whoever computes it first may leave it here. */
    volatile @Nullable ClientAuthentication identified;

    /** @param certificates the client's first, the trust anchor last */
    VerifiedPath(List<X509Certificate> certificates, TrustedIssuer issuer) {
        this.certificates = List.copyOf(certificates);
        this.issuer = issuer;
        Instant latestNotBefore = Instant.MIN;
        Instant earliestNotAfter = Instant.MAX;
        for (X509Certificate certificate : certificates) {
            Instant from = certificate.getNotBefore().toInstant();
            Instant to = certificate.getNotAfter().toInstant();
            latestNotBefore = from.isAfter(latestNotBefore) ? from : latestNotBefore;
            earliestNotAfter = to.isBefore(earliestNotAfter) ? to : earliestNotAfter;
        }
        this.notBefore = latestNotBefore;
        this.notAfter = earliestNotAfter;
        List<RevocationQuery> all = new ArrayList<>();
        for (int i = 0; i + 1 < certificates.size(); i++) {
            all.add(new RevocationQuery(certificates.get(i), certificates.get(i + 1)));
        }
        this.queries = List.copyOf(all);
    }

    /** The client's certificate. */
    public X509Certificate certificate() {
        return certificates.get(0);
    }

    /** The trust anchor; the client's certificate itself where that is pinned. */
    public X509Certificate anchor() {
        return certificates.get(certificates.size() - 1);
    }

    /** The client's certificate first, the trust anchor last. Not what the client presented, but what was verified. */
    public List<X509Certificate> certificates() {
        return certificates;
    }

    /** Whom the anchor belongs to, and so whose rules name the caller. */
    public TrustedIssuer issuer() {
        return issuer;
    }

    /** The last instant at which every certificate of the path, the anchor's included, is within its validity. */
    public Instant notAfter() {
        return notAfter;
    }

    boolean isWithinValidity(Instant at) {
        return !at.isBefore(notBefore) && !at.isAfter(notAfter);
    }

    List<RevocationQuery> queries() {
        return queries;
    }

    /** The one verdict that accepts this path, so that a remembered path costs no allocation. */
    Verdict.Accepted accepted() {
        return accepted;
    }

    @Override
    public String toString() {
        return "VerifiedPath[" + Certificates.describe(certificate()) + "]";
    }
}
