package io.mtls;

import io.mtls.identity.SafeText;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
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
    private final InstantSource clock;
    private final MtlsListener listener;

    /**
     * @param verifier the snapshot in force, such as a {@link Reloadable}; asked on each request
     * @param listener told of refusals and of callers that are new
     */
    public ClientAuthenticator(
            Supplier<ClientCertificateVerifier> verifier, InstantSource clock, MtlsListener listener) {
        this.verifier = verifier;
        this.clock = clock;
        this.listener = MtlsListener.contained(listener);
    }

    /**
     * Decides, and completes at once when nothing has to be fetched. The stage never completes exceptionally.
     *
     * @param facts of a request that came over a connection on which the client proved that it holds the key
     */
    public CompletionStage<ClientAuthentication> authenticate(RequestFacts facts, ClientAuth clientAuth) {
        ClientAuthentication immediate = decideAtOnce(facts, clientAuth);
        if (immediate != null) {
            return CompletableFuture.completedFuture(immediate);
        }
        return fetchWhatIsMissing(facts)
                .orTimeout(FETCH_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                .handle((done, failure) -> decideFinally(facts, clientAuth));
    }

    /** The same, for a thread that may wait; at most for the few seconds that a fetch is allowed to take. */
    public ClientAuthentication authenticateNow(RequestFacts facts, ClientAuth clientAuth) {
        ClientAuthentication immediate = decideAtOnce(facts, clientAuth);
        if (immediate != null) {
            return immediate;
        }
        try {
            fetchWhatIsMissing(facts).get(FETCH_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // What could not be fetched is still unknown, and so refused below with that reason.
        }
        return decideFinally(facts, clientAuth);
    }

    /** Says that a caller is refused for a reason that the adapter found, and tells the listener. */
    public ClientAuthentication.Refused refuse(RequestFacts facts, RejectionReason reason, String detail) {
        return refused(facts, reason, SafeText.of(detail));
    }

    private ClientAuthentication.Refused refused(RequestFacts facts, RejectionReason reason, String safeDetail) {
        listener.onEvent(new MtlsEvent.RequestRefused(reason, SafeText.of(facts.origin()), safeDetail));
        return new ClientAuthentication.Refused(reason, safeDetail);
    }

    /**
     * The verdict for a TLS handshake: early, by the same verifier, and remembering nothing but a path for its request. Tells no listener.
     *
     * <p>OCSP answers that came with the chain are not looked at: they are true whoever brings them, but to keep one costs
     * room, and the responder would be asked from then on, which is for those who have proved their key. Their request
     * brings them again.
     */
    Verdict verdictForHandshake(X509Certificate[] chain) {
        return verifier.get().verify(chain, clock.instant());
    }

    /** Tells the listener that a handshake was refused, or will be by its request. */
    void handshakeRefused(Verdict.Rejected rejected) {
        listener.onEvent(new MtlsEvent.HandshakeRefused(rejected.reason(), rejected.detail()));
    }

    X509Certificate[] acceptedIssuers() {
        return verifier.get().acceptedIssuers();
    }

    /** Null while something has to be fetched. */
    private @Nullable ClientAuthentication decideAtOnce(RequestFacts facts, ClientAuth clientAuth) {
        ClientAuthentication decision = decide(facts, clientAuth, false);
        if (decision != null) {
            return decision;
        }
        List<byte[]> stapled = facts.stapledResponses();
        boolean taken = !stapled.isEmpty()
                && verdictOfRequest(facts) instanceof Verdict.Undecided undecided
                && takeStaples(undecided, stapled, clock.instant());
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
        X509Certificate[] chain = clientAuth == ClientAuth.NONE ? null : facts.certificates();
        if (chain == null || chain.length == 0) {
            return clientAuth == ClientAuth.NEED
                    ? refuse(facts, RejectionReason.CERTIFICATE_REQUIRED, "no certificate on this connection")
                    : ANONYMOUS;
        }
        ClientCertificateVerifier snapshot = verifier.get();
        Instant at = clock.instant();
        Verdict verdict = fetched ? snapshot.verifyFetched(chain, at) : snapshot.verifyProved(chain, at);
        if (verdict instanceof Verdict.Accepted accepted) {
            return identify(accepted.path(), snapshot, facts);
        }
        if (verdict instanceof Verdict.Rejected rejected) {
            return refused(facts, rejected.reason(), rejected.detail());
        }
        Verdict.Rejected otherwise = ((Verdict.Undecided) verdict).otherwise();
        return fetched ? refused(facts, otherwise.reason(), otherwise.detail()) : null;
    }

    private ClientAuthentication identify(VerifiedPath path, ClientCertificateVerifier snapshot, RequestFacts facts) {
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
            return refused(facts, refused.reason(), refused.detail());
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
        if (!(verdictOfRequest(facts) instanceof Verdict.Undecided undecided)) {
            return CompletableFuture.completedFuture(null); // Another snapshot came meanwhile: just ask again.
        }
        RevocationPolicy revocation =
                Objects.requireNonNull(undecided.path().issuer().revocation());
        Instant at = clock.instant();
        return CompletableFuture.allOf(undecided.missing().stream()
                .map(query -> revocation.refresh(query, at).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    private @Nullable Verdict verdictOfRequest(RequestFacts facts) {
        X509Certificate[] chain = facts.certificates();
        return chain == null ? null : verifier.get().verifyProved(chain, clock.instant());
    }
}
