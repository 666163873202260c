package io.mtls.ca.cli;

import io.mtls.ca.DistinguishedName;
import io.mtls.ca.GeneralName;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * The options that name somebody in other ways. The library takes such text as it is, because a test needs wrong ones too;
 * what a person types is looked at here.
 */
final class AlternativeNames {
    @Option(
            names = "--dns",
            paramLabel = "HOST",
            converter = Dns.class,
            description = "A DNS name, such as api.example.com or *.example.com.")
    private final List<GeneralName> dns = new ArrayList<>();

    @Option(
            names = "--ip",
            paramLabel = "ADDRESS",
            converter = Ip.class,
            description = "An IP address, such as 192.0.2.1 or ::1.")
    private final List<GeneralName> ip = new ArrayList<>();

    @Option(names = "--email", paramLabel = "ADDRESS", converter = Email.class, description = "A mail address.")
    private final List<GeneralName> email = new ArrayList<>();

    @Option(
            names = "--uri",
            paramLabel = "URI",
            converter = Uri.class,
            description = "A URI, such as a SPIFFE ID: spiffe://example.org/api.")
    private final List<GeneralName> uri = new ArrayList<>();

    @Option(
            names = "--upn",
            paramLabel = "NAME",
            converter = Upn.class,
            description = "A user principal name of a Windows domain: alice@corp.example.")
    private final List<GeneralName> upn = new ArrayList<>();

    @Option(
            names = "--directory-name",
            paramLabel = "DN",
            converter = Directory.class,
            description = "A distinguished name: \"CN=alice,O=Acme\".")
    private final List<GeneralName> directoryName = new ArrayList<>();

    @Option(
            names = "--other-name",
            paramLabel = "OID=VALUE",
            converter = Other.class,
            description = "A name of any type: its object identifier, and a text or, after #, DER in hexadecimal.")
    private final List<GeneralName> otherName = new ArrayList<>();

    List<GeneralName> all() {
        List<GeneralName> all = new ArrayList<>();
        List.of(dns, ip, email, uri, upn, directoryName, otherName).forEach(all::addAll);
        return all;
    }

    /** A host of a server: an address or a DNS name. */
    static final class Host implements ITypeConverter<String> {
        /** RFC 1034 section 3.5 and the underscore that is in use; RFC 6125 section 6.4.3 for the wildcard. */
        private static final Pattern DNS = Pattern.compile(
                "(\\*\\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*");

        private static final int MAX_DNS = 253;

        /** Programs read such a name as an address, each in its own way: 010.0.0.1 is 10.0.0.1 or 8.0.0.1. */
        private static final Pattern NUMBER_AT_THE_END = Pattern.compile("(.*\\.)?([0-9]+|0[xX][0-9A-Fa-f]*)");

        private static final Pattern LEADING_ZERO = Pattern.compile("(.*\\.)?0[0-9].*");

        @Override
        public String convert(String text) {
            return isAddress(text) ? unambiguous(text) : dns(text);
        }

