package io.mtls.ca;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.CertID;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/**
 * Which certificate an OCSP request or response is about: digests of the issuer's name and key, and a serial number (RFC
 * 6960 section 4.1.1).
 *
 * <p>Immutable. Two are equal when their bytes are.
 */
public final class CertId {
    private static final Map<String, ASN1ObjectIdentifier> DIGESTS = Map.of(
            "SHA-1", OIWObjectIdentifiers.idSHA1,
            "SHA-256", NISTObjectIdentifiers.id_sha256,
            "SHA-384", NISTObjectIdentifiers.id_sha384,
            "SHA-512", NISTObjectIdentifiers.id_sha512);

    private final CertID id;

    private CertId(CertID id) {
        this.id = id;
    }

    static CertId of(CertID id) {
        return new CertId(id);
    }

    /** The certificate of this issuer with this serial number, by SHA-1 as everybody asks. */
    public static CertId of(X509Certificate issuer, BigInteger serial) {
        return of("SHA-1", issuer, serial);
    }

    /** The same by another digest: {@code SHA-1}, {@code SHA-256}, {@code SHA-384} or {@code SHA-512}. */
    public static CertId of(String digest, X509Certificate issuer, BigInteger serial) {
        ASN1ObjectIdentifier oid = DIGESTS.get(digest);
        if (oid == null) {
            throw new IllegalArgumentException("\"" + digest + "\" is none of SHA-1, SHA-256, SHA-384, SHA-512");
        }
        return new CertId(new CertID(
                new AlgorithmIdentifier(oid, DERNull.INSTANCE),
                new DEROctetString(nameHash(digest, issuer)),
                new DEROctetString(keyHash(digest, issuer)),
                new ASN1Integer(serial)));
    }

    /**
     * What a request asks about, byte for byte.
     *
     * @throws IllegalArgumentException when it is no request that the responder of {@link CaServer} would answer
     */
    public static List<CertId> requestedBy(byte[] request) {
        try {
            return OcspRequest.parse(request).certIds();
        } catch (OcspRequest.MalformedException e) {
            throw new IllegalArgumentException("no OCSP request: " + e.getMessage(), e);
        }
    }

    /** The same issuer and another certificate. */
    CertId withSerial(BigInteger other) {
        return new CertId(new CertID(
                id.getHashAlgorithm(), id.getIssuerNameHash(), id.getIssuerKeyHash(), new ASN1Integer(other)));
    }

    BigInteger serial() {
        return id.getSerialNumber().getValue();
    }

    /** Whether this issuer is meant; never when the digest is not one of the four. */
    boolean isIssuedBy(X509Certificate issuer) {
        return DIGESTS.entrySet().stream()
                .filter(known -> known.getValue().equals(id.getHashAlgorithm().getAlgorithm()))
                .map(Map.Entry::getKey)
                .anyMatch(digest -> Arrays.equals(id.getIssuerNameHash().getOctets(), nameHash(digest, issuer))
                        && Arrays.equals(id.getIssuerKeyHash().getOctets(), keyHash(digest, issuer)));
    }

    byte[] der() {
        return Der.encoded(id);
    }

    private static byte[] nameHash(String digest, X509Certificate issuer) {
        return hash(digest, DistinguishedName.subjectOf(issuer).encoded());
    }

    private static byte[] keyHash(String digest, X509Certificate issuer) {
        SubjectPublicKeyInfo info =
                SubjectPublicKeyInfo.getInstance(issuer.getPublicKey().getEncoded());
        return hash(digest, info.getPublicKeyData().getBytes());
    }

    private static byte[] hash(String digest, byte[] octets) {
        try {
            return MessageDigest.getInstance(digest).digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no " + digest, e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CertId certId && id.equals(certId.id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** The serial number, in hexadecimal. */
    @Override
    public String toString() {
        return "serial " + serial().toString(16);
    }
}
