package io.mtls.revocation;

import java.security.cert.X509Certificate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A question about one certificate of a verified path. It lives as long as the path is remembered, and carries what look-ups
 * need ready made.
 */
public final class RevocationQuery {

    private final X509Certificate certificate;
    private final X509Certificate issuer;
    private final SignerPaths signers;

    /** When a good answer was last in force. Grace is for certificates that were seen good before, and for no other. */
    private volatile @Nullable Instant lastGoodUntil;

    /** For {@link OcspSource}: under what it keeps its answers. */
    volatile @Nullable OcspKey ocspMemo;

    /**
     * @param certificate whose revocation is asked for
     * @param issuer the certificate above it <em>in the verified path</em>, never one that the client merely presented
     */
    public RevocationQuery(X509Certificate certificate, X509Certificate issuer) {
        this(certificate, issuer, SignerPaths.NONE);
    }

    /** @param signers who else may sign revocation lists */
    public RevocationQuery(X509Certificate certificate, X509Certificate issuer, SignerPaths signers) {
        this.certificate = certificate;
        this.issuer = issuer;
        this.signers = signers;
    }

    /** Whose revocation is asked for. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** Who issued it, in the verified path. */
    public X509Certificate issuer() {
        return issuer;
    }

    /** Who else may sign revocation lists for it. */
    public SignerPaths signers() {
        return signers;
    }

    @Nullable
    Instant lastGoodUntil() {
        return lastGoodUntil;
    }

    /** Only ever later: two requests may race. */
    void wasGoodUntil(Instant until) {
        Instant before = lastGoodUntil;
        if (before == null || until.isAfter(before)) {
            lastGoodUntil = until;
        }
    }

    /** The same question: what else helps to answer it does not count. */
    @Override
    public boolean equals(Object other) {
        return other instanceof RevocationQuery that
                && certificate.equals(that.certificate)
                && issuer.equals(that.issuer);
    }

    @Override
    public int hashCode() {
        return certificate.hashCode();
    }
}
