package io.mtls;

import io.mtls.identity.SafeText;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertPathValidatorException.Reason;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXReason;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.jspecify.annotations.Nullable;

/**
 * Judges one complete path: RFC 5280 section 6 by the JDK's validator, then what the JDK leaves out.
 *
 * <p>The JDK's validator rather than BouncyCastle's: see ARCHITECTURE.md, "Why the JDK's validator". Taken by provider,
 * so that a provider which somebody registered first does not take its place. What it leaves out and is done here: the
 * validity, name constraints, path length and usages of the trust anchor; the extended key usage of intermediates; key
 * sizes and algorithms of {@link PathPolicy}; and what it gets wrong: extensions that it cannot read
 * ({@link ExtensionBounds}) and the constraints of names that it cannot read ({@link IssuerConstraints}).
 *
 * <p>A certificate's own words (that it has expired, say) are reported only if its issuer signed them.
 */
final class PathChecker {

    private static final Map<Reason, RejectionReason> REASONS = Map.of(
            BasicReason.ALGORITHM_CONSTRAINED, RejectionReason.ALGORITHM_REFUSED,
            BasicReason.INVALID_SIGNATURE, RejectionReason.SIGNATURE_INVALID,
            PKIXReason.INVALID_KEY_USAGE, RejectionReason.KEY_USAGE_REFUSED,
            PKIXReason.INVALID_NAME, RejectionReason.NAME_CONSTRAINT_VIOLATED,
            PKIXReason.INVALID_POLICY, RejectionReason.POLICY_VIOLATED,
            PKIXReason.NOT_CA_CERT, RejectionReason.ISSUER_NOT_CA,
            PKIXReason.PATH_TOO_LONG, RejectionReason.PATH_TOO_LONG,
            PKIXReason.UNRECOGNIZED_CRIT_EXT, RejectionReason.CRITICAL_EXTENSION_UNKNOWN);

    /** An instance of our own; never registered, since some users run another BouncyCastle globally. */
    private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

    private final PathPolicy policy;

    PathChecker(PathPolicy policy) {
        this.policy = policy;
    }

    /**
     * Why the path is refused, if it is.
     *
     * @param path the client's certificate first, the trust anchor last; a single one is a pinned end entity
     */
    Optional<Verdict.Rejected> objectionTo(List<X509Certificate> path, Instant at, PathFinder.Budget budget) {
        Verdict.@Nullable Rejected outOfBounds = boundsObjection(path);
        if (path.size() == 1) {
            return outOfBounds != null ? Optional.of(outOfBounds) : ownObjection(path, true, at);
        }
        if (outOfBounds != null) {
            return Optional.of(everySignatureIsValid(path, budget) ? outOfBounds : forged(path.get(0)));
        }
        if (!budget.takeSignatures(path.size() - 1)) {
            return Optional.of(rejected(RejectionReason.PATH_BUDGET_EXCEEDED, path.get(0), "too many signatures"));
        }
        Verdict.@Nullable Rejected standard = standardObjection(path, at);
        if (standard == null) {
            return ownObjection(path, false, at);
        }
        if (standard.reason() == RejectionReason.SIGNATURE_INVALID || !everySignatureIsValid(path, budget)) {
            return Optional.of(forged(path.get(0)));
        }
        return Optional.of(
                ownObjection(path, false, at).map(standard::orMoreSpecific).orElse(standard));
    }

    /** Why a certificate is refused, if it is, of whose path a proxy's word is all there is. */
    Optional<Verdict.Rejected> objectionToVerifiedByProxy(X509Certificate endEntity, Instant at) {
        Verdict.@Nullable Rejected outOfBounds = boundsObjection(List.of(endEntity));
        return outOfBounds != null ? Optional.of(outOfBounds) : ownObjection(List.of(endEntity), false, at);
    }

    private static Verdict.Rejected forged(X509Certificate endEntity) {
        return rejected(RejectionReason.SIGNATURE_INVALID, endEntity, "not signed by the issuer it names");
    }

    /**
     * Why one that signs revocation lists is refused, if it is: the path is judged as a client's is, all but what makes a
     * client of its first certificate.
     */
    Optional<Verdict.Rejected> objectionToSigner(List<X509Certificate> path, Instant at, PathFinder.Budget budget) {
        Verdict.@Nullable Rejected outOfBounds = boundsObjection(path);
        if (outOfBounds != null) {
            return Optional.of(outOfBounds);
        }
        if (!budget.takeSignatures(path.size() - 1)) {
            return Optional.of(rejected(RejectionReason.PATH_BUDGET_EXCEEDED, path.get(0), "too many signatures"));
        }
        Verdict.@Nullable Rejected standard = standardObjection(path, at);
        return standard != null ? Optional.of(standard) : issuersObjection(path, at);
    }

