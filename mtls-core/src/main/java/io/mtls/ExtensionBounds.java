package io.mtls;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CertificatePolicies;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.PolicyConstraints;
import org.bouncycastle.asn1.x509.PolicyInformation;

/**
 * Reads every extension that path validation goes by, and refuses a certificate in which one is malformed or out of all
 * proportion.
 *
 * <p>Malformed, because the JDK takes a non-critical extension that it cannot read for absent, and a restriction that
 * cannot be read is no restriction. Out of proportion, because validation costs the product of names and name
 * constraints, and a power of the number of policies and their mappings (CVE-2023-0464), before the client has proved
 * that it holds any key.
 */
final class ExtensionBounds {

    /** Alternative names in one certificate, and subtrees in one issuer's name constraints. Web servers have a hundred. */
    static final int MAX_NAMES = 256;

    /** Policies in one certificate; those of bridge CAs have about twenty. */
    static final int MAX_POLICIES = 32;

    /** Pairs in one certificate's policy mappings. */
    static final int MAX_POLICY_MAPPINGS = 64;

    /** Policies that one policy is mapped to: the factor by which the policy tree can grow with each certificate. */
    static final int MAX_MAPPINGS_OF_ONE_POLICY = 3;

    private interface Reader {
        /** Throws on what is malformed; returns what is out of proportion, or an empty text. */
        String objectionTo(byte[] value);
    }

    private static final Map<ASN1ObjectIdentifier, Reader> READERS = Map.of(
            Extension.keyUsage, value -> read(KeyUsage.getInstance(value)),
            Extension.subjectAlternativeName, ExtensionBounds::names,
            Extension.basicConstraints, value -> read(BasicConstraints.getInstance(value)),
            Extension.nameConstraints, ExtensionBounds::subtrees,
            Extension.certificatePolicies, ExtensionBounds::policies,
            Extension.policyMappings, ExtensionBounds::mappings,
            Extension.authorityKeyIdentifier, value -> read(AuthorityKeyIdentifier.getInstance(value)),
            Extension.policyConstraints, value -> read(PolicyConstraints.getInstance(value)),
            Extension.extendedKeyUsage, value -> read(ExtendedKeyUsage.getInstance(value)),
            Extension.inhibitAnyPolicy, value -> read(ASN1Integer.getInstance(value)));

    private ExtensionBounds() {}

    /** What is wrong with the extensions of a certificate, if anything. */
    static Optional<String> objectionTo(X509Certificate certificate) {
        for (Map.Entry<ASN1ObjectIdentifier, Reader> entry : READERS.entrySet()) {
            String oid = entry.getKey().getId();
            try {
                byte[] value = Certificates.extensionValue(certificate, oid);
                String objection = value == null ? "" : entry.getValue().objectionTo(value);
                if (!objection.isEmpty()) {
                    return Optional.of(objection);
                }
            } catch (RuntimeException e) { // BouncyCastle's word for malformed.
                return Optional.of("extension " + oid + " is malformed");
            }
        }
        return Optional.empty();
    }

    private static String read(ASN1Encodable wellFormed) {
        wellFormed.toASN1Primitive();
        return "";
    }

    private static String names(byte[] value) {
        int count = GeneralNames.getInstance(value).getNames().length;
        return count > MAX_NAMES ? count + " alternative names, at most " + MAX_NAMES : "";
    }

    private static String subtrees(byte[] value) {
        NameConstraints constraints = NameConstraints.getInstance(value);
        int count = length(constraints.getPermittedSubtrees()) + length(constraints.getExcludedSubtrees());
        return count > MAX_NAMES ? count + " subtrees in name constraints, at most " + MAX_NAMES : "";
    }

    @SuppressWarnings("NullAway") // BouncyCastle's accessors return null for an absent field.
    private static int length(GeneralSubtree[] subtrees) {
        return subtrees == null ? 0 : subtrees.length;
    }

    private static String policies(byte[] value) {
        PolicyInformation[] policies = CertificatePolicies.getInstance(value).getPolicyInformation();
        Set<ASN1ObjectIdentifier> distinct = new HashSet<>();
        Arrays.stream(policies).map(PolicyInformation::getPolicyIdentifier).forEach(distinct::add);
        if (distinct.size() < policies.length) {
            return "a certificate policy stands there twice"; // RFC 5280 section 4.2.1.4
        }
        return policies.length > MAX_POLICIES ? policies.length + " policies, at most " + MAX_POLICIES : "";
    }

    private static String mappings(byte[] value) {
        ASN1Sequence pairs = ASN1Sequence.getInstance(value);
        if (pairs.size() > MAX_POLICY_MAPPINGS) {
            return pairs.size() + " policy mappings, at most " + MAX_POLICY_MAPPINGS;
        }
        Map<ASN1ObjectIdentifier, Integer> targets = new HashMap<>();
        Set<ASN1Sequence> distinct = new HashSet<>();
        for (ASN1Encodable element : pairs) {
            ASN1Sequence pair = ASN1Sequence.getInstance(element);
            ASN1ObjectIdentifier from = ASN1ObjectIdentifier.getInstance(pair.getObjectAt(0));
            ASN1ObjectIdentifier.getInstance(pair.getObjectAt(1));
            if (pair.size() != 2 || !distinct.add(pair)) {
                return "policy mappings are malformed or stand there twice";
            }
            if (targets.merge(from, 1, Integer::sum) > MAX_MAPPINGS_OF_ONE_POLICY) {
                return "a policy is mapped to more than " + MAX_MAPPINGS_OF_ONE_POLICY + " others";
            }
        }
        return "";
    }
}
