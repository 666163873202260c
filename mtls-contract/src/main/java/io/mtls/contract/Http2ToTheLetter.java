package io.mtls.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * One HTTP/2 connection (RFC 9113) that sends what it is given to the letter, as {@link Connection} does over HTTP/1.1: a
 * path that is none, a name in capitals. One stream at a time.
 *
 * <p>It reads a status and a body. Not done: other header fields, flow control, padding.
 */
public final class Http2ToTheLetter implements Closeable {

    private static final int TIMEOUT_MILLIS = 10_000;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int CONTINUATION = 9;

    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;

    /** SETTINGS_HEADER_TABLE_SIZE of none, so that each answer can be read without those before it. */
    private static final byte[] NO_HEADER_TABLE = {0, 1, 0, 0, 0, 0};

    /** Entries 8 to 14 of the static table (RFC 7541 appendix A). */
    private static final int[] INDEXED_STATUS = {200, 204, 206, 304, 400, 404, 500};

    private final SSLSocket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private int lastStream = -1;
    private boolean over;

    private Http2ToTheLetter(SSLSocket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        out = socket.getOutputStream();
        out.write(PREFACE.getBytes(ISO_8859_1));
        write(SETTINGS, 0, 0, NO_HEADER_TABLE);
    }

    /** Connects to a server on this machine. */
    public static Http2ToTheLetter open(SSLContext client, int port) throws IOException {
        return over((SSLSocket) client.getSocketFactory().createSocket("localhost", port));
    }

    /** Over a connection that was made elsewhere, and has not begun its handshake. */
    static Http2ToTheLetter over(SSLSocket socket) throws IOException {
        return new Http2ToTheLetter(socket);
    }

    /**
     * Sends a request and says how it was answered: with 400, too, where the server ends the stream or the connection
     * instead, as it may where a request is malformed (section 8.1.1).
     *
     * @param headers each as {@code name: value}, with the name as it is
     */
    public int status(String method, String path, String... headers) throws IOException {
        return send(method, path, headers).status();
    }

    /** Whether the server wants no more of it. */
    boolean isOver() {
        return over;
    }

    /** The same with the body, and without header fields. */
    Answer send(String method, String path, String... headers) throws IOException {
        lastStream += 2;
        write(HEADERS, END_STREAM | END_HEADERS, lastStream, fields(method, path, headers));
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            Frame frame = read();
            if (frame.type == SETTINGS && (frame.flags & ACK) == 0) {
                write(SETTINGS, ACK, 0, new byte[0]);
            } else if (frame.type == GOAWAY || (frame.type == RST_STREAM && frame.stream == lastStream)) {
                over |= frame.type == GOAWAY;
                return block.size() == 0 ? answer(400, body) : answer(statusIn(block.toByteArray()), body);
            } else if (frame.stream == lastStream) {
                if (frame.type == HEADERS || frame.type == CONTINUATION) {
                    block.writeBytes(frame.payload);
                } else if (frame.type == DATA) {
                    body.writeBytes(frame.payload);
                }
                if ((frame.flags & END_STREAM) != 0 && frame.type != CONTINUATION) {
                    return answer(statusIn(block.toByteArray()), body);
                }
            }
        }
    }

    private static Answer answer(int status, ByteArrayOutputStream body) {
        return new Answer(status, Map.of(), body.toString(ISO_8859_1));
    }

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Frame(int type, int flags, int stream, byte[] payload) {}

    /** RFC 9113 section 4.1. */
    private Frame read() throws IOException {
        int lengthAndType = in.readInt();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = new byte[lengthAndType >>> 8];
        in.readFully(payload);
        return new Frame(lengthAndType & 0xFF, flags, stream, payload);
    }

    private void write(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        for (int octet : new int[] {
            payload.length >> 16, payload.length >> 8, payload.length, type, flags, 0, 0, stream >> 8, stream
        }) {
            frame.write(octet);
        }
        frame.writeBytes(payload);
        out.write(frame.toByteArray());
        out.flush();
    }

    /** All of them literal, not indexed and not compressed (RFC 7541 section 6.2.2). */
    private static byte[] fields(String method, String path, String... headers) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        String[] pseudo = {":method", method, ":scheme", "https", ":authority", "localhost", ":path", path};
        for (int i = 0; i < pseudo.length; i += 2) {
            field(block, pseudo[i], pseudo[i + 1]);
        }
        for (String header : headers) {
            int colon = header.indexOf(':');
            field(block, header.substring(0, colon), header.substring(colon + 1).strip());
        }
        return block.toByteArray();
    }

    private static void field(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        string(block, name);
        string(block, value);
    }

    /** RFC 7541 sections 5.1 and 5.2. */
    private static void string(ByteArrayOutputStream block, String text) {
        int rest = text.length();
        block.write(Math.min(rest, 0x7F));
        if (rest >= 0x7F) {
            for (rest -= 0x7F; rest >= 0x80; rest >>= 7) {
                block.write((rest & 0x7F) | 0x80);
            }
            block.write(rest);
        }
        block.writeBytes(text.getBytes(ISO_8859_1));
    }

    /** The first field of an answer: indexed, or a literal with an indexed name. */
    private static int statusIn(byte[] block) throws IOException {
        int at = 0;
        while ((block[at] & 0xE0) == 0x20) { // The size of the table that we have none of (section 6.3).
            at++;
        }
        int first = block[at] & 0xFF;
        if (first >= 0x88 && first <= 0x8E) {
            return INDEXED_STATUS[first - 0x88];
        }
        int index = first & (first >= 0x40 ? 0x3F : 0x0F);
        if (first >= 0x80 || index < 8 || index > 14) {
            throw new IOException("an answer that does not begin with its status: " + first);
        }
        boolean compressed = (block[at + 1] & 0x80) != 0;
        return compressed
                ? compressedDigits(block, at + 2)
                : Integer.parseInt(new String(block, at + 2, 3, ISO_8859_1));
    }

    /** Three of them (RFC 7541 appendix B): 0 to 2 are five bits, 3 to 9 six. */
    private static int compressedDigits(byte[] block, int at) {
        int bits = (block[at] & 0xFF) << 16
                | (block[at + 1] & 0xFF) << 8
                | (at + 2 < block.length ? block[at + 2] & 0xFF : 0);
        int from = 24;
        int number = 0;
        for (int i = 0; i < 3; i++) {
            int five = (bits >> (from - 5)) & 0x1F;
            boolean isShort = five <= 2;
            int digit = isShort ? five : ((bits >> (from - 6)) & 0x3F) - 0x19 + 3;
            from -= isShort ? 5 : 6;
            number = 10 * number + digit;
        }
        return number;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
