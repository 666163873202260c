package io.mtls;

import io.mtls.identity.SafeText;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one thing an adapter calls: the facts of a request in; anonymous, authenticated or refused out.
 *
 * <p>It decides on every request, from the verifier that is in force at that moment, so that a certificate that has
 * expired, was revoked, or whose issuer is trusted no more is refused on connections that are already open and on
 * resumed TLS sessions. For a certificate seen before that is a look-up in memory.
 */
public final class ClientAuthenticator {

    /** How long a request waits for revocation data that is not in memory. */
    private static final Duration FETCH_DEADLINE = Duration.ofSeconds(5);

    private static final ClientAuthentication ANONYMOUS = new ClientAuthentication.Anonymous();

    private final Supplier<ClientCertificateVerifier> verifier;
    private final @Nullable TrustedProxies proxies;
    private final boolean misdirectedAllowed;
    private final InstantSource clock;
    private final MtlsListener listener;

    /**
     * @param verifier the snapshot in force, such as a {@link Reloadable}; asked on each request
     * @param listener told of refusals and of callers that are new
     */
    public ClientAuthenticator(
            Supplier<ClientCertificateVerifier> verifier, InstantSource clock, MtlsListener listener) {
        this(verifier, null, false, clock, listener);
    }

    private ClientAuthenticator(
            Supplier<ClientCertificateVerifier> verifier,
            @Nullable TrustedProxies proxies,
            boolean misdirectedAllowed,
            InstantSource clock,
            MtlsListener listener) {
        this.verifier = verifier;
        this.proxies = proxies;
        this.misdirectedAllowed = misdirectedAllowed;
        this.clock = clock;
        this.listener = MtlsListener.contained(listener);
    }

    /** The same, also for callers who come by these proxies; those who connect themselves stay as they are. */
    public ClientAuthenticator behind(TrustedProxies trusted) {
        return new ClientAuthenticator(verifier, trusted, misdirectedAllowed, clock, listener);
    }

    /**
     * The same, also for requests for another host than the TLS connection was made to, which are refused otherwise where
     * the server tells ({@link RequestFacts#serverName}): for clients that are told a name for the handshake and connect by
     * an address. Risk: where hosts of one server are for different callers, who may connect to one asks for another.
     */
    public ClientAuthenticator allowMisdirectedRequests() {
        return new ClientAuthenticator(verifier, proxies, true, clock, listener);
    }

    /** Those that callers may come by; null where there are none. */
    public @Nullable TrustedProxies proxies() {
        return proxies;
    }

    /**
     * Whether a header is to be kept from the application, because it forwards a certificate or seems to: what is true of
     * it the application is told as its {@link ClientIdentity}.
     */
    public boolean hides(String header) {
        return proxies != null && proxies.isForwardedCertificate(header);
    }

    /**
     * Decides, and completes at once when nothing has to be fetched. The stage never completes exceptionally.
     *
     * @param facts of a request that came over a connection on which the client proved that it holds the key; not looked at
     *     any more once the stage is complete
     */
    public CompletionStage<ClientAuthentication> authenticate(RequestFacts facts, ClientAuth clientAuth) {
        return authenticate(facts, clientAuth, fetches());
    }

    private CompletableFuture<ClientAuthentication> authenticate(
            RequestFacts facts, ClientAuth clientAuth, int fetchesLeft) {
        ClientAuthentication decision =
                fetchesLeft == 0 ? decideFinally(facts, clientAuth) : decideAtOnce(facts, clientAuth);
        if (decision != null) {
            return CompletableFuture.completedFuture(decision);
        }
        return fetchWhatIsMissing(facts)
                .orTimeout(millisForEachFetch(), TimeUnit.MILLISECONDS)
                .handle((done, failure) -> failure == null ? fetchesLeft - 1 : 0)
                .thenCompose(left -> authenticate(facts, clientAuth, left));
    }

