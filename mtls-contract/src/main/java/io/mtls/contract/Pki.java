package io.mtls.contract;

import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.ca.TlsClients;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/** The root, its issuing CA, the members, and those who are none. Clients present what they have, asked for or not. */
public final class Pki {

    /** As many certificates as the JDK takes from a client: {@code jdk.tls.server.maxInboundCertificateChainLength}. */
    private static final int CHAIN_LENGTH = 8;

    private final InstantSource clock;
    private final HeldCertificate root;
    private final HeldCertificate issuing;
    private final HeldCertificate server;
    private final HeldCertificate proxyRoot;
    private final List<X509Certificate> members = new CopyOnWriteArrayList<>();
    private final List<X509Certificate> forgedCas = new ArrayList<>();

    Pki(InstantSource clock) {
        this.clock = clock;
        root = HeldCertificate.root("CN=Acme Root").clock(clock).build();
        issuing = root.issueCa("CN=Acme Issuing CA").maxPathLength(0).build();
        proxyRoot = HeldCertificate.root("CN=Acme Proxies").clock(clock).build();
        server = issuing.issueServer("localhost", "127.0.0.1").build();
    }

    /** What the server trusts for its clients, and they for their server. */
    public HeldCertificate root() {
        return root;
    }

    /** For {@code localhost} and {@code 127.0.0.1}, with the issuing CA in its chain. */
    public HeldCertificate server() {
        return server;
    }

    /** What the server trusts for its proxies. */
    HeldCertificate proxyRoot() {
        return proxyRoot;
    }

    /** A proxy, as a client. */
    SSLContext proxy() {
        return proxyRoot.issueClient("CN=edge").build().clientContext(root.certificate());
    }

    /** Who expires before the proxy does. */
    HeldCertificate aliceOfThisWeekBehindProxy() {
        Instant now = clock.instant();
        return issuing.issueClient("CN=alice,OU=Audit")
                .validity(now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(7)))
                .build();
    }

    /** A member in organizational unit {@code Audit}, whose certificate a proxy has seen. */
    HeldCertificate aliceBehindProxy() {
        return issuing.issueClient("CN=alice,OU=Audit").build();
    }

    /** Another. */
    HeldCertificate bobBehindProxy() {
        return issuing.issueClient("CN=bob").build();
    }

    /** Alice, for proxies that forward a certificate and no chain: the root has issued it. */
    HeldCertificate aliceOfTheRoot() {
        return root.issueClient("CN=alice,OU=Audit").build();
    }

    /** The server's key as JSSE wants it. */
    public X509ExtendedKeyManager serverKeys() {
        return keyManager(server.privateKey(), server.chain());
    }

    /** For a key that is no {@link HeldCertificate}. */
    static SSLContext client(PrivateKey key, List<X509Certificate> chain, X509Certificate trustedServers) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("server", trustedServers);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keyManager(key, chain)}, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509ExtendedKeyManager keyManager(PrivateKey key, List<X509Certificate> chain) {
        try {
            char[] password = "not a secret".toCharArray();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("key", key, password, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, password);
            for (KeyManager manager : factory.getKeyManagers()) {
                if (manager instanceof X509ExtendedKeyManager keys) {
                    return keys;
                }
            }
            throw new IllegalStateException("no X509ExtendedKeyManager on this Java platform");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A member in organizational unit {@code Audit}, which makes her an {@code auditor}. */
    SSLContext alice() {
        return client(issuing.issueClient("CN=alice,OU=Audit").build());
    }

    /** A member without roles. */
    SSLContext bob() {
        return client(issuing.issueClient("CN=bob").build());
    }

    /** A member who is an {@code operator} by name. */
    SSLContext olga() {
        return client(issuing.issueClient("CN=olga").build());
    }

    SSLContext nobody() {
        return TlsClients.anonymous(root.certificate());
    }

    /** The same names as alice's, issued by CAs that also have the same names, with other keys. */
    HeldCertificate aliceOfAnotherCa() {
        HeldCertificate otherRoot =
                HeldCertificate.root("CN=Mallory Root").clock(clock).build();
        HeldCertificate otherIssuing =
                otherRoot.issueCa("CN=Mallory Issuing CA").maxPathLength(0).build();
        return otherIssuing.issueClient("CN=alice,OU=Audit").build();
    }

    HeldCertificate expiredAlice() {
        Instant now = clock.instant();
        return issuing.issueClient("CN=alice,OU=Audit")
                .validity(now.minus(Duration.ofDays(9)), now.minus(Duration.ofDays(1)))
                .build();
    }

    HeldCertificate aliceOfTomorrow() {
        Instant now = clock.instant();
        return issuing.issueClient("CN=alice,OU=Audit")
                .validity(now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(9)))
                .build();
    }

    HeldCertificate aliceWithServersCertificate() {
        return issuing.issueClient("CN=alice,OU=Audit")
                .extendedKeyUsage(KeyPurpose.SERVER_AUTH)
                .build();
    }

    /** Alice's certificate with as many CAs of the issuing CA's name, and other keys, as a chain has room for. */
    SSLContext aliceBesideForgedCas() {
        return client(besideForgedCas(issuing.issueClient("CN=alice,OU=Audit").build(), issuing.certificate()));
    }

    /** The same where one of these has issued it. */
    SSLContext aliceOfForgedCas() {
        HeldCertificate forged = forgedIssuing();
        return client(besideForgedCas(forged.issueClient("CN=alice,OU=Audit").build(), forged.certificate()));
    }

    private HeldCertificate besideForgedCas(HeldCertificate client, X509Certificate last) {
        while (forgedCas.size() < CHAIN_LENGTH - 2) {
            forgedCas.add(forgedIssuing().certificate());
        }
        List<X509Certificate> presented = new ArrayList<>(forgedCas);
        presented.add(last);
        return client.withIntermediates(presented.toArray(X509Certificate[]::new));
    }

    private HeldCertificate forgedIssuing() {
        return HeldCertificate.root("CN=Acme Issuing CA").clock(clock).build();
    }

    /** Alice's chain, which everybody has seen who ever met her, and a key that is not hers. */
    SSLContext aliceWithoutHerKey() {
        HeldCertificate alice = issuing.issueClient("CN=alice,OU=Audit").build();
        PrivateKey another = issuing.issueClient("CN=bob").build().privateKey();
        return client(another, alice.chain(), root.certificate());
    }

    /** The certificates of all clients made so far. */
    List<X509Certificate> members() {
        return List.copyOf(members);
    }

    /** Who holds this one. */
    SSLContext client(HeldCertificate held) {
        members.add(held.certificate());
        return held.clientContext(root.certificate());
    }
}
