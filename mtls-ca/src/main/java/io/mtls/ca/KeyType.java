package io.mtls.ca;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * What kind of key a certificate is for, the weak and the unusual ones included.
 *
 * <p>An elliptic curve key is made in about a millisecond; an RSA key takes from tens of milliseconds to seconds.
 */
public enum KeyType {
    /** NIST P-256, the default. */
    P256("EC", 256, "secp256r1"),
    /** NIST P-384. */
    P384("EC", 384, "secp384r1"),
    /** NIST P-521. */
    P521("EC", 521, "secp521r1"),
    /** Ed25519, RFC 8410. */
    ED25519("Ed25519", 0),
    /** Too short since 2013: for tests of refusal. */
    RSA_1024("RSA", 1024),
    /** RSA with a modulus of 2048 bits. */
    RSA_2048("RSA", 2048),
    /** RSA with a modulus of 3072 bits. */
    RSA_3072("RSA", 3072),
    /** RSA with a modulus of 4096 bits. */
    RSA_4096("RSA", 4096),
    /** TLS 1.3 has no signature scheme for DSA: for tests of refusal. */
    DSA_2048("DSA", 2048);

    private final String algorithm;
    private final int bits;
    private final @Nullable String curve;

    KeyType(String algorithm, int bits) {
        this(algorithm, bits, null);
    }

    KeyType(String algorithm, int bits, @Nullable String curve) {
        this.algorithm = algorithm;
        this.bits = bits;
        this.curve = curve;
    }

    /** The kind of this key; P-256 for one that is of no kind here. */
    static KeyType like(PublicKey key) {
        int bits = key instanceof ECKey ec
                ? ec.getParams().getOrder().bitLength()
                : key instanceof RSAKey rsa ? rsa.getModulus().bitLength() : 0;
        for (KeyType type : values()) {
            boolean same = type.algorithm.equals(key.getAlgorithm())
                    || (type == ED25519 && key.getAlgorithm().equals("EdDSA"));
            if (same && type.bits == bits) {
                return type;
            }
        }
        return P256;
    }

    /** Makes a new key pair from the platform's secure random numbers. */
    public KeyPair generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            if (curve != null) {
                AlgorithmParameterSpec named = new ECGenParameterSpec(curve);
                generator.initialize(named);
            } else if (bits > 0) {
                generator.initialize(bits);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime makes no " + this + " keys", e);
        }
    }
}
