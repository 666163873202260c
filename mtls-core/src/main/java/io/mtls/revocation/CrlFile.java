package io.mtls.revocation;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.jspecify.annotations.Nullable;

/**
 * A CRL (RFC 5280 section 5) in a file, DER or PEM: what stands before and behind its entries, read; the entries not yet,
 * which is why it costs the same whatever their number. Nothing of it may be believed before {@link #index} has verified
 * the signature.
 *
 * <p>Not checked: what the extensions say, whether the list is in force, whether its issuer is the right one.
 */
final class CrlFile {

    /** Twenty million entries; and positions in it fit an {@code int}. */
    static final int MAX_BYTES = 1 << 30;

    /** What is before the entries: algorithm, issuer, times; a name is the only one that has more than 100 bytes. */
    private static final int MAX_HEAD_BYTES = 64 << 10;

    /** What is behind them: extensions and signature. An issuing distribution point may have hundreds of names. */
    private static final int MAX_TAIL_BYTES = 256 << 10;

    private static final int EXTENSIONS = 0xA0;

    private final Path file;
    private final byte[] head;
    private final byte[] tail;

    /** In the head: where what is signed begins. */
    private final int signedStart;

    private final int entriesLength;

    /** In the tail: where what is signed ends. */
    private final int signedEnd;

    private final boolean version2;
    private final X500Principal issuer;
    private final Instant thisUpdate;
    private final @Nullable Instant nextUpdate;
    private final Map<String, byte[]> extensions = new HashMap<>();
    private final Set<String> criticalExtensions = new HashSet<>();
    private final AlgorithmIdentifier algorithm;
    private final byte[] signature;

    private CrlFile(Path file) throws CrlException, IOException {
        this.file = file;
        byte[] start;
        try (InputStream in = CrlInput.open(file)) {
            start = in.readNBytes(MAX_HEAD_BYTES);
        }
        DerCursor cursor = new DerCursor(start, start.length, 0);
        int end = cursor.enter(DerCursor.SEQUENCE, MAX_BYTES);
        signedStart = cursor.position;
        int endOfSigned = cursor.enter(DerCursor.SEQUENCE, end);
        version2 = cursor.isAt(DerCursor.INTEGER, endOfSigned);
        if (version2 && !Arrays.equals(cursor.content(DerCursor.INTEGER, endOfSigned), new byte[] {1})) {
            throw cursor.malformed("a version other than 1 and 2");
        }
        byte[] signedAlgorithm = cursor.element(DerCursor.SEQUENCE, endOfSigned);
        issuer = name(cursor.element(DerCursor.SEQUENCE, endOfSigned), cursor);
        thisUpdate = Instant.ofEpochSecond(cursor.time(endOfSigned));
        nextUpdate =
                cursor.isAt(DerCursor.UTC_TIME, endOfSigned) || cursor.isAt(DerCursor.GENERALIZED_TIME, endOfSigned)
                        ? Instant.ofEpochSecond(cursor.time(endOfSigned))
                        : null;
        // An empty list of entries should be absent (section 5.1.2.6), but some CAs write it, and it is clear enough.
        entriesLength = cursor.isAt(DerCursor.SEQUENCE, endOfSigned)
                ? cursor.enter(DerCursor.SEQUENCE, endOfSigned) - cursor.position
                : 0;
        head = Arrays.copyOf(start, cursor.position);

        int tailStart = head.length + entriesLength;
        try (InputStream in = CrlInput.open(file)) {
            in.skipNBytes(tailStart);
            tail = in.readNBytes(MAX_TAIL_BYTES + 1);
        }
        cursor = new DerCursor(tail, tail.length, tailStart);
        signedEnd = endOfSigned - tailStart;
        if (cursor.position < signedEnd) {
            readExtensions(cursor.element(EXTENSIONS, signedEnd), cursor);
        }
        cursor.expectEnd(signedEnd);
        byte[] outerAlgorithm = cursor.element(DerCursor.SEQUENCE, end - tailStart);
        if (!Arrays.equals(signedAlgorithm, outerAlgorithm)) {
            throw cursor.malformed("two different signature algorithms");
        }
        algorithm = algorithm(outerAlgorithm, cursor);
        byte[] bits = cursor.content(DerCursor.BIT_STRING, end - tailStart);
        if (bits.length == 0 || bits[0] != 0) {
            throw cursor.malformed("a signature of no whole number of bytes");
        }
        signature = Arrays.copyOfRange(bits, 1, bits.length);
        cursor.expectEnd(end - tailStart);
        cursor.expectEnd(tail.length);
    }

