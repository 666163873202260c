package io.mtls;

/**
 * Why a caller was refused. The {@link #code} is the same in the event, the log, the metric and the HTTP response, and
 * never changes once released.
 *
 * <p>In order of how specific it is: when several candidate paths failed, or one path failed in several ways, the
 * reason that is declared last here is the one reported. New reasons will come; do not rely on knowing all.
 */
public enum RejectionReason {
    /** The caller presented no certificate where one is needed. */
    CERTIFICATE_REQUIRED("certificate-required", "no certificate was presented where one is needed"),
    /** The chain is longer or larger than any honest one; nothing in it was looked at. */
    CHAIN_TOO_LARGE("chain-too-large", "the presented chain exceeds the bounds on input"),
    /** A certificate cannot be parsed. */
    CERTIFICATE_MALFORMED("certificate-malformed", "a certificate cannot be parsed"),
    /** No chain of issuers leads to a trust anchor. */
    ISSUER_UNKNOWN("issuer-unknown", "no trust anchor or known intermediate issued it"),
    /** An issuer of that name is known, but it did not sign this. */
    SIGNATURE_INVALID("signature-invalid", "the issuer it names did not sign it"),
    /** The search for a path was given up: too many candidates or signatures (named bounds of the path builder). */
    PATH_BUDGET_EXCEEDED("path-budget-exceeded", "the search for a path to a trust anchor was given up"),
    /** The path breaks a rule of RFC 5280 section 6 that has no reason of its own. */
    PATH_INVALID("path-invalid", "path validation failed"),
    /** An extension is malformed, or larger than the bounds on input. */
    EXTENSION_REFUSED("extension-refused", "an extension is malformed or larger than the bounds on input"),
    /** More intermediate certificates than {@link PathPolicy} or a path length constraint allows. */
    PATH_TOO_LONG("path-too-long", "the path has more intermediates than allowed"),
    /** A certificate in the path is used as an issuer without being a CA's. */
    ISSUER_NOT_CA("issuer-not-ca", "a certificate that is not a CA's was used to issue another"),
    /** A name lies outside an issuer's or a trust anchor's name constraints. */
    NAME_CONSTRAINT_VIOLATED("name-constraint-violated", "a name is outside the name constraints of its issuer"),
    /** The certificate policies do not satisfy what the path or {@link PathPolicy} requires. */
    POLICY_VIOLATED("policy-violated", "the certificate policies are not those required"),
    /** A critical extension is not understood. */
    CRITICAL_EXTENSION_UNKNOWN("critical-extension-unknown", "a critical extension is not understood"),
    /** A signature algorithm that {@link PathPolicy} or the JDK's settings do not allow. */
    ALGORITHM_REFUSED("algorithm-refused", "a signature algorithm is not allowed"),
    /** A key of a kind or size that {@link PathPolicy} does not allow. */
    KEY_REFUSED("key-refused", "a public key is of a kind or size that is not allowed"),
    /** The end entity's certificate is a CA's. */
    CERTIFICATE_IS_CA("certificate-is-ca", "a CA's certificate was used as a client's"),
    /** The key usage extension does not allow the use made of the key. */
    KEY_USAGE_REFUSED("key-usage-refused", "the key usage does not allow client authentication"),
    /** The extended key usage of the certificate, or of an issuer in its path, does not allow client authentication. */
    EXTENDED_KEY_USAGE_REFUSED(
            "extended-key-usage-refused", "the extended key usage does not allow client authentication"),
    /** Valid for longer than {@link PathPolicy} allows. */
    LIFETIME_TOO_LONG("lifetime-too-long", "the certificate is valid for longer than allowed"),
    /** The trust anchor is outside its own validity. */
    ANCHOR_NOT_VALID("anchor-not-valid", "the trust anchor is expired or not yet valid"),
    /** An intermediate is outside its validity. */
    ISSUER_NOT_VALID("issuer-not-valid", "an intermediate certificate is expired or not yet valid"),
    /** Before the certificate's notBefore. */
    CERTIFICATE_NOT_YET_VALID("certificate-not-yet-valid", "the certificate is not yet valid"),
    /** After the certificate's notAfter. */
    CERTIFICATE_EXPIRED("certificate-expired", "the certificate has expired"),
    /** Whether the certificate is revoked was not learned in time: nothing is known, no answer came within the deadline. */
    REVOCATION_UNKNOWN("revocation-unknown", "whether the certificate is revoked is not known"),
    /** Nowhere that knows whether the certificate is revoked can be reached. */
    REVOCATION_UNREACHABLE("revocation-unreachable", "no source of revocation data can be reached"),
    /** What is known of the certificate's revocation is too old: the CRL or the OCSP answer is past its nextUpdate. */
    REVOCATION_EXPIRED("revocation-expired", "the revocation data is too old"),
    /** What a CRL or an OCSP answer says cannot be verified. */
    REVOCATION_UNVERIFIABLE("revocation-unverifiable", "the revocation data cannot be verified"),
    /** The OCSP responder says that it does not know the certificate. */
    CERTIFICATE_UNKNOWN("certificate-unknown", "the OCSP responder does not know the certificate"),
    /** The certificate, or an issuer in its path, is revoked. */
    CERTIFICATE_REVOKED("certificate-revoked", "the certificate is revoked"),
    /** The certificate, or an issuer in its path, is on the operator's own deny list. */
    CERTIFICATE_DENIED("certificate-denied", "the certificate is on the deny list"),
    /** The certificate has none of the fields that its issuer's rules take the principal from. */
    PRINCIPAL_MISSING("principal-missing", "the certificate names no principal"),
    /** The certificate names more than one principal, or one that belongs to another issuer. */
    PRINCIPAL_AMBIGUOUS("principal-ambiguous", "the certificate names more than one principal"),
    /** The name, or a field that roles come from, is not a clean, readable string. */
    PRINCIPAL_INVALID("principal-invalid", "the certificate's name is not acceptable as a principal"),
    /** The issuer has a list of members, and the caller is not on it. */
    NOT_A_MEMBER("not-a-member", "the caller is not on the list of members"),
    /** The user's own role mapper failed. */
    ROLES_UNAVAILABLE("roles-unavailable", "the roles of the caller could not be determined"),
    /** A header with a certificate in it came from somebody who is no trusted proxy. */
    FORWARDED_CERTIFICATE_REFUSED(
            "forwarded-certificate-refused", "a certificate in a header came from somebody who is no trusted proxy"),
    /** What a trusted proxy forwards as a certificate cannot be read. */
    FORWARDED_CERTIFICATE_MALFORMED(
            "forwarded-certificate-malformed", "a certificate in a header of a trusted proxy cannot be read"),
    /** The request is for another host than the TLS connection (RFC 9110 section 15.5.20). */
    REQUEST_MISDIRECTED("request-misdirected", "the request is for another host than the TLS connection"),
    /** The path of the request can be read in more than one way. */
    PATH_AMBIGUOUS("path-ambiguous", "the request path can be read in more than one way"),
    /** A browser sent the request on behalf of another site, and proved nothing beyond the certificate. */
    CROSS_SITE_REQUEST("cross-site-request", "a browser sent the request on behalf of another site"),
    /** A caller that is known, without a role that the endpoint asks for. */
    ROLE_MISSING("role-missing", "the caller has none of the required roles");

