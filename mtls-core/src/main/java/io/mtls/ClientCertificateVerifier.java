package io.mtls;

import io.mtls.identity.SafeText;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.RevocationStatus;
import io.mtls.revocation.SignerPaths;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * An immutable snapshot of whom to trust: a chain and an instant in, a {@link Verdict} out, without I/O.
 *
 * <p>A verified path is remembered for as long as this snapshot lives; its validity and its revocation are read anew
 * each time. To trust other anchors or apply another policy, make another verifier: nothing is carried over.
 *
 * <p>Paths are built and validated by RFC 5280 section 6 and the {@link PathPolicy}. Without a
 * {@link RevocationPolicy} of the {@link TrustedIssuer} revocation is <em>not</em> checked. No host name is checked: clients have none.
 */
public final class ClientCertificateVerifier {

    private final Map<X509Certificate, TrustedIssuer> issuerByAnchor;
    private final Set<X509Certificate> pinned;
    private final Set<String> principalPrefixes;
    private final PathFinder finder;
    private final PathChecker checker;
    private final @Nullable DenyList denyList;
    private final PathCache cache = new PathCache();
    private final @Nullable TrustedIssuer verifiedByProxy;
    private final ClientCertificateVerifier ofForwarded;

    /** @param verifiedByProxy null for what comes over connections, where no proxy has verified anything */
    private ClientCertificateVerifier(Builder builder, @Nullable TrustedIssuer verifiedByProxy) {
        this.verifiedByProxy = verifiedByProxy;
        this.issuerByAnchor = Map.copyOf(builder.issuerByAnchor());
        this.principalPrefixes = builder.principalPrefixes();
        Set<X509Certificate> authorities = new LinkedHashSet<>();
        Set<X509Certificate> endEntities = new LinkedHashSet<>();
        Set<X509Certificate> intermediates = new LinkedHashSet<>();
        for (TrustedIssuer issuer : builder.issuers) {
            authorities.addAll(issuer.anchors().authorities());
            endEntities.addAll(issuer.anchors().pinned());
            intermediates.addAll(Certificates.reparsed(issuer.intermediates()));
        }
        for (X509Certificate anchor : authorities) {
            Optional<String> objection = builder.policy.objectionToKey(anchor.getPublicKey());
            if (objection.isPresent()) {
                throw new IllegalArgumentException("Trust anchor " + Certificates.describe(anchor) + ": "
                        + objection.get() + " by the path policy, so nothing it issued could ever be accepted");
            }
        }
        this.pinned = Set.copyOf(endEntities);
        this.finder = new PathFinder(authorities, intermediates, builder.policy);
        this.checker = new PathChecker(builder.policy);
        this.denyList = builder.denyList;
        for (TrustedIssuer issuer : builder.issuers) {
            RevocationPolicy revocation = issuer.revocation();
            if (revocation != null) {
                Set<X509Certificate> issuing =
                        new LinkedHashSet<>(issuer.anchors().authorities());
                issuing.addAll(Certificates.reparsed(issuer.intermediates()));
                revocation.prepare(issuing);
            }
        }
        TrustedIssuer believed = builder.verifiedByProxy();
        // With memories of its own: a path that a proxy vouched for proves nothing on a connection.
        this.ofForwarded = believed == verifiedByProxy ? this : new ClientCertificateVerifier(builder, believed);
    }

    /** Starts with whom to trust; there is no verifier that trusts everybody. */
    public static Builder builder(TrustedIssuer... issuers) {
        return new Builder(Arrays.asList(issuers));
    }

    /** Starts with whom to trust; there is no verifier that trusts everybody. */
    public static Builder builder(Collection<TrustedIssuer> issuers) {
        return new Builder(List.copyOf(issuers));
    }

    /**
     * What to think of a chain at an instant.
     *
     * <p>Never throws and never blocks, whatever the chain holds. Can be asked before the client has proved that it holds
     * the key: uses what requests have left in memory, and adds nothing to it. A path that it finds waits for a moment, in
     * a small room apart, for the request that comes with the same chain.
     *
     * @param chain as presented, the client's certificate first; the others in any order, with any junk among them
     */
    public Verdict verify(X509Certificate[] chain, Instant at) {
        return verify(chain, at, Asked.BEFORE_PROOF);
    }

