package io.mtls.spring;

import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerSslBundle;
import org.springframework.util.StringUtils;

/** Where keys and trusted certificates come from: the SSL bundles, and the server's own, which may have no name. */
final class Bundles {

    private static final String NAME_A_TRUST_STORE =
            "Name the CA whose certificates are accepted: give the bundle a trust store"
                    + " (spring.ssl.bundle.pem.<name>.truststore.certificate, or spring.ssl.bundle.jks.<name>.truststore),"
                    + " or name another bundle that has one by mtls.issuers.<issuer>.bundle. The certificate authorities"
                    + " of the Java platform are never used.";

    private final SslBundles bundles;
    private final @Nullable Ssl server;

    /** @param server what stands below {@code server.ssl} */
    Bundles(SslBundles bundles, @Nullable Ssl server) {
        this.bundles = bundles;
        this.server = server;
    }

    /** The bundle of this name, for the property that names it. */
    SslBundle named(String name, String property) {
        try {
            return bundles.getBundle(name);
        } catch (NoSuchSslBundleException e) {
            List<String> known = bundles.getBundleNames();
            throw new MtlsConfigurationException(
                    "The property '" + property + "' names the SSL bundle '" + name + "', which does not exist.",
                    (known.isEmpty() ? "There are no SSL bundles." : "Name one of " + known + ".")
                            + " Bundles are defined by spring.ssl.bundle.pem.<name> and spring.ssl.bundle.jks.<name>.");
        }
    }

    /** The server's own bundle, or null where TLS is not on. */
    @Nullable
    SslBundle ofServer() {
        if (!Ssl.isEnabled(server)) {
            return null;
        }
        String name = server.getBundle();
        return StringUtils.hasText(name) ? named(name, "server.ssl.bundle") : WebServerSslBundle.get(server, bundles);
    }

    /** The name of the server's own bundle, or null where it has none. */
    @Nullable
    String nameOfServer() {
        return server != null && StringUtils.hasText(server.getBundle()) ? server.getBundle() : null;
    }

    /** The certificates that the bundle of this name trusts. */
    List<X509Certificate> trustedBy(String name, String property) {
        return trusted(
                named(name, property).getStores().getTrustStore(),
                "The property '" + property + "' names the SSL bundle '" + name + "'");
    }

    /** The certificates that the server's own bundle trusts. */
    List<X509Certificate> trustedByServer(String issuer) {
        SslBundle bundle = ofServer();
        String place = "Issuer '" + issuer + "' names no SSL bundle, so that its CA is looked for in the server's own"
                + " (server.ssl)";
        if (bundle == null) {
            throw new MtlsConfigurationException(
                    place + ", but the server has none.",
                    "Configure server.ssl, such as by server.ssl.bundle. " + NAME_A_TRUST_STORE);
        }
        return trusted(bundle.getStores().getTrustStore(), place);
    }

    /** Stops the start where a bundle for one of the server's names has other anchors: trust is the same for all names. */
    void requireNoTrustOfItsOwn(String name, String serverName) {
        KeyStore store =
                named(name, "server.ssl.server-name-bundles").getStores().getTrustStore();
        SslBundle ofServer = ofServer();
        KeyStore servers = ofServer == null ? null : ofServer.getStores().getTrustStore();
        if (store != null
                && (servers == null || !Set.copyOf(certificates(store)).equals(Set.copyOf(certificates(servers))))) {
            throw new MtlsConfigurationException(
                    "The SSL bundle '" + name + "' for the server name '" + serverName
                            + "' has a trust store of its own, which would not be in force: whom to trust is the same for"
                            + " every name of the server.",
                    "Remove the trust store from that bundle, and name its CA by mtls.issuers.<name>.bundle if it is to be"
                            + " trusted.");
        }
    }

    /** Calls back each time the bundle of this name is replaced. */
    void onUpdate(String name, Consumer<SslBundle> handler) {
        bundles.addBundleUpdateHandler(name, handler);
    }

    private static List<X509Certificate> trusted(@Nullable KeyStore store, String place) {
        if (store == null) {
            throw new MtlsConfigurationException(place + ", which has no trust store.", NAME_A_TRUST_STORE);
        }
        List<X509Certificate> certificates = certificates(store);
        if (certificates.isEmpty()) {
            throw new MtlsConfigurationException(
                    place + ", whose trust store holds no certificate.", NAME_A_TRUST_STORE);
        }
        return certificates;
    }

    private static List<X509Certificate> certificates(KeyStore store) {
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isCertificateEntry(alias)
                        && store.getCertificate(alias) instanceof X509Certificate certificate) {
                    certificates.add(certificate);
                }
            }
            return certificates;
        } catch (KeyStoreException e) {
            throw new MtlsConfigurationException("A trust store cannot be read: " + e.getMessage(), NAME_A_TRUST_STORE);
        }
    }
}
