package io.mtls.proxy;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one hop wrote into Envoy's {@code x-forwarded-client-cert}: elements with commas between, in them pairs of key
 * and value with semicolons between; a value with one of these in it stands in double quotes.
 *
 * <p>Envoy does not always write what it says it does, so what could be read in two ways is refused: a quote inside a
 * value that does not begin with one, anything behind a closing quote, and a quote behind an even number of
 * backslashes. Of that last one readers disagree whether it ends the value, and a subject can contain it.
 */
final class XfccElement {

    private static final Set<String> MAY_REPEAT = Set.of("by", "uri", "dns");

    /** By key, in lower case: keys are not case sensitive. With the quotes, if it had them. */
    private final Map<String, String> pairs = new HashMap<>();

    private XfccElement() {}

    /**
     * What Envoy writes: values with a separator in them in double quotes, of which percent-encoded PEM has none itself.
     *
     * @param certificate DER of the client's certificate, for its hash
     */
    static String of(byte[] certificate, String cert, String chain) {
        return "Hash=" + sha256(certificate) + ";Cert=\"" + cert + "\";Chain=\"" + chain + '"';
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** All elements, the last written last; never empty. */
    static List<XfccElement> parse(String text) throws MalformedHeaderException {
        List<XfccElement> elements = new ArrayList<>();
        XfccElement element = new XfccElement();
        int at = 0;
        while (true) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                throw new MalformedHeaderException("not a pair of key and value");
            }
            int end = endOfValue(text, equals + 1);
            element.put(text.substring(at, equals), text.substring(equals + 1, end));
            if (end == text.length()) {
                elements.add(element);
                return elements;
            }
            at = end + 1;
            if (text.charAt(end) == ',') {
                elements.add(element);
                element = new XfccElement();
                while (at < text.length() && HeaderValues.isWhiteSpace(text.charAt(at))) {
                    at++; // Where somebody has joined two field lines (RFC 9110 section 5.3).
                }
            }
        }
    }

    boolean has(String key) {
        return pairs.containsKey(key);
    }

    /** What stands between the quotes, which have to be there. Not unescaped. */
    Optional<String> quoted(String key) throws MalformedHeaderException {
        String value = pairs.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.startsWith("\"")) {
            throw new MalformedHeaderException("a certificate without quotes around it");
        }
        return Optional.of(value.substring(1, value.length() - 1));
    }

    private void put(String key, String value) throws MalformedHeaderException {
        if (key.isEmpty() || !key.chars().allMatch(XfccElement::isOfKey)) {
            throw new MalformedHeaderException("not a pair of key and value");
        }
        String name = key.toLowerCase(Locale.ROOT);
        if (pairs.put(name, value) != null && !MAY_REPEAT.contains(name)) {
            throw new MalformedHeaderException("a key twice in one element");
        }
    }

    private static boolean isOfKey(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }

    /** Where the separator behind the value is, or the end of the text. */
    private static int endOfValue(String text, int from) throws MalformedHeaderException {
        boolean quoted = from < text.length() && text.charAt(from) == '"';
        int at = quoted ? closingQuote(text, from + 1) + 1 : from;
        if (quoted) {
            if (at < text.length() && !isSeparator(text.charAt(at))) {
                throw new MalformedHeaderException("something behind a closing quote");
            }
            return at;
        }
        while (at < text.length() && !isSeparator(text.charAt(at))) {
            if (text.charAt(at) == '"') {
                throw new MalformedHeaderException("a quote inside a value");
            }
            at++;
        }
        return at;
    }

    private static int closingQuote(String text, int from) throws MalformedHeaderException {
        int backslashes = 0;
        for (int at = from; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"' && backslashes == 0) {
                return at;
            }
            if (c == '"' && backslashes % 2 == 0) {
                throw new MalformedHeaderException("a quote that may be escaped or not");
            }
            backslashes = c == '\\' ? backslashes + 1 : 0;
        }
        throw new MalformedHeaderException("a quote that is not closed");
    }

    private static boolean isSeparator(char c) {
        return c == ',' || c == ';';
    }
}
