package io.mtls.ca;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.operator.ContentSigner;
import org.jspecify.annotations.Nullable;

/**
 * What an OCSP response is to say, right or wrong, before it is signed (RFC 6960 section 4.2.1).
 *
 * <pre>{@code
 * byte[] response = OcspResponseBuilder.signedBy(responder).good(CertId.of(issuer, serial)).nonce(nonce).der();
 * }</pre>
 *
 * <p>By default it is from now on for an hour, has no nonce, names the responder by its key, and includes the signer's
 * certificate. Every option overrides what was there before, except those that add a single response, which add. An option
 * never refuses a value because RFC 6960 forbids it. A response that is not signed comes from {@link
 * OcspResponseStatus#response()}. Not reusable across threads.
 */
public final class OcspResponseBuilder {
    private static final Duration VALIDITY = Duration.ofHours(1);
    private static final byte[] GOOD = {(byte) BERTags.CONTEXT_SPECIFIC, 0};
    private static final byte[] UNKNOWN = {(byte) (BERTags.CONTEXT_SPECIFIC | 2), 0};

    private HeldCertificate signer;
    private InstantSource clock;
    private OcspResponseStatus status = OcspResponseStatus.SUCCESSFUL;
    private String responseType = OCSPObjectIdentifiers.id_pkix_ocsp_basic.getId();
    private byte[] responderId;
    private @Nullable Instant producedAt;
    private @Nullable Instant thisUpdate;
    private @Nullable Instant nextUpdate;
    private boolean hasNextUpdate = true;
    private List<X509Certificate> certificates;
    private @Nullable String signatureAlgorithm;
    private UnaryOperator<byte[]> signatureFault = UnaryOperator.identity();

    private final List<Single> singles = new ArrayList<>();

    /** By object identifier. */
    private final Map<String, Extension> extensions = new LinkedHashMap<>();

    private OcspResponseBuilder(HeldCertificate signer) {
        this.signer = signer;
        this.clock = signer.clock();
        this.responderId = byKey(signer);
        this.certificates = List.of(signer.certificate());
    }

    /** A response that this responder signs: the issuer itself, one that it has delegated to, or anybody else. */
    public static OcspResponseBuilder signedBy(HeldCertificate responder) {
        return new OcspResponseBuilder(responder);
    }

    /** What the updates are counted from; by default the responder's clock. */
    public OcspResponseBuilder clock(InstantSource clock) {
        this.clock = clock;
        return this;
    }

    /** Adds that the certificate is not revoked. */
    public OcspResponseBuilder good(CertId certificate) {
        return single(certificate, GOOD);
    }

    /** Adds that the certificate is revoked. An unspecified reason is left out, as in a CRL. */
    public OcspResponseBuilder revoked(CertId certificate, Instant at, RevocationReason reason) {
        byte[] why = reason == RevocationReason.UNSPECIFIED
                ? Der.NOTHING
                : Der.explicit(0, Der.value(BERTags.ENUMERATED, new byte[] {(byte) reason.code()}));
        return single(certificate, Der.explicit(1, Der.generalizedTime(at), why));
    }

    /** Adds that the responder does not know the certificate. */
    public OcspResponseBuilder unknown(CertId certificate) {
        return single(certificate, UNKNOWN);
    }

    /** When the statuses were known to be right, to the second; by default now. */
    public OcspResponseBuilder thisUpdate(Instant instant) {
        this.thisUpdate = instant;
        return this;
    }

    /** When there will be newer ones at the latest; by default an hour after {@link #thisUpdate}. */
    public OcspResponseBuilder nextUpdate(Instant instant) {
        this.nextUpdate = instant;
        this.hasNextUpdate = true;
        return this;
    }

    /** Nothing says when there will be newer ones: there may be at any time. */
    public OcspResponseBuilder withoutNextUpdate() {
        this.hasNextUpdate = false;
        return this;
    }

