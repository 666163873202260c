package io.mtls.identity;

import java.security.cert.CertificateParsingException;

/** Canonical text of an iPAddress: one address, one text. */
final class IpText {

    private IpText() {}

    /**
     * Dotted decimal for four octets, RFC 5952 text for sixteen.
     *
     * <p>{@code java.net.InetAddress} is no help: it does not shorten, and turns an IPv4-mapped IPv6
     * address into an IPv4 address, which would let two different names in a certificate be one.
     *
     * @throws CertificateParsingException for any other length (RFC 5280 section 4.2.1.6)
     */
    static String of(byte[] octets) throws CertificateParsingException {
        if (octets.length == 4) {
            return dotted(octets, 0);
        }
        if (octets.length == 16) {
            return isIpv4Mapped(octets) ? "::ffff:" + dotted(octets, 12) : shortened(octets);
        }
        throw new CertificateParsingException("an IP address has " + octets.length + " octets, not 4 or 16");
    }

    private static String dotted(byte[] octets, int from) {
        return (octets[from] & 0xFF) + "." + (octets[from + 1] & 0xFF) + "." + (octets[from + 2] & 0xFF) + "."
                + (octets[from + 3] & 0xFF);
    }

    private static boolean isIpv4Mapped(byte[] octets) {
        for (int i = 0; i < 10; i++) {
            if (octets[i] != 0) {
                return false;
            }
        }
        return octets[10] == -1 && octets[11] == -1;
    }

    /** RFC 5952 section 4.2: "::" for the first longest run of at least two zero groups. */
    private static String shortened(byte[] octets) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (octets[2 * i] & 0xFF) << 8 | (octets[2 * i + 1] & 0xFF);
        }
        int start = 0;
        int length = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) {
                end++;
            }
            if (end - i > length) {
                start = i;
                length = end - i;
            }
        }
        if (length < 2) {
            return joined(groups, 0, 8);
        }
        return joined(groups, 0, start) + "::" + joined(groups, start + length, 8);
    }

    private static String joined(int[] groups, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(i == from ? "" : ":").append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
