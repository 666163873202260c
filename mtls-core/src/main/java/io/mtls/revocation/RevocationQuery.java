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

    /** One for each source of lists that was asked: few, since they are those of a policy. */
    private volatile @Nullable CrlLookup crlLookups;

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

    /**
     * What a source of revocation lists remembers of it. Each has its own, or one's lists and signers would answer for the
     * other.
     *
     * @param source compared by identity, and kept for as long as this lives: nothing large
     */
    CrlLookup crlLookup(Object source) {
        CrlLookup found = CrlLookup.of(source, crlLookups);
        if (found == null) {
            synchronized (this) {
                CrlLookup others = crlLookups;
                found = CrlLookup.of(source, others);
                if (found == null) {
                    found = new CrlLookup(
                            source, others == null ? new CertificateScope(certificate) : others.scope(), others);
                    crlLookups = found;
                }
            }
        }
        return found;
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