    /**
     * The single response that was added last has updates of its own.
     *
     * @throws IllegalStateException when there is none
     */
    public OcspResponseBuilder singleUpdates(Instant thisUpdate, @Nullable Instant nextUpdate) {
        last().ownUpdates = updates(thisUpdate, nextUpdate);
        return this;
    }

    /**
     * The single response that was added last has this extension.
     *
     * @throws IllegalStateException when there is none
     */
    public OcspResponseBuilder singleExtension(String oid, boolean critical, byte[] der) {
        last().extensions.add(Extensions.extension(oid, critical, der));
        return this;
    }

    /** When the response was signed; by default now. */
    public OcspResponseBuilder producedAt(Instant instant) {
        this.producedAt = instant;
        return this;
    }

    /** The nonce of the request, or another one, RFC 9654. */
    public OcspResponseBuilder nonce(byte[] nonce) {
        return extension(
                OCSPObjectIdentifiers.id_pkix_ocsp_nonce.getId(), false, Der.value(BERTags.OCTET_STRING, nonce));
    }

    /** No nonce, even if one was given before. */
    public OcspResponseBuilder withoutNonce() {
        extensions.remove(OCSPObjectIdentifiers.id_pkix_ocsp_nonce.getId());
        return this;
    }

    /** An extension of the whole response with this value, be it known, unknown or malformed. */
    public OcspResponseBuilder extension(String oid, boolean critical, byte[] der) {
        extensions.put(oid, Extensions.extension(oid, critical, der));
        return this;
    }

    /** Names the responder by the subject of the one that signs. */
    public OcspResponseBuilder responderByName() {
        return responderName(signer.subject());
    }

    /** Names the responder by this name, whoever signs. */
    public OcspResponseBuilder responderName(DistinguishedName name) {
        this.responderId = Der.explicit(1, name.encoded());
        return this;
    }

    /** Names the responder by this SHA-1 of a key, whoever signs. */
    public OcspResponseBuilder responderKeyHash(byte[] keyHash) {
        this.responderId = Der.explicit(2, Der.value(BERTags.OCTET_STRING, keyHash));
        return this;
    }

    /** The certificates that are included; with none the client has to know the responder's. */
    public OcspResponseBuilder certificates(X509Certificate... certificates) {
        this.certificates = List.of(certificates);
        return this;
    }

    /** The key of this one signs; what the response says of its responder, and the certificates in it, remain. */
    public OcspResponseBuilder signer(HeldCertificate signer) {
        this.signer = signer;
        return this;
    }

    /** The signature's algorithm by its Java name; by default the SHA-2 that is as strong as the signer's key. */
    public OcspResponseBuilder signatureAlgorithm(String name) {
        this.signatureAlgorithm = name;
        return this;
    }

    /** One bit of the signature is wrong. */
    public OcspResponseBuilder corruptSignature() {
        this.signatureFault = Signing::corrupt;
        return this;
    }

    /** These bytes stand where the signature was: empty, zero, or somebody else's. */
    public OcspResponseBuilder signature(byte[] signature) {
        byte[] copy = signature.clone();
        this.signatureFault = ignored -> copy;
        return this;
    }

    /** Another status than successful around the signed response, which RFC 6960 section 4.2.1 forbids. */
    public OcspResponseBuilder status(OcspResponseStatus status) {
        this.status = status;
        return this;
    }

    /** Another type than {@code id-pkix-ocsp-basic} around the signed response. */
    public OcspResponseBuilder responseType(String oid) {
        this.responseType = oid;
        return this;
    }

    /**
     * Signs, and gives the DER of the {@code OCSPResponse}. Whether anybody can read it is for the options to decide.
     *
     * @throws IllegalArgumentException when the signer's key cannot sign with the named algorithm
     */
    public byte[] der() {
        byte[] basic = basicResponse();
        byte[] type = Der.encoded(new ASN1ObjectIdentifier(responseType));
        return Der.sequence(status.der(), Der.explicit(0, Der.sequence(type, Der.value(BERTags.OCTET_STRING, basic))));
    }

