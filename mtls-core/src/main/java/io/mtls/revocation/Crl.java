package io.mtls.revocation;

import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import javax.security.auth.x500.X500Principal;

/**
 * A revocation list in memory whose signature was verified.
 *
 * @param signer whose key verified it. Not yet somebody whose word counts for a certificate: see {@link CrlAnswer}
 */
record Crl(CrlHead head, CrlIndex index, CrlSigner signer) {

    /** Lists of which the newer replaces the older. The key is part of it: another CA of that name replaces nothing. */
    record Series(X500Principal issuer, ByteBuffer key, ByteBuffer scope, boolean delta, boolean understood) {}

    Series series() {
        ByteBuffer key = ByteBuffer.wrap(signer.certificate().getPublicKey().getEncoded());
        return new Series(head.issuer(), key, head.scope(), head.isDelta(), isUnderstood());
    }

    /** If not, that a certificate is not on it means nothing (RFC 5280 sections 5.2 and 5.3). */
    boolean isUnderstood() {
        return head.understood()
                && !index.hasUnknownCriticalEntryExtension()
                && (head.indirect() || !index.listsOtherIssuers());
    }

    boolean isSignedBy(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().equals(head.issuer())
                && certificate.getPublicKey().equals(signer.certificate().getPublicKey())
                && CrlSigner.maySign(certificate);
    }

    /** What it says of a certificate of this issuer, or {@link CrlIndex#ABSENT}. */
    long find(SerialKey serial, X500Principal issuer) {
        return head.indirect() ? index.find(serial, issuer) : index.find(serial);
    }
}