    /**
     * Reads what is around the entries.
     *
     * @throws CrlException if the file cannot be read, or what was read is not a CRL
     */
    static CrlFile open(Path file) throws CrlException {
        try {
            return new CrlFile(file);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static CrlException unreadable(IOException cause) {
        if (cause instanceof EOFException) {
            return CrlException.unverifiable("malformed list: it ends early");
        }
        if (cause instanceof CrlInput.MalformedException) {
            return CrlException.unverifiable("malformed file: " + cause.getMessage());
        }
        return CrlException.unreachable(
                "the file cannot be read: " + cause.getClass().getSimpleName());
    }

    private static X500Principal name(byte[] der, DerCursor at) throws CrlException {
        try {
            X500Principal name = new X500Principal(der);
            // The canonical form, which look-ups by name need, is not made before it is asked for.
            if (!name.getName(X500Principal.CANONICAL).isEmpty()) {
                return name;
            }
        } catch (RuntimeException e) {
            // The JDK's word for a name that it cannot read.
        }
        throw at.malformed("an issuer that is empty or cannot be read");
    }

    private static AlgorithmIdentifier algorithm(byte[] der, DerCursor at) throws CrlException {
        try {
            return AlgorithmIdentifier.getInstance(der(der));
        } catch (IOException | RuntimeException e) {
            throw at.malformed("a signature algorithm that cannot be read");
        }
    }

    private void readExtensions(byte[] tagged, DerCursor at) throws CrlException {
        if (!version2) {
            throw at.malformed("extensions in a list of version 1");
        }
        DerCursor outer = new DerCursor(tagged, tagged.length, 0);
        outer.enter(EXTENSIONS, tagged.length);
        byte[] sequence = outer.element(DerCursor.SEQUENCE, tagged.length);
        outer.expectEnd(tagged.length);
        try {
            Extensions all = Extensions.getInstance(der(sequence)); // Refuses one that is there twice.
            if (all.getExtensionOIDs().length == 0) {
                throw at.malformed("extensions that are none");
            }
            for (ASN1ObjectIdentifier oid : all.getExtensionOIDs()) {
                Extension extension = all.getExtension(oid);
                extensions.put(oid.getId(), extension.getExtnValue().getOctets());
                if (extension.isCritical()) {
                    criticalExtensions.add(oid.getId());
                }
            }
        } catch (IOException | RuntimeException e) {
            throw at.malformed("extensions that cannot be read");
        }
    }

    private static ASN1Primitive der(byte[] der) throws IOException {
        ASN1Primitive value = ASN1Primitive.fromByteArray(der);
        if (!Arrays.equals(value.getEncoded(ASN1Encoding.DER), der)) {
            throw new IOException("not DER");
        }
        return value;
    }

    X500Principal issuer() {
        return issuer;
    }

    Instant thisUpdate() {
        return thisUpdate;
    }

    @Nullable
    Instant nextUpdate() {
        return nextUpdate;
    }

    /** The OID of the algorithm that the list says it is signed with. */
    String signatureAlgorithm() {
        return algorithm.getAlgorithm().getId();
    }

    /** The DER of an extension, without the OCTET STRING around it; null if there is none. */
    byte @Nullable [] extension(String oid) {
        byte[] value = extensions.get(oid);
        return value == null ? null : value.clone();
    }

    /** The OIDs of those extensions that are critical. */
    Set<String> criticalExtensions() {
        return Set.copyOf(criticalExtensions);
    }

    /** {@link #index(PublicKey, Set)} with SHA-2 and EdDSA only. */
    CrlIndex index(PublicKey signer) throws CrlException {
        return index(signer, Set.of());
    }

    /**
     * Verifies the signature and indexes the entries, for which the file is read twice, once to count. The signature is
     * verified each time: until it is known to be good, nothing is made whose size depends on what the entries say, and the
     * index is of exactly the bytes that were signed, also if somebody changes the file meanwhile. Takes little memory beyond
     * the index, except for EdDSA: the JDK verifies it with all of the list in memory.
     *
     * @param signer whose path the caller has verified
     * @param alsoAllowed OIDs of signature algorithms that are accepted though they are weak: SHA-1 with RSA, DSA, ECDSA
     * @throws CrlException if anything is wrong with the signature or an entry
     */
    CrlIndex index(PublicKey signer, Set<String> alsoAllowed) throws CrlException {
        CrlIndex.Builder builder = new CrlIndex.Builder(entriesLength);
        read(verification(signer, alsoAllowed), builder::count);
        builder.allCounted();
        return builder.build(read(verification(signer, alsoAllowed), builder::put));
    }

    @FunctionalInterface
    private interface EachEntry {
        void accept(CrlEntries entry) throws CrlException;
    }

    /** All of it, at its end and closed; what was accepted counts only if this returns. */
    private CrlEntries read(Signature verification, EachEntry each) throws CrlException {
        try (CrlEntries entries = entries(verification)) {
            verification.update(head, signedStart, head.length - signedStart);
            while (entries.next()) {
                each.accept(entries);
            }
            verification.update(tail, 0, signedEnd);
            CrlEntries.letRequestsPass();
            if (!verifies(verification)) {
                throw CrlException.unverifiable("the signature is wrong");
            }
            CrlEntries.letRequestsPass();
            return entries;
        } catch (IOException e) {
            throw unreadable(e);
        } catch (SignatureException e) {
            throw CrlException.unverifiable("the signature cannot be verified");
        }
    }

    private boolean verifies(Signature verification) {
        try {
            return verification.verify(signature);
        } catch (SignatureException | RuntimeException e) {
            return false; // Providers throw either on one that is malformed.
        }
    }

    private Signature verification(PublicKey signer, Set<String> alsoAllowed) throws CrlException {
        try {
            return DataSignature.verification(algorithm, signer, alsoAllowed);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw CrlException.unverifiable(String.valueOf(e.getMessage()));
        }
    }

    private CrlEntries entries(Signature verification) throws IOException {
        InputStream in = CrlInput.open(file);
        try {
            in.skipNBytes(head.length);
            return new CrlEntries(in, entriesLength, head.length, issuer, version2, verification);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }
}
