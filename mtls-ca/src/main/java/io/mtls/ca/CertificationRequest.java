package io.mtls.ca;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.ContentVerifier;
import org.bouncycastle.operator.OperatorCreationException;
import org.jspecify.annotations.Nullable;

/**
 * The public key of somebody who keeps the private one, as a PKCS #10 request of RFC 2986 brings it.
 *
 * <p>The request has shown that its maker holds the private key, and that is all that is believed of it. Its subject,
 * the extensions it asks for and its attributes are <em>never</em> used: a CA that copies them lets whoever fills in a
 * request choose to be {@code CN=admin}, a CA, or the name of another's server. What a certificate says comes from whoever
 * runs the CA.
 *
 * <p>Keys that are weak, or of a kind that not every TLS peer takes, are refused: RSA has 2048 to 8192 bits, EC is on
 * P-256, P-384 or P-521 by name, Ed25519 and Ed448 are as they are.
 */
public final class CertificationRequest {
    /** Eight times a request that has an RSA key of 8192 bits and a hundred names, which nobody reads here. */
    private static final int MAX_BYTES = 64 * 1024;

    /** NIST SP 800-57 part 1 section 5.6.1: what is shorter is not to be used since 2013. */
    private static final int MIN_RSA_BITS = 2048;

    /** Each doubling makes every handshake of each peer eight times as slow; beyond this OpenSSL and others refuse. */
    private static final int MAX_RSA_BITS = 8192;

    /** FIPS 186-5 section 5.4: odd, more than 2^16 and less than 2^256. */
    private static final BigInteger MIN_RSA_EXPONENT = BigInteger.valueOf(65_537);

    private static final int MAX_RSA_EXPONENT_BITS = 256;

    private static final String MEND = "have a new one made, as by openssl req -new -newkey ec"
            + " -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout member.key -subj /CN=member -out member.csr";

    /** RFC 7468 section 7, and what older tools and keytool write. */
    private static final Set<String> LABELS = Set.of("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");

    private static final Map<ASN1ObjectIdentifier, String> KEY_ALGORITHMS = Map.of(
            PKCSObjectIdentifiers.rsaEncryption, "RSA",
            X9ObjectIdentifiers.id_ecPublicKey, "EC",
            EdECObjectIdentifiers.id_Ed25519, "Ed25519",
            EdECObjectIdentifiers.id_Ed448, "Ed448");

    private static final Set<ASN1ObjectIdentifier> CURVES =
            Set.of(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp384r1, SECObjectIdentifiers.secp521r1);

    private static final Set<ASN1ObjectIdentifier> SIGNATURES = Set.of(
            PKCSObjectIdentifiers.sha256WithRSAEncryption,
            PKCSObjectIdentifiers.sha384WithRSAEncryption,
            PKCSObjectIdentifiers.sha512WithRSAEncryption,
            X9ObjectIdentifiers.ecdsa_with_SHA256,
            X9ObjectIdentifiers.ecdsa_with_SHA384,
            X9ObjectIdentifiers.ecdsa_with_SHA512,
            EdECObjectIdentifiers.id_Ed25519,
            EdECObjectIdentifiers.id_Ed448);

    private static final Set<ASN1ObjectIdentifier> PSS_DIGESTS =
            Set.of(NISTObjectIdentifiers.id_sha256, NISTObjectIdentifiers.id_sha384, NISTObjectIdentifiers.id_sha512);

    private final PublicKey publicKey;
    private final String requestedSubject;

    private CertificationRequest(PublicKey publicKey, String requestedSubject) {
        this.publicKey = publicKey;
        this.requestedSubject = requestedSubject;
    }

