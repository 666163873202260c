package io.mtls.ca;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** Certificates and keys in files {@code <entry>.crt} and {@code <entry>.key} of a store, in PEM. */
final class Credentials {
    static final String CRT = ".crt";
    static final String KEY = ".key";
    static final String P12 = ".p12";

    private final Store store;

    Credentials(Store store) {
        this.store = store;
    }

    boolean hasKey(String entry) {
        return store.exists(entry + KEY);
    }

    /**
     * Whether there is the key of this certificate, rather than one that is left from a certificate before. One that cannot be
     * read may be it, which {@link #keyPair} finds out.
     */
    boolean hasKeyOf(String entry, X509Certificate certificate) {
        if (!hasKey(entry)) {
            return false;
        }
        try {
            PrivateKey key = privateKey(entry, certificate, null, "");
            return Signing.belongTogether(new KeyPair(certificate.getPublicKey(), key));
        } catch (GeneralSecurityException | CaException unreadable) {
            return true;
        }
    }

    /** @param mend what to do if there is none, or it is damaged */
    X509Certificate certificate(String entry, String mend) {
        String pem = text(entry + CRT, mend);
        try {
            return Pem.firstCertificate(pem);
        } catch (GeneralSecurityException e) {
            throw fault(entry + CRT, "holds no certificate", mend, e);
        }
    }

    /**
     * The key of this certificate.
     *
     * @param passphrase needed if the key is encrypted
     * @param mend what to do if there is none, or it is damaged
     */
    KeyPair keyPair(String entry, X509Certificate certificate, char @Nullable [] passphrase, String mend) {
        try {
            PrivateKey key = privateKey(entry, certificate, passphrase, mend);
            KeyPair pair = new KeyPair(certificate.getPublicKey(), key);
            if (Signing.belongTogether(pair)) {
                return pair;
            }
        } catch (GeneralSecurityException e) {
            throw fault(entry + KEY, "holds no private key for " + entry + CRT, mend, e);
        }
        throw fault(entry + KEY, "is not the key of " + entry + CRT, mend, null);
    }

    private PrivateKey privateKey(String entry, X509Certificate certificate, char @Nullable [] passphrase, String mend)
            throws GeneralSecurityException {
        String pem = text(entry + KEY, mend);
        if (!EncryptedKey.isIn(pem)) {
            return Pem.privateKey(pem, certificate.getPublicKey());
        }
        if (passphrase == null) {
            throw fault(
                    entry + KEY,
                    "is encrypted",
                    "give its passphrase (at the command line --passphrase-file or MTLS_CA_PASSPHRASE)",
                    null);
        }
        return EncryptedKey.privateKey(store.describe(entry + KEY), pem, certificate.getPublicKey(), passphrase);
    }

    private String text(String file, String mend) {
        return store.read(file)
                .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
                .orElseThrow(() -> fault(file, "is missing", mend, null));
    }

    private CaException fault(String file, String fault, String mend, @Nullable Throwable cause) {
        return new CaException(store.describe(file) + " " + fault, mend, cause);
    }
}
