package io.mtls.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * IP addresses with a common prefix (RFC 4632 section 3.1, RFC 4291 section 2.3): {@code 10.0.0.0/8}, {@code
 * 2001:db8::/32}, or one address. An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is the IPv4 address it stands for.
 *
 * @param network the prefix, with no bit set behind it
 * @param prefixLength in bits
 */
public record AddressRange(InetAddress network, int prefixLength) {

    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    public AddressRange {
        byte[] address = network.getAddress();
        if (prefixLength < 0 || prefixLength > address.length * 8) {
            throw new IllegalArgumentException(
                    "expected a prefix length of at most " + address.length * 8 + ", not " + prefixLength);
        }
        for (int bit = prefixLength; bit < address.length * 8; bit++) {
            if (bit(address, bit)) {
                throw new IllegalArgumentException(network.getHostAddress() + "/" + prefixLength
                        + " has bits set behind its prefix: write the network's own address");
            }
        }
    }

    /**
     * Reads one; looks up no name.
     *
     * @throws IllegalArgumentException if that is no address or range
     */
    public static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        InetAddress network = address(slash < 0 ? text : text.substring(0, slash), text);
        int bits = network.getAddress().length * 8;
        if (slash < 0) {
            return new AddressRange(network, bits);
        }
        String length = text.substring(slash + 1);
        if (!length.matches("\\d{1,3}")) {
            throw new IllegalArgumentException("'" + text + "': expected a number behind the slash");
        }
        return new AddressRange(network, Integer.parseInt(length));
    }

    private static InetAddress address(String literal, String text) {
        InetAddress address = addressOf(literal);
        if (address == null) {
            throw new IllegalArgumentException(
                    "'" + text + "': expected an IP address or a range such as 10.0.0.0/8 or 2001:db8::/32");
        }
        return address;
    }

    /**
     * The address that a server says a connection comes from, with or without brackets and a zone; null if that is none.
     * Looks up no name.
     */
    public static @Nullable InetAddress addressOf(@Nullable String literal) {
        String bare =
                literal == null ? "" : literal.replaceFirst("^\\[(.*)]$", "$1").replaceFirst("%.*$", "");
        if (!IPV4.matcher(bare).matches() && !IPV6.matcher(bare).matches()) {
            return null; // It might be a name, and asked for.
        }
        try {
            return InetAddress.getByName(bare);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** Whether the address begins with the prefix. */
    public boolean contains(InetAddress address) {
        byte[] candidate = address.getAddress();
        byte[] prefix = network.getAddress();
        if (candidate.length != prefix.length) {
            return false;
        }
        for (int bit = 0; bit < prefixLength; bit++) {
            if (bit(candidate, bit) != bit(prefix, bit)) {
                return false;
            }
        }
        return true;
    }

    private static boolean bit(byte[] address, int bit) {
        return (address[bit / 8] >> (7 - bit % 8) & 1) == 1;
    }

    /** As it is parsed. */
    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefixLength;
    }
}
