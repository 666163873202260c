package io.mtls.ca;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.Request;
import org.bouncycastle.asn1.ocsp.TBSRequest;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.jspecify.annotations.Nullable;

/**
 * What an OCSP request asks, RFC 6960 section 4.1.1. Who asks, and a signature, are of no interest: everybody gets an answer.
 */
record OcspRequest(List<CertId> certIds, Optional<byte[]> nonce) {
    /**
     * RFC 6960 sets no limit. A single request takes less than 200 octets with SHA-512; this leaves room for a signature and
     * the certificates for it.
     */
    static final int MAX_BYTES = 16 * 1024;

    /** RFC 5019 section 2.1.1 asks for exactly one; RFC 6960 sets no limit. */
    static final int MAX_SINGLE_REQUESTS = 20;

    /** RFC 9654 section 2.1: without an octet, or with more than these, it is rejected. */
    static final int MAX_NONCE_BYTES = 128;

    private static final ASN1ObjectIdentifier NONCE = OCSPObjectIdentifiers.id_pkix_ocsp_nonce;

    /** That a client may mark as critical: the nonce is obeyed, the others are preferences, and what is answered suits each. */
    private static final Set<ASN1ObjectIdentifier> KNOWN = Set.of(
            NONCE,
            OCSPObjectIdentifiers.id_pkix_ocsp_response,
            OCSPObjectIdentifiers.id_pkix_ocsp_service_locator,
            OCSPObjectIdentifiers.id_pkix_ocsp_pref_sig_algs);

    /** @throws MalformedException when it is no request, or more than the bounds allow */
    static OcspRequest parse(byte[] der) throws MalformedException {
        if (der.length > MAX_BYTES) {
            throw new MalformedException(der.length + " octets are more than " + MAX_BYTES, null);
        }
        try {
            return parse(ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(der)));
        } catch (IOException | RuntimeException e) {
            // BouncyCastle tells of malformed ASN.1 by IllegalArgumentException, ClassCastException and others.
            throw new MalformedException("not the ASN.1 of a request", e);
        }
    }

    private static OcspRequest parse(ASN1Sequence request) throws MalformedException {
        ASN1Sequence fields = ASN1Sequence.getInstance(request.getObjectAt(0));
        TBSRequest content = TBSRequest.getInstance(fields);
        ASN1Sequence list = content.getRequestList();
        if (request.size() > 2 || !content.getVersion().hasValue(0) || !isLast(fields, content)) {
            throw new MalformedException("not version 1, or more than there is in it", null);
        }
        if (list.size() == 0 || list.size() > MAX_SINGLE_REQUESTS) {
            throw new MalformedException(list.size() + " single requests", null);
        }
        List<CertId> certIds = new ArrayList<>();
        for (ASN1Encodable each : list) {
            Request single = Request.getInstance(each);
            refuseUnknownCritical(single.getSingleRequestExtensions());
            certIds.add(CertId.of(single.getReqCert()));
        }
        refuseUnknownCritical(content.getRequestExtensions());
        return new OcspRequest(List.copyOf(certIds), nonce(content.getRequestExtensions()));
    }

    /** BouncyCastle passes over what follows where nothing should. */
    private static boolean isLast(ASN1Sequence fields, TBSRequest content) {
        ASN1Encodable last = fields.getObjectAt(fields.size() - 1);
        return content.getRequestExtensions() != null || last.equals(content.getRequestList());
    }

    /** What is critical and unknown cannot be passed over, RFC 6960 section 4.4. */
    private static void refuseUnknownCritical(@Nullable Extensions extensions) throws MalformedException {
        if (extensions != null && !KNOWN.containsAll(List.of(extensions.getCriticalExtensionOIDs()))) {
            throw new MalformedException("an unknown critical extension", null);
        }
    }

    private static Optional<byte[]> nonce(@Nullable Extensions extensions) throws MalformedException {
        Extension extension = extensions == null ? null : extensions.getExtension(NONCE);
        if (extension == null) {
            return Optional.empty();
        }
        byte[] nonce = ASN1OctetString.getInstance(extension.getParsedValue()).getOctets();
        if (nonce.length == 0 || nonce.length > MAX_NONCE_BYTES) {
            throw new MalformedException("a nonce of " + nonce.length + " octets", null);
        }
        return Optional.of(nonce);
    }

    /** The message says in which respect, for tests and logs. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
