package io.mtls.revocation;

import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;

/**
 * Somebody who may have signed a revocation list.
 *
 * @param key the certificate's, with the parameters that it inherits
 */
record CrlSigner(X509Certificate certificate, PublicKey key) {

    /** Index in {@link X509Certificate#getKeyUsage()}. */
    private static final int CRL_SIGN = 6;

    static CrlSigner of(X509Certificate certificate) {
        return new CrlSigner(certificate, certificate.getPublicKey());
    }

    static CrlSigner issuerOf(RevocationQuery query) {
        return new CrlSigner(query.issuer(), query.issuerKey());
    }

    /** RFC 5280 section 6.3.3 (f): where there is a key usage, it has to say so. */
    static boolean maySign(X509Certificate certificate) {
        boolean[] keyUsage = certificate.getKeyUsage();
        return keyUsage == null || keyUsage[CRL_SIGN];
    }

    /** Whether it may sign lists of this issuer. */
    boolean mayBeOf(CrlHead head) {
        return certificate.getSubjectX500Principal().equals(head.issuer()) && maySign(certificate);
    }

    /** Whether the list says that another key signed it than this one: then its failing means nothing. */
    boolean isOtherThanNamedBy(CrlHead head) {
        byte[] value = certificate.getExtensionValue(Extension.subjectKeyIdentifier.getId());
        if (value == null || head.keyIdentifier() == null) {
            return false;
        }
        try {
            byte[] identifier = SubjectKeyIdentifier.getInstance(
                            ASN1OctetString.getInstance(value).getOctets())
                    .getKeyIdentifier();
            return !ByteBuffer.wrap(identifier).equals(head.keyIdentifier());
        } catch (RuntimeException e) {
            return false; // A hint that cannot be read is no hint.
        }
    }
}
