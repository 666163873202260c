package io.mtls.ca;

import java.util.Arrays;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.OCSPResp;

/** OCSP requests, right and wrong, and a look at what came back. */
final class OcspRequests {
    static final byte[] DER_TRUE = Der.value(BERTags.BOOLEAN, new byte[] {-1});
    static final byte[] DER_FALSE = Der.value(BERTags.BOOLEAN, new byte[] {0});

    private OcspRequests() {}

    static byte[] about(CertId... ids) {
        return request(list(ids));
    }

    static byte[] withNonce(byte[] nonce, CertId... ids) {
        return withExtension(nonceExtension(Der.value(BERTags.OCTET_STRING, nonce)), ids);
    }

    static byte[] withExtension(byte[] extension, CertId... ids) {
        return request(list(ids), Der.explicit(2, Der.sequence(extension)));
    }

    static byte[] nonceExtension(byte[] value) {
        return extension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce.getId(), Der.NOTHING, value);
    }

    static byte[] extension(String oid, byte[] critical, byte[] value) {
        return Der.sequence(
                Der.encoded(new ASN1ObjectIdentifier(oid)), critical, Der.value(BERTags.OCTET_STRING, value));
    }

    /** Of these fields of the TBSRequest. */
    static byte[] request(byte[]... fields) {
        return Der.sequence(Der.sequence(fields));
    }

    static byte[] list(CertId... ids) {
        return Der.sequence(Arrays.stream(ids).map(id -> Der.sequence(id.der())).toArray(byte[][]::new));
    }

    static int status(byte[] response) throws Exception {
        return new OCSPResp(response).getStatus();
    }

    static BasicOCSPResp basic(byte[] response) throws Exception {
        return (BasicOCSPResp) new OCSPResp(response).getResponseObject();
    }
}
