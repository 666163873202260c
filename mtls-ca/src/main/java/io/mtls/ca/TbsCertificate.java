package io.mtls.ca;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DLSequence;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.operator.ContentSigner;

/**
 * The part of a certificate that is signed, RFC 5280 section 4.1.2. Without extensions it is of version 1.
 *
 * <p>Put together field by field, because a library's builder would mend what is meant to be odd.
 */
record TbsCertificate(
        BigInteger serial,
        DistinguishedName issuer,
        Validity validity,
        DistinguishedName subject,
        PublicKey key,
        List<Extension> extensions) {

    X509Certificate sign(String algorithm, PrivateKey signingKey, UnaryOperator<byte[]> signatureFault) {
        try {
            ContentSigner signer = Signing.signer(algorithm, signingKey);
            byte[] content = encoded(signer.getAlgorithmIdentifier());
            try (OutputStream out = signer.getOutputStream()) {
                out.write(content);
            }
            byte[] signature = signatureFault.apply(signer.getSignature());

            ASN1EncodableVector certificate = new ASN1EncodableVector();
            certificate.add(ASN1Primitive.fromByteArray(content));
            certificate.add(signer.getAlgorithmIdentifier());
            certificate.add(new DERBitString(signature));
            return read(new DLSequence(certificate).getEncoded());
        } catch (IOException e) {
            throw new IllegalArgumentException("a name or an extension of the certificate is not DER", e);
        }
    }

    /** Names keep their bytes: a definite-length sequence, unlike a DER one, does not sort the sets within. */
    private byte[] encoded(AlgorithmIdentifier algorithm) throws IOException {
        ASN1EncodableVector fields = new ASN1EncodableVector();
        if (!extensions.isEmpty()) {
            fields.add(new DERTaggedObject(true, 0, new ASN1Integer(2)));
        }
        fields.add(new ASN1Integer(serial));
        fields.add(algorithm);
        fields.add(ASN1Primitive.fromByteArray(issuer.encoded()));
        fields.add(new DERSequence(
                new Time[] {new Time(Date.from(validity.notBefore())), new Time(Date.from(validity.notAfter()))}));
        fields.add(ASN1Primitive.fromByteArray(subject.encoded()));
        fields.add(SubjectPublicKeyInfo.getInstance(key.getEncoded()));
        if (!extensions.isEmpty()) {
            fields.add(new DERTaggedObject(true, 3, new DERSequence(extensions.toArray(Extension[]::new))));
        }
        return new DLSequence(fields).getEncoded();
    }

    private static X509Certificate read(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("Java cannot read this certificate back: " + e.getMessage(), e);
        }
    }
}
