package io.mtls.ca;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.BERTags;

/**
 * Reads hostile DER from front to back: definite lengths in as few octets as possible (X.690 section 10.1), tags of one
 * octet, nothing recursive. Whatever is otherwise ends in a {@link MalformedException}.
 */
final class DerReader {
    static final int SEQUENCE = BERTags.CONSTRUCTED | BERTags.SEQUENCE;

    private final byte[] der;
    private int at;
    private final int end;

    private DerReader(byte[] der, int from, int to) {
        this.der = der;
        this.at = from;
        this.end = to;
    }

    static DerReader of(byte[] der) {
        return new DerReader(der, 0, der.length);
    }

    static int explicit(int tag) {
        return BERTags.CONTEXT_SPECIFIC | BERTags.CONSTRUCTED | tag;
    }

    boolean isAtEnd() {
        return at == end;
    }

    void expectEnd() throws MalformedException {
        if (at != end) {
            throw new MalformedException("something follows where nothing should");
        }
    }

    boolean nextIs(int tag) {
        return at < end && (der[at] & 0xFF) == tag;
    }

    /** The content of the next value, which has to have this tag. */
    DerReader enter(int tag) throws MalformedException {
        if (!nextIs(tag)) {
            throw new MalformedException("no value with the tag " + Integer.toHexString(tag));
        }
        return next();
    }

    byte[] content(int tag) throws MalformedException {
        return enter(tag).rest();
    }

    /** As in DER: at least one octet, and no more than necessary. */
    BigInteger integer() throws MalformedException {
        byte[] octets = content(BERTags.INTEGER);
        BigInteger value = octets.length == 0 ? BigInteger.ZERO : new BigInteger(octets);
        if (value.toByteArray().length != octets.length) {
            throw new MalformedException(
                    "an integer of " + octets.length + " octets that needs another number of them");
        }
        return value;
    }

    /** The next value with its tag and its length. */
    byte[] whole() throws MalformedException {
        int from = at;
        next();
        return Arrays.copyOfRange(der, from, at);
    }

    void skip() throws MalformedException {
        next();
    }

    private byte[] rest() {
        byte[] octets = Arrays.copyOfRange(der, at, end);
        at = end;
        return octets;
    }

    private DerReader next() throws MalformedException {
        octet();
        int length = length();
        if (length > end - at) {
            throw new MalformedException("a value of " + length + " octets in " + (end - at));
        }
        DerReader content = new DerReader(der, at, at + length);
        at += length;
        return content;
    }

    private int length() throws MalformedException {
        int first = octet();
        if (first < 0x80) {
            return first;
        }
        int octets = first & 0x7F;
        if (octets == 0 || octets > 4) {
            throw new MalformedException("a length that is indefinite or far too long");
        }
        long length = 0;
        for (int i = 0; i < octets; i++) {
            length = length << 8 | octet();
        }
        if (length < 0x80 || length >>> (8 * (octets - 1)) == 0 || length > Integer.MAX_VALUE) {
            throw new MalformedException("a length in more octets than it needs, or far too long");
        }
        return (int) length;
    }

    private int octet() throws MalformedException {
        if (at == end) {
            throw new MalformedException("the end where a value should be");
        }
        return der[at++] & 0xFF;
    }

    /** Not what was agreed upon; the message says in which respect, for tests and logs. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }
}
