package io.mtls.revocation;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A question about one certificate of a verified path. It lives as long as the path is remembered, and carries what look-ups
 * need ready made.
 */
public final class RevocationQuery {

    private final X509Certificate certificate;
    private final X509Certificate issuer;
    private final PublicKey issuerKey;
    private final SignerPaths signers;

    /** The end of the last good answer, if nothing spoke against the certificate since. Grace is for certificates that were seen good before, and for no other. */
    private volatile @Nullable Instant lastGoodUntil;

    /** For {@link OcspSource}: under what it keeps its answers. */
    volatile @Nullable OcspKey ocspMemo;

    private volatile @Nullable CrlLookup crlLookup;

    /**
     * @param certificate whose revocation is asked for
     * @param issuer the certificate above it <em>in the verified path</em>, never one that the client merely presented
     */
    public RevocationQuery(X509Certificate certificate, X509Certificate issuer) {
        this(certificate, issuer, SignerPaths.NONE);
    }

    /** @param signers who else may sign revocation lists */
    public RevocationQuery(X509Certificate certificate, X509Certificate issuer, SignerPaths signers) {
        this(certificate, issuer, issuer.getPublicKey(), signers);
    }

    /**
     * @param issuerKey the issuer's key with the parameters that it inherits (RFC 5280 section 6.1.4 (f))
     * @param signers who else may sign revocation lists
     */
    public RevocationQuery(
            X509Certificate certificate, X509Certificate issuer, PublicKey issuerKey, SignerPaths signers) {
        this.certificate = certificate;
        this.issuer = issuer;
        this.issuerKey = issuerKey;
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

    /** The issuer's key, ready for use. */
    PublicKey issuerKey() {
        return issuerKey;
    }

    /** Who else may sign revocation lists for it. */
    public SignerPaths signers() {
        return signers;
    }

    /** What revocation lists need of it, read from the certificate once. */
    CrlLookup crlLookup() {
        CrlLookup lookup = crlLookup;
        if (lookup == null) {
            lookup = new CrlLookup(new CertificateScope(certificate));
            crlLookup = lookup; // Two may race: one of them computes an answer once more.
        }
        return lookup;
    }

    @Nullable
    Instant lastGoodUntil() {
        return lastGoodUntil;
    }

    /** The last one counts, and not the latest end: a CA may have thought better of a long one. Null ends all grace. */
    void wasGoodUntil(@Nullable Instant until) {
        if (!Objects.equals(until, lastGoodUntil)) {
            lastGoodUntil = until;
        }
    }

    /** As if the certificate had never been seen good. */
    public void endGrace() {
        wasGoodUntil(null);
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
