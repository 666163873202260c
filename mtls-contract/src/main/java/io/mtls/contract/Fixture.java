package io.mtls.contract;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.PathRules;
import io.mtls.RejectionReason;
import io.mtls.Reloadable;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.TrustedProxies;
import io.mtls.ca.HeldCertificate;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.RevocationStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * All that a server under test is made of. One for all servers of a test class; an adapter takes the parts that it needs
 * at its level and builds the others itself, by {@link #issuer()} and {@link #rules()}.
 */
public final class Fixture {

    private final SettableClock clock = new SettableClock();
    private final Pki pki = new Pki(clock);
    private final List<MtlsEvent> events = new CopyOnWriteArrayList<>();
    private final Map<String, RevocationStatus> statuses = new ConcurrentHashMap<>();
    private final DenyList denyList = DenyList.inMemory();
    private final Reloadable<ClientCertificateVerifier> verifier =
            new Reloadable<>("trust anchors", trusting(issuer()), listener());
    private final ClientCertificateVerifier proxies = ClientCertificateVerifier.builder(TrustedIssuer.builder(
                            "proxies", TrustAnchors.of(pki.proxyRoot().certificate()))
                    .build())
            .build();
    private final ClientAuthenticator authenticator =
            new ClientAuthenticator(verifier, clock, listener()).behind(proxies());

    Fixture() {}

    /** Certificates, good and bad. */
    public Pki pki() {
        return pki;
    }

    /** Moved by the tests: an adapter must have no other. */
    public InstantSource clock() {
        return clock;
    }

    /** Remembers what it hears, for the tests to look at. */
    public MtlsListener listener() {
        return events::add;
    }

    /** Acme: organizational unit {@code Audit} is an {@code auditor}, and olga an {@code operator}. */
    public TrustedIssuer issuer() {
        return TrustedIssuer.builder("acme", TrustAnchors.of(pki.root().certificate()))
                .roleRule(RoleRule.equal(CertificateField.subject("OU"), "Audit", "auditor"))
                .roles("olga", "operator")
                .revocation(RevocationPolicy.builder(this::status).build())
                .build();
    }

    /** Known by a certificate of a CA of their own; they forward what Acme has issued, each request as its {@link Hop} does. */
    public TrustedProxies proxies() {
        return TrustedProxies.builder(Hop.any(), verifier)
                .certificates(() -> proxies)
                .build();
    }

    /** What {@link Endpoints} says of the paths. */
    public PathRules rules() {
        return Endpoints.rules();
    }

    /** Replaced by the tests: an adapter must ask for it on each request. */
    public Reloadable<ClientCertificateVerifier> verifier() {
        return verifier;
    }

    /** Of the parts above. */
    public ClientAuthenticator authenticator() {
        return authenticator;
    }

    /** For the server's connector, which has to want client certificates. */
    public SSLContext serverContext(MutualTls.Handshake handshake) {
        X509ExtendedKeyManager keys = pki.serverKeys();
        return MutualTls.serverContext(() -> keys, authenticator, handshake);
    }

    private RevocationStatus status(RevocationQuery query, Instant at) {
        String subject = query.certificate().getSubjectX500Principal().getName();
        return statuses.getOrDefault(subject, new RevocationStatus.Good(at));
    }

    /** Is said of the certificates with this subject from now on. */
    void revocationStatus(String subject, RevocationStatus status) {
        statuses.put(subject, status);
    }

    /** Of the verifier. */
    DenyList denyList() {
        return denyList;
    }

    void reset() {
        clock.reset();
        statuses.clear();
        pki.members().forEach(denyList::allowAgain);
        verifier.reload(() -> trusting(issuer()));
        events.clear();
    }

    void advanceClock(Duration by) {
        clock.advance(by);
    }

    /** From now on only a CA that issued nobody's certificate is trusted. */
    void trustAcmeNoMore() {
        TrustAnchors others =
                TrustAnchors.of(HeldCertificate.root("CN=Other Root").build().certificate());
        verifier.reload(() -> trusting(TrustedIssuer.builder("other", others).build()));
    }

    /** Why callers were refused since the test began, in handshakes and requests. */
    List<String> refusals() {
        return refusals(events);
    }

    static List<String> refusals(List<MtlsEvent> events) {
        return events.stream()
                .flatMap(event -> refusal(event).stream())
                .map(RejectionReason::code)
                .toList();
    }

    private static Optional<RejectionReason> refusal(MtlsEvent event) {
        if (event instanceof MtlsEvent.RequestRefused refused) {
            return Optional.of(refused.reason());
        }
        return event instanceof MtlsEvent.HandshakeRefused refused ? Optional.of(refused.reason()) : Optional.empty();
    }

    private ClientCertificateVerifier trusting(TrustedIssuer issuer) {
        return ClientCertificateVerifier.builder(issuer).denyList(denyList).build();
    }
}
