package io.mtls.ca;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** TLS contexts for the client side of a test: {@link HeldCertificate#clientContext} makes the others. */
public final class TlsClients {
    private TlsClients() {}

    /**
     * A context that presents no certificate.
     *
     * @param trustedServers the server certificates, or their CAs, that it accepts; never the system's
     * @throws IllegalArgumentException when none is named
     */
    public static SSLContext anonymous(X509Certificate... trustedServers) {
        return context(new KeyManager[0], trustedServers);
    }

    static SSLContext presenting(PrivateKey key, List<X509Certificate> chain, X509Certificate... trustedServers) {
        KeyManager identity = new OneIdentity(key, chain.toArray(X509Certificate[]::new));
        return context(new KeyManager[] {identity}, trustedServers);
    }

    private static SSLContext context(KeyManager[] identities, X509Certificate... trustedServers) {
        if (trustedServers.length == 0) {
            throw new IllegalArgumentException("name the server certificate, or its CA, that the client is to trust");
        }
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            for (int i = 0; i < trustedServers.length; i++) {
                trusted.setCertificateEntry("server-" + i, trustedServers[i]);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(identities, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("no TLS context from these certificates", e);
        }
    }

    /**
     * Presents its chain whatever the server says it accepts.
     *
     * <p>The platform's key managers hold a certificate back when the server does not name its issuer: a test of refusal
     * would then see an anonymous client and pass for the wrong reason.
     */
    private static final class OneIdentity extends X509ExtendedKeyManager {
        private static final String ALIAS = "identity";

        private final PrivateKey key;
        private final X509Certificate[] chain;

        OneIdentity(PrivateKey key, X509Certificate[] chain) {
            this.key = key;
            this.chain = chain;
        }

        private @Nullable String aliasFor(String... keyTypes) {
            return Arrays.asList(keyTypes).contains(key.getAlgorithm()) ? ALIAS : null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return aliasFor(keyTypes);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return aliasFor(keyTypes);
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return aliasFor(keyType) == null ? null : new String[] {ALIAS};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain.clone();
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }
    }
}
