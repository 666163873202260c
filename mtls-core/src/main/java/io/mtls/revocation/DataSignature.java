package io.mtls.revocation;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.DSAPublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.jspecify.annotations.Nullable;

/** The signature algorithms of CRLs and OCSP responses, by what these say of them. */
final class DataSignature {

    private static final String RSASSA_PSS = "1.2.840.113549.1.1.10";
    private static final String MGF1 = "1.2.840.113549.1.1.8";

    /** RSA and ECDSA with SHA-2, EdDSA; RFC 4055, 5758, 8410. */
    private static final Map<String, String> JAVA_NAMES = Map.of(
            "1.2.840.113549.1.1.11",
            "SHA256withRSA",
            "1.2.840.113549.1.1.12",
            "SHA384withRSA",
            "1.2.840.113549.1.1.13",
            "SHA512withRSA",
            RSASSA_PSS,
            "RSASSA-PSS",
            "1.2.840.10045.4.3.2",
            "SHA256withECDSA",
            "1.2.840.10045.4.3.3",
            "SHA384withECDSA",
            "1.2.840.10045.4.3.4",
            "SHA512withECDSA",
            "1.3.101.112",
            "Ed25519",
            "1.3.101.113",
            "Ed448");

    /** Known, and used only if it is asked for by name. */
    private static final Map<String, String> WEAK_JAVA_NAMES = Map.of(
            "1.2.840.113549.1.1.5", "SHA1withRSA",
            "1.2.840.10040.4.3", "SHA1withDSA",
            "1.2.840.10045.4.1", "SHA1withECDSA");

    private static final Map<String, String> SHA2 = Map.of(
            "2.16.840.1.101.3.4.2.1", "SHA-256",
            "2.16.840.1.101.3.4.2.2", "SHA-384",
            "2.16.840.1.101.3.4.2.3", "SHA-512");

    // The lower bounds of jdk.certpath.disabledAlgorithms. How strong a signer's key must be is for the check of its
    // path.
    private static final int MIN_RSA_OR_DSA_BITS = 1024;
    private static final int MIN_EC_BITS = 224;

    private DataSignature() {}

    /**
     * One that is ready to be told what was signed.
     *
     * @param alsoAllowed OIDs of algorithms that are accepted though they are weak
     * @throws NoSuchAlgorithmException if the algorithm is not allowed or not well said; the message is for a log
     * @throws InvalidKeyException if the signer's key is not one for it
     */
    static Signature verification(AlgorithmIdentifier algorithm, PublicKey signer, Set<String> alsoAllowed)
            throws NoSuchAlgorithmException, InvalidKeyException {
        String oid = algorithm.getAlgorithm().getId();
        String name = JAVA_NAMES.get(oid);
        if (name == null && alsoAllowed.contains(oid)) {
            name = WEAK_JAVA_NAMES.get(oid);
        }
        if (name == null) {
            throw new NoSuchAlgorithmException("signed with " + oid + ", which is not allowed");
        }
        if (isWeak(signer)) {
            throw new InvalidKeyException("the signer's key is too short");
        }
        try {
            Signature signature = Signature.getInstance(name);
            signature.initVerify(signer);
            if (oid.equals(RSASSA_PSS)) {
                signature.setParameter(pss(algorithm.getParameters()));
            } else if (!hasRightParameters(algorithm.getParameters(), name)) {
                throw new NoSuchAlgorithmException("the signature algorithm has parameters that it should not have");
            }
            return signature;
        } catch (NoSuchAlgorithmException e) {
            throw e;
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new InvalidKeyException(
                    "the signature is one by " + name + ", and the signer's key one for " + signer.getAlgorithm(), e);
        }
    }

    private static boolean isWeak(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            return rsa.getModulus().bitLength() < MIN_RSA_OR_DSA_BITS;
        }
        if (key instanceof DSAPublicKey dsa) {
            return dsa.getParams() == null || dsa.getParams().getP().bitLength() < MIN_RSA_OR_DSA_BITS;
        }
        return key instanceof ECPublicKey ec
                && ec.getParams().getCurve().getField().getFieldSize() < MIN_EC_BITS;
    }

    /** With RSA they are NULL or, by the leave of RFC 4055 section 5, absent; with all others they are absent. */
    private static boolean hasRightParameters(@Nullable ASN1Encodable parameters, String name) {
        return parameters == null || (name.endsWith("withRSA") && DERNull.INSTANCE.equals(parameters));
    }

    /** RFC 4055 section 3.1. What is left out there means SHA-1, which is not allowed. */
    private static PSSParameterSpec pss(ASN1Encodable parameters) throws NoSuchAlgorithmException {
        RSASSAPSSparams pss = RSASSAPSSparams.getInstance(parameters);
        String hash = pss == null
                ? null
                : SHA2.get(pss.getHashAlgorithm().getAlgorithm().getId());
        if (hash == null || !pss.getMaskGenAlgorithm().getAlgorithm().getId().equals(MGF1)) {
            throw new NoSuchAlgorithmException(
                    "signed with RSASSA-PSS with a hash other than SHA-256, SHA-384 and SHA-512");
        }
        String maskHash = SHA2.get(
                AlgorithmIdentifier.getInstance(pss.getMaskGenAlgorithm().getParameters())
                        .getAlgorithm()
                        .getId());
        if (maskHash == null) {
            throw new NoSuchAlgorithmException(
                    "signed with RSASSA-PSS with a hash other than SHA-256, SHA-384 and SHA-512");
        }
        return new PSSParameterSpec(
                hash,
                "MGF1",
                new MGF1ParameterSpec(maskHash),
                pss.getSaltLength().intValueExact(),
                pss.getTrailerField().intValueExact());
    }
}
