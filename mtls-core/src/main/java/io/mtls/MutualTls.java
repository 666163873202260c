package io.mtls;

import java.io.IOException;
import java.net.Socket;
import java.security.AlgorithmConstraints;
import java.security.CryptoPrimitive;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The TLS side of a server, and of its calls to other services: {@link SSLContext}s whose keys and trust can be replaced
 * while they run.
 *
 * <p>The handshake refuses early what the request would refuse anyway, by the same verifier. It is not the authority: a
 * resumed session and an open connection never come here, which is why a {@link ClientAuthenticator} must be asked on
 * each request.
 *
 * <p>Whether a certificate is asked for at all is a setting of the server socket ({@code needClientAuth}), not of the
 * context.
 */
public final class MutualTls {

    /** What a handshake does with a chain that is refused. */
    public enum Handshake {
        /** Ends it with an alert, {@code certificate_unknown} whatever the reason; the reason is in the event. */
        REFUSE,
        /**
         * Lets it pass once the client has proved that it holds the key, so that the answer can be an HTTP response
         * with the reason's code. Risk: from then on only the filter stands between a stranger and the application, so
         * it has to cover every path and dispatch, and nothing behind it may read the TLS session by itself.
         */
        DEFER
    }

    private MutualTls() {}

    /**
     * A context for a server.
     *
     * @param keys the server's own keys; asked on each handshake, such as a {@link Reloadable}: the same object until
     *     they are replaced
     */
    public static SSLContext serverContext(
            Supplier<? extends X509ExtendedKeyManager> keys, ClientAuthenticator authenticator, Handshake handshake) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    new KeyManager[] {new CurrentKeys(keys)},
                    new TrustManager[] {trustManager(authenticator, handshake)},
                    null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS is not available on this Java platform", e);
        }
    }

    /**
     * A context for a client that presents its own certificate and trusts the servers of these CAs, and no others.
     *
     * <p>Servers are verified by the JDK's {@code PKIX} trust manager, so without revocation. The host's name is checked where the
     * client library asks for it (endpoint identification, as every HTTP client does for https).
     *
     * @param keys the client's own, such as {@link #keys(KeyStore, char[])}
     */
    public static SSLContext clientContext(X509ExtendedKeyManager keys, TrustAnchors servers) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, trusting(servers), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS is not available on this Java platform", e);
        }
    }

    /**
     * A context for a client that can be replaced while it runs: each connection is made by the one that is current when
     * it begins, such as that of a {@link Reloadable}. No TLS session is resumed across a replacement, so that no later
     * connection shows the certificate of before, or trusts whom the current context does not.
     *
     * <p>Not done: closing connections that are open. A client's pool goes on with them, with the certificate of before,
     * for as long as they are in use; over HTTP/2 that is one connection for all requests.
     */
    public static SSLContext clientContext(Supplier<SSLContext> current) {
        return CurrentContext.of(current);
    }

    /**
     * Only the key manager, for a client library that builds its own context: the keys as they are when a handshake asks.
     *
     * <p>WARNING: such a library may resume a TLS session, and that shows the certificate of its first handshake. Prefer
     * {@link #clientContext(Supplier)} where the library takes a context.
     *
     * @param keys the same object until they are replaced
     */
    public static X509ExtendedKeyManager currentKeys(Supplier<? extends X509ExtendedKeyManager> keys) {
        return new CurrentKeys(keys);
    }

    private static TrustManager[] trusting(TrustAnchors servers) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (X509Certificate certificate : servers.authorities()) {
            store.setCertificateEntry(Integer.toString(store.size()), certificate);
        }
        for (X509Certificate certificate : servers.pinned()) {
            store.setCertificateEntry(Integer.toString(store.size()), certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    /**
     * One's own key, out of a key store as {@code KeyStore.getInstance(file, password)} reads it.
     *
     * @param password of the key
     * @throws IllegalArgumentException if the store has no private key, or the password is not that of the key
     */
    public static X509ExtendedKeyManager keys(KeyStore store, char[] password) {
        try {
            boolean found = false;
            for (String alias : Collections.list(store.aliases())) {
                // The key manager reads keys when it needs them, and tells nobody of those that it cannot read.
                found |= store.isKeyEntry(alias) && store.getKey(alias, password) != null;
            }
            if (!found) {
                throw new IllegalArgumentException(
                        "The key store has no private key: put the key and its certificate chain into it");
            }
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, password);
            return Arrays.stream(factory.getKeyManagers())
                    .filter(X509ExtendedKeyManager.class::isInstance)
                    .map(X509ExtendedKeyManager.class::cast)
                    .findFirst()
                    .orElseThrow();
        } catch (UnrecoverableKeyException e) {
            throw new IllegalArgumentException("The password is not that of the private key in the key store", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("The key store cannot be read: " + e, e);
        }
    }

    /** Only the trust manager, for a server that builds its own context. It trusts no server. */
    public static X509ExtendedTrustManager trustManager(ClientAuthenticator authenticator, Handshake handshake) {
        return new ClientTrust(authenticator, handshake);
    }

    private static final class ClientTrust extends X509ExtendedTrustManager {
        private static final Set<CryptoPrimitive> SIGNATURE = EnumSet.of(CryptoPrimitive.SIGNATURE);

        private final ClientAuthenticator authenticator;
        private final Handshake handshake;

        ClientTrust(ClientAuthenticator authenticator, Handshake handshake) {
            this.authenticator = authenticator;
            this.handshake = handshake;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain, engine == null ? null : engine.getSSLParameters());
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            check(chain, socket instanceof SSLSocket ssl ? ssl.getSSLParameters() : null);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain, null);
        }

        private void check(X509Certificate[] chain, @Nullable SSLParameters parameters) throws CertificateException {
            AlgorithmConstraints constraints = parameters == null ? null : parameters.getAlgorithmConstraints();
            Verdict verdict = authenticator.verdictForHandshake(chain);
            if (verdict instanceof Verdict.Rejected rejected) {
                authenticator.handshakeRefused(rejected);
                boolean bounded = rejected.reason() != RejectionReason.CHAIN_TOO_LARGE;
                if (handshake == Handshake.REFUSE || !bounded) {
                    throw new CertificateException(rejected.reason().code());
                }
            } else if (constraints != null) {
                // Undecided passes: nothing may be fetched before the key is proved, and the request will decide.
                VerifiedPath path = verdict instanceof Verdict.Undecided undecided
                        ? undecided.path()
                        : ((Verdict.Accepted) verdict).path();
                check(path, constraints);
            }
        }

        /**
         * JSSE leaves the constraints of the connection to an extended trust manager. They are known here and not at the
         * request, so a violation ends the handshake even where others are deferred.
         */
        private void check(VerifiedPath path, AlgorithmConstraints constraints) throws CertificateException {
            List<X509Certificate> certificates = path.certificates();
            for (X509Certificate certificate : certificates.subList(0, Math.max(1, certificates.size() - 1))) {
                if (!constraints.permits(SIGNATURE, certificate.getSigAlgName(), null)
                        || !constraints.permits(SIGNATURE, certificate.getPublicKey())) {
                    Verdict.Rejected rejected = new Verdict.Rejected(
                            RejectionReason.ALGORITHM_REFUSED,
                            Certificates.describe(certificate) + ": by the algorithm constraints of the connection");
                    authenticator.handshakeRefused(rejected);
                    throw new CertificateException(rejected.reason().code());
                }
            }
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authenticator.acceptedIssuers();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("This trust manager is for servers: it trusts no server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            checkServerTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            checkServerTrusted(chain, authType);
        }
    }

    /**
     * The keys as they are when a handshake chooses one. JSSE asks for the alias, the key and the certificates
     * in three calls; an alias says of which generation of keys it is, so that a reload between two of them cannot pair
     * a new key with an old certificate.
     */
    private static final class CurrentKeys extends X509ExtendedKeyManager {
        private final Supplier<? extends X509ExtendedKeyManager> current;
        private volatile Generation latest;
        private volatile Generation previous;

        private record Generation(int number, X509ExtendedKeyManager keys) {
            @Nullable
            String alias(@Nullable String alias) {
                return alias == null ? null : number + ":" + alias;
            }

            String @Nullable [] aliases(String @Nullable [] aliases) {
                return aliases == null
                        ? null
                        : Arrays.stream(aliases)
                                .map(alias -> number + ":" + alias)
                                .toArray(String[]::new);
            }
        }

        CurrentKeys(Supplier<? extends X509ExtendedKeyManager> current) {
            this.current = current;
            this.latest = new Generation(0, current.get());
            this.previous = latest;
        }

        private Generation latest() {
            X509ExtendedKeyManager keys = current.get();
            if (!keys.equals(latest.keys)) {
                synchronized (this) {
                    if (!keys.equals(latest.keys)) {
                        previous = latest;
                        latest = new Generation(previous.number + 1, keys);
                    }
                }
            }
            return latest;
        }

        /** What the generation that the alias is of says; nothing when two reloads have passed since. */
        private <T> @Nullable T ask(String alias, BiFunction<X509ExtendedKeyManager, String, @Nullable T> question) {
            int colon = alias.indexOf(':');
            String number = alias.substring(0, Math.max(colon, 0));
            for (Generation generation : List.of(latest, previous)) {
                if (number.equals(Integer.toString(generation.number))) {
                    return question.apply(generation.keys, alias.substring(colon + 1));
                }
            }
            return null;
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            Generation generation = latest();
            return generation.alias(generation.keys.chooseEngineServerAlias(keyType, issuers, engine));
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            Generation generation = latest();
            return generation.alias(generation.keys.chooseServerAlias(keyType, issuers, socket));
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            Generation generation = latest();
            return generation.aliases(generation.keys.getServerAliases(keyType, issuers));
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return ask(alias, X509ExtendedKeyManager::getCertificateChain);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return ask(alias, X509ExtendedKeyManager::getPrivateKey);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            Generation generation = latest();
            return generation.alias(generation.keys.chooseEngineClientAlias(keyTypes, issuers, engine));
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            Generation generation = latest();
            return generation.alias(generation.keys.chooseClientAlias(keyTypes, issuers, socket));
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            Generation generation = latest();
            return generation.aliases(generation.keys.getClientAliases(keyType, issuers));
        }
    }
}
