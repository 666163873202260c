package io.mtls.revocation;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Under what an answer is kept: the SHA-256 of the issuer's certificate, and the serial number. By the whole certificate of
 * the issuer, so that what one CA says never counts for another of the same name, or of the same name and another key.
 */
final class OcspKey {

    private final byte[] issuer;
    private final BigInteger serial;
    private final int hash;

    private OcspKey(byte[] issuer, BigInteger serial) {
        this.issuer = issuer;
        this.serial = serial;
        this.hash = Arrays.hashCode(issuer) * 31 + serial.hashCode();
    }

    /** Computed once for each query. */
    static OcspKey of(RevocationQuery query) {
        OcspKey known = query.ocspMemo;
        if (known != null) {
            return known;
        }
        // By name and key, as a CertID has it: of a cross-certified CA what one path has learned holds for the other.
        byte[] name = sha256(query.issuer().getSubjectX500Principal().getEncoded());
        byte[] publicKey = sha256(query.issuer().getPublicKey().getEncoded());
        byte[] both = Arrays.copyOf(name, name.length + publicKey.length);
        System.arraycopy(publicKey, 0, both, name.length, publicKey.length);
        OcspKey key = new OcspKey(sha256(both), query.certificate().getSerialNumber());
        query.ocspMemo = key;
        return key;
    }

    /** The name of a file that no other key has. */
    String fileName() {
        byte[] serialOctets = serial.toByteArray();
        byte[] all = Arrays.copyOf(issuer, issuer.length + serialOctets.length);
        System.arraycopy(serialOctets, 0, all, issuer.length, serialOctets.length);
        return HexFormat.of().formatHex(sha256(all)) + ".ocsp";
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof OcspKey that
                        && hash == that.hash
                        && serial.equals(that.serial)
                        && Arrays.equals(issuer, that.issuer));
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
