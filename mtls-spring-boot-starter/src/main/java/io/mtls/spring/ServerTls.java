package io.mtls.spring;

import io.mtls.ClientAuth;
import io.mtls.ClientAuthenticator;
import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.Reloadable;
import io.mtls.TrustedProxies;
import java.util.Locale;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.Ssl;

/** What Tomcat and Jetty have in common: whose TLS it is, and how much client authentication the connector asks for. */
final class ServerTls {

    private final @Nullable Ssl ssl;
    private final Bundles bundles;
    private final ClientAuthenticator authenticator;
    private final PathPatternRules rules;
    private final Handshake handshake;
    private final boolean plainAllowed;
    private final ServerStaple staple;
    private final MtlsListener listener;
    private boolean applied;

    /**
     * @param ssl what stands below {@code server.ssl}
     * @param plainAllowed whether protected paths may be on connectors without TLS, for proxies that connect there
     */
    ServerTls(
            @Nullable Ssl ssl,
            Bundles bundles,
            ClientAuthenticator authenticator,
            PathPatternRules rules,
            Handshake handshake,
            boolean plainAllowed,
            ServerStaple staple,
            MtlsListener listener) {
        this.ssl = ssl;
        this.bundles = bundles;
        this.authenticator = authenticator;
        this.rules = rules;
        this.handshake = handshake;
        this.plainAllowed = plainAllowed;
        this.staple = staple;
        this.listener = listener;
    }

    /**
     * Whether TLS is on. From here on the server counts as one that is looked after.
     *
     * @throws MtlsConfigurationException if it is not and any path is protected or stapling is on, or if the factory's TLS
     *     is another than the properties'
     */
    boolean applyTo(AbstractConfigurableWebServerFactory factory) {
        applied = true;
        requirePlainHelps();
        requireTlsOfProperties(factory);
        boolean on = Ssl.isEnabled(ssl);
        requireTls(on, "The web server", "set server.ssl.bundle");
        if (!on && staple.isOn()) {
            throw new MtlsConfigurationException(
                    "Stapling is on (mtls.stapling.enabled), but the web server speaks plain HTTP and has no certificate.",
                    "Turn TLS on (set server.ssl.bundle), or set mtls.stapling.enabled=false.");
        }
        return on;
    }

    /** Stops the start where code has replaced what the properties say. */
    void requireTlsOfProperties(AbstractConfigurableWebServerFactory factory) {
        if (!Objects.equals(factory.getSsl(), ssl)) { // The very object: it has no equals of its own.
            throw new MtlsConfigurationException(
                    "The web server's TLS was set by code, on "
                            + factory.getClass().getName()
                            + ", so that the properties below server.ssl are not in force.",
                    "Configure TLS by server.ssl.*, such as server.ssl.bundle.");
        }
    }

    /** Over plain HTTP a proxy has no certificate, so that there it can only be known by its address. */
    private void requirePlainHelps() {
        if (plainAllowed && !areProxiesKnownByAddressAlone()) {
            throw new MtlsConfigurationException(
                    "'mtls.proxies.allow-plain-http' is set, but over plain HTTP nobody could be known as a proxy: that takes"
                            + " 'mtls.proxies.addresses', and no 'mtls.proxies.issuers', since certificates come by TLS.",
                    "Set 'mtls.proxies.addresses' and remove 'mtls.proxies.issuers', or remove"
                            + " 'mtls.proxies.allow-plain-http'.");
        }
    }

    private boolean areProxiesKnownByAddressAlone() {
        TrustedProxies proxies = authenticator.proxies();
        return proxies != null && proxies.areKnownByAddress() && !proxies.areKnownByCertificate();
    }

    /** Whether the connection's own address decides, so that it has to be told apart from what a header says. */
    boolean arePeersAsked() {
        TrustedProxies proxies = authenticator.proxies();
        return proxies != null && proxies.areKnownByAddress();
    }

    boolean isApplied() {
        return applied;
    }

    /** Stops the start where a connector that is not TLS carries protected paths. */
    void requireTls(boolean tls, String connector, String remedy) {
        if (!tls && !plainAllowed && rules.protectAny()) {
            throw new MtlsConfigurationException(
                    connector
                            + " speaks plain HTTP, but carries paths that ask for a client certificate, which only TLS"
                            + " can bring.",
                    "Turn TLS on (" + remedy + "), or remove the connector. If nothing is to be protected, say so:"
                            + " mtls.paths[0].pattern=/** with client-auth=none. If a proxy connects there, see"
                            + " mtls.proxies.allow-plain-http and its risk.");
        }
    }

