package io.mtls.ca;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
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

    private final byte[] der;
    private final byte[] algorithm;
    /** Empty when it is none of the four. */
    private final Optional<String> digest;

    private final byte[] nameHash;
    private final byte[] keyHash;
    private final BigInteger serial;

    private CertId(byte[] algorithm, Optional<String> digest, byte[] nameHash, byte[] keyHash, BigInteger serial) {
        this.algorithm = algorithm;
        this.digest = digest;
        this.nameHash = nameHash;
        this.keyHash = keyHash;
        this.serial = serial;
        this.der = Der.sequence(
                algorithm,
                Der.value(BERTags.OCTET_STRING, nameHash),
                Der.value(BERTags.OCTET_STRING, keyHash),
                Der.value(BERTags.INTEGER, serial.toByteArray()));
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
        return new CertId(
                Der.sequence(Der.encoded(oid), Der.encoded(DERNull.INSTANCE)),
                Optional.of(digest),
                nameHash(digest, issuer),
                keyHash(digest, issuer),
                serial);
    }

    /**
     * What a request asks about, byte for byte.
     *
     * @throws IllegalArgumentException when it is no request that the responder of {@link CaServer} would answer
     */
    public static List<CertId> requestedBy(byte[] request) {
        try {
            return OcspRequest.parse(request).certIds();
        } catch (DerReader.MalformedException e) {
            throw new IllegalArgumentException("no OCSP request: " + e.getMessage(), e);
        }
    }

    static CertId read(DerReader certId) throws DerReader.MalformedException {
        byte[] algorithm = certId.whole();
        byte[] nameHash = certId.content(BERTags.OCTET_STRING);
        byte[] keyHash = certId.content(BERTags.OCTET_STRING);
        BigInteger serial = certId.integer();
        certId.expectEnd();
        return new CertId(algorithm, digestOf(algorithm), nameHash, keyHash, serial);
    }

    /** The same issuer and another certificate. */
    CertId withSerial(BigInteger other) {
        return new CertId(algorithm, digest, nameHash, keyHash, other);
    }

    BigInteger serial() {
        return serial;
    }

    /** Whether this issuer is meant; never when the digest is not one of the four. */
    boolean isIssuedBy(X509Certificate issuer) {
        return digest.isPresent()
                && Arrays.equals(nameHash, nameHash(digest.get(), issuer))
                && Arrays.equals(keyHash, keyHash(digest.get(), issuer));
    }

    byte[] der() {
        return der.clone();
    }

    private static Optional<String> digestOf(byte[] algorithm) throws DerReader.MalformedException {
        DerReader reader = DerReader.of(algorithm).enter(DerReader.SEQUENCE);
        byte[] oid = Der.value(BERTags.OBJECT_IDENTIFIER, reader.content(BERTags.OBJECT_IDENTIFIER));
        return DIGESTS.entrySet().stream()
                .filter(known -> Arrays.equals(Der.encoded(known.getValue()), oid))
                .map(Map.Entry::getKey)
                .findFirst();
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
        return other instanceof CertId id && Arrays.equals(der, id.der);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(der);
    }

    /** The serial number, in hexadecimal. */
    @Override
    public String toString() {
        return "serial " + serial.toString(16);
    }
}
