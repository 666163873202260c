package io.mtls.revocation;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.jspecify.annotations.Nullable;

/**
 * The {@code revokedCertificates} of a CRL, one after the other, as they stream by (RFC 5280 sections 5.1.2.6 and 5.3).
 * {@link #next} puts an entry into the fields, so that none becomes an object.
 */
final class CrlEntries implements AutoCloseable {

    /**
     * An entry is 30 to 60 bytes; one that names a certificate issuer or has extensions of its own, a few hundred. Beyond
     * this it is an attack on our memory.
     */
    static final int MAX_ENTRY_BYTES = 16 << 10;

    /** Before the content of an entry of that length. */
    private static final int TAG_AND_LENGTH_BYTES = 4;

    /**
     * RFC 5280 section 4.1.2.2 ends at 20. Some CAs take a hash for the number; nobody needs more than SHA-512 and a sign.
     */
    static final int MAX_SERIAL_OCTETS = 65;

    /**
     * An indirect CRL is about the CAs of one organisation. Each name becomes an object before the signature is verified, so
     * that who can put himself between us and a CRL server could fill our memory with them.
     */
    static final int MAX_ISSUERS = 4096;

    /** Read in half a millisecond, after which requests may pass. */
    static final int WINDOW_BYTES = 128 << 10;

    // id-ce, 2.5.29, and what is below it
    private static final int ID_CE_0 = 0x55;
    private static final int ID_CE_1 = 0x1D;
    private static final int REASON_CODE = 21;
    private static final int INVALIDITY_DATE = 24;
    private static final int CERTIFICATE_ISSUER = 29;

    private final InputStream in;
    private final boolean version2;
    private final Signature signature;
    private final DerCursor cursor;
    private long unread;

    private final Map<X500Principal, Integer> issuers = new HashMap<>();
    private final Map<ByteBuffer, Integer> issuersByEncoding = new HashMap<>();
    private boolean unknownCritical;

    // The entry.
    private int top;
    private long high;
    private long low;
    private @Nullable BigInteger tooLong;
    private long revokedAt;
    private int reason;
    private int issuer;

    /**
     * @param in at the first entry
     * @param length of all entries in bytes
     * @param offset of the first in the file
     * @param signature is told every byte that is read
     */
    CrlEntries(
            InputStream in, int length, long offset, X500Principal crlIssuer, boolean version2, Signature signature) {
        this.in = in;
        this.version2 = version2;
        this.signature = signature;
        this.cursor = new DerCursor(new byte[Math.min(length, WINDOW_BYTES)], 0, offset);
        this.unread = length;
        issuers.put(crlIssuer, 0);
    }

    /** Reads an entry; false if there are no more. */
    boolean next() throws CrlException, IOException {
        if (unread > 0 && cursor.limit - cursor.position < TAG_AND_LENGTH_BYTES + MAX_ENTRY_BYTES) {
            fill();
        }
        if (cursor.position == cursor.limit) {
            return false;
        }
        int end = cursor.enter(DerCursor.SEQUENCE, cursor.limit);
        if (end - cursor.position > MAX_ENTRY_BYTES) {
            throw cursor.malformed("an entry of more than " + MAX_ENTRY_BYTES + " bytes");
        }
        serial(end);
        revokedAt = cursor.time(end);
        reason = -1;
        if (cursor.position < end) {
            extensions(end);
        }
        return true;
    }

    private void fill() throws CrlException, IOException {
        letRequestsPass();
        int rest = cursor.limit - cursor.position;
        System.arraycopy(cursor.bytes, cursor.position, cursor.bytes, 0, rest);
        cursor.offset += cursor.position;
        cursor.position = 0;
        int wanted = (int) Math.min(unread, cursor.bytes.length - rest);
        int read = in.readNBytes(cursor.bytes, rest, wanted);
        if (read < wanted) {
            throw CrlException.unverifiable("the file has become shorter while it was read");
        }
        cursor.limit = rest + read;
        unread -= read;
        try {
            signature.update(cursor.bytes, rest, read);
        } catch (SignatureException e) {
            throw CrlException.unverifiable("the signature cannot be verified");
        }
    }

    /**
     * A list is read for a second, and requests that share its processor would wait for a whole slice of the scheduler's
     * time. To be called about twice in each millisecond. Where nobody waits it costs a system call; where somebody always
     * does, a slice of somebody else's. So not more often: a list that revokes somebody has to come into force on a
     * processor that is never idle, too.
     */
    @SuppressWarnings("ThreadPriorityCheck") // Nothing but time depends on it.
    static void letRequestsPass() {
        Thread.yield();
    }

    private void serial(int entryEnd) throws CrlException {
        int end = cursor.enter(DerCursor.INTEGER, entryEnd);
        byte[] bytes = cursor.bytes;
        int start = cursor.position;
        int octets = end - start;
        if (octets == 0 || octets > MAX_SERIAL_OCTETS) {
            throw cursor.malformed("a serial number of " + octets + " octets");
        }
        if (octets > 1 && bytes[start] == bytes[start + 1] >> 7) {
            throw cursor.malformed("a serial number with an octet too many");
        }
        cursor.position = end;
        tooLong = octets > SerialKey.MAX_OCTETS ? new BigInteger(bytes, start, octets) : null;
        high = bytes[start] >> 7;
        low = high;
        int above = (int) high;
        for (int i = start; i < end; i++) {
            above = (above << 8) | (int) (high >>> 56);
            high = (high << 8) | (low >>> 56);
            low = (low << 8) | (bytes[i] & 0xFF);
        }
        top = above;
    }

