package io.mtls;

import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.DSAPublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.jspecify.annotations.Nullable;

/**
 * What a path must satisfy beyond RFC 5280 section 6.
 *
 * <table>
 * <caption>Defaults</caption>
 * <tr><td>intermediates</td><td>at most 4</td></tr>
 * <tr><td>keys</td><td>RSA of 2048 to 8192 bits, EC of 256 bits or more, Ed25519, Ed448</td></tr>
 * <tr><td>signatures</td><td>RSA, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512; Ed25519, Ed448</td></tr>
 * <tr><td>extended key usage</td><td>the client's certificate names clientAuth; an issuer that has the extension names
 * clientAuth or any</td></tr>
 * <tr><td>basic constraints</td><td>the client's certificate is not a CA's</td></tr>
 * <tr><td>lifetime of the client's certificate</td><td>no limit</td></tr>
 * <tr><td>certificate policies</td><td>none required</td></tr>
 * </table>
 *
 * <p>What {@code jdk.certpath.disabledAlgorithms} forbids stays forbidden whatever is allowed here, except for a
 * pinned certificate, which no path leads to.
 */
public final class PathPolicy {

    /**
     * The largest RSA key that is looked at. A verification grows with the square of the key, and anyone can present
     * one before having proved anything; 8192 is the bound of Go's crypto/tls since CVE-2023-29409.
     */
    static final int MAX_RSA_BITS = 8192;

    /** The cost grows with the exponent, too: one as long as the modulus makes a verification as dear as a signature. */
    static final int MAX_RSA_EXPONENT_BITS = 64;

    static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    static final String ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";

    private static final int MIN_EC_BITS = 256;
    private static final String RSASSA_PSS = "1.2.840.113549.1.1.10";

    private static final Set<String> DEFAULT_SIGNATURE_ALGORITHMS = Set.of(
            "1.2.840.113549.1.1.11", // sha256WithRSAEncryption
            "1.2.840.113549.1.1.12", // sha384WithRSAEncryption
            "1.2.840.113549.1.1.13", // sha512WithRSAEncryption
            RSASSA_PSS, // with its parameters looked at below
            "1.2.840.10045.4.3.2", // ecdsa-with-SHA256
            "1.2.840.10045.4.3.3", // ecdsa-with-SHA384
            "1.2.840.10045.4.3.4", // ecdsa-with-SHA512
            "1.3.101.112", // Ed25519
            "1.3.101.113"); // Ed448

    private static final Set<String> SHA2 = Set.of(
            "2.16.840.1.101.3.4.2.1", // SHA-256
            "2.16.840.1.101.3.4.2.2", // SHA-384
            "2.16.840.1.101.3.4.2.3"); // SHA-512

    private static final PathPolicy DEFAULTS = builder().build();

    private final int maxIntermediates;
    private final int minRsaBits;
    private final boolean dsaAllowed;
    private final Set<String> signatureAlgorithms;
    private final boolean missingExtendedKeyUsageAllowed;
    private final boolean anyExtendedKeyUsageAllowed;
    private final boolean caAsClientAllowed;
    private final @Nullable Duration maxLifetime;
    private final CertificatePolicies certificatePolicies;

    private PathPolicy(Builder builder) {
        maxIntermediates = builder.maxIntermediates;
        minRsaBits = builder.minRsaBits;
        dsaAllowed = builder.dsaAllowed;
        signatureAlgorithms = Set.copyOf(builder.signatureAlgorithms);
        missingExtendedKeyUsageAllowed = builder.missingExtendedKeyUsageAllowed;
        anyExtendedKeyUsageAllowed = builder.anyExtendedKeyUsageAllowed;
        caAsClientAllowed = builder.caAsClientAllowed;
        maxLifetime = builder.maxLifetime;
        certificatePolicies = builder.certificatePolicies;
    }

    /** The defaults above. */
    public static PathPolicy defaults() {
        return DEFAULTS;
    }

    /** Starts from the defaults above. */
    public static Builder builder() {
        return new Builder();
    }

    int maxIntermediates() {
        return maxIntermediates;
    }

    boolean caAsClientAllowed() {
        return caAsClientAllowed;
    }

    CertificatePolicies certificatePolicies() {
        return certificatePolicies;
    }

    /** Whether a verification with this key costs more than an honest one ever does. */
    boolean isTooDear(PublicKey key) {
        return key instanceof RSAPublicKey rsa
                && (rsa.getModulus().bitLength() > MAX_RSA_BITS
                        || rsa.getPublicExponent().bitLength() > MAX_RSA_EXPONENT_BITS);
    }

