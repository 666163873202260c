package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1GeneralizedTime;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ocsp.BasicOCSPResponse;
import org.bouncycastle.asn1.ocsp.CertID;
import org.bouncycastle.asn1.ocsp.CertStatus;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPResponse;
import org.bouncycastle.asn1.ocsp.ResponderID;
import org.bouncycastle.asn1.ocsp.ResponseBytes;
import org.bouncycastle.asn1.ocsp.ResponseData;
import org.bouncycastle.asn1.ocsp.RevokedInfo;
import org.bouncycastle.asn1.ocsp.SingleResponse;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.jspecify.annotations.Nullable;

/**
 * Decides what an OCSP response says of a certificate, and whether that counts (RFC 6960 sections 3.2 and 4.2). BouncyCastle
 * parses, the platform's providers check signatures, this class judges.
 *
 * <p>What it gives is bound to the certificate and to its issuer in the verified path, was signed by that issuer or by a
 * responder to whom that issuer has delegated, and is not from the future. Whether it is <em>still</em> in force is a
 * question for each request, {@link OcspAnswer#isInForce}.
 *
 * <p>Not done: responders that only local configuration authorizes (RFC 6960 section 4.2.2.2, the first case), and
 * response types other than {@code id-pkix-ocsp-basic}.
 */
final class OcspVerifier {

    /** An answer with an RSA-4096 responder's chain takes 8 KiB; RFC 6960 sets no limit, OpenSSL's client takes 100 KiB. */
    static final int MAX_RESPONSE_BYTES = 64 << 10;

    /** RFC 6960 section 4.2.1: they help to verify the signature. One does; some responders send all up to the root. */
    static final int MAX_CERTIFICATES = 8;

    /** RFC 5019 section 2.2.1 says one; pre-signed answers for several certificates are in use. */
    static final int MAX_SINGLE_RESPONSES = 32;

    /** A right answer takes two: of the responder's certificate, and of the response. */
    static final int MAX_SIGNATURE_CHECKS = 6;

    /** RFC 9654 section 2.1. */
    static final int MAX_NONCE_BYTES = 128;

    /**
     * How far the clocks of a CA and of this machine may be apart: what was made is not from the future. At its end an
     * answer gets no such allowance: what may still count after its nextUpdate is for the operator's grace to say.
     */
    static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    private static final String OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    private static final String OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int NON_REPUDIATION = 1;

    /** What a responder's certificate may mark as critical, because it is looked at here, or says nothing against it. */
    private static final Set<String> KNOWN_CRITICAL = Set.of(
            Extension.keyUsage.getId(),
            Extension.extendedKeyUsage.getId(),
            Extension.basicConstraints.getId(),
            Extension.subjectAlternativeName.getId(),
            OCSP_NO_CHECK);

    private static final Map<String, String> CERT_ID_DIGESTS = Map.of(
            "1.3.14.3.2.26", "SHA-1",
            "2.16.840.1.101.3.4.2.1", "SHA-256");

    /** As the path policy wants them of an issuer: neither weak nor so long that to check a signature is an attack. */
    private static final int MIN_RSA_BITS = 2048;

    private static final int MAX_RSA_BITS = 8192;
    private static final int MAX_RSA_EXPONENT_BITS = 64;
    private static final int MIN_EC_BITS = 256;

    /** RFC 5280 section 4.1.2.5.2: Zulu, with seconds, without fractions. Then there is one reading. */
    private static final DateTimeFormatter GENERALIZED_TIME =
            DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'", Locale.ROOT).withResolverStyle(ResolverStyle.STRICT);

    private final Duration maxAgeWithoutNextUpdate;

    OcspVerifier(Duration maxAgeWithoutNextUpdate) {
        this.maxAgeWithoutNextUpdate = maxAgeWithoutNextUpdate;
    }

