package io.mtls.ca;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.Map;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.EncryptionScheme;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.jspecify.annotations.Nullable;

/**
 * A private key under a passphrase: PKCS #8 {@code ENCRYPTED PRIVATE KEY} of RFC 5958 section 3 with PBES2 of RFC 8018, which
 * {@code openssl pkey -in root.key} reads.
 *
 * <p>Written with PBKDF2-HMAC-SHA-256 and AES-256-CBC. Read is also what {@code openssl pkey -aes256} makes of it; scrypt and
 * the ciphers of PKCS #5 version 1.5 are not.
 */
final class EncryptedKey {
    static final String LABEL = "ENCRYPTED PRIVATE KEY";

    /** OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256: half a second for who knows the passphrase. */
    static final int ITERATIONS = 600_000;

    /** A file that asks for more would keep us busy for longer than some seconds: nobody's passphrase needs that. */
    private static final int MAX_ITERATIONS = 10_000_000;

    /** RFC 8018 section 4.1 asks for eight bytes. */
    private static final int SALT_BYTES = 16;

    private static final int BLOCK_BYTES = 16;
    private static final int KEY_BITS = 256;
    private static final String CIPHER = "AES/CBC/PKCS5Padding";
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final Map<ASN1ObjectIdentifier, String> DERIVATIONS = Map.of(
            PKCSObjectIdentifiers.id_hmacWithSHA256, "PBKDF2WithHmacSHA256",
            PKCSObjectIdentifiers.id_hmacWithSHA384, "PBKDF2WithHmacSHA384",
            PKCSObjectIdentifiers.id_hmacWithSHA512, "PBKDF2WithHmacSHA512");

    private EncryptedKey() {}

    static boolean isIn(String pem) {
        return Pem.has(pem, LABEL);
    }

    /** The key pair as {@link Pem#privateKey(KeyPair)} has it, encrypted. */
    static String pem(KeyPair pair, char[] passphrase) {
        return pem(pair, passphrase, ITERATIONS);
    }

    /** With fewer iterations than whoever guesses should face, for tests that make many. */
    static String pem(KeyPair pair, char[] passphrase, int iterations) {
        byte[] salt = random(SALT_BYTES);
        byte[] iv = random(BLOCK_BYTES);
        AlgorithmIdentifier prf = new AlgorithmIdentifier(PKCSObjectIdentifiers.id_hmacWithSHA256, DERNull.INSTANCE);
        PBKDF2Params derivation = new PBKDF2Params(salt, iterations, prf);
        PBES2Parameters scheme = new PBES2Parameters(
                new KeyDerivationFunc(PKCSObjectIdentifiers.id_PBKDF2, derivation),
                new EncryptionScheme(NISTObjectIdentifiers.id_aes256_CBC, new DEROctetString(iv)));
        try {
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(Cipher.ENCRYPT_MODE, derive(passphrase, derivation), new IvParameterSpec(iv));
            byte[] encrypted = cipher.doFinal(Pem.encoded(pair));
            return Pem.block(
                    LABEL,
                    new EncryptedPrivateKeyInfo(
                                    new AlgorithmIdentifier(PKCSObjectIdentifiers.id_PBES2, scheme), encrypted)
                            .getEncoded());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this Java runtime cannot encrypt a private key", e);
        }
    }

    /**
     * The private key that goes with a public key of this kind.
     *
     * @param file what a message calls it
     * @throws CaException when the passphrase is wrong, or the file is damaged or encrypted in another way
     */
    static PrivateKey privateKey(String file, String pem, PublicKey kind, char[] passphrase) {
        byte[] pkcs8;
        try {
            pkcs8 = decrypted(file, pem, passphrase);
        } catch (BadPaddingException e) {
            throw wrongPassphrase(file, e);
        } catch (GeneralSecurityException | IllegalArgumentException | IllegalStateException e) {
            throw damaged(file, e);
        }
        if (!looksLikePkcs8(pkcs8)) {
            throw wrongPassphrase(file, null); // one in 256 leaves a padding behind
        }
        try {
            return Pem.privateKey(pkcs8, kind);
        } catch (GeneralSecurityException e) {
            throw damaged(file, e);
        }
    }

    private static byte[] decrypted(String file, String pem, char[] passphrase) throws GeneralSecurityException {
        EncryptedPrivateKeyInfo info = present(EncryptedPrivateKeyInfo.getInstance(Pem.der(pem, LABEL)));
        AlgorithmIdentifier algorithm = info.getEncryptionAlgorithm();
        if (!algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2)) {
            throw unknown(file, algorithm.getAlgorithm());
        }
        PBES2Parameters scheme = present(PBES2Parameters.getInstance(algorithm.getParameters()));
        KeyDerivationFunc function = scheme.getKeyDerivationFunc();
        EncryptionScheme encryption = scheme.getEncryptionScheme();
        if (!function.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBKDF2)) {
            throw unknown(file, function.getAlgorithm());
        }
        if (!encryption.getAlgorithm().equals(NISTObjectIdentifiers.id_aes256_CBC)) {
            throw unknown(file, encryption.getAlgorithm());
        }
        PBKDF2Params derivation = present(PBKDF2Params.getInstance(function.getParameters()));
        if (!DERIVATIONS.containsKey(derivation.getPrf().getAlgorithm())) {
            throw unknown(file, derivation.getPrf().getAlgorithm());
        }
        int bits = derivation.getIterationCount().bitLength();
        if (bits >= Integer.SIZE || derivation.getIterationCount().intValueExact() > MAX_ITERATIONS) {
            throw new CaException(
                    file + " asks for more than " + MAX_ITERATIONS + " iterations of PBKDF2",
                    "if you made it so, encrypt it anew with fewer",
                    null);
        }
        byte[] iv =
                present(ASN1OctetString.getInstance(encryption.getParameters())).getOctets();
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(Cipher.DECRYPT_MODE, derive(passphrase, derivation), new IvParameterSpec(iv));
        return cipher.doFinal(info.getEncryptedData());
    }

    /** BouncyCastle reads what is missing as null. */
    private static <T> T present(@Nullable T parsed) {
        if (parsed == null) {
            throw new IllegalArgumentException("a field is missing");
        }
        return parsed;
    }

    private static SecretKeySpec derive(char[] passphrase, PBKDF2Params derivation) throws GeneralSecurityException {
        PBEKeySpec password = new PBEKeySpec(
                passphrase, derivation.getSalt(), derivation.getIterationCount().intValueExact(), KEY_BITS);
        try {
            String algorithm = DERIVATIONS.get(derivation.getPrf().getAlgorithm());
            byte[] key = SecretKeyFactory.getInstance(algorithm)
                    .generateSecret(password)
                    .getEncoded();
            return new SecretKeySpec(key, "AES");
        } finally {
            password.clearPassword();
        }
    }

    private static boolean looksLikePkcs8(byte[] decrypted) {
        try {
            return PrivateKeyInfo.getInstance(decrypted) != null;
        } catch (IllegalArgumentException | IllegalStateException e) {
            return false;
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    private static CaException wrongPassphrase(String file, @Nullable Throwable cause) {
        return new CaException(
                "wrong passphrase for " + file,
                "give the one that it was encrypted with; if that is this one, restore the file from a backup",
                cause);
    }

    private static CaException damaged(String file, Throwable cause) {
        return new CaException(file + " is damaged", "restore it from a backup", cause);
    }

    private static CaException unknown(String file, ASN1ObjectIdentifier algorithm) {
        return new CaException(
                file + " is encrypted with the algorithm " + algorithm + ", which is not read here",
                "encrypt it anew with openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter " + ITERATIONS,
                null);
    }
}
