package io.mtls;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Finds candidate paths from a client's certificate to a trust anchor, shortest first, and hands each to a judge until
 * one is accepted (RFC 4158).
 *
 * <p>The order and completeness of the presented chain do not matter; its certificates are hints like the intermediates
 * that the server knows. We search ourselves because the JDK's builder has no budget and checks signatures last: forged
 * CA certificates of one name make it search without end, before the client has proved that it holds any key.
 */
final class PathFinder {

    /** Certificates in a presented chain, the client's own included. JSSE's own default for a server is 8. */
    static final int MAX_CHAIN_LENGTH = 10;

    /** Bytes of DER in a presented chain; the size of two TLS handshake messages at JSSE's default bound of 32 KiB. */
    static final int MAX_CHAIN_BYTES = 64 * 1024;

    /**
     * Signatures that one search may check. An honest one needs as many as its path is long; Go and rustls-webpki allow
     * 100, but one check of a P-521 signature can cost 10 ms here.
     */
    static final int MAX_SIGNATURES = 32;

    /** Steps, partial paths included, that one search may take; an honest one needs about as many as its path is long. */
    static final int MAX_STEPS = 32;

    private final Map<X500Principal, List<X509Certificate>> anchorsByName;
    private final Map<X500Principal, List<X509Certificate>> intermediatesByName;
    private final PathPolicy policy;

    PathFinder(Collection<X509Certificate> anchors, Collection<X509Certificate> intermediates, PathPolicy policy) {
        this.anchorsByName = byName(anchors);
        this.intermediatesByName = byName(intermediates);
        this.policy = policy;
    }

    /** Says what a complete path, the trust anchor last, is worth; may spend from the budget. */
    interface Judge {
        Verdict judge(List<X509Certificate> path, Budget budget);
    }

    /**
     * The first verdict that accepts, else the first undecided one, else the most specific rejection.
     *
     * @param chain the client's certificate first, not empty, within the bounds above
     */
    Verdict search(List<X509Certificate> chain, Judge judge) {
        X509Certificate endEntity = chain.get(0);
        Map<X500Principal, List<X509Certificate>> presented = byName(chain.subList(1, chain.size()));
        Budget budget = new Budget();
        Verdict.@Nullable Rejected rejection = null;
        Verdict.@Nullable Undecided undecided = null;

        Queue<Step> open = new ArrayDeque<>();
        open.add(new Step(endEntity, null, 0));
        while (!open.isEmpty()) {
            Step step = open.remove();
            List<X509Certificate> anchors = issuersOf(step.certificate, anchorsByName, Map.of());
            List<X509Certificate> intermediates = issuersOf(step.certificate, intermediatesByName, presented);
            for (X509Certificate anchor : anchors) {
                budget.takeStep();
                if (budget.exhausted()) {
                    return undecided != null ? undecided : mostSpecific(rejection, exhausted(endEntity));
                }
                Verdict verdict = judge.judge(step.pathTo(anchor), budget);
                if (verdict instanceof Verdict.Accepted) {
                    return verdict;
                } else if (verdict instanceof Verdict.Rejected rejected) {
                    rejection = mostSpecific(rejection, rejected);
                } else if (undecided == null) {
                    undecided = (Verdict.Undecided) verdict;
                }
            }
            boolean ambiguous = anchors.size() + intermediates.size() > 1;
            for (X509Certificate issuer : intermediates) {
                if (step.contains(issuer)) {
                    continue; // A loop of cross-certificates, or the same key again: nothing new behind it.
                }
                budget.takeStep();
                if (budget.exhausted()) {
                    return undecided != null ? undecided : mostSpecific(rejection, exhausted(endEntity));
                }
                Verdict.Rejected objection = objectionTo(issuer, step);
                boolean signatureMatters = ambiguous || objection != null;
                if (signatureMatters && !budget.signatureIsValid(step.certificate, issuer, policy)) {
                    continue; // Somebody of that name who did not issue it: junk says nothing about the certificate.
                }
                if (objection == null) {
                    open.add(new Step(issuer, step, step.intermediates + 1));
                } else {
                    rejection = mostSpecific(rejection, objection);
                }
            }
        }
        if (undecided != null) {
            return undecided;
        }
        return rejection != null
                ? rejection
                : new Verdict.Rejected(
                        RejectionReason.ISSUER_UNKNOWN,
                        Certificates.describe(endEntity) + ": no path to a trust anchor");
    }

    /** Anchors, known and presented certificates with this subject, each once. */
    List<X509Certificate> named(X500Principal name, List<X509Certificate> presented) {
        Set<X509Certificate> named = new LinkedHashSet<>(anchorsByName.getOrDefault(name, List.of()));
        named.addAll(intermediatesByName.getOrDefault(name, List.of()));
        presented.stream()
                .filter(certificate -> certificate.getSubjectX500Principal().equals(name))
                .forEach(named::add);
        return List.copyOf(named);
    }

