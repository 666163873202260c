package io.mtls.revocation;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.ocsp.CertID;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPRequest;
import org.bouncycastle.asn1.ocsp.Request;
import org.bouncycastle.asn1.ocsp.TBSRequest;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.jspecify.annotations.Nullable;

/** What an OCSP responder is asked: about one certificate, unsigned (RFC 6960 section 4.1, RFC 5019 section 3.1). */
final class OcspRequest {

    /** RFC 6960 appendix A.1: what is shorter may be sent by GET, which caches understand. */
    private static final int GET_URL_BELOW = 255;

    private OcspRequest() {}

    /** The DER of the OCSPRequest; the CertID by SHA-1, since RFC 5019 responders need not know another digest. */
    static byte[] der(RevocationQuery query, byte @Nullable [] nonce) {
        try {
            CertID id = new CertID(
                    new AlgorithmIdentifier(OIWObjectIdentifiers.idSHA1, DERNull.INSTANCE),
                    new DEROctetString(nameHash("SHA-1", query)),
                    new DEROctetString(keyHash("SHA-1", query.issuer())),
                    new ASN1Integer(query.certificate().getSerialNumber()));
            Extensions extensions = nonce == null
                    ? null
                    : new Extensions(Extension.create(
                            OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false, new DEROctetString(nonce)));
            return new OCSPRequest(new TBSRequest(null, new DERSequence(new Request(id, null)), extensions), null)
                    .getEncoded(ASN1Encoding.DER);
        } catch (IOException | CertificateEncodingException e) {
            throw new IllegalArgumentException("The certificates have no encoding", e);
        }
    }

    /** By GET where it is short enough and an answer from a cache is welcome, by POST otherwise. */
    static HttpRequest.Builder http(URI responder, byte[] der, boolean cacheable) {
        String separator = responder.toString().endsWith("/") ? "" : "/";
        String get = responder
                + separator
                + URLEncoder.encode(Base64.getEncoder().encodeToString(der), StandardCharsets.US_ASCII);
        boolean hasPathOnly = responder.getRawQuery() == null && responder.getRawFragment() == null;
        HttpRequest.Builder request = cacheable && hasPathOnly && get.length() < GET_URL_BELOW
                ? HttpRequest.newBuilder(URI.create(get)).GET()
                : HttpRequest.newBuilder(responder)
                        .header("Content-Type", "application/ocsp-request")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(der));
        return request.header("Accept", "application/ocsp-response");
    }

    /** RFC 6960 section 4.1.1: of the issuer's name <em>in the certificate being checked</em>. */
    static byte[] nameHash(String digest, RevocationQuery query) {
        return hash(digest, query.certificate().getIssuerX500Principal().getEncoded());
    }

    /** RFC 6960 section 4.1.1: of the bits of the key, without tag, length and number of unused bits. */
    static byte[] keyHash(String digest, java.security.cert.X509Certificate certificate)
            throws CertificateEncodingException {
        return hash(
                digest,
                Certificate.getInstance(certificate.getEncoded())
                        .getSubjectPublicKeyInfo()
                        .getPublicKeyData()
                        .getOctets());
    }

    private static byte[] hash(String digest, byte[] octets) {
        try {
            return MessageDigest.getInstance(digest).digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java platform has no " + digest, e);
        }
    }
}