    /**
     * The nonce of a request.
     *
     * @param required whether an answer without one is refused; one with another always is
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record SentNonce(byte[] octets, boolean required) {}

    /**
     * The answer about this certificate.
     *
     * @param der hostile until this returns
     * @param nonce of the request that this answers; null where there was none, and then one in the response says nothing
     * @throws OcspRefusal if there is none that counts; {@link Why#UNREACHABLE} where the responder says, unsigned, that it
     *     does not answer, else {@link Why#UNVERIFIABLE}
     */
    OcspAnswer verify(RevocationQuery query, byte[] der, Instant at, @Nullable SentNonce nonce) throws OcspRefusal {
        if (der.length > MAX_RESPONSE_BYTES) {
            throw unverifiable("longer than " + MAX_RESPONSE_BYTES + " bytes");
        }
        try {
            BasicOCSPResponse basic = basicResponse(OCSPResponse.getInstance(ASN1Primitive.fromByteArray(der)));
            ResponseData data = basic.getTbsResponseData();
            if (!data.getVersion().hasValue(0)) {
                throw unverifiable("not version 1");
            }
            refuseCritical(data.getResponseExtensions(), OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
            Instant producedAt = instant(data.getProducedAt());
            if (producedAt.isAfter(at.plus(CLOCK_SKEW))) {
                throw unverifiable("produced in the future, at " + producedAt);
            }
            Single single = theOneAbout(query, data.getResponses(), producedAt, at);
            Signer signer = signer(basic, query, producedAt, at);
            if (nonce != null) {
                checkNonce(nonce, data.getResponseExtensions());
            }
            OcspAnswer answer = new OcspAnswer(
                    der.clone(),
                    single.status(),
                    single.thisUpdate(),
                    producedAt,
                    single.until(),
                    signer.isToBeChecked() ? signer.certificate() : null);
            // The issuer's own end is its path's, and is asked with that; its key may have another certificate.
            return signer.certificate().equals(query.issuer())
                    ? answer
                    : answer.limitedTo(signer.certificate().getNotAfter().toInstant());
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            // BouncyCastle tells of malformed ASN.1 by IllegalArgumentException, ClassCastException and others.
            throw unverifiable("malformed: " + e.getClass().getSimpleName());
        }
    }

    private static BasicOCSPResponse basicResponse(OCSPResponse response) throws OcspRefusal, IOException {
        int status = response.getResponseStatus().getIntValue();
        switch (status) {
            case 0 -> {} // successful
            case 1 -> throw unreachable("malformedRequest", false);
            case 2 -> throw unreachable("internalError", true);
            case 3 -> throw unreachable("tryLater", true);
            case 5 -> throw unreachable("sigRequired", false);
            case 6 -> throw unreachable("unauthorized", false);
            default -> throw unverifiable("a status that does not exist, " + status);
        }
        ResponseBytes bytes = response.getResponseBytes();
        if (bytes == null) {
            throw unverifiable("successful, and no response");
        }
        if (!bytes.getResponseType().equals(OCSPObjectIdentifiers.id_pkix_ocsp_basic)) {
            throw unverifiable("another type of response than id-pkix-ocsp-basic");
        }
        return BasicOCSPResponse.getInstance(
                ASN1Primitive.fromByteArray(bytes.getResponse().getOctets()));
    }

    /** What is critical and unknown cannot be passed over (RFC 6960 section 4.4, RFC 5280 section 4.2). */
    private static void refuseCritical(@Nullable Extensions extensions, ASN1ObjectIdentifier... known)
            throws OcspRefusal {
        if (extensions != null && !List.of(known).containsAll(List.of(extensions.getCriticalExtensionOIDs()))) {
            throw unverifiable("an unknown critical extension");
        }
    }

    /** Only in the extensions of the whole response (RFC 9654 section 2.1): elsewhere it is no nonce. */
    private static void checkNonce(SentNonce sent, @Nullable Extensions extensions) throws OcspRefusal {
        Extension extension =
                extensions == null ? null : extensions.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
        if (extension == null) {
            if (sent.required()) {
                throw unverifiable("no nonce, and one is required");
            }
            return;
        }
        byte[] octets = ASN1OctetString.getInstance(extension.getParsedValue()).getOctets();
        if (octets.length > MAX_NONCE_BYTES || !MessageDigest.isEqual(octets, sent.octets())) {
            throw unverifiable("another nonce than that of the request");
        }
    }

    /** What a single response says, its times already found to make sense. */
    private record Single(RevocationStatus status, Instant thisUpdate, Instant until) {
        /** Of several about one certificate the one that speaks most against it counts; of equals the shortest. */
        Single orSafer(@Nullable Single other) {
            if (other == null || rank() != other.rank()) {
                return other == null || rank() > other.rank() ? this : other;
            }
            return until.isBefore(other.until) ? this : other;
        }

        private int rank() {
            return status instanceof Revoked ? 2 : status instanceof Good ? 0 : 1;
        }
    }

    private Single theOneAbout(RevocationQuery query, ASN1Sequence responses, Instant producedAt, Instant at)
            throws OcspRefusal, CertificateException {
        if (responses.size() > MAX_SINGLE_RESPONSES) {
            throw unverifiable("more than " + MAX_SINGLE_RESPONSES + " single responses");
        }
        Single found = null;
        for (ASN1Encodable each : responses) {
            SingleResponse response = SingleResponse.getInstance(each);
            if (isAbout(query, response.getCertID())) {
                found = single(response, producedAt, at).orSafer(found);
            }
        }
        if (found == null) {
            throw unverifiable("about other certificates only");
        }
        return found;
    }

    private static boolean isAbout(RevocationQuery query, CertID id) throws CertificateException {
        String digest = CERT_ID_DIGESTS.get(id.getHashAlgorithm().getAlgorithm().getId());
        return digest != null
                && id.getSerialNumber().hasValue(query.certificate().getSerialNumber())
                && Arrays.equals(id.getIssuerNameHash().getOctets(), OcspRequest.nameHash(digest, query))
                && Arrays.equals(id.getIssuerKeyHash().getOctets(), OcspRequest.keyHash(digest, query.issuer()));
    }

    private Single single(SingleResponse response, Instant producedAt, Instant at) throws OcspRefusal {
        refuseCritical(response.getSingleExtensions());
        Instant thisUpdate = instant(response.getThisUpdate());
        if (thisUpdate.isAfter(at.plus(CLOCK_SKEW)) || thisUpdate.isAfter(producedAt.plus(CLOCK_SKEW))) {
            throw unverifiable("from the future: thisUpdate is " + thisUpdate);
        }
        ASN1GeneralizedTime nextUpdate = response.getNextUpdate();
        Instant until = nextUpdate == null ? thisUpdate.plus(maxAgeWithoutNextUpdate) : instant(nextUpdate);
        if (until.isBefore(thisUpdate)) {
            throw unverifiable("nextUpdate is before thisUpdate");
        }
        return new Single(status(response.getCertStatus(), until), thisUpdate, until);
    }

    private static RevocationStatus status(CertStatus status, Instant until) throws OcspRefusal {
        return switch (status.getTagNo()) {
            case 0 -> new Good(until);
            case 1 -> revoked(RevokedInfo.getInstance(status.getStatus()));
            case 2 -> new Unknown(Why.UNKNOWN_TO_RESPONDER, "the responder does not know the certificate");
            default -> throw unverifiable("a certificate status that does not exist");
        };
    }

    /** Whatever the reason: a hold may end, and removeFromCRL makes no sense here, but both say "revoked". */
    private static Revoked revoked(RevokedInfo info) throws OcspRefusal {
        CRLReason given = info.getRevocationReason();
        int reason = given == null ? 0 : given.getValue().intValueExact();
        return new Revoked(instant(info.getRevocationTime()), CrlReason.name(reason));
    }

    private static Instant instant(ASN1GeneralizedTime time) throws OcspRefusal {
        try {
            return LocalDateTime.parse(time.getTimeString(), GENERALIZED_TIME).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw unverifiable("a time that is not of the form YYYYMMDDHHMMSSZ");
        }
    }

    /** @param isToBeChecked whether somebody has still to say that its certificate is not revoked */
    private record Signer(X509Certificate certificate, boolean isToBeChecked) {}

    /**
     * Who signed: the issuer, or a responder to whom it has delegated (RFC 6960 section 4.2.2.2). What is cheap comes
     * first, and each signature that is checked comes out of a budget.
     */
    private static Signer signer(BasicOCSPResponse basic, RevocationQuery query, Instant producedAt, Instant at)
            throws OcspRefusal, IOException, GeneralSecurityException {
        SignedContent content = SignedContent.of(basic);
        ResponderID named = basic.getTbsResponseData().getResponderID();
        X509Certificate issuer = query.issuer();
        int checks = 0;
        if (isNamed(named, issuer)) {
            checks++;
            if (content.isSignedBy(issuer.getPublicKey())) {
                return new Signer(issuer, false);
            }
        }
        String objection = "not signed by the issuer, and no certificate of its responder is included";
        for (X509Certificate delegate : certificates(basic.getCerts())) {
            if (!isNamed(named, delegate)) {
                continue;
            }
            String found = objectionTo(delegate, query, producedAt, at);
            if (found != null) {
                objection = found;
                continue;
            }
            if (checks + 2 > MAX_SIGNATURE_CHECKS) {
                throw unverifiable("more than " + MAX_SIGNATURE_CHECKS + " signatures to check");
            }
            checks += 2;
            if (!SignedContent.of(delegate).isSignedBy(issuer.getPublicKey())) {
                objection = "the responder's certificate is not signed by the issuer";
            } else if (!content.isSignedBy(delegate.getPublicKey())) {
                objection = "the signature is not the responder's";
            } else {
                return new Signer(delegate, delegate.getExtensionValue(OCSP_NO_CHECK) == null);
            }
        }
        throw unverifiable(objection);
    }

    private static boolean isNamed(ResponderID id, X509Certificate certificate)
            throws IOException, CertificateException {
        byte[] keyHash = id.getKeyHash();
        return keyHash != null
                ? Arrays.equals(keyHash, OcspRequest.keyHash("SHA-1", certificate))
                : new X500Principal(id.getName().getEncoded()).equals(certificate.getSubjectX500Principal());
    }

    private static List<X509Certificate> certificates(@Nullable ASN1Sequence included)
            throws OcspRefusal, IOException, CertificateException {
        List<X509Certificate> parsed = new ArrayList<>();
        if (included == null) {
            return parsed;
        }
        if (included.size() > MAX_CERTIFICATES) {
            throw unverifiable("more than " + MAX_CERTIFICATES + " certificates");
        }
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (ASN1Encodable each : included) {
            byte[] der = each.toASN1Primitive().getEncoded();
            try {
                parsed.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
            } catch (CertificateException e) {
                // Junk that nobody signed; it may stand beside the right one.
            }
        }
        return parsed;
    }

    /** Why this certificate is not that of a responder of this issuer, its signature aside. */
    private static @Nullable String objectionTo(
            X509Certificate delegate, RevocationQuery query, Instant producedAt, Instant at)
            throws CertificateException {
        if (delegate.equals(query.certificate())) {
            return "a certificate cannot vouch for itself";
        }
        if (!delegate.getIssuerX500Principal().equals(query.issuer().getSubjectX500Principal())) {
            return "the responder's certificate was issued by another CA";
        }
        List<String> usages = delegate.getExtendedKeyUsage();
        if (usages == null || !usages.contains(OCSP_SIGNING)) {
            return "the responder's certificate is without id-kp-OCSPSigning";
        }
        boolean[] keyUsage = delegate.getKeyUsage();
        if (keyUsage != null && !keyUsage[DIGITAL_SIGNATURE] && !keyUsage[NON_REPUDIATION]) {
            return "the key usage of the responder's certificate is not to sign";
        }
        Set<String> critical = delegate.getCriticalExtensionOIDs();
        if (critical != null && !KNOWN_CRITICAL.containsAll(critical)) {
            return "the responder's certificate has an unknown critical extension";
        }
        if (delegate.getNotBefore().toInstant().isAfter(at.plus(CLOCK_SKEW))) {
            return "the responder's certificate is not valid yet";
        }
        if (delegate.getNotAfter().toInstant().isBefore(producedAt)) {
            return "produced after the end of the responder's certificate";
        }
        return objectionTo(delegate.getPublicKey());
    }

    private static @Nullable String objectionTo(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            int bits = rsa.getModulus().bitLength();
            return bits < MIN_RSA_BITS
                            || bits > MAX_RSA_BITS
                            || rsa.getPublicExponent().bitLength() > MAX_RSA_EXPONENT_BITS
                    ? "the responder's RSA key is too weak or too long"
                    : null;
        }
        if (key instanceof ECPublicKey ec) {
            return ec.getParams().getCurve().getField().getFieldSize() < MIN_EC_BITS
                    ? "the responder's EC key is too weak"
                    : null;
        }
        return key instanceof EdECPublicKey ? null : "the responder's key is of a kind that is not allowed";
    }

