package io.mtls.benchmarks.server;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A TLS 1.3 connection to a server on this machine that writes a fixed request and reads a response. */
final class ClientConnection implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 60_000;
    private static final Pattern CONTENT_LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)\r\n");

    /** The same octets each time: the port is left out. */
    private static byte[] request(String path, boolean last) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + (last ? "Connection: close\r\n" : "") + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static final byte[] NEXT = request(BenchmarkApplication.RESOURCE, false);
    private static final byte[] LAST = request(BenchmarkApplication.RESOURCE, true);

    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;

    /** Where further responses are read to: as long as the first. */
    private byte[] response = new byte[0];

    /** After the handshake, as far as the client can tell: a refusal of its certificate shows when it reads. */
    ClientConnection(SSLContext tls, int port) throws IOException {
        socket = (SSLSocket)
                tls.getSocketFactory().createSocket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            in = socket.getInputStream();
            out = socket.getOutputStream();
            socket.startHandshake();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** A full handshake, one request, the end. */
    static void connectOnce(SSLContext tls, int port) throws IOException {
        long start = System.currentTimeMillis();
        try (ClientConnection connection = new ClientConnection(tls, port)) {
            if (connection.socket.getSession().getCreationTime() < start) {
                throw new IOException("a resumed session: not a full handshake");
            }
            connection.out.write(LAST);
            requireOk(connection.readResponse());
            if (connection.in.read() != -1) {
                throw new IOException("more than one response");
            }
        }
    }

    /** What a first request to this path is answered, head and body. */
    String get(String path) throws IOException {
        out.write(request(path, false));
        return readResponse();
    }

    /** Gets the resource; from now on all responses have to look like this one. */
    void prepare() throws IOException {
        String first = get(BenchmarkApplication.RESOURCE);
        requireOk(first);
        response = first.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Gets the resource once more. */
    void exchange() throws IOException {
        byte end = response[response.length - 1];
        out.write(NEXT);
        int read = in.readNBytes(response, 0, response.length);
        boolean ok = read == response.length
                && response[9] == '2' // HTTP/1.1 200
                && response[11] == '0'
                && response[response.length - 1] == end;
        if (!ok) {
            throw new IOException(
                    "Not the response of before, but: " + new String(response, 0, read, StandardCharsets.ISO_8859_1));
        }
    }

    private static void requireOk(String response) throws IOException {
        if (!response.startsWith("HTTP/1.1 200")) {
            throw new IOException("Not a 200: " + response);
        }
    }

    private String readResponse() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        String head = readTo("\r\n\r\n", bytes);
        Matcher length = CONTENT_LENGTH.matcher(head);
        if (length.find()) {
            bytes.write(in.readNBytes(Integer.parseInt(length.group(1))));
        } else {
            readTo("\r\n0\r\n\r\n", bytes); // The last chunk.
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private String readTo(String end, ByteArrayOutputStream bytes) throws IOException {
        int matched = 0;
        while (matched < end.length()) {
            int octet = in.read();
            if (octet == -1) {
                throw new EOFException("closed after: " + bytes.toString(StandardCharsets.ISO_8859_1));
            }
            bytes.write(octet);
            matched = octet == end.charAt(matched) ? matched + 1 : octet == '\r' ? 1 : 0;
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
