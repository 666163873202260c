package io.mtls.ca;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.ContentVerifier;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

/** Which key signs with which algorithm, and who does it. */
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

    /** The platform signs where it can; what it does not know, such as an old digest, BouncyCastle does. */
    static ContentSigner signer(String algorithm, PrivateKey key) {
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

    /** One bit is wrong. */
    static byte[] corrupt(byte[] signature) {
        byte[] corrupt = signature.clone();
        corrupt[corrupt.length - 1] ^= 1;
        return corrupt;
    }

    /** What the platform cannot verify, such as the PSS that it has by another name, BouncyCastle does. */
    static ContentVerifier verifier(AlgorithmIdentifier algorithm, PublicKey key) throws OperatorCreationException {
        try {
            return new JcaContentVerifierProviderBuilder().build(key).get(algorithm);
        } catch (OperatorCreationException unknownToPlatform) {
            return new JcaContentVerifierProviderBuilder()
                    .setProvider(BouncyCastle.PROVIDER)
                    .build(key)
                    .get(algorithm);
        }
    }

    static Provider bouncyCastle() {
        return BouncyCastle.PROVIDER;
    }

    /** Made when first needed, and never registered: an application may run another edition of it. */
    private static final class BouncyCastle {
        static final BouncyCastleProvider PROVIDER = new BouncyCastleProvider();
    }
}
