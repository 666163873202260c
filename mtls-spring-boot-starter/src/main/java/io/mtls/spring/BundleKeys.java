package io.mtls.spring;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;

/**
 * The keys that one presents oneself, out of an SSL bundle.
 *
 * @param manager the bundle's own, which knows its alias and password
 * @param chains as they are presented, one for each key that may be chosen
 */
record BundleKeys(X509ExtendedKeyManager manager, List<List<X509Certificate>> chains) {

    /** For a key and its certificate to prove that they belong together. */
    private static final Map<String, String> SIGNATURE_BY_KEY = Map.of(
            "RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA", "Ed25519", "Ed25519", "Ed448", "Ed448");

    /**
     * Those of a bundle.
     *
     * @throws MtlsConfigurationException if there is no key, or one that is not its certificate's: it must not replace one
     *     that is
     */
    static BundleKeys of(SslBundle bundle, String place) {
        KeyStore store = bundle.getStores().getKeyStore();
        if (store == null) {
            throw new MtlsConfigurationException(
                    place + " has no key store, so that it has no certificate to present.",
                    "Give the bundle a key: spring.ssl.bundle.pem.<name>.keystore.certificate and .private-key, or"
                            + " spring.ssl.bundle.jks.<name>.keystore.");
        }
        X509ExtendedKeyManager keys = Arrays.stream(bundle.getManagers().getKeyManagers())
                .filter(X509ExtendedKeyManager.class::isInstance)
                .map(X509ExtendedKeyManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new MtlsConfigurationException(
                        place + " has no key manager that can serve TLS.",
                        "Use a bundle of PEM files, JKS or PKCS #12."));
        return new BundleKeys(keys, chainsOfMatchingKeys(bundle, store, place));
    }

    private static List<List<X509Certificate>> chainsOfMatchingKeys(SslBundle bundle, KeyStore store, String place) {
        List<List<X509Certificate>> chains = new ArrayList<>();
        try {
            String configuredAlias = bundle.getKey().getAlias();
            List<String> aliases =
                    configuredAlias != null ? List.of(configuredAlias) : Collections.list(store.aliases());
            for (String alias : aliases) {
                if (!store.isKeyEntry(alias)) {
                    continue;
                }
                Certificate certificate = store.getCertificate(alias);
                Key key = store.getKey(alias, password(bundle));
                if (key instanceof PrivateKey privateKey && !match(privateKey, certificate.getPublicKey())) {
                    throw new MtlsConfigurationException(
                            place + ": the private key '" + alias + "' does not belong to its certificate.",
                            "Put the key and the certificate of the same pair into the bundle.");
                }
                chains.add(Arrays.stream(store.getCertificateChain(alias))
                        .map(X509Certificate.class::cast)
                        .toList());
            }
            if (chains.isEmpty()) {
                throw new MtlsConfigurationException(
                        place + " has a key store without a private key.",
                        "Give it the private key beside its certificate.");
            }
            return chains;
        } catch (GeneralSecurityException e) {
            throw new MtlsConfigurationException(
                    place + ": the private key cannot be read: " + e.getMessage(), "Check the key and its password.");
        }
    }

    private static char @Nullable [] password(SslBundle bundle) {
        String ofKey = bundle.getKey().getPassword();
        String password = ofKey != null ? ofKey : bundle.getStores().getKeyStorePassword();
        return password == null ? null : password.toCharArray();
    }

    private static boolean match(PrivateKey privateKey, PublicKey publicKey) throws GeneralSecurityException {
        String algorithm = SIGNATURE_BY_KEY.get(publicKey.getAlgorithm());
        if (algorithm == null) {
            return true; // Unknown here; a handshake will tell.
        }
        byte[] message = {1};
        Signature signature = Signature.getInstance(algorithm);
        try {
            signature.initSign(privateKey);
        } catch (InvalidKeyException e) {
            return false; // A key of another algorithm.
        }
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(message);
        return signature.verify(signed);
    }
}