    /**
     * Reads a request and verifies its signature, the proof of possession of RFC 4211 section 4.
     *
     * @param pemOrDer PEM with prose around it or not, or DER; 64 KiB at most
     * @throws CaException when it is no such request, was not signed with its own key and SHA-2, or has a key that is
     *     refused
     */
    public static CertificationRequest parse(byte[] pemOrDer) {
        if (pemOrDer.length > MAX_BYTES) {
            throw refused("has " + pemOrDer.length + " bytes, more than " + MAX_BYTES, null);
        }
        try {
            return ofDer(der(pemOrDer));
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw refused("cannot be read", e);
        } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
            // BouncyCastle tells of malformed ASN.1 by these.
            throw refused("is malformed", e);
        }
    }

    private static byte[] der(byte[] pemOrDer) throws GeneralSecurityException {
        String text = new String(pemOrDer, StandardCharsets.ISO_8859_1);
        for (String label : LABELS) {
            if (Pem.has(text, label)) {
                return Pem.der(text, label);
            }
        }
        if (text.contains("PRIVATE KEY-----")) {
            throw new CaException(
                    "this is a private key and no certification request",
                    "keep it where it was made, and send the request that openssl req -new -key makes of it",
                    null);
        }
        if (text.contains("-----BEGIN ")) {
            throw refused("is PEM of another type than " + String.join(" or ", LABELS), null);
        }
        return pemOrDer;
    }

    private static CertificationRequest ofDer(byte[] der)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        if (der.length == 0) {
            throw refused("is empty", null);
        }
        ASN1Sequence request = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(der));
        ASN1Sequence info = ASN1Sequence.getInstance(request.getObjectAt(0));
        if (request.size() != 3 || info.size() < 3 || info.size() > 4) {
            throw refused("is no PKCS #10", null);
        }
        if (!ASN1Integer.getInstance(info.getObjectAt(0)).hasValue(0)) {
            throw refused("is of a version of PKCS #10 that does not exist", null);
        }
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.getInstance(request.getObjectAt(1));
        refuseOtherThanSha2(algorithm);
        PublicKey key = publicKey(SubjectPublicKeyInfo.getInstance(info.getObjectAt(2)));
        // As it stands: DER would put the sets in it into order, and the signature is of these bytes.
        byte[] signed = info.getEncoded(ASN1Encoding.DL);
        byte[] signature = ASN1BitString.getInstance(request.getObjectAt(2)).getOctets();
        if (!isSigned(signed, signature, Signing.verifier(algorithm, key))) {
            throw refused("was not signed with the private key of its public key, or was changed since", null);
        }
        byte[] subject = info.getObjectAt(1).toASN1Primitive().getEncoded();
        return new CertificationRequest(key, DistinguishedName.ofDer(subject).toString());
    }

    private static boolean isSigned(byte[] content, byte[] signature, ContentVerifier verifier) throws IOException {
        try (OutputStream out = verifier.getOutputStream()) {
            out.write(content);
        }
        try {
            return verifier.verify(signature);
        } catch (RuntimeException e) {
            return false; // not of the shape of such a signature
        }
    }

    private static void refuseOtherThanSha2(AlgorithmIdentifier algorithm) {
        ASN1ObjectIdentifier oid = algorithm.getAlgorithm();
        // Without parameters the digest of PSS is SHA-1, RFC 4055 section 3.1.
        RSASSAPSSparams pss = oid.equals(PKCSObjectIdentifiers.id_RSASSA_PSS)
                ? RSASSAPSSparams.getInstance(algorithm.getParameters())
                : null;
        boolean accepted =
                pss != null ? PSS_DIGESTS.contains(pss.getHashAlgorithm().getAlgorithm()) : SIGNATURES.contains(oid);
        if (!accepted) {
            throw refused("is signed with the algorithm " + oid + ", which is none with SHA-2", null);
        }
    }

    private static PublicKey publicKey(SubjectPublicKeyInfo info) throws GeneralSecurityException, IOException {
        ASN1ObjectIdentifier oid = info.getAlgorithm().getAlgorithm();
        String algorithm = KEY_ALGORITHMS.get(oid);
        if (algorithm == null) {
            throw refused("has a key of the algorithm " + oid + ", which is not RSA, EC, Ed25519 or Ed448", null);
        }
        if (algorithm.equals("EC")) {
            refuseOtherCurves(info);
        }
        PublicKey key = KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(info.getEncoded()));
        if (key instanceof RSAPublicKey rsa) {
            refuseOddRsa(rsa);
        }
        return key;
    }

    /** By name only: a curve with parameters of its own is how CVE-2020-0601 came about. */
    private static void refuseOtherCurves(SubjectPublicKeyInfo info) {
        if (!(info.getAlgorithm().getParameters() instanceof ASN1ObjectIdentifier curve) || !CURVES.contains(curve)) {
            throw refused("has an EC key on another curve than P-256, P-384 and P-521", null);
        }
        // The JDK does not look whether the point is on the curve; this throws.
        byte[] point = info.getPublicKeyData().getOctets();
        if (ECNamedCurveTable.getByOID(curve).getCurve().decodePoint(point).isInfinity()) {
            throw refused("has an EC key that is the point at infinity", null);
        }
    }

    private static void refuseOddRsa(RSAPublicKey key) {
        int bits = key.getModulus().bitLength();
        if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
            throw refused(
                    "has an RSA key of " + bits + " bits, which is not within " + MIN_RSA_BITS + " and " + MAX_RSA_BITS,
                    null);
        }
        BigInteger exponent = key.getPublicExponent();
        if (exponent.compareTo(MIN_RSA_EXPONENT) < 0
                || exponent.bitLength() > MAX_RSA_EXPONENT_BITS
                || !exponent.testBit(0)
                || !key.getModulus().testBit(0)) {
            throw refused(
                    "has an RSA key that is even, or whose public exponent is even, below 65537 or beyond 256 bits",
                    null);
        }
    }

    /** The key to certify; that its maker has the private one was verified. */
    public PublicKey publicKey() {
        return publicKey;
    }

    /**
     * The name that was asked for, as RFC 4514 text, for a person to look at and never to issue. It may hold any character,
     * those that control a terminal too.
     */
    public String requestedSubject() {
        return requestedSubject;
    }

    /** Names the kind of the key. */
    @Override
    public String toString() {
        return "certification request with a key of " + publicKey.getAlgorithm();
    }

    private static CaException refused(String fault, @Nullable Throwable cause) {
        return new CaException("the certification request " + fault, MEND, cause);
    }
}