    private static Verdict.Rejected mostSpecific(Verdict.@Nullable Rejected one, Verdict.Rejected other) {
        return one == null ? other : one.orMoreSpecific(other);
    }

    /**
     * Why the search does not go on through this issuer. Its signature is checked by the caller only where several
     * issuers are possible, which is what an attacker's forgeries need, or where an objection has to be believed; on a
     * straight path the judge will check it, once.
     */
    private Verdict.@Nullable Rejected objectionTo(X509Certificate issuer, Step step) {
        if (step.intermediates >= policy.maxIntermediates()) {
            return new Verdict.Rejected(
                    RejectionReason.PATH_TOO_LONG,
                    Certificates.describe(step.endEntity()) + ": more than " + policy.maxIntermediates()
                            + " intermediates");
        }
        if (issuer.getBasicConstraints() < 0) {
            return new Verdict.Rejected(
                    RejectionReason.ISSUER_NOT_CA, Certificates.describe(issuer) + ": not a CA's certificate");
        }
        return policy.objectionToKey(issuer.getPublicKey())
                .map(why ->
                        new Verdict.Rejected(RejectionReason.KEY_REFUSED, Certificates.describe(issuer) + ": " + why))
                .orElse(null);
    }

    private static Verdict.Rejected exhausted(X509Certificate endEntity) {
        return new Verdict.Rejected(
                RejectionReason.PATH_BUDGET_EXCEEDED,
                Certificates.describe(endEntity) + ": more than " + MAX_STEPS + " steps or " + MAX_SIGNATURES
                        + " signatures");
    }

    /** Those whose subject is the certificate's issuer, likeliest first. */
    private List<X509Certificate> issuersOf(
            X509Certificate certificate,
            Map<X500Principal, List<X509Certificate>> known,
            Map<X500Principal, List<X509Certificate>> presented) {
        X500Principal name = certificate.getIssuerX500Principal();
        List<X509Certificate> issuers = new ArrayList<>(known.getOrDefault(name, List.of()));
        for (X509Certificate candidate : presented.getOrDefault(name, List.of())) {
            boolean isAnchor = anchorsByName.getOrDefault(name, List.of()).contains(candidate);
            if (!isAnchor && !issuers.contains(candidate)) {
                issuers.add(candidate);
            }
        }
        issuers.sort(Comparator.comparingInt(issuer -> Certificates.keyIdentifierDistance(certificate, issuer)));
        return issuers;
    }

    private static Map<X500Principal, List<X509Certificate>> byName(Collection<X509Certificate> certificates) {
        Map<X500Principal, List<X509Certificate>> map = new HashMap<>();
        Function<X500Principal, List<X509Certificate>> newList = name -> new ArrayList<>(1);
        for (X509Certificate certificate : certificates) {
            map.computeIfAbsent(certificate.getSubjectX500Principal(), newList).add(certificate);
        }
        return map;
    }

    /** A certificate reached by the search, and how it was reached. */
    private record Step(
            X509Certificate certificate, @Nullable Step below, int intermediates) {

        /** Whether the entity, a name with a key, is on the way already (RFC 4158 section 5.2: loop detection). */
        boolean contains(X509Certificate other) {
            for (Step step = this; step != null; step = step.below) {
                if (step.certificate.getSubjectX500Principal().equals(other.getSubjectX500Principal())
                        && step.certificate.getPublicKey().equals(other.getPublicKey())) {
                    return true;
                }
            }
            return false;
        }

        X509Certificate endEntity() {
            Step step = this;
            while (step.below != null) {
                step = step.below;
            }
            return step.certificate;
        }

        List<X509Certificate> pathTo(X509Certificate anchor) {
            List<X509Certificate> path = new ArrayList<>();
            path.add(anchor);
            for (Step step = this; step != null; step = step.below) {
                path.add(step.certificate);
            }
            Collections.reverse(path);
            return path;
        }
    }

    /** What one search may cost. */
    static final class Budget {
        private int steps = MAX_STEPS;
        private int signatures = MAX_SIGNATURES;

        private void takeStep() {
            steps--;
        }

        /** Accounts for signatures that somebody else is about to check; false when there is no room for them. */
        boolean takeSignatures(int count) {
            signatures -= count;
            return signatures >= 0;
        }

        boolean exhausted() {
            return signatures < 0 || steps < 0;
        }

        /** False also for a key that is too dear to be used, and when the budget is spent. */
        boolean signatureIsValid(X509Certificate certificate, X509Certificate issuer, PathPolicy policy) {
            if (policy.isTooDear(issuer.getPublicKey()) || !takeSignatures(1)) {
                return false;
            }
            try {
                certificate.verify(issuer.getPublicKey());
                return true;
            } catch (GeneralSecurityException | RuntimeException e) {
                return false; // Providers throw unchecked exceptions on odd keys and signatures.
            }
        }
    }
}
