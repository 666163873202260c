package io.mtls.ca;

import io.mtls.ca.DerReader.MalformedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;

/**
 * What an OCSP request asks, RFC 6960 section 4.1.1, read strictly. Who asks, and a signature, are of no interest: everybody
 * gets an answer.
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

    private static final String NONCE = key(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);

    /** That a client may insist on: they are obeyed, or they are about preferences. */
    private static final Set<String> KNOWN = Set.of(
            NONCE,
            key(OCSPObjectIdentifiers.id_pkix_ocsp_response),
            key(OCSPObjectIdentifiers.id_pkix_ocsp_service_locator),
            key(OCSPObjectIdentifiers.id_pkix_ocsp_pref_sig_algs));

    private static final int VERSION = DerReader.explicit(0);
    private static final int REQUESTOR_NAME = DerReader.explicit(1);
    private static final int REQUEST_EXTENSIONS = DerReader.explicit(2);
    private static final int SINGLE_REQUEST_EXTENSIONS = DerReader.explicit(0);
    private static final int SIGNATURE = DerReader.explicit(0);

    static OcspRequest parse(byte[] der) throws MalformedException {
        if (der.length > MAX_BYTES) {
            throw new MalformedException(der.length + " octets are more than " + MAX_BYTES);
        }
        DerReader all = DerReader.of(der);
        DerReader request = all.enter(DerReader.SEQUENCE);
        all.expectEnd();
        DerReader content = request.enter(DerReader.SEQUENCE);
        if (request.nextIs(SIGNATURE)) {
            request.skip();
        }
        request.expectEnd();

        version(content);
        if (content.nextIs(REQUESTOR_NAME)) {
            content.skip();
        }
        List<CertId> certIds = certIds(content.enter(DerReader.SEQUENCE));
        Map<String, byte[]> extensions =
                content.nextIs(REQUEST_EXTENSIONS) ? extensions(content.enter(REQUEST_EXTENSIONS)) : Map.of();
        content.expectEnd();
        return new OcspRequest(certIds, nonce(extensions));
    }

    private static void version(DerReader content) throws MalformedException {
        if (content.nextIs(VERSION)) {
            DerReader version = content.enter(VERSION);
            if (version.integer().signum() != 0) {
                throw new MalformedException("not version 1");
            }
            version.expectEnd();
        }
    }

    private static List<CertId> certIds(DerReader requests) throws MalformedException {
        List<CertId> certIds = new ArrayList<>();
        while (!requests.isAtEnd()) {
            if (certIds.size() == MAX_SINGLE_REQUESTS) {
                throw new MalformedException("more than " + MAX_SINGLE_REQUESTS + " single requests");
            }
            DerReader single = requests.enter(DerReader.SEQUENCE);
            certIds.add(CertId.read(single.enter(DerReader.SEQUENCE)));
            if (single.nextIs(SINGLE_REQUEST_EXTENSIONS)) {
                extensions(single.enter(SINGLE_REQUEST_EXTENSIONS));
            }
            single.expectEnd();
        }
        if (certIds.isEmpty()) {
            throw new MalformedException("no single request");
        }
        return List.copyOf(certIds);
    }

    /** By the type's encoding. One that is critical and unknown cannot be passed over, RFC 6960 section 4.4. */
    private static Map<String, byte[]> extensions(DerReader tagged) throws MalformedException {
        DerReader list = tagged.enter(DerReader.SEQUENCE);
        tagged.expectEnd();
        Map<String, byte[]> extensions = new HashMap<>();
        while (!list.isAtEnd()) {
            DerReader extension = list.enter(DerReader.SEQUENCE);
            String type = HexFormat.of().formatHex(extension.content(BERTags.OBJECT_IDENTIFIER));
            boolean critical = extension.nextIs(BERTags.BOOLEAN) && isTrue(extension.content(BERTags.BOOLEAN));
            byte[] value = extension.content(BERTags.OCTET_STRING);
            extension.expectEnd();
            if (critical && !KNOWN.contains(type)) {
                throw new MalformedException("an unknown critical extension");
            }
            if (extensions.put(type, value) != null) {
                throw new MalformedException("an extension twice");
            }
        }
        return extensions;
    }

    private static boolean isTrue(byte[] octets) throws MalformedException {
        if (octets.length != 1) {
            throw new MalformedException("a boolean of " + octets.length + " octets");
        }
        return octets[0] != 0;
    }

    private static Optional<byte[]> nonce(Map<String, byte[]> extensions) throws MalformedException {
        byte[] value = extensions.get(NONCE);
        if (value == null) {
            return Optional.empty();
        }
        DerReader reader = DerReader.of(value);
        byte[] nonce = reader.content(BERTags.OCTET_STRING);
        reader.expectEnd();
        if (nonce.length == 0 || nonce.length > MAX_NONCE_BYTES) {
            throw new MalformedException("a nonce of " + nonce.length + " octets");
        }
        return Optional.of(nonce);
    }

    private static String key(ASN1ObjectIdentifier oid) {
        byte[] encoded = Der.encoded(oid);
        return HexFormat.of().formatHex(encoded, 2, encoded.length);
    }
}