    /** Stops the start where whoever connects says by the protocol itself which certificate the caller has. */
    void requireHttp(String connector) {
        if (rules.protectAny()) {
            throw new MtlsConfigurationException(
                    connector + " does not speak HTTP (AJP, perhaps): there whoever connects says which certificate the"
                            + " caller has, and is not asked who he is.",
                    "Remove the connector, and have the proxy speak HTTP and forward certificates in headers"
                            + " (mtls.proxies).");
        }
    }

    /** Whether what the handshake let pass must be seen by the filter before anybody else. */
    boolean isDeferred() {
        return handshake == Handshake.DEFER;
    }

    /**
     * What the connector asks for.
     *
     * @throws MtlsConfigurationException if {@code server.ssl.client-auth} asks for less than the rules need
     */
    ClientAuth clientAuth() {
        ClientAuth derived = rules.onConnector();
        if (derived == ClientAuth.NEED && (isDeferred() || areProxiesKnownByAddressAlone())) {
            derived = ClientAuth.WANT; // So that who has no certificate gets a response, too; a proxy need have none.
        }
        TrustedProxies proxies = authenticator.proxies();
        if (derived == ClientAuth.NONE && proxies != null && proxies.areKnownByCertificate()) {
            derived = ClientAuth.WANT; // Else no proxy would be known as one, and what it forwards refused.
        }
        Ssl.ClientAuth set = ssl == null ? null : ssl.getClientAuth();
        if (set == null) {
            return derived;
        }
        ClientAuth explicit = ClientAuth.valueOf(set.name());
        if (explicit.compareTo(derived) < 0) {
            throw new MtlsConfigurationException(
                    "The property 'server.ssl.client-auth' is '" + lower(explicit)
                            + "', but the rules of mtls.paths"
                            + (proxies == null ? "" : ", and the proxies,") + " need '" + lower(derived) + "'.",
                    "Remove 'server.ssl.client-auth': it is derived from mtls.paths.");
        }
        return explicit;
    }

    /** A context of ours, for the server as a whole or for one of its names (SNI). */
    Context context(@Nullable String serverName) {
        String bundleName = bundleName(serverName);
        SslBundle bundle = bundleName != null ? bundles.named(bundleName, "server.ssl") : bundles.ofServer();
        if (bundle == null) {
            throw new IllegalStateException("TLS is not on");
        }
        String place = bundleName == null ? "The server (server.ssl)" : "The SSL bundle '" + bundleName + "'";
        if (serverName != null && bundleName != null) {
            bundles.requireNoTrustOfItsOwn(bundleName, serverName);
        }
        Reloadable<BundleKeys> keys = new Reloadable<>("server keys of " + place, keys(bundle, place), listener);
        staple.presents(keys);
        if (bundleName != null) {
            bundles.onUpdate(bundleName, updated -> {
                keys.reload(() -> keys(updated, place));
                staple.look();
            });
        }
        return new Context(
                MutualTls.serverContext(() -> keys.get().manager(), authenticator, handshake),
                keys.get().manager(),
                MutualTls.trustManager(authenticator, handshake));
    }

    private BundleKeys keys(SslBundle bundle, String place) {
        return staple.required(BundleKeys.of(bundle, place), place);
    }

    private @Nullable String bundleName(@Nullable String serverName) {
        if (serverName == null || ssl == null) {
            return bundles.nameOfServer();
        }
        return ssl.getServerNameBundles().stream()
                .filter(named -> named.serverName().equalsIgnoreCase(serverName))
                .map(Ssl.ServerNameSslBundle::bundle)
                .findFirst()
                .orElseGet(bundles::nameOfServer);
    }

    private static String lower(ClientAuth clientAuth) {
        return clientAuth.name().toLowerCase(Locale.ROOT);
    }

    /**
     * @param keys as they are now, for a server that looks at them itself
     */
    record Context(SSLContext ssl, X509ExtendedKeyManager keys, X509ExtendedTrustManager trust) {}
}
