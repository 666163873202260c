package io.mtls.contract;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** One HTTP/1.1 connection that sends what it is given to the letter: clients normalise paths, an attacker does not. */
final class Connection implements HttpConnection {

    private static final int TIMEOUT_MILLIS = 10_000;

    private final Socket socket;
    private final InputStream in;

    private Connection(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true); // Else each handshake with a certificate waits 40 ms for an acknowledgement.
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** A context that connected before resumes its session. */
    static Connection open(SSLContext client, int port) throws IOException {
        return new Connection(client.getSocketFactory().createSocket("localhost", port));
    }

    static Connection open(SSLContext client, int port, String protocol) throws IOException {
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("localhost", port);
        socket.setEnabledProtocols(new String[] {protocol});
        return new Connection(socket);
    }

    /** One that asks for a host of this name in its handshake; its requests are for localhost. */
    static Connection openTo(String serverName, SSLContext client, int port) throws IOException {
        return new Connection(socketTo(serverName, client, port));
    }

    /** Before its handshake. */
    static SSLSocket socketTo(String serverName, SSLContext client, int port) throws IOException {
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("localhost", port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(serverName)));
        socket.setSSLParameters(parameters);
        return socket;
    }

    static Connection openPlain(int port) throws IOException {
        return new Connection(new Socket(InetAddress.getByName("localhost"), port));
    }

    /** Speaks HTTP/1.1 over a connection that was made elsewhere. */
    static Connection over(SSLSocket socket) throws IOException {
        return new Connection(socket);
    }

    @Override
    public Answer send(String method, String target, String... headers) throws IOException {
        StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        socket.getOutputStream().write((request + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return read(method);
    }

    /** When the handshake was in which certificates were presented and verified: before, where a session was resumed. */
    long millisOfFullHandshake() {
        return ((SSLSocket) socket).getSession().getCreationTime();
    }

    /** Whether the server has closed, or is about to. */
    boolean isClosedByServer() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    private Answer read(String method) throws IOException {
        String statusLine = line();
        int status = Integer.parseInt(statusLine.split(" ", 3)[1]);
        Map<String, List<String>> headers = new HashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), unused -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        boolean empty = method.equals("HEAD") || status == 204 || status == 304;
        return new Answer(status, headers, empty ? "" : new String(body(headers), StandardCharsets.UTF_8));
    }

    private byte[] body(Map<String, List<String>> headers) throws IOException {
        List<String> length = headers.get("content-length");
        if (length != null) {
            return exactly(Integer.parseInt(length.get(0)));
        }
        if (!headers.containsKey("transfer-encoding")) {
            return in.readAllBytes();
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
            body.writeBytes(exactly(size));
            line();
        }
        line();
        return body.toByteArray();
    }

    private byte[] exactly(int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("The response ends early");
        }
        return bytes;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("The connection was closed before a response");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
