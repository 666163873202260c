package io.mtls.proxy;

import java.util.Base64;

/**
 * Certificates as text (RFC 7468) that went through a header, which cannot have line ends.
 *
 * <p>Read strictly: the labels of certificates and nothing around them, no explanatory text, no blank lines. Lines may
 * have any length.
 */
final class PemText {

    private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String END = "-----END CERTIFICATE-----";

    /** Characters in a line (RFC 7468 section 2). */
    private static final int LINE = 64;

    private PemText() {}

    /** Adds the certificates of a text whose line ends, and whatever else, are percent-encoded (RFC 3986 section 2.1). */
    static void readEncoded(String text, ChainReader into) throws MalformedHeaderException {
        String decoded = percentDecoded(text).replace("\r\n", "\n");
        read(decoded, '\n', into);
    }

    /** One certificate, with what may not stand in a header percent-encoded; as Envoy writes it. */
    static String encoded(byte[] der) {
        String body = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(der);
        return (BEGIN + '\n' + body + '\n' + END + '\n')
                .replace("\n", "%0A")
                .replace(" ", "%20")
                .replace("+", "%2B")
                .replace("/", "%2F")
                .replace("=", "%3D");
    }

    /** Adds the certificates of a text that has a space for each line end, as Apache httpd writes it. */
    static void readSpaced(String text, ChainReader into) throws MalformedHeaderException {
        read(text, ' ', into);
    }

    /**
     * Each percent-encoded character made plain, once. A plus is a plus: AWS leaves it as it is, and to read it as a
     * space, as forms do, damages what it stands in.
     */
    static String percentDecoded(String text) throws MalformedHeaderException {
        StringBuilder decoded = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c > '~') {
                throw new MalformedHeaderException("a character that is not percent-encoded");
            }
            if (c == '%') {
                c = (char) ((hexDigit(text, i + 1) << 4) | hexDigit(text, i + 2));
                i += 2;
            }
            decoded.append(c); // One that no PEM has is refused there.
        }
        return decoded.toString();
    }

    private static int hexDigit(String text, int at) throws MalformedHeaderException {
        char c = at < text.length() ? text.charAt(at) : 0;
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        if (c >= 'A' && c <= 'F') {
            return c - 'A' + 10;
        }
        if (c >= 'a' && c <= 'f') {
            return c - 'a' + 10;
        }
        throw new MalformedHeaderException("a percent sign without two hexadecimal digits");
    }

    private static void read(String pem, char lineEnd, ChainReader into) throws MalformedHeaderException {
        int at = 0;
        do {
            if (!pem.startsWith(BEGIN + lineEnd, at)) {
                throw new MalformedHeaderException("not a PEM certificate, or text around one");
            }
            int body = at + BEGIN.length() + 1;
            int end = pem.indexOf(lineEnd + END, body);
            if (end < 0) {
                throw new MalformedHeaderException("a PEM certificate without its end");
            }
            into.addBase64(joined(pem.substring(body, end), lineEnd));
            at = end + 1 + END.length();
            if (at < pem.length() && pem.charAt(at) == lineEnd) {
                at++;
            } else if (at < pem.length()) {
                throw new MalformedHeaderException("text behind a PEM certificate");
            }
        } while (at < pem.length());
    }

    private static String joined(String lines, char lineEnd) throws MalformedHeaderException {
        StringBuilder joined = new StringBuilder(lines.length());
        for (String line : lines.split(String.valueOf(lineEnd), -1)) {
            if (line.isEmpty()) {
                throw new MalformedHeaderException("a blank line in a PEM certificate");
            }
            joined.append(line);
        }
        return joined.toString();
    }
}