    /** Bytes, and what is to be their signature. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record SignedContent(byte[] content, AlgorithmIdentifier algorithm, byte[] signature) {

        static SignedContent of(BasicOCSPResponse basic) throws IOException {
            // Encoded again, so what is checked is what is read: anything that BouncyCastle passed over is not in it.
            return new SignedContent(
                    basic.getTbsResponseData().getEncoded(ASN1Encoding.DER),
                    basic.getSignatureAlgorithm(),
                    basic.getSignature().getOctets());
        }

        static SignedContent of(X509Certificate certificate) throws CertificateException {
            return new SignedContent(
                    certificate.getTBSCertificate(),
                    org.bouncycastle.asn1.x509.Certificate.getInstance(certificate.getEncoded())
                            .getSignatureAlgorithm(),
                    certificate.getSignature());
        }

        boolean isSignedBy(PublicKey key) throws OcspRefusal {
            try {
                Signature verifying = DataSignature.verification(algorithm, key, Set.of());
                verifying.update(content);
                return verifying.verify(signature);
            } catch (NoSuchAlgorithmException e) {
                throw unverifiable(String.valueOf(e.getMessage()));
            } catch (GeneralSecurityException e) {
                return false; // A signature of another length or form, or of another kind of key.
            }
        }
    }

    private static OcspRefusal unverifiable(String message) {
        return new OcspRefusal(Why.UNVERIFIABLE, "the OCSP response is not acceptable: " + message);
    }

    private static OcspRefusal unreachable(String message, boolean responderAway) {
        return new OcspRefusal(Why.UNREACHABLE, "the OCSP responder does not answer: " + message, responderAway);
    }
}
