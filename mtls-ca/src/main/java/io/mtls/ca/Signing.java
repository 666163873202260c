package io.mtls.ca;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
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
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** From the content of a certificate to the signed certificate, RFC 5280 section 4.1. */
final class Signing {
    private Signing() {}

    /** The digest that is as strong as the key, RFC 5758 and RFC 8410. */
    static String algorithmFor(PrivateKey key) {
        return switch (key.getAlgorithm()) {
            case "EC" -> ecdsaFor((ECKey) key);
            case "RSA" -> "SHA256withRSA";
            case "DSA" -> "SHA256withDSA";
            case "EdDSA", "Ed25519" -> "Ed25519";
            default ->
                throw new IllegalArgumentException(
                        "name the signature algorithm: there is no default for a key of " + key.getAlgorithm());
        };
    }

    private static String ecdsaFor(ECKey key) {
        int bits = key.getParams().getOrder().bitLength();
        return bits <= 256 ? "SHA256withECDSA" : bits <= 384 ? "SHA384withECDSA" : "SHA512withECDSA";
    }

    /** Tried by signing: the parts of a key pair are of many types. */
    static boolean belongTogether(KeyPair pair) throws GeneralSecurityException {
        byte[] message = {1};
        Signature signature = Signature.getInstance(algorithmFor(pair.getPrivate()));
        signature.initSign(pair.getPrivate());
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update(message);
        return signature.verify(signed);
    }

    /** In the order of the certificate. */
    static List<Extension> extensionsOf(X509Certificate certificate) {
        try {
            var extensions =
                    TBSCertificate.getInstance(certificate.getTBSCertificate()).getExtensions();
            if (extensions == null) {
                return List.of();
            }
            return List.of(extensions.getExtensionOIDs()).stream()
                    .map(extensions::getExtension)
                    .toList();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("certificate without an encoding", e);
        }
    }

    /** What is signed. */
    record Content(
            BigInteger serial,
            DistinguishedName issuer,
            Validity validity,
            DistinguishedName subject,
            PublicKey key,
            List<Extension> extensions) {

        X509Certificate sign(String algorithm, PrivateKey signingKey, UnaryOperator<byte[]> signatureFault) {
            try {
                ContentSigner signer = signer(algorithm, signingKey);
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
    }

    /** The platform signs where it can; what it does not know, such as an old digest, BouncyCastle does. */
    private static ContentSigner signer(String algorithm, PrivateKey key) {
        JcaContentSignerBuilder builder = new JcaContentSignerBuilder(algorithm);
        try {
            return builder.build(key);
        } catch (OperatorCreationException unknownToPlatform) {
            try {
                return builder.setProvider(BouncyCastle.PROVIDER).build(key);
            } catch (OperatorCreationException e) {
                throw new IllegalArgumentException(
                        "a key of " + key.getAlgorithm() + " cannot sign with " + algorithm, e);
            }
        }
    }

    private static X509Certificate read(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("Java cannot read this certificate back: " + e.getMessage(), e);
        }
    }

    /** Made when first needed, and never registered: an application may run another edition of it. */
    private static final class BouncyCastle {
        static final BouncyCastleProvider PROVIDER = new BouncyCastleProvider();
    }
}