    /** What is wrong with the key, if anything. */
    Optional<String> objectionToKey(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            int bits = rsa.getModulus().bitLength();
            if (bits < minRsaBits || bits > MAX_RSA_BITS) {
                return Optional.of("RSA key of " + bits + " bits, allowed are " + minRsaBits + " to " + MAX_RSA_BITS);
            }
            int exponentBits = rsa.getPublicExponent().bitLength();
            if (exponentBits > MAX_RSA_EXPONENT_BITS) {
                return Optional.of(
                        "RSA public exponent of " + exponentBits + " bits, allowed are " + MAX_RSA_EXPONENT_BITS);
            }
            return Optional.empty();
        }
        if (key instanceof ECPublicKey ec) {
            int bits = ec.getParams().getCurve().getField().getFieldSize();
            return bits < MIN_EC_BITS
                    ? Optional.of("EC key of " + bits + " bits, allowed are " + MIN_EC_BITS + " or more")
                    : Optional.empty();
        }
        if (key instanceof EdECPublicKey || (key instanceof DSAPublicKey && dsaAllowed)) {
            return Optional.empty();
        }
        return Optional.of("key of a kind that is not allowed");
    }

    /** What is wrong with the algorithm that the certificate is signed with, if anything. */
    Optional<String> objectionToSignature(X509Certificate certificate) {
        String oid = certificate.getSigAlgOID();
        if (!signatureAlgorithms.contains(oid)) {
            return Optional.of("signed with " + oid + " (" + certificate.getSigAlgName() + ")");
        }
        if (oid.equals(RSASSA_PSS) && !isPssWithSha2(certificate.getSigAlgParams())) {
            return Optional.of("signed with RSASSA-PSS with a hash other than SHA-256, SHA-384 and SHA-512");
        }
        return Optional.empty();
    }

    /** The hash of the message and that of the mask; absent parameters mean SHA-1 (RFC 4055 section 3.1). */
    private static boolean isPssWithSha2(byte @Nullable [] parameters) {
        try {
            if (parameters == null) {
                return false;
            }
            RSASSAPSSparams pss = RSASSAPSSparams.getInstance(parameters);
            String maskHash = org.bouncycastle.asn1.x509.AlgorithmIdentifier.getInstance(
                            pss.getMaskGenAlgorithm().getParameters())
                    .getAlgorithm()
                    .getId();
            return SHA2.contains(pss.getHashAlgorithm().getAlgorithm().getId()) && SHA2.contains(maskHash);
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** What is wrong with the extended key usages of the client's certificate, if anything. */
    Optional<String> objectionToClientUsages(@Nullable Set<String> usages) {
        if (usages == null) {
            return missingExtendedKeyUsageAllowed
                    ? Optional.empty()
                    : Optional.of("has no extended key usage; expected clientAuth");
        }
        if (usages.contains(CLIENT_AUTH) || (anyExtendedKeyUsageAllowed && usages.contains(ANY_EXTENDED_KEY_USAGE))) {
            return Optional.empty();
        }
        return Optional.of("extended key usage does not name clientAuth");
    }

    /** What is wrong with the extended key usages of an issuer, if anything. */
    static Optional<String> objectionToIssuerUsages(@Nullable Set<String> usages) {
        return usages == null || usages.contains(CLIENT_AUTH) || usages.contains(ANY_EXTENDED_KEY_USAGE)
                ? Optional.empty()
                : Optional.of("extended key usage of an issuer excludes clientAuth");
    }

    /** What is wrong with how long the client's certificate is valid, if anything. */
    Optional<String> objectionToLifetime(X509Certificate certificate) {
        if (maxLifetime == null) {
            return Optional.empty();
        }
        Duration lifetime = Duration.between(
                certificate.getNotBefore().toInstant(),
                certificate.getNotAfter().toInstant());
        return lifetime.compareTo(maxLifetime) > 0
                ? Optional.of("valid for " + lifetime + ", allowed are " + maxLifetime)
                : Optional.empty();
    }

    /** The user-initial settings of RFC 5280 section 6.1.1. An empty set of required policies means any policy. */
    record CertificatePolicies(
            Set<String> required, boolean explicit, boolean mappingInhibited, boolean anyPolicyInhibited) {
        CertificatePolicies {
            required = Set.copyOf(required);
        }
    }

    /** Each setter returns this builder. A method whose name starts with {@code allow} loosens a default. */
    public static final class Builder {
        private int maxIntermediates = 4;
        private int minRsaBits = 2048;
        private boolean dsaAllowed;
        private final Set<String> signatureAlgorithms = new HashSet<>(DEFAULT_SIGNATURE_ALGORITHMS);
        private boolean missingExtendedKeyUsageAllowed;
        private boolean anyExtendedKeyUsageAllowed;
        private boolean caAsClientAllowed;
        private @Nullable Duration maxLifetime;
        private CertificatePolicies certificatePolicies = new CertificatePolicies(Set.of(), false, false, false);

        private Builder() {}

        /** At most this many certificates between the client's and the trust anchor, 0 to 10. */
        public Builder maxIntermediates(int maximum) {
            if (maximum < 0 || maximum > PathFinder.MAX_CHAIN_LENGTH) {
                throw new IllegalArgumentException(
                        "maxIntermediates is " + maximum + ", expected 0 to " + PathFinder.MAX_CHAIN_LENGTH);
            }
            maxIntermediates = maximum;
            return this;
        }

        /** The client's certificate may be valid for at most this long, from its notBefore to its notAfter. */
        public Builder maxLifetime(Duration maximum) {
            if (maximum.isNegative() || maximum.isZero()) {
                throw new IllegalArgumentException("maxLifetime is " + maximum + ", expected a positive duration");
            }
            maxLifetime = maximum;
            return this;
        }

        /** RSA keys must have at least this many bits: 3072, say. For fewer than 2048 see {@link #allowSmallRsaKeys}. */
        public Builder minRsaBits(int bits) {
            if (bits < 2048 || bits > MAX_RSA_BITS) {
                throw new IllegalArgumentException("minRsaBits is " + bits + ", expected 2048 to " + MAX_RSA_BITS);
            }
            minRsaBits = bits;
            return this;
        }

        /**
         * The path must be valid for at least one of these certificate policies (OIDs; RFC 5280 section 6.1.1 (c) and
         * (e)).
         */
        public Builder requirePolicies(Set<String> oids) {
            if (oids.isEmpty()) {
                throw new IllegalArgumentException("requirePolicies needs at least one OID");
            }
            certificatePolicies = new CertificatePolicies(oids, true, false, false);
            return this;
        }

        /** RFC 5280 section 6.1.1 (c) to (g) to the letter; {@link #requirePolicies} is what most people want. */
        Builder certificatePolicies(CertificatePolicies settings) {
            certificatePolicies = settings;
            return this;
        }

        /**
         * Accepts a client's certificate without the extended key usage extension. Risk: a certificate that was issued
         * for something else altogether, such as a document signer's, authenticates.
         */
        public Builder allowMissingExtendedKeyUsage() {
            missingExtendedKeyUsageAllowed = true;
            return this;
        }

        /**
         * Accepts anyExtendedKeyUsage in a client's certificate in place of clientAuth (RFC 5280 section 4.2.1.12 lets
         * an application refuse it). Risk: as above.
         */
        public Builder allowAnyExtendedKeyUsage() {
            anyExtendedKeyUsageAllowed = true;
            return this;
        }

        /**
         * Accepts a CA's certificate as a client's. Risk: whoever holds the key of a CA is an administrator of it, and
         * a key that signs certificates is used online.
         */
        public Builder allowCaAsClient() {
            caAsClientAllowed = true;
            return this;
        }

        /** Accepts RSA keys of fewer than 2048 bits. Risk: such keys have been factored, or can be by a rich enemy. */
        public Builder allowSmallRsaKeys(int bits) {
            if (bits < 1024 || bits >= 2048) {
                throw new IllegalArgumentException("allowSmallRsaKeys is " + bits + ", expected 1024 to 2047");
            }
            minRsaBits = bits;
            return this;
        }

        /** Accepts DSA keys. Risk: withdrawn by FIPS 186-5. */
        public Builder allowDsaKeys() {
            dsaAllowed = true;
            return this;
        }

        /**
         * Accepts one more signature algorithm, by its OID; {@code 1.2.840.113549.1.1.5} is SHA-1 with RSA. Risk:
         * collisions of SHA-1 are made to order, and with one a CA's signature can be moved to another certificate.
         */
        public Builder allowSignatureAlgorithm(String oid) {
            signatureAlgorithms.add(oid);
            return this;
        }

        public PathPolicy build() {
            return new PathPolicy(this);
        }
    }
}