    private byte[] basicResponse() {
        String algorithm = signatureAlgorithm != null ? signatureAlgorithm : Signing.algorithmFor(signer.privateKey());
        ContentSigner contentSigner = Signing.signer(algorithm, signer.privateKey());
        byte[] content = content();
        try (OutputStream out = contentSigner.getOutputStream()) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] signature = signatureFault.apply(contentSigner.getSignature());
        return Der.sequence(
                content,
                Der.encoded(contentSigner.getAlgorithmIdentifier()),
                Der.encoded(new DERBitString(signature)),
                certificates.isEmpty() ? Der.NOTHING : Der.explicit(0, Der.sequence(encodedCertificates())));
    }

    private byte[] content() {
        Instant now = clock.instant();
        Instant from = thisUpdate != null ? thisUpdate : now;
        Instant to = nextUpdate != null ? nextUpdate : from.plus(VALIDITY);
        byte[] updates = updates(from, hasNextUpdate ? to : null);
        return Der.sequence(
                responderId,
                Der.generalizedTime(producedAt != null ? producedAt : now),
                Der.sequence(singles.stream().map(single -> single.der(updates)).toArray(byte[][]::new)),
                encoded(extensions.values()));
    }

    private byte[][] encodedCertificates() {
        byte[][] encoded = new byte[certificates.size()][];
        for (int i = 0; i < encoded.length; i++) {
            try {
                encoded[i] = certificates.get(i).getEncoded();
            } catch (CertificateEncodingException e) {
                throw new IllegalArgumentException("certificate without an encoding", e);
            }
        }
        return encoded;
    }

    InstantSource clock() {
        return clock;
    }

    /** Whatever the statuses were. */
    OcspResponseBuilder allUnknown() {
        singles.forEach(single -> single.status = UNKNOWN);
        return this;
    }

    /** The same statuses of other certificates. */
    OcspResponseBuilder about(UnaryOperator<CertId> other) {
        singles.forEach(single -> single.certificate = other.apply(single.certificate));
        return this;
    }

    private OcspResponseBuilder single(CertId certificate, byte[] certStatus) {
        singles.add(new Single(certificate, certStatus));
        return this;
    }

    private Single last() {
        if (singles.isEmpty()) {
            throw new IllegalStateException("there is no single response yet");
        }
        return singles.get(singles.size() - 1);
    }

    /** The SHA-1 of the key's bits, section 4.2.1. */
    private static byte[] byKey(HeldCertificate responder) {
        byte[] keyHash = Extensions.keyIdentifier(responder.certificate().getPublicKey());
        return Der.explicit(2, Der.value(BERTags.OCTET_STRING, keyHash));
    }

    private static byte[] updates(Instant from, @Nullable Instant to) {
        byte[] next = to == null ? Der.NOTHING : Der.explicit(0, Der.generalizedTime(to));
        return concatenated(Der.generalizedTime(from), next);
    }

    private static byte[] encoded(Iterable<Extension> extensions) {
        List<byte[]> all = new ArrayList<>();
        extensions.forEach(extension -> all.add(Der.encoded(extension)));
        return all.isEmpty() ? Der.NOTHING : Der.explicit(1, Der.sequence(all.toArray(byte[][]::new)));
    }

    private static byte[] concatenated(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static final class Single {
        private CertId certificate;
        private byte[] status;
        private byte @Nullable [] ownUpdates;
        private final List<Extension> extensions = new ArrayList<>();

        private Single(CertId certificate, byte[] status) {
            this.certificate = certificate;
            this.status = status;
        }

        private byte[] der(byte[] updates) {
            return Der.sequence(
                    certificate.der(), status, ownUpdates != null ? ownUpdates : updates, encoded(extensions));
        }
    }
}
