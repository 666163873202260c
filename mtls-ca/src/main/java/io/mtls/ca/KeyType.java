package io.mtls.ca;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
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
    P256("EC", "secp256r1"),
    /** NIST P-384. */
    P384("EC", "secp384r1"),
    /** NIST P-521. */
    P521("EC", "secp521r1"),
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
        this.algorithm = algorithm;
        this.bits = bits;
        this.curve = null;
    }

    KeyType(String algorithm, String curve) {
        this.algorithm = algorithm;
        this.bits = 0;
        this.curve = curve;
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