    private void extensions(int entryEnd) throws CrlException {
        if (!version2) {
            throw cursor.malformed("extensions in a list of version 1");
        }
        int end = cursor.enter(DerCursor.SEQUENCE, entryEnd);
        if (end != entryEnd || cursor.position == end) {
            throw cursor.malformed("something that is not a list of extensions");
        }
        long seen = 0;
        while (cursor.position < end) {
            int extensionEnd = cursor.enter(DerCursor.SEQUENCE, end);
            int oid = oid(extensionEnd);
            boolean critical = cursor.optionalBoolean(extensionEnd);
            int valueEnd = cursor.enter(DerCursor.OCTET_STRING, extensionEnd);
            if (valueEnd != extensionEnd) {
                throw cursor.malformed("something behind an extension's value");
            }
            if (oid != 0 && (seen & (1L << oid)) != 0) {
                throw cursor.malformed("an extension that is there twice");
            }
            seen |= 1L << oid;
            if (oid == REASON_CODE) {
                reason = reason(valueEnd);
            } else if (oid == CERTIFICATE_ISSUER) {
                issuer = issuer(valueEnd);
            } else if (critical && oid != INVALIDITY_DATE) {
                unknownCritical = true;
            }
            cursor.position = valueEnd;
        }
    }

    /** The last arc of one that is below id-ce and that we know, else 0. */
    private int oid(int extensionEnd) throws CrlException {
        int end = cursor.enter(DerCursor.OBJECT_IDENTIFIER, extensionEnd);
        byte[] bytes = cursor.bytes;
        int start = cursor.position;
        cursor.position = end;
        if (end - start != 3 || bytes[start] != ID_CE_0 || bytes[start + 1] != ID_CE_1) {
            return 0;
        }
        int arc = bytes[start + 2];
        return arc == REASON_CODE || arc == INVALIDITY_DATE || arc == CERTIFICATE_ISSUER ? arc : 0;
    }

    private int reason(int valueEnd) throws CrlException {
        int end = cursor.enter(DerCursor.ENUMERATED, valueEnd);
        if (end != valueEnd || end - cursor.position != 1 || cursor.bytes[cursor.position] < 0) {
            throw cursor.malformed("a reason that is no code");
        }
        return cursor.bytes[cursor.position];
    }

    /** Section 5.3.3: this entry and those behind it are of that issuer. The names go to BouncyCastle and the JDK. */
    private int issuer(int valueEnd) throws CrlException {
        byte[] encoding = Arrays.copyOfRange(cursor.bytes, cursor.position, valueEnd);
        Integer known = issuersByEncoding.get(ByteBuffer.wrap(encoding));
        if (known != null) {
            return known;
        }
        if (issuersByEncoding.size() == MAX_ISSUERS) {
            throw cursor.malformed("more than " + MAX_ISSUERS + " certificate issuers");
        }
        X500Principal name = null;
        try {
            for (GeneralName each : GeneralNames.getInstance(encoding).getNames()) {
                if (each.getTagNo() == GeneralName.directoryName) {
                    if (name != null) {
                        throw cursor.malformed("an entry of two issuers");
                    }
                    name = new X500Principal(each.getName().toASN1Primitive().getEncoded(ASN1Encoding.DER));
                }
            }
            if (name == null) {
                throw cursor.malformed("a certificate issuer without a directory name");
            }
            Integer id = issuers.putIfAbsent(name, issuers.size());
            int result = id == null ? issuers.size() - 1 : id;
            issuersByEncoding.put(ByteBuffer.wrap(encoding), result);
            return result;
        } catch (IOException | RuntimeException e) {
            throw cursor.malformed("a certificate issuer that cannot be read");
        }
    }

    /** Bits 128 to 159 of the serial number's two's complement. */
    int top() {
        return top;
    }

    /** Bits 64 to 127. */
    long high() {
        return high;
    }

    /** Bits 0 to 63. */
    long low() {
        return low;
    }

    /** The serial number if it has more than {@link SerialKey#MAX_OCTETS} octets. */
    @Nullable
    BigInteger tooLong() {
        return tooLong;
    }

    /** In seconds since 1970. */
    long revokedAt() {
        return revokedAt;
    }

    /** The CRLReason code; -1 if there is none. */
    int reason() {
        return reason;
    }

    /** Which of {@link #issuers}. */
    int issuer() {
        return issuer;
    }

    /** Those met so far and their numbers; 0 is the CRL's own. */
    Map<X500Principal, Integer> issuers() {
        return issuers;
    }

    /** Whether an entry met so far has a critical extension that is not known here. */
    boolean hasUnknownCriticalExtension() {
        return unknownCritical;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
