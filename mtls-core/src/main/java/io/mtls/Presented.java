package io.mtls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whose chain speaks for the caller of a request: that of the connection, or the one that a trusted proxy forwards. */
sealed interface Presented {

    /**
     * A chain, still to be verified.
     *
     * @param verifier who may hold it
     * @param chain null or empty where none was presented
     * @param byProxy whether a proxy forwards it, so that the connection's own is not the caller's
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared; an array is what a container has and a verifier takes.
    record Chain(ClientCertificateVerifier verifier, X509Certificate @Nullable [] chain, boolean byProxy)
            implements Presented {}

    /** Nobody may speak like this. */
    record Refused(RejectionReason reason, String detail, boolean byProxy) implements Presented {}

    /** Whether the connection is a proxy's is not known before this is. */
    record ByUndecidedProxy(Verdict.Undecided proxy) implements Presented {}

    /**
     * By the connection and, where there are proxies, the headers of a request.
     *
     * @param fetched whether all that could be fetched has been
     */
    static Presented in(
            RequestFacts facts,
            Supplier<ClientCertificateVerifier> direct,
            @Nullable TrustedProxies proxies,
            Instant at,
            boolean fetched) {
        if (proxies == null) {
            return new Chain(direct.get(), facts.certificates(), false);
        }
        Verdict proxy = verdictOfProxy(facts, proxies, at, fetched);
        if (proxy instanceof Verdict.Undecided undecided && !fetched) {
            return new ByUndecidedProxy(undecided);
        }
        if (proxy == null || (proxy instanceof Verdict.Accepted accepted && isMember(accepted.path(), proxies))) {
            return byProxy(facts, proxies);
        }
        String suspicious = proxies.suspicious(facts);
        if (suspicious != null && !proxies.ignoredFromOthers()) {
            return new Refused(
                    RejectionReason.FORWARDED_CERTIFICATE_REFUSED,
                    "header " + suspicious + " from " + facts.peer() + ", which is no trusted proxy",
                    false);
        }
        return new Chain(direct.get(), facts.certificates(), false);
    }

    /** Null where the address is enough; rejected where it is not one of a proxy. */
    private static @Nullable Verdict verdictOfProxy(
            RequestFacts facts, TrustedProxies proxies, Instant at, boolean fetched) {
        if (!proxies.hasAddressOfProxy(facts)) {
            return NO_PROXY;
        }
        ClientCertificateVerifier verifier = proxies.certificates();
        if (verifier == null) {
            return null;
        }
        X509Certificate[] chain = facts.certificates();
        if (chain == null || chain.length == 0) {
            return NO_PROXY;
        }
        return fetched ? verifier.verifyFetched(chain, at) : verifier.verifyProved(chain, at);
    }

    /** By its name, as the rules of its issuer have it: a certificate of the right CA is not enough. */
    private static boolean isMember(VerifiedPath path, TrustedProxies proxies) {
        ClientCertificateVerifier verifier = proxies.certificates();
        try {
            return verifier != null
                    && path.issuer().identify(path, verifier.principalPrefixes())
                            instanceof ClientAuthentication.Authenticated;
        } catch (RuntimeException e) { // A CertificateField may be the user's code.
            return false;
        }
    }

    /** Reported to nobody: what does not come from a proxy comes from its sender. */
    Verdict.Rejected NO_PROXY = new Verdict.Rejected(RejectionReason.CERTIFICATE_REQUIRED, "no proxy");

    private static Presented byProxy(RequestFacts facts, TrustedProxies proxies) {
        return proxies.read(facts)
                .fold(
                        none -> new Chain(proxies.forwarded(), null, true),
                        chain -> new Chain(
                                proxies.forwarded(), chain.certificates().toArray(X509Certificate[]::new), true),
                        malformed ->
                                new Refused(RejectionReason.FORWARDED_CERTIFICATE_MALFORMED, malformed.detail(), true));
    }
}
