package io.mtls.proxy;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Byte Sequences as Structured Fields (RFC 9651, before it RFC 8941): the two shapes that RFC 9440 has.
 *
 * <p>Parameters are refused: RFC 9440 defines none, and what one might come to mean for a certificate we do not know.
 * Base64 is to be canonical, which RFC 9651 section 4.2.7 leaves to the reader.
 */
final class StructuredFields {

    private final String text;
    private int position;

    private StructuredFields(String text) {
        this.text = text;
    }

    /** An Item that is a Byte Sequence (RFC 9651 section 4.2.3). */
    static byte[] byteSequence(String value) throws MalformedHeaderException {
        StructuredFields field = new StructuredFields(value);
        field.skipSpaces();
        byte[] bytes = field.byteSequence();
        field.skipSpaces();
        if (!field.isAtEnd()) {
            throw new MalformedHeaderException("something behind the byte sequence");
        }
        return bytes;
    }

    /** A List of Byte Sequences (RFC 9651 section 4.2.1), in one field line or several. It may be empty. */
    static List<byte[]> byteSequences(List<String> values) throws MalformedHeaderException {
        StructuredFields field = new StructuredFields(String.join(", ", values));
        List<byte[]> members = new ArrayList<>();
        field.skipSpaces();
        if (field.isAtEnd()) {
            return members;
        }
        while (true) {
            members.add(field.byteSequence());
            if (members.size() > ChainReader.MAX_CERTIFICATES) {
                throw new MalformedHeaderException("more than " + ChainReader.MAX_CERTIFICATES + " byte sequences");
            }
            field.skipWhiteSpace();
            if (field.isAtEnd()) {
                return members;
            }
            if (!field.skip(',')) {
                throw new MalformedHeaderException("something other than a comma between byte sequences");
            }
            field.skipWhiteSpace();
        }
    }

    /** RFC 9651 section 4.1.8. */
    static String serialized(byte[] bytes) {
        return ':' + Base64.getEncoder().encodeToString(bytes) + ':';
    }

    private byte[] byteSequence() throws MalformedHeaderException {
        int end = skip(':') ? text.indexOf(':', position) : -1;
        if (end < 0) {
            throw new MalformedHeaderException("not a byte sequence");
        }
        String base64 = text.substring(position, end);
        position = end + 1;
        return ChainReader.strictBase64(base64);
    }

    private boolean isAtEnd() {
        return position == text.length();
    }

    private boolean skip(char c) {
        boolean found = position < text.length() && text.charAt(position) == c;
        position += found ? 1 : 0;
        return found;
    }

    private void skipSpaces() {
        while (skip(' ')) {
            // Only spaces are discarded around the value (RFC 9651 section 4.2).
        }
    }

    private void skipWhiteSpace() {
        while (skip(' ') || skip('\t')) {
            // Optional white space of RFC 9110.
        }
    }
}