    /** To come before anything whose cost depends on the content of extensions. */
    private static Verdict.@Nullable Rejected boundsObjection(List<X509Certificate> path) {
        for (X509Certificate certificate : path) {
            Optional<String> objection = ExtensionBounds.objectionTo(certificate);
            if (objection.isPresent()) {
                return rejected(RejectionReason.EXTENSION_REFUSED, certificate, objection.get());
            }
        }
        return null;
    }

    private boolean everySignatureIsValid(List<X509Certificate> path, PathFinder.Budget budget) {
        for (int i = 0; i + 1 < path.size(); i++) {
            if (!budget.signatureIsValid(path.get(i), path.get(i + 1), policy)) {
                return false;
            }
        }
        return true;
    }

    /** RFC 5280 section 6 by the JDK. */
    private Verdict.@Nullable Rejected standardObjection(List<X509Certificate> path, Instant at) {
        X509Certificate endEntity = path.get(0);
        try {
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(path.get(path.size() - 1), null)));
            parameters.setRevocationEnabled(false); // Revocation is ours: see RevocationSource.
            parameters.setDate(Date.from(at));
            PathPolicy.CertificatePolicies policies = policy.certificatePolicies();
            parameters.setInitialPolicies(policies.required());
            parameters.setExplicitPolicyRequired(policies.explicit());
            parameters.setPolicyMappingInhibited(policies.mappingInhibited());
            parameters.setAnyPolicyInhibited(policies.anyPolicyInhibited());
            CertPath certPath = Certificates.factory().generateCertPath(path.subList(0, path.size() - 1));
            CertPathValidator.getInstance("PKIX", "SUN").validate(certPath, parameters);
            return policies.required().isEmpty() ? null : secondOpinion(certPath, parameters);
        } catch (CertPathValidatorException e) {
            int index = e.getIndex();
            X509Certificate culprit = index >= 0 && index < path.size() ? path.get(index) : endEntity;
            return rejected(REASONS.getOrDefault(e.getReason(), RejectionReason.PATH_INVALID), culprit, e.getMessage());
        } catch (GeneralSecurityException | RuntimeException e) {
            // Unchecked too: the JDK throws UnsupportedOperationException on an otherName name constraint, for one.
            RejectionReason reason = e instanceof UnsupportedOperationException
                    ? RejectionReason.NAME_CONSTRAINT_VIOLATED
                    : RejectionReason.PATH_INVALID;
            return rejected(reason, endEntity, "the validator failed: " + e);
        }
    }

    /**
     * Where certain policies are required, BouncyCastle must agree: the JDK accepts a path whose anyPolicy was mapped to
     * a required one (PKITS 4.10.13, third part).
     */
    private static Verdict.@Nullable Rejected secondOpinion(CertPath certPath, PKIXParameters parameters)
            throws GeneralSecurityException {
        try {
            CertPathValidator.getInstance("PKIX", BOUNCY_CASTLE).validate(certPath, parameters);
            return null;
        } catch (CertPathValidatorException e) {
            X509Certificate endEntity =
                    (X509Certificate) certPath.getCertificates().get(0);
            return rejected(RejectionReason.POLICY_VIOLATED, endEntity, e.getMessage());
        }
    }

    /** All that the JDK leaves out; the most specific of what is found. */
    private Optional<Verdict.Rejected> ownObjection(List<X509Certificate> path, boolean pinned, Instant at) {
        List<Verdict.Rejected> found = new ArrayList<>();
        X509Certificate endEntity = path.get(0);
        issuersObjection(path, at).ifPresent(found::add);
        addEndEntityObjections(endEntity, pinned, at, found);
        if (path.size() == 1 && endEntity.hasUnsupportedCriticalExtension()) {
            found.add(rejected(
                    RejectionReason.CRITICAL_EXTENSION_UNKNOWN,
                    endEntity,
                    String.valueOf(endEntity.getCriticalExtensionOIDs())));
        }
        return found.stream().reduce(Verdict.Rejected::orMoreSpecific);
    }

    /** The same for all but what is asked of a client: keys, signatures, issuers. */
    private Optional<Verdict.Rejected> issuersObjection(List<X509Certificate> path, Instant at) {
        List<Verdict.Rejected> found = new ArrayList<>();
        boolean alone = path.size() == 1;
        for (int i = 0; i < path.size(); i++) {
            X509Certificate certificate = path.get(i);
            boolean isAnchor = i == path.size() - 1 && !alone;
            if (i > 0) {
                addIssuerObjections(certificate, isAnchor, at, found);
            }
            policy.objectionToKey(certificate.getPublicKey())
                    .ifPresent(why -> found.add(rejected(RejectionReason.KEY_REFUSED, certificate, why)));
            if (!isAnchor && !alone) { // Nobody here relies on a signature of those.
                policy.objectionToSignature(certificate)
                        .ifPresent(why -> found.add(rejected(RejectionReason.ALGORITHM_REFUSED, certificate, why)));
            }
        }
        if (!alone) {
            IssuerConstraints.objectionTo(path)
                    .ifPresent(objection -> found.add(rejected(objection.reason(), path.get(0), objection.why())));
        }
        return found.stream().reduce(Verdict.Rejected::orMoreSpecific);
    }

    private static void addIssuerObjections(
            X509Certificate issuer, boolean isAnchor, Instant at, List<Verdict.Rejected> found) {
        if (isBeforeNotBefore(issuer, at) || isAfterNotAfter(issuer, at)) {
            RejectionReason reason = isAnchor ? RejectionReason.ANCHOR_NOT_VALID : RejectionReason.ISSUER_NOT_VALID;
            found.add(rejected(reason, issuer, validity(issuer, at)));
        }
        usages(issuer, PathPolicy::objectionToIssuerUsages, found);
    }

    private void addEndEntityObjections(
            X509Certificate endEntity, boolean pinned, Instant at, List<Verdict.Rejected> found) {
        if (isBeforeNotBefore(endEntity, at)) {
            found.add(rejected(RejectionReason.CERTIFICATE_NOT_YET_VALID, endEntity, validity(endEntity, at)));
        }
        if (isAfterNotAfter(endEntity, at)) {
            found.add(rejected(RejectionReason.CERTIFICATE_EXPIRED, endEntity, validity(endEntity, at)));
        }
        // A self-signed certificate made by openssl says CA:TRUE; pinned, it still issues nothing that we accept.
        if (endEntity.getBasicConstraints() >= 0 && !pinned && !policy.caAsClientAllowed()) {
            found.add(rejected(RejectionReason.CERTIFICATE_IS_CA, endEntity, "basicConstraints says CA:TRUE"));
        }
        boolean[] keyUsage = endEntity.getKeyUsage();
        if (keyUsage != null && !keyUsage[Certificates.DIGITAL_SIGNATURE]) {
            found.add(rejected(RejectionReason.KEY_USAGE_REFUSED, endEntity, "key usage lacks digitalSignature"));
        }
        usages(
                endEntity,
                usages -> usages == null && pinned ? Optional.empty() : policy.objectionToClientUsages(usages),
                found);
        policy.objectionToLifetime(endEntity)
                .ifPresent(why -> found.add(rejected(RejectionReason.LIFETIME_TOO_LONG, endEntity, why)));
    }

    private interface UsageRule {
        Optional<String> objectionTo(@Nullable Set<String> usages);
    }

    private static void usages(X509Certificate certificate, UsageRule rule, List<Verdict.Rejected> found) {
        try {
            rule.objectionTo(Certificates.extendedKeyUsages(certificate))
                    .ifPresent(
                            why -> found.add(rejected(RejectionReason.EXTENDED_KEY_USAGE_REFUSED, certificate, why)));
        } catch (CertificateParsingException e) {
            found.add(rejected(
                    RejectionReason.EXTENDED_KEY_USAGE_REFUSED, certificate, "extended key usage is malformed"));
        }
    }

    private static boolean isBeforeNotBefore(X509Certificate certificate, Instant at) {
        return at.isBefore(certificate.getNotBefore().toInstant());
    }

    private static boolean isAfterNotAfter(X509Certificate certificate, Instant at) {
        return at.isAfter(certificate.getNotAfter().toInstant());
    }

    private static String validity(X509Certificate certificate, Instant at) {
        return "valid from " + certificate.getNotBefore().toInstant() + " to "
                + certificate.getNotAfter().toInstant() + ", now is " + at;
    }

    private static Verdict.Rejected rejected(RejectionReason reason, X509Certificate culprit, @Nullable String why) {
        return new Verdict.Rejected(reason, Certificates.describe(culprit) + ": " + SafeText.of(String.valueOf(why)));
    }
}
