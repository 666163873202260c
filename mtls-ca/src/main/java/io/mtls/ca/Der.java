package io.mtls.ca;

import org.bouncycastle.asn1.BERTags;

/** Definite lengths in as few octets as possible, X.690 section 10.1, for what is too long to be made of objects. */
final class Der {
    private Der() {}

    static byte[] sequence(byte[]... parts) {
        return value(BERTags.CONSTRUCTED | BERTags.SEQUENCE, parts);
    }

    /** A value with a tag of one octet. */
    static byte[] value(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        int lengthOctets = length < 0x80 ? 0 : (Integer.SIZE - Integer.numberOfLeadingZeros(length) + 7) / 8;
        byte[] der = new byte[Math.addExact(2 + lengthOctets, length)];
        der[0] = (byte) tag;
        der[1] = (byte) (lengthOctets == 0 ? length : 0x80 | lengthOctets);
        for (int i = 0; i < lengthOctets; i++) {
            der[2 + i] = (byte) (length >> (8 * (lengthOctets - 1 - i)));
        }
        int at = 2 + lengthOctets;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, der, at, part.length);
            at += part.length;
        }
        return der;
    }
}
