package io.mtls.contract;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A client whose ClientHello comes in several TLS records, each in a segment of its own, as RFC 8446 section 5.1 allows. A
 * server that looks for the name in the first record does not find it, and falls back to what it does without one; or it
 * takes the header of the next record for a part of the message, and gives up.
 */
public final class SplitHello {

    private static final int HEADER = 5;

    private SplitHello() {}

    /** How it is split. */
    public enum Pieces {
        OF_ONE_BYTE,
        OF_FIFTY_BYTES,
        /** The second is the end of the last extension that JSSE writes: names, versions and protocols are before it. */
        TWO;

        private int size(int length) {
            return switch (this) {
                case OF_ONE_BYTE -> 1;
                case OF_FIFTY_BYTES -> 50;
                case TWO -> length - 20;
            };
        }
    }

    /** Connects to a server on this machine, by the name {@code localhost}. The handshake has not begun. */
    public static SSLSocket connect(SSLContext client, int port, Pieces pieces) throws IOException {
        Socket socket = new Splitting(pieces);
        socket.connect(new InetSocketAddress(InetAddress.getByName("localhost"), port));
        socket.setTcpNoDelay(true);
        SSLSocket tls = (SSLSocket) client.getSocketFactory().createSocket(socket, "localhost", port, true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName("localhost"))); // Else Tomcat looks for both to the end.
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        tls.setSSLParameters(parameters);
        return tls;
    }

    private static final class Splitting extends Socket {
        private final Pieces pieces;

        Splitting(Pieces pieces) {
            this.pieces = pieces;
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FirstRecordSplit(super.getOutputStream(), pieces);
        }
    }

    private static final class FirstRecordSplit extends FilterOutputStream {
        private final Pieces pieces;
        private @Nullable ByteArrayOutputStream first = new ByteArrayOutputStream();

        FirstRecordSplit(OutputStream out, Pieces pieces) {
            super(out);
            this.pieces = pieces;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] written, int offset, int length) throws IOException {
            if (first == null) {
                out.write(written, offset, length);
                return;
            }
            first.write(written, offset, length);
            byte[] record = first.toByteArray();
            if (record.length >= HEADER && record.length >= end(record)) {
                first = null;
                split(record);
            }
        }

        private void split(byte[] record) throws IOException {
            int end = end(record);
            int most = pieces.size(end - HEADER);
            for (int at = HEADER; at < end; at += most) {
                int size = Math.min(most, end - at);
                byte[] piece = Arrays.copyOf(record, HEADER + size);
                piece[3] = (byte) (size >> 8);
                piece[4] = (byte) size;
                System.arraycopy(record, at, piece, HEADER, size);
                out.write(piece);
                out.flush();
            }
            out.write(record, end, record.length - end);
        }

        private static int end(byte[] record) {
            return HEADER + ((record[3] & 0xFF) << 8 | (record[4] & 0xFF));
        }
    }
}
