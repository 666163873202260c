package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * One field of a certificate, such as the common name of its subject or its URI names.
 *
 * <p>The fields made here are pure functions of the certificate's bytes, immutable, and safe for any
 * bytes: what cannot be read ends in {@link CertificateParsingException}, never in an unchecked
 * exception. Their {@code toString} is the form that {@link #parse} reads, and two of them are equal
 * when that form is. A field of your own is a lambda; it must keep to the same rules, since callers
 * may remember the values as long as they remember the certificate.
 *
 * <p>A field does <em>not</em> verify the certificate, and does <em>not</em> compare: values are
 * handed out as they are, without case folding, trimming or Unicode normalisation.
 */
@FunctionalInterface
public interface CertificateField {

    /**
     * The values of this field, in order of appearance, empty when the certificate does not have it.
     *
     * @throws CertificateParsingException when the field is there and any value of it cannot be read:
     *     malformed DER, or something that is no character string. A value is never skipped and never
     *     rendered as hexadecimal.
     */
    List<String> values(X509Certificate certificate) throws CertificateParsingException;

    /**
     * Every value of an attribute of the subject's distinguished name, those in multi-valued RDNs
     * included (RFC 5280 section 4.1.2.6). {@code CN=alice+CN=bob} has two values.
     *
     * @param attribute a name such as {@code CN}, {@code OU}, {@code serialNumber}, {@code
     *     emailAddress} or {@code organizationIdentifier}, in any case, or a dotted OID
     * @throws IllegalArgumentException when the name is not known; the message hints at near misses
     */
    static CertificateField subject(String attribute) {
        return DistinguishedNames.subject(attribute);
    }

    /**
     * Every value of an attribute of the issuer's distinguished name. The issuer is what the
     * certificate claims; only a verified path makes the claim good.
     *
     * @param attribute as for {@link #subject}
     * @throws IllegalArgumentException when the name is not known; the message hints at near misses
     */
    static CertificateField issuer(String attribute) {
        return DistinguishedNames.issuer(attribute);
    }

    /**
     * The subject alternative names of one type (RFC 5280 section 4.2.1.6). Names of other types,
     * among them otherNames of a kind that is not asked for, have no bearing on the answer as long as
     * the extension as a whole is well formed.
     */
    static CertificateField san(SanType type) {
        return SubjectAltNames.field(type);
    }

    /**
     * The SPIFFE ID of an X.509-SVID, such as {@code spiffe://example.org/workload-1}.
     *
     * <p>A certificate without any URI name that begins with {@code spiffe:} is no SVID, and has no
     * value. One that has such a name is held to the X509-SVID standard: exactly one URI name (section
     * 2), a valid {@link SpiffeId} with a path (3.1), no CA, neither {@code keyCertSign} nor {@code
     * cRLSign} (5.2). Where it falls short, or is of a trust domain that is not named here, it is
     * refused with an exception and not with an empty list, so that no later alternative of a {@link
     * #firstOf} can give it another name.
     *
     * <p>Not done: binding a trust domain to a CA. Any anchor that is trusted can issue for any domain
     * named here; scope by anchor, or give the anchor name constraints.
     *
     * @param trustDomains the trust domains to accept, at least one
     * @throws IllegalArgumentException when none is named, or one is not a trust domain name
     */
    static CertificateField spiffeId(String... trustDomains) {
        return X509Svid.idField(List.of(trustDomains));
    }

    /**
     * The path of the SPIFFE ID, such as {@code /workload-1}; refuses what {@link #spiffeId} refuses.
     * Made for role rules: a path says nothing about the trust domain, so it makes a poor principal
     * where there are two.
     *
     * @param trustDomains the trust domains to accept, at least one
     * @throws IllegalArgumentException when none is named, or one is not a trust domain name
     */
    static CertificateField spiffePath(String... trustDomains) {
        return X509Svid.pathField(List.of(trustDomains));
    }

    /**
     * Serial number and issuer as one value: {@code <serial>:<issuer>}, the serial number in
     * lower-case hexadecimal without leading zeros, the issuer as RFC 4514 text in which attributes
     * without a well-known name are {@code OID=#hex}. For example {@code
     * 1a252ff3:CN=Acme Issuing CA,O=Acme}.
     *
     * <p>The pair names one certificate per CA (RFC 5280 section 4.1.2.2) as long as no two trusted CAs
     * share a name. An issuer without any name is refused.
     */
    static CertificateField serialNumberAndIssuer() {
        return CertificateFacts.SERIAL_NUMBER_AND_ISSUER;
    }

    /**
     * The SHA-256 of the certificate's DER in lower-case hexadecimal: always exactly one value.
     *
     * <p>Good for allowing one certificate, not for forbidding one: whoever holds a certificate can
     * re-encode its signature (an ECDSA signature has a second valid form, RFC 5480) and so arrive at
     * another fingerprint of the same content.
     */
    static CertificateField sha256Fingerprint() {
        return CertificateFacts.SHA256_FINGERPRINT;
    }

    /**
     * The OIDs of the certificatePolicies extension (RFC 5280 section 4.2.1.4): what the certificate
     * asserts. That is not the valid policy tree of its path (section 6.1); where a policy grants
     * something, make the verifier require it too.
     */
    static CertificateField policies() {
        return CertificateFacts.POLICIES;
    }

    /** The OIDs of the extKeyUsage extension (RFC 5280 section 4.2.1.12). */
    static CertificateField extendedKeyUsages() {
        return CertificateFacts.EXTENDED_KEY_USAGES;
    }

    /**
     * The value of an extension of your own: one DER character string, or a SEQUENCE OF or SET OF
     * them. Anything else is refused.
     *
     * @param oid the extension's dotted OID
     * @throws IllegalArgumentException when that is not an OID
     */
    static CertificateField extension(String oid) {
        return CertificateFacts.extension(oid);
    }

    /**
     * The values of the first of these fields that has any.
     *
     * <p>A later field stands in only where the earlier ones are absent. An earlier one that is
     * unreadable is an exception, and an earlier one with two values has two values: neither is masked.
     * Whoever may choose the content of the later field and leave out the earlier one decides which is
     * used, so every alternative must be as trustworthy as the first.
     *
     * @throws IllegalArgumentException when no field is given
     */
    static CertificateField firstOf(CertificateField... fields) {
        return FirstOf.of(List.of(fields));
    }

    /**
     * Reads the form that configuration files use: {@code subject:CN}, {@code issuer:O}, {@code
     * san:uri} (or {@code dns}, {@code email}, {@code upn}, {@code ip}, {@code directory-name}), {@code
     * spiffe-id:example.org}, {@code spiffe-path:example.org}, {@code serial}, {@code sha256}, {@code
     * policy}, {@code eku}, {@code extension:1.2.3.4}. Several trust domains are separated by commas;
     * alternatives by {@code |}, which is {@link #firstOf}.
     *
     * @throws IllegalArgumentException when the text is anything else; the message says what is wrong,
     *     what is allowed, and what was perhaps meant
     */
    static CertificateField parse(String text) {
        return FieldSyntax.parse(text);
    }
}
