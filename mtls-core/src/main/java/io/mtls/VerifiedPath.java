package io.mtls;

import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.SignerPaths;
import java.security.PublicKey;
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
    private final List<String> denyKeys;
    private final Verdict.Accepted accepted = new Verdict.Accepted(this);

    /** A pure function of this path and its issuer's rules, so whoever computes it first may leave it here. */
    volatile @Nullable ClientAuthentication identified;

    /**
     * @param certificates the client's first, the trust anchor last
     * @param signers who else may sign revocation lists for this path
     */
    VerifiedPath(List<X509Certificate> certificates, TrustedIssuer issuer, SignerPaths signers) {
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
        PublicKey issuerKey = null;
        for (int i = certificates.size() - 2; i >= 0; i--) {
            X509Certificate above = certificates.get(i + 1);
            issuerKey = Certificates.withInheritedParameters(above.getPublicKey(), issuerKey);
            all.add(0, new RevocationQuery(certificates.get(i), above, issuerKey, signers));
        }
        RevocationPolicy revocation = issuer.revocation();
        this.queries = revocation == null ? List.of() : List.copyOf(revocation.asked(all));
        this.denyKeys = certificates.stream()
                .flatMap(one -> DenyList.keysOf(one).stream())
                .toList();
    }

    /** The client's certificate. */
    public X509Certificate certificate() {
        return certificates.get(0);
    }

    /** The trust anchor; the client's certificate itself where that is pinned or only a proxy knows the others. */
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

    /** When a search through all that was presented and is known found this path and no other. */
    volatile @Nullable Instant foundAlone;

    boolean isWithinValidity(Instant at) {
        return !at.isBefore(notBefore) && !at.isAfter(notAfter);
    }

    /** What is to be asked of the issuer's revocation policy; nothing where there is none. */
    List<RevocationQuery> queries() {
        return queries;
    }

    /** For the deny list, of every certificate of the path. */
    List<String> denyKeys() {
        return denyKeys;
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