    /** Who asks, and so what may be remembered and what is still to come. */
    private enum Asked {
        BEFORE_PROOF,
        BY_REQUEST,
        FOR_THE_LAST_TIME;

        boolean proved() {
            return this != BEFORE_PROOF;
        }

        boolean lastWord() {
            return this == FOR_THE_LAST_TIME;
        }
    }

    /** The same, for a chain whose first certificate's key the client has proved to hold: remembers what it finds. */
    Verdict verifyProved(X509Certificate[] chain, Instant at) {
        return verify(chain, at, Asked.BY_REQUEST);
    }

    /** The same, once all that could be fetched has been: an undecided verdict stays so. */
    Verdict verifyFetched(X509Certificate[] chain, Instant at) {
        return verify(chain, at, Asked.FOR_THE_LAST_TIME);
    }

    /** The same for what a proxy forwards: the one that believes in {@link TrustAnchors#verifiedByProxy}, if any does. */
    ClientCertificateVerifier ofForwarded() {
        return ofForwarded;
    }

    /** Whether a proxy's word is taken for an issuer's certificates. */
    boolean believesProxies() {
        return ofForwarded.verifiedByProxy != null;
    }

    /** The prefixes that the trusted issuers give to their principals. */
    Set<String> principalPrefixes() {
        return principalPrefixes;
    }

