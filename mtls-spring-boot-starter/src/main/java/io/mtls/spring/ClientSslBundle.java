package io.mtls.spring;

import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.Reloadable;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.util.Arrays;
import java.util.Collections;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;

/**
 * The SSL bundle by which this application calls another service: its own certificate, and the CAs of that service. It
 * follows updates of the bundle that it is made of, for every client library that takes an {@link SslBundle}.
 *
 * <p>An update is in force for each connection that begins after it. A TLS session that is resumed would show the
 * certificate of before, and ask nobody whether the service is still trusted. Connections by {@link #createSslContext()},
 * as those of the JDK's client, Apache's and Jetty's, resume none of before, without exception. Reactor Netty makes a
 * context of its own out of {@link #getManagers()}: the sessions that it keeps are forgotten at an update, which is seen
 * to with the JDK's TLS, not with OpenSSL's; but a handshake that is under way in that instant may leave one.
 *
 * <p>An update without a key, with a key that is not its certificate's, or without trusted certificates leaves the one
 * before in force, and a line in the log. The certificate authorities of the Java platform are never used.
 *
 * <p>Not done: closing connections that are open; they go on as they are, in a pool or over HTTP/2 for as long as they are
 * in use. And ciphers and protocols ({@link #getOptions()}) are read by client libraries when they are built.
 */
public final class ClientSslBundle implements SslBundle {

    private final Reloadable<Version> current;
    private final SSLContext context;
    private final CurrentTrust trust;
    private final SslManagerBundle managers;

    private ClientSslBundle(Reloadable<Version> current) {
        this.current = current;
        this.context = MutualTls.clientContext(() -> current.get().context());
        this.trust = new CurrentTrust(() -> current.get().trust());
        this.managers = new Managers();
    }

    /** {@link #of(SslBundles, String, MtlsListener)}, for nobody but the log. */
    public static ClientSslBundle of(SslBundles bundles, String name) {
        return of(bundles, name, event -> {});
    }

    /**
     * The bundle of this name, now and after each update.
     *
     * @param listener is told of updates and of those that failed, beside the log
     * @throws RuntimeException that stops the start and says what to change, if the bundle has no key, one that is not its
     *     certificate's, or no trusted certificates
     */
    public static ClientSslBundle of(SslBundles bundles, String name, MtlsListener listener) {
        String place = "The SSL bundle '" + name + "', by which another service is called,";
        Reloadable<Version> current = new Reloadable<>(
                "keys and trust of the SSL bundle '" + name + "'",
                Version.of(bundles.getBundle(name), place),
                MtlsListener.all(MtlsListener.logging(), listener));
        ClientSslBundle bundle = new ClientSslBundle(current);
        bundles.addBundleUpdateHandler(name, updated -> {
            if (current.reload(() -> Version.of(updated, place))) {
                bundle.trust.forgetSessions();
            }
        });
        return bundle;
    }

    @Override
    public SslStoreBundle getStores() {
        return current.get().bundle().getStores();
    }

    @Override
    public SslBundleKey getKey() {
        return current.get().bundle().getKey();
    }

    @Override
    public SslOptions getOptions() {
        return current.get().bundle().getOptions();
    }

    @Override
    public String getProtocol() {
        return current.get().bundle().getProtocol();
    }

    /** Managers that follow updates, too. */
    @Override
    public SslManagerBundle getManagers() {
        return managers;
    }

    /** The same one each time; it follows updates. */
    @Override
    public SSLContext createSslContext() {
        return context;
    }

    /** @param context as the bundle itself makes it, with its own managers and protocol */
    private record Version(SslBundle bundle, BundleKeys keys, X509ExtendedTrustManager trust, SSLContext context) {

        static Version of(SslBundle bundle, String place) {
            BundleKeys keys = BundleKeys.of(bundle, place);
            requireTrust(bundle.getStores().getTrustStore(), place);
            X509ExtendedTrustManager trust = Arrays.stream(bundle.getManagers().getTrustManagers())
                    .filter(X509ExtendedTrustManager.class::isInstance)
                    .map(X509ExtendedTrustManager.class::cast)
                    .findFirst()
                    .orElseThrow(() -> new MtlsConfigurationException(
                            place + " has no trust manager that checks the names of servers.",
                            "Use a bundle of PEM files, JKS or PKCS #12."));
            return new Version(bundle, keys, trust, bundle.createSslContext());
        }

        /** Without any the JDK would trust all the world's certificate authorities. */
        private static void requireTrust(@Nullable KeyStore store, String place) {
            try {
                if (store != null) {
                    for (String alias : Collections.list(store.aliases())) {
                        if (store.isCertificateEntry(alias)) {
                            return;
                        }
                    }
                }
            } catch (KeyStoreException e) {
                throw new MtlsConfigurationException(
                        place + " has a trust store that cannot be read: " + e.getMessage(), "Check the trust store.");
            }
            throw new MtlsConfigurationException(
                    place + " has no trusted certificates.",
                    "Name the CA of the service that is called: give the bundle a trust store"
                            + " (spring.ssl.bundle.pem.<name>.truststore.certificate, or"
                            + " spring.ssl.bundle.jks.<name>.truststore). The certificate authorities of the Java platform"
                            + " are never used.");
        }
    }

    private final class Managers implements SslManagerBundle {

        private final KeyManagerFactory keys = new CurrentKeyManagerFactory(
                current.get().bundle().getManagers().getKeyManagerFactory(),
                MutualTls.currentKeys(() -> current.get().keys().manager()));
        private final TrustManagerFactory trusted = SslManagerBundle.from(trust).getTrustManagerFactory();

        @Override
        public KeyManagerFactory getKeyManagerFactory() {
            return keys;
        }

        @Override
        public TrustManagerFactory getTrustManagerFactory() {
            return trusted;
        }

        @Override
        public SSLContext createSslContext(String protocol) {
            return context;
        }
    }

    private static final class CurrentKeyManagerFactory extends KeyManagerFactory {
        CurrentKeyManagerFactory(KeyManagerFactory like, KeyManager keys) {
            super(
                    new KeyManagerFactorySpi() {
                        @Override
                        protected void engineInit(KeyStore store, char[] password) {}

                        @Override
                        protected void engineInit(ManagerFactoryParameters parameters) {}

                        @Override
                        protected KeyManager[] engineGetKeyManagers() {
                            return new KeyManager[] {keys};
                        }
                    },
                    like.getProvider(),
                    like.getAlgorithm());
        }
    }
}