    private final String code;
    private final String summary;

    RejectionReason(String code, String summary) {
        this.code = code;
        this.summary = summary;
    }

    /** The stable code, such as {@code certificate-expired}. */
    public String code() {
        return code;
    }

    /** One sentence for a log or a person; may change. */
    public String summary() {
        return summary;
    }

    /** Whether the server's side cannot tell at the moment, and nothing is known to be wrong with the caller. */
    boolean isTemporary() {
        return switch (this) {
            case REVOCATION_UNKNOWN,
                    REVOCATION_UNREACHABLE,
                    REVOCATION_EXPIRED,
                    REVOCATION_UNVERIFIABLE,
                    ROLES_UNAVAILABLE -> true;
            default -> false;
        };
    }

    /**
     * Whether another connection, with another certificate, might get in: another role is not had by one, nor is a path
     * made clear.
     */
    boolean concernsCertificate() {
        return switch (this) {
            case FORWARDED_CERTIFICATE_REFUSED,
                    FORWARDED_CERTIFICATE_MALFORMED,
                    PATH_AMBIGUOUS,
                    CROSS_SITE_REQUEST,
                    ROLE_MISSING,
                    ROLES_UNAVAILABLE -> false;
            default -> true;
        };
    }

    /** Whether this says more than the other. */
    boolean moreSpecificThan(RejectionReason other) {
        return compareTo(other) > 0;
    }
}