    /** Those whose rules are in force. */
    public Collection<TrustedIssuer> issuers() {
        return Stream.concat(issuerByAnchor.values().stream(), Stream.ofNullable(ofForwarded.verifiedByProxy))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * What a server should list in its CertificateRequest (RFC 8446 section 4.2.4): the anchors; or nothing, which means
     * anything, where a pinned certificate was issued by a CA that is no anchor, since clients choose by issuer.
     */
    X509Certificate[] acceptedIssuers() {
        boolean pinnedNeedsOther = pinned.stream().anyMatch(certificate -> !Certificates.isSelfIssued(certificate));
        return pinnedNeedsOther
                ? new X509Certificate[0]
                : issuerByAnchor.keySet().toArray(new X509Certificate[0]);
    }

    private Verdict verify(X509Certificate[] chain, Instant at, Asked asked) {
        if (chain.length == 0) {
            return new Verdict.Rejected(RejectionReason.CERTIFICATE_REQUIRED, "the chain is empty");
        }
        if (chain.length > PathFinder.MAX_CHAIN_LENGTH) {
            return new Verdict.Rejected(
                    RejectionReason.CHAIN_TOO_LARGE,
                    chain.length + " certificates, at most " + PathFinder.MAX_CHAIN_LENGTH);
        }
        VerifiedPath remembered = cache.path(chain);
        if (remembered != null && remembered.isWithinValidity(at)) {
            Verdict verdict = judgeStatus(remembered, at, asked);
            if (verdict instanceof Verdict.Accepted || isAlone(remembered, at)) {
                return verdict; // Else there may be another path, by a cross-certificate.
            }
        }
        return verifyByContent(chain, at, asked);
    }

    private Verdict verifyByContent(X509Certificate[] chain, Instant at, Asked asked) {
        try {
            byte[][] der = PathCache.encoded(chain);
            int size = Arrays.stream(der)
                    .mapToInt(certificate -> certificate.length)
                    .sum();
            if (size > PathFinder.MAX_CHAIN_BYTES) {
                return new Verdict.Rejected(
                        RejectionReason.CHAIN_TOO_LARGE, size + " bytes, at most " + PathFinder.MAX_CHAIN_BYTES);
            }
            String fingerprint = PathCache.fingerprint(der);
            VerifiedPath remembered = cache.path(fingerprint);
            if (remembered == null && asked.proved()) {
                remembered = cache.takeHandedOver(fingerprint, at);
            }
            if (remembered != null && remembered.isWithinValidity(at)) {
                if (asked.proved()) {
                    cache.remember(chain, fingerprint, remembered);
                }
                Verdict verdict = judgeStatus(remembered, at, asked);
                if (verdict instanceof Verdict.Accepted || isAlone(remembered, at)) {
                    return verdict;
                }
            }
            Verdict.Rejected refused = cache.refusal(fingerprint, at);
            if (refused != null) {
                return refused;
            }
            return verifyAnew(chain, der, at, asked, fingerprint, remembered);
        } catch (CertificateException | RuntimeException e) {
            // The last resort against parsers and providers that throw what they should not.
            return new Verdict.Rejected(
                    RejectionReason.CERTIFICATE_MALFORMED, "the chain cannot be read: " + SafeText.of(e.toString()));
        }
    }

    /** Whether a search would find no other path; forgotten as soon as a refusal is, since another may become valid. */
    private static boolean isAlone(VerifiedPath path, Instant at) {
        Instant since = path.foundAlone;
        return since != null && !at.isBefore(since) && !at.isAfter(since.plus(PathCache.REFUSAL_LIFETIME));
    }

    private Verdict verifyAnew(
            X509Certificate[] chain,
            byte[][] der,
            Instant at,
            Asked asked,
            String fingerprint,
            @Nullable VerifiedPath remembered)
            throws CertificateException {
        List<X509Certificate> parsed = parsed(der);
        // Those found good, whatever their status: only a refusal that no status took part in is remembered.
        List<VerifiedPath> good = new ArrayList<>(1);
        PathFinder.Judge judge = (path, budget) -> {
            Optional<Verdict.Rejected> objection = issuerByAnchor.containsKey(path.get(path.size() - 1))
                    ? checker.objectionTo(path, at, budget)
                    : checker.objectionToVerifiedByProxy(path.get(0), at);
            if (objection.isPresent()) {
                return objection.get();
            }
            TrustedIssuer issuer =
                    Objects.requireNonNull(issuerByAnchor.getOrDefault(path.get(path.size() - 1), verifiedByProxy));
            // The same object, where there is one: it knows until when its certificates were good.
            VerifiedPath verified =
                    remembered != null && remembered.certificates().equals(path)
                            ? remembered
                            : new VerifiedPath(path, issuer, new KnownSigners(path, parsed));
            good.add(verified);
            return judgeStatus(verified, at, asked);
        };
        X509Certificate endEntity = parsed.get(0);
        Verdict verdict = pinned.contains(endEntity)
                ? judge.judge(List.of(endEntity), new PathFinder.Budget())
                : finder.search(parsed, judge);
        if (verifiedByProxy != null
                && verdict instanceof Verdict.Rejected rejected
                && rejected.reason() == RejectionReason.ISSUER_UNKNOWN) {
            // Only then: what one of our own issuers is known to have issued is judged by what is known here.
            verdict = judge.judge(List.of(endEntity), new PathFinder.Budget());
        }
        if (good.isEmpty()) {
            if (asked.proved() && verdict instanceof Verdict.Rejected rejected) {
                cache.remember(fingerprint, rejected, at);
            }
            return verdict;
        }
        VerifiedPath path = good.get(good.size() - 1);
        Instant alone = good.size() == 1 && !(verdict instanceof Verdict.Accepted) ? at : null;
        if (asked.proved()) {
            path.foundAlone = alone;
            cache.remember(chain, fingerprint, path);
        } else if (remembered == null && isNothingBut(path, chain.length, parsed)) {
            path.foundAlone = alone;
            cache.handOver(fingerprint, path, at);
        }
        return verdict;
    }

    /**
     * Whether a chain is as honest clients send it: no junk beside the path. So nobody makes many chains of one member's,
     * or large ones, to have them kept before any key is proved.
     */
    private static boolean isNothingBut(VerifiedPath path, int presented, List<X509Certificate> parsed) {
        return presented <= path.certificates().size() && path.certificates().containsAll(parsed);
    }

    /** By one parser. Junk beside the client's own certificate is left out and is no reason to refuse it. */
    private static List<X509Certificate> parsed(byte[][] chain) throws CertificateException {
        List<X509Certificate> parsed = new ArrayList<>(chain.length);
        parsed.add(Certificates.parsed(chain[0]));
        for (int i = 1; i < chain.length; i++) {
            Certificates.parsedIfPossible(chain[i]).ifPresent(parsed::add);
        }
        return parsed;
    }

    /** The live part: deny list and revocation, the client's own certificate first. */
    private Verdict judgeStatus(VerifiedPath path, Instant at, Asked asked) {
        if (denyList != null && denyList.denies(path.denyKeys())) {
            return new Verdict.Rejected(
                    RejectionReason.CERTIFICATE_DENIED, Certificates.describe(path.certificate()) + ": denied");
        }
        RevocationPolicy revocation = path.issuer().revocation();
        if (revocation == null) {
            return path.accepted();
        }
        List<RevocationQuery> queries = path.queries();
        List<RevocationQuery> missing = null;
        Verdict.Rejected otherwise = null;
        for (int i = 0; i < queries.size(); i++) {
            RevocationQuery query = queries.get(i);
            RevocationStatus status = revocation.status(query, at, asked.lastWord());
            if (status instanceof RevocationStatus.Revoked revoked) {
                return new Verdict.Rejected(
                        RejectionReason.CERTIFICATE_REVOKED,
                        Certificates.describe(query.certificate()) + ": revoked at " + revoked.at() + ", "
                                + SafeText.of(revoked.reason()));
            }
            if (status instanceof RevocationStatus.Unknown unknown) {
                missing = missing == null ? new ArrayList<>(2) : missing;
                missing.add(query);
                Verdict.Rejected why = rejected(query, unknown);
                otherwise = otherwise == null ? why : otherwise.orMoreSpecific(why);
            }
        }
        return missing == null || otherwise == null ? path.accepted() : new Verdict.Undecided(path, missing, otherwise);
    }

    private static Verdict.Rejected rejected(RevocationQuery query, RevocationStatus.Unknown unknown) {
        RejectionReason reason = switch (unknown.why()) {
            case NOT_ASKED, NO_ANSWER -> RejectionReason.REVOCATION_UNKNOWN;
            case UNREACHABLE -> RejectionReason.REVOCATION_UNREACHABLE;
            case EXPIRED -> RejectionReason.REVOCATION_EXPIRED;
            case UNVERIFIABLE -> RejectionReason.REVOCATION_UNVERIFIABLE;
            case UNKNOWN_TO_RESPONDER -> RejectionReason.CERTIFICATE_UNKNOWN;
        };
        return new Verdict.Rejected(
                reason, Certificates.describe(query.certificate()) + ": " + SafeText.of(unknown.detail()));
    }

    /** Those of the presented and the known certificates that may sign revocation lists for one path. */
    private final class KnownSigners implements SignerPaths {
        /** Who makes a server check more signers than this is no honest CA. */
        private static final int MAX_SIGNERS = 4;

        private final X509Certificate anchor;
        private final List<X509Certificate> presented;

        KnownSigners(List<X509Certificate> path, List<X509Certificate> presented) {
            this.anchor = path.get(path.size() - 1);
            this.presented = presented;
        }

        @Override
        public List<SignerPath> pathsOf(X500Principal name, Instant at) {
            List<SignerPath> found = new ArrayList<>();
            for (X509Certificate signer : finder.named(name, presented)) {
                if (found.size() == MAX_SIGNERS) {
                    break;
                }
                if (!Certificates.maySignCrls(signer)) {
                    continue;
                }
                if (signer.equals(anchor)) {
                    found.add(new SignerPath(signer, List.of()));
                    continue;
                }
                List<X509Certificate> chain = new ArrayList<>();
                chain.add(signer);
                chain.addAll(presented);
                PathFinder.Judge judge = (path, budget) -> {
                    if (!path.get(path.size() - 1).equals(anchor)) {
                        return new Verdict.Rejected(RejectionReason.ISSUER_UNKNOWN, "another trust anchor");
                    }
                    Optional<Verdict.Rejected> objection = checker.objectionToSigner(path, at, budget);
                    return objection.isPresent()
                            ? objection.get()
                            : new VerifiedPath(path, Objects.requireNonNull(issuerByAnchor.get(anchor)), this)
                                    .accepted();
                };
                if (finder.search(chain, judge) instanceof Verdict.Accepted accepted) {
                    found.add(new SignerPath(signer, accepted.path().queries()));
                }
            }
            return found;
        }
    }

    /** Whom to trust is given already; the rest has defaults. */
    public static final class Builder {
        private final List<TrustedIssuer> issuers;
        private PathPolicy policy = PathPolicy.defaults();
        private @Nullable DenyList denyList;

        private Builder(List<TrustedIssuer> issuers) {
            this.issuers = issuers;
        }

        /** Replaces {@link PathPolicy#defaults()}. */
        public Builder policy(PathPolicy policy) {
            this.policy = policy;
            return this;
        }

        /** What is refused whatever its CA says. */
        public Builder denyList(DenyList denyList) {
            this.denyList = denyList;
            return this;
        }

        /**
         * The verifier.
         *
         * @throws IllegalArgumentException if no issuer is given, if one name, anchor or principal prefix stands for two
         *     of them, if the policy refuses an anchor's key, or if what only proxies have verified would have to be checked
         *     here
         */
        public ClientCertificateVerifier build() {
            if (issuers.isEmpty()) {
                throw new IllegalArgumentException("No trusted issuer: name the CA whose certificates are accepted");
            }
            requireNothingOfProxiesThatTheyDoNotSay();
            return new ClientCertificateVerifier(this, null);
        }

        /** The issuer for whose certificates a proxy's word is taken; null where there is none. */
        private @Nullable TrustedIssuer verifiedByProxy() {
            return issuers.stream()
                    .filter(issuer -> issuer.anchors().areVerifiedByProxy())
                    .findFirst()
                    .orElse(null);
        }

        private void requireNothingOfProxiesThatTheyDoNotSay() {
            List<TrustedIssuer> believed = issuers.stream()
                    .filter(issuer -> issuer.anchors().areVerifiedByProxy())
                    .toList();
            if (believed.size() > 1) {
                throw new IllegalArgumentException("Of '" + believed.get(0).name() + "' and '"
                        + believed.get(1).name()
                        + "' both the certificates are verified by proxies only, so that nobody can tell whose a certificate"
                        + " is: keep one of them");
            }
            if (!believed.isEmpty() && !policy.certificatePolicies().required().isEmpty()) {
                throw new IllegalArgumentException("Certificate policies are required, which cannot be verified for '"
                        + believed.get(0).name()
                        + "', whose paths only proxies know: require none, or give it anchors");
            }
        }

        private Map<X509Certificate, TrustedIssuer> issuerByAnchor() {
            Map<X509Certificate, TrustedIssuer> map = new LinkedHashMap<>();
            Set<String> names = new HashSet<>();
            for (TrustedIssuer issuer : issuers) {
                if (!names.add(issuer.name())) {
                    throw new IllegalArgumentException("Two trusted issuers are named '" + issuer.name() + "'");
                }
                Set<X509Certificate> anchors =
                        new LinkedHashSet<>(issuer.anchors().authorities());
                anchors.addAll(issuer.anchors().pinned());
                for (X509Certificate anchor : anchors) {
                    TrustedIssuer other = map.put(anchor, issuer);
                    if (other != null) {
                        throw new IllegalArgumentException("Trust anchor " + Certificates.nameOf(anchor)
                                + " belongs to two issuers, '" + other.name() + "' and '" + issuer.name()
                                + "': whose rules name its callers? Give it to one of them");
                    }
                }
            }
            return map;
        }

        private Set<String> principalPrefixes() {
            Map<String, TrustedIssuer> byPrefix = new HashMap<>();
            for (TrustedIssuer issuer : issuers) {
                TrustedIssuer other = byPrefix.put(issuer.principalPrefix(), issuer);
                if (other != null) {
                    throw new IllegalArgumentException("Issuers '" + other.name() + "' and '" + issuer.name()
                            + "' both name their principals with "
                            + (issuer.principalPrefix().isEmpty()
                                    ? "no prefix"
                                    : "the prefix '" + issuer.principalPrefix() + "'")
                            + ", so that each could issue a certificate in the name of the other's members: give one of"
                            + " them a principal prefix of its own, such as '" + issuer.name() + ":'");
                }
            }
            return Set.copyOf(byPrefix.keySet());
        }
    }
}