    /** The same, for a thread that may wait; at most for the few seconds that fetching is allowed to take. */
    public ClientAuthentication authenticateNow(RequestFacts facts, ClientAuth clientAuth) {
        for (int left = fetches(); left > 0; left--) {
            ClientAuthentication immediate = decideAtOnce(facts, clientAuth);
            if (immediate != null) {
                return immediate;
            }
            try {
                fetchWhatIsMissing(facts).get(millisForEachFetch(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            } catch (ExecutionException | TimeoutException e) {
                break; // What could not be fetched is still unknown, and so refused below with that reason.
            }
        }
        return decideFinally(facts, clientAuth);
    }

    /** What is to be known of a proxy comes before what it forwards. */
    private int fetches() {
        return proxies == null ? 1 : 2;
    }

    private long millisForEachFetch() {
        return FETCH_DEADLINE.dividedBy(fetches()).toMillis();
    }

    /** Says that a caller is refused for a reason that the adapter found, and tells the listener. */
    public ClientAuthentication.Refused refuse(RequestFacts facts, RejectionReason reason, String detail) {
        // An adapter has hidden by now what told a proxy's connection from a caller's own.
        return refused(facts, reason, SafeText.of(detail), proxies != null);
    }

    private ClientAuthentication.Refused refused(
            RequestFacts facts, RejectionReason reason, String safeDetail, boolean byProxy) {
        listener.onEvent(new MtlsEvent.RequestRefused(reason, SafeText.of(facts.origin()), safeDetail));
        return new ClientAuthentication.Refused(reason, safeDetail, byProxy);
    }

    /**
     * The verdict for a TLS handshake: early, by the same verifier, and remembering nothing but a path for its request. Tells no listener.
     *
     * <p>OCSP answers that came with the chain are not looked at: they are true whoever brings them, but to keep one costs
     * room, and the responder would be asked from then on, which is for those who have proved their key. Their request
     * brings them again.
     */
    Verdict verdictForHandshake(X509Certificate[] chain) {
        Instant at = clock.instant();
        Verdict verdict = verifier.get().verify(chain, at);
        ClientCertificateVerifier ofProxies = proxies == null ? null : proxies.certificates();
        if (ofProxies == null || !(verdict instanceof Verdict.Rejected)) {
            return verdict;
        }
        Verdict asProxy = ofProxies.verify(chain, at);
        return asProxy instanceof Verdict.Rejected ? verdict : asProxy;
    }

    /** Tells the listener that a handshake was refused, or will be by its request. */
    void handshakeRefused(Verdict.Rejected rejected) {
        listener.onEvent(new MtlsEvent.HandshakeRefused(rejected.reason(), rejected.detail()));
    }

    /** Nothing, which means anything, where either of the two does not say. */
    X509Certificate[] acceptedIssuers() {
        X509Certificate[] ofCallers = verifier.get().acceptedIssuers();
        ClientCertificateVerifier proxyVerifier = proxies == null ? null : proxies.certificates();
        if (proxyVerifier == null) {
            return ofCallers;
        }
        X509Certificate[] ofProxies = proxyVerifier.acceptedIssuers();
        return ofCallers.length == 0 || ofProxies.length == 0
                ? new X509Certificate[0]
                : Stream.of(ofCallers, ofProxies)
                        .flatMap(Arrays::stream)
                        .distinct()
                        .toArray(X509Certificate[]::new);
    }

    /** Null while something has to be fetched. */
    private @Nullable ClientAuthentication decideAtOnce(RequestFacts facts, ClientAuth clientAuth) {
        ClientAuthentication decision = decide(facts, clientAuth, false);
        if (decision != null) {
            return decision;
        }
        List<byte[]> stapled = facts.stapledResponses();
        Verdict.Undecided undecided = stapled.isEmpty() ? null : undecided(facts);
        boolean taken = undecided != null && takeStaples(undecided, stapled, clock.instant());
        return taken ? decide(facts, clientAuth, false) : null;
    }

    /** Each is verified like an answer that was fetched; a bad one changes nothing. */
    private static boolean takeStaples(Verdict.Undecided undecided, List<byte[]> stapled, Instant at) {
        RevocationPolicy revocation = undecided.path().issuer().revocation();
        if (revocation == null || stapled.isEmpty()) {
            return false;
        }
        for (RevocationQuery query : undecided.missing()) {
            stapled.stream().limit(PathFinder.MAX_CHAIN_LENGTH).forEach(der -> revocation.offer(query, der, at));
        }
        return true;
    }

    private ClientAuthentication decideFinally(RequestFacts facts, ClientAuth clientAuth) {
        ClientAuthentication decision = decide(facts, clientAuth, true);
        return decision != null ? decision : refuse(facts, RejectionReason.REVOCATION_UNKNOWN, "");
    }

    /** Null while something has to be fetched; never when {@code fetched}. */
    private @Nullable ClientAuthentication decide(RequestFacts facts, ClientAuth clientAuth, boolean fetched) {
        if (proxies == null && clientAuth == ClientAuth.NONE) {
            return isMisdirected(facts) ? misdirected(facts) : ANONYMOUS;
        }
        Instant at = clock.instant();
        Presented presented = Presented.in(facts, verifier, proxies, at, fetched);
        if (presented instanceof Presented.Refused refused) {
            return refused(facts, refused.reason(), SafeText.of(refused.detail()), refused.byProxy());
        }
        return presented instanceof Presented.Chain chain ? decide(chain, facts, clientAuth, at, fetched) : null;
    }

    private @Nullable ClientAuthentication decide(
            Presented.Chain presented, RequestFacts facts, ClientAuth clientAuth, Instant at, boolean fetched) {
        X509Certificate[] chain = presented.chain();
        if (!presented.byProxy() && isMisdirected(facts)) {
            return misdirected(facts);
        }
        if (clientAuth == ClientAuth.NONE) {
            return ANONYMOUS;
        }
        boolean byProxy = presented.byProxy();
        if (chain == null || chain.length == 0) {
            return clientAuth == ClientAuth.NEED
                    ? refused(
                            facts,
                            RejectionReason.CERTIFICATE_REQUIRED,
                            byProxy ? "no certificate forwarded by the proxy" : "no certificate on this connection",
                            byProxy)
                    : ANONYMOUS;
        }
        ClientCertificateVerifier snapshot = presented.verifier();
        Verdict verdict = fetched ? snapshot.verifyFetched(chain, at) : snapshot.verifyProved(chain, at);
        if (verdict instanceof Verdict.Accepted accepted) {
            return identify(accepted.path(), snapshot, facts, byProxy);
        }
        if (verdict instanceof Verdict.Rejected rejected) {
            return refused(facts, rejected.reason(), rejected.detail(), byProxy);
        }
        Verdict.Rejected otherwise = ((Verdict.Undecided) verdict).otherwise();
        return fetched ? refused(facts, otherwise.reason(), otherwise.detail(), byProxy) : null;
    }

    /** Not asked of a proxy, whose connection has a name of its own. */
    private boolean isMisdirected(RequestFacts facts) {
        String serverName = misdirectedAllowed ? null : facts.serverName();
        String host = serverName == null ? null : facts.host();
        return serverName != null && (host == null || !withoutDot(host).equalsIgnoreCase(withoutDot(serverName)));
    }

    /** The dot at the end of a fully qualified name, which SNI never has and Host may have. */
    private static String withoutDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    private ClientAuthentication misdirected(RequestFacts facts) {
        return refused(
                facts,
                RejectionReason.REQUEST_MISDIRECTED,
                SafeText.of("for " + facts.host() + " on a connection to " + facts.serverName()),
                false);
    }

    private ClientAuthentication identify(
            VerifiedPath path, ClientCertificateVerifier snapshot, RequestFacts facts, boolean byProxy) {
        ClientAuthentication identified = path.identified;
        if (identified == null) {
            try {
                identified = path.issuer().identify(path, snapshot.principalPrefixes());
            } catch (RuntimeException e) { // A CertificateField may be the user's code, too.
                return refuse(facts, RejectionReason.PRINCIPAL_INVALID, "a rule of the issuer failed: " + e);
            }
            path.identified = identified;
            if (identified instanceof ClientAuthentication.Authenticated first) {
                listener.onEvent(new MtlsEvent.CallerVerified(first.identity()));
            }
        }
        if (identified instanceof ClientAuthentication.Refused refused) {
            return refused(facts, refused.reason(), refused.detail(), byProxy);
        }
        return path.issuer().hasRoleMapper() ? withMappedRoles(identified, path, facts) : identified;
    }

    private ClientAuthentication withMappedRoles(
            ClientAuthentication identified, VerifiedPath path, RequestFacts facts) {
        ClientIdentity identity = ((ClientAuthentication.Authenticated) identified).identity();
        try {
            Set<String> roles = path.issuer().mappedRoles(identity);
            return new ClientAuthentication.Authenticated(identity.withRoles(roles));
        } catch (RuntimeException e) { // The user's code, which may reach out to anything.
            return refuse(facts, RejectionReason.ROLES_UNAVAILABLE, "the role mapper failed: " + e);
        }
    }

    private CompletableFuture<?> fetchWhatIsMissing(RequestFacts facts) {
        Verdict.Undecided undecided = undecided(facts);
        if (undecided == null) {
            return CompletableFuture.completedFuture(null); // Another snapshot came meanwhile: just ask again.
        }
        RevocationPolicy revocation =
                Objects.requireNonNull(undecided.path().issuer().revocation());
        Instant at = clock.instant();
        return CompletableFuture.allOf(undecided.missing().stream()
                .map(query -> revocation.refresh(query, at).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    /** What keeps a request from being decided, or null if nothing does any more. */
    private Verdict.@Nullable Undecided undecided(RequestFacts facts) {
        Instant at = clock.instant();
        Presented presented = Presented.in(facts, verifier, proxies, at, false);
        if (presented instanceof Presented.ByUndecidedProxy by) {
            return by.proxy();
        }
        return presented instanceof Presented.Chain chain
                        && chain.chain() != null
                        && chain.verifier().verifyProved(chain.chain(), at) instanceof Verdict.Undecided undecided
                ? undecided
                : null;
    }
}
