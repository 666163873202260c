package io.mtls.proxy;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Makes certificates of DER, one after the other, the client's own first.
 *
 * <p>The JDK's parser also takes PEM, BER of indefinite length, and leaves alone what follows a certificate. Here the
 * frame is DER (X.690), and each byte belongs to a certificate.
 */
final class ChainReader {

    /** Certificates in a chain, the client's own included: what the verifier takes from a TLS connection as well. */
    static final int MAX_CERTIFICATES = 10;

    /** Bytes of DER in a chain: what the verifier takes from a TLS connection as well. */
    static final int MAX_CHAIN_BYTES = 64 * 1024;

    /** Bytes of DER in one certificate; JSSE's default bound for a handshake message, which it would come in. */
    static final int MAX_CERTIFICATE_BYTES = 32 * 1024;

    private static final int SEQUENCE = 0x30;

    /** Octets of a length in its long form (X.690 section 8.1.3.5): enough for all that is not too large anyway. */
    private static final int MAX_LENGTH_OCTETS = 3;

    private final List<X509Certificate> certificates = new ArrayList<>();
    private int bytes;

    /** Adds what is one certificate in base64. */
    void addBase64(String base64) throws MalformedHeaderException {
        add(base64(base64));
    }

    /** Adds what is one certificate. */
    void add(byte[] der) throws MalformedHeaderException {
        if (end(der, 0) != der.length) {
            throw malformed("bytes behind the certificate");
        }
        if (certificates.size() == MAX_CERTIFICATES) {
            throw malformed("at most " + MAX_CERTIFICATES + " certificates");
        }
        if (der.length > MAX_CERTIFICATE_BYTES) {
            throw malformed(der.length + " bytes, at most " + MAX_CERTIFICATE_BYTES);
        }
        bytes += der.length;
        if (bytes > MAX_CHAIN_BYTES) {
            throw malformed("the chain has more than " + MAX_CHAIN_BYTES + " bytes");
        }
        certificates.add(parsed(der));
    }

    /** Adds certificates that follow each other with nothing between, in base64. */
    void addConcatenatedBase64(String base64) throws MalformedHeaderException {
        byte[] ders = base64(base64);
        int from = 0;
        do {
            int end = end(ders, from);
            add(Arrays.copyOfRange(ders, from, end));
            from = end;
        } while (from < ders.length);
    }

    List<X509Certificate> certificates() {
        return certificates;
    }

    Forwarded chain() {
        return new Forwarded.Chain(certificates);
    }

    /**
     * The bytes, if this is how RFC 4648 section 4 writes them: its alphabet, padded, the bits that are left over zero,
     * and nothing between.
     */
    static byte[] strictBase64(String base64) throws MalformedHeaderException {
        try {
            byte[] decoded = Base64.getDecoder().decode(base64);
            // The JDK's decoder does not mind missing padding and bits left over.
            if (Base64.getEncoder().encodeToString(decoded).equals(base64)) {
                return decoded;
            }
        } catch (IllegalArgumentException e) {
            // Another alphabet, white space, or padding in the wrong place.
        }
        throw new MalformedHeaderException("not canonical base64");
    }

    private byte[] base64(String base64) throws MalformedHeaderException {
        try {
            return strictBase64(base64);
        } catch (MalformedHeaderException e) {
            throw malformed("not canonical base64");
        }
    }

    private X509Certificate parsed(byte[] der) throws MalformedHeaderException {
        try {
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            if (Arrays.equals(certificate.getEncoded(), der)) {
                return certificate;
            }
        } catch (CertificateException | RuntimeException e) {
            // The parser is not free of unchecked exceptions, and its messages may hold what it read.
        }
        throw malformed("not a certificate");
    }

    /** Where the SEQUENCE that begins here ends. */
    private int end(byte[] der, int from) throws MalformedHeaderException {
        if (der.length - from < 2 || (der[from] & 0xFF) != SEQUENCE) {
            throw malformed("not a certificate");
        }
        int length = der[from + 1] & 0xFF;
        int content = from + 2;
        if (length >= 0x80) {
            int octets = length & 0x7F;
            if (octets == 0 || octets > MAX_LENGTH_OCTETS || octets > der.length - content || der[content] == 0) {
                throw malformed("a length that is not DER");
            }
            length = 0;
            for (int i = 0; i < octets; i++) {
                length = (length << 8) | (der[content++] & 0xFF);
            }
            if (length < 0x80) {
                throw malformed("a length that is not DER");
            }
        }
        if (length > der.length - content) {
            throw malformed("cut short");
        }
        return content + length;
    }

    private MalformedHeaderException malformed(String what) {
        return new MalformedHeaderException("certificate " + (certificates.size() + 1) + ": " + what);
    }
}