        private static boolean isAddress(String text) {
            try {
                return !text.contains("/") && GeneralName.ip(text) != null;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        /** For some verifiers an IPv4-mapped address is the one of IPv4, for others it is not. */
        static String unambiguous(String address) {
            boolean isMapped;
            try {
                isMapped = address.contains(":") && InetAddress.getByName(address) instanceof Inet4Address;
            } catch (UnknownHostException e) {
                throw new TypeConversionException("\"" + address + "\" is no IP address");
            }
            if (isMapped
                    || (!address.contains(":") && LEADING_ZERO.matcher(address).matches())) {
                throw new TypeConversionException("\"" + address + "\" is an IP address that programs read in"
                        + " different ways: write it as 192.0.2.1, without leading zeros and not as one of IPv6");
            }
            return address;
        }

        static String dns(String text) {
            if (text.length() > MAX_DNS
                    || !DNS.matcher(text).matches()
                    || NUMBER_AT_THE_END.matcher(text).matches()) {
                throw new TypeConversionException(
                        "\"" + text + "\" is no name of a host: write letters, digits and"
                                + " hyphens with dots between them, no number at the end, without a port, and other letters in their xn-- form");
            }
            return text;
        }
    }

    private static final class Dns implements ITypeConverter<GeneralName> {
        @Override
        public GeneralName convert(String text) {
            return GeneralName.dns(Host.dns(text));
        }
    }

    private static final class Ip implements ITypeConverter<GeneralName> {
        @Override
        public GeneralName convert(String text) {
            if (!Host.isAddress(text)) {
                throw new TypeConversionException(
                        "\"" + text + "\" is no IP address: write one such as 192.0.2.1 or ::1, and no range");
            }
            return GeneralName.ip(Host.unambiguous(text));
        }
    }

    private static final class Email implements ITypeConverter<GeneralName> {
        private static final String ATOM = "[!#-'*+\\-/-9=?A-Z^-~]+";

        /** Of RFC 5321 what RFC 5280 section 4.2.1.6 has room for: no quoted text and no address literal. */
        private static final Pattern LOCAL_PART = Pattern.compile("(?=.{1,64}$)" + ATOM + "(\\." + ATOM + ")*");

        @Override
        public GeneralName convert(String text) {
            int at = text.lastIndexOf('@');
            if (at < 0 || !LOCAL_PART.matcher(text.substring(0, at)).matches() || !isDomain(text.substring(at + 1))) {
                throw new TypeConversionException("\"" + text + "\" is no mail address such as alice@example.com");
            }
            return GeneralName.email(text);
        }

        private static boolean isDomain(String text) {
            try {
                return !Host.dns(text).startsWith("*");
            } catch (TypeConversionException e) {
                return false;
            }
        }
    }

    private static final class Uri implements ITypeConverter<GeneralName> {
        @Override
        public GeneralName convert(String text) {
            try {
                if (new URI(text).isAbsolute() && text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
                    return GeneralName.uri(text);
                }
            } catch (URISyntaxException e) {
                // is said below
            }
            throw new TypeConversionException(
                    "\"" + text + "\" is no absolute URI of ASCII characters such as spiffe://example.org/api");
        }
    }

    private static final class Upn implements ITypeConverter<GeneralName> {
        @Override
        public GeneralName convert(String text) {
            int at = text.indexOf('@');
            if (at < 1 || at != text.lastIndexOf('@') || at == text.length() - 1) {
                throw new TypeConversionException(
                        "\"" + text + "\" is no user principal name such as alice@corp.example");
            }
            return GeneralName.upn(visible(text));
        }
    }

    private static final class Directory implements ITypeConverter<GeneralName> {
        @Override
        public GeneralName convert(String text) {
            DistinguishedName name = new Name().convert(text);
            if (name.toString().isEmpty()) {
                throw new TypeConversionException("an empty name says nothing: leave it out");
            }
            return GeneralName.directory(name);
        }
    }

    /** RFC 4514 text. */
    static final class Name implements ITypeConverter<DistinguishedName> {
        @Override
        public DistinguishedName convert(String text) {
            DistinguishedName name;
            try {
                name = DistinguishedName.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("\"" + text
                        + "\" is no distinguished name: write one such as \"CN=alice,OU=Audit,O=Acme\", with a backslash"
                        + " before a comma that belongs to a value");
            }
            // Text can say by \\00 what is not in it.
            Arrays.stream(X500Name.getInstance(name.encoded()).getRDNs())
                    .flatMap(rdn -> Arrays.stream(rdn.getTypesAndValues()))
                    .forEach(attribute -> visible(attribute.getValue().toString()));
            return name;
        }
    }

    /** Text that reads the same for everybody. */
    static final class Visible implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            return visible(text);
        }
    }

    /** Who compares names by eye, or line by line, must not be led astray. */
    private static String visible(String text) {
        if (!Report.safe(text).equals(text)) {
            throw new TypeConversionException(
                    "\"" + text + "\" has a control character or another that nobody sees:" + " leave it out");
        }
        return text;
    }

    private static final class Other implements ITypeConverter<GeneralName> {
        @Override
        public GeneralName convert(String text) {
            int equals = text.indexOf('=');
            try {
                return GeneralName.otherName(text.substring(0, equals), der(text.substring(equals + 1)));
            } catch (IllegalArgumentException | IndexOutOfBoundsException | IOException e) {
                throw new TypeConversionException("\"" + text
                        + "\" is no other name: write 1.3.6.1.4.1.99999.1=text, or =# and DER in hexadecimal");
            }
        }

        private static byte[] der(String value) throws IOException {
            return value.startsWith("#")
                    ? HexFormat.of().parseHex(value.substring(1))
                    : new DERUTF8String(visible(value)).getEncoded();
        }
    }
}
