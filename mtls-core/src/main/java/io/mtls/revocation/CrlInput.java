package io.mtls.revocation;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;

/**
 * The DER of a CRL, as a stream, from a file that has it as it is or in PEM: one block and nothing but white space behind
 * (the strict form of RFC 7468, except that lines may be of any length).
 */
final class CrlInput extends InputStream {

    private static final byte[] BEGIN = "-----BEGIN X509 CRL-----".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "-----END X509 CRL-----".getBytes(StandardCharsets.US_ASCII);

    /** Characters that are decoded at a time; a multiple of four. */
    private static final int BLOCK = 64 << 10;

    private final InputStream file;
    private final byte[] text = new byte[BLOCK];
    private int textPosition;
    private int textLimit;

    private byte[] decoded = {};
    private int decodedPosition;
    private boolean ended;

    /** The file is neither DER nor well-formed PEM. */
    static final class MalformedException extends IOException {
        private static final long serialVersionUID = 1;

        MalformedException() {
            super("neither DER nor one PEM block of an X509 CRL; each list goes into a file of its own");
        }
    }

    private CrlInput(InputStream file) throws IOException {
        this.file = file;
        expect(BEGIN, 0);
    }

    /** At its begin. Reading ends in a {@link MalformedException} where the PEM is malformed. */
    static InputStream open(Path file) throws IOException {
        PushbackInputStream in = new PushbackInputStream(Files.newInputStream(file));
        try {
            int first = in.read();
            if (first >= 0) {
                in.unread(first);
            }
            return first == DerCursor.SEQUENCE ? in : new CrlInput(in);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    @Override
    public int read() throws IOException {
        return fill() ? decoded[decodedPosition++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, decoded.length - decodedPosition);
        System.arraycopy(decoded, decodedPosition, into, offset, count);
        decodedPosition += count;
        return count;
    }

    /** Whether there is something decoded to be read. */
    private boolean fill() throws IOException {
        while (decodedPosition == decoded.length && !ended) {
            byte[] block = new byte[BLOCK];
            int length = 0;
            while (length < BLOCK && !ended) {
                int character = nextCharacter();
                if (character == '-') {
                    expect(END, 1);
                    if (nextNonSpace() >= 0) {
                        throw new MalformedException();
                    }
                    ended = true;
                } else if (!isSpace(character)) {
                    block[length++] = (byte) character; // What is no base64 is found when decoding.
                }
            }
            decoded = decode(block, length);
            decodedPosition = 0;
        }
        return decodedPosition < decoded.length;
    }

    private byte[] decode(byte[] block, int length) throws IOException {
        if (length % 4 != 0) {
            throw new MalformedException();
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(length == BLOCK ? block : Arrays.copyOf(block, length));
            if (bytes.length < length / 4 * 3 && !ended && nextNonSpace() != '-') {
                throw new MalformedException(); // Padding, and something behind it.
            }
            return bytes;
        } catch (IllegalArgumentException e) {
            throw new MalformedException();
        }
    }

    private void expect(byte[] line, int from) throws IOException {
        for (int i = from; i < line.length; i++) {
            if (nextCharacter() != line[i]) {
                throw new MalformedException();
            }
        }
    }

    /** Looks at it; negative at the end of the file. */
    private int nextNonSpace() throws IOException {
        while (hasText()) {
            if (!isSpace(text[textPosition])) {
                return text[textPosition] & 0xFF;
            }
            textPosition++;
        }
        return -1;
    }

    private int nextCharacter() throws IOException {
        if (!hasText()) {
            throw new MalformedException();
        }
        return text[textPosition++] & 0xFF;
    }

    private boolean hasText() throws IOException {
        if (textPosition == textLimit) {
            textPosition = 0;
            textLimit = Math.max(0, file.read(text, 0, text.length));
        }
        return textLimit > 0;
    }

    private static boolean isSpace(int character) {
        return character == '\n' || character == '\r' || character == ' ' || character == '\t';
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
