package io.mtls.proxy;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The values of the headers that a dialect reads, and of no others: only those are kept from everybody else. */
final class HeaderValues {

    /**
     * Characters in all headers together: twice {@link ChainReader#MAX_CHAIN_BYTES}, room for so many bytes as base64 in
     * lines, with each {@code +}, {@code /} and line end percent-encoded.
     */
    static final int MAX_CHARACTERS = 2 * ChainReader.MAX_CHAIN_BYTES;

    private final Map<String, List<String>> values = new HashMap<>();

    HeaderValues(Set<String> headers, Function<String, List<String>> valuesOfHeader) throws MalformedHeaderException {
        long characters = 0;
        for (String header : headers) {
            List<String> received = List.copyOf(valuesOfHeader.apply(header));
            for (String value : received) {
                characters += value.length() + 1;
            }
            if (characters > MAX_CHARACTERS) {
                throw new MalformedHeaderException(header + ": more than " + MAX_CHARACTERS + " characters");
            }
            values.put(header, received.stream().map(HeaderValues::trimmed).toList());
        }
    }

    /** Every value, without the white space around it, which is not part of it (RFC 9110 section 5.5). */
    List<String> all(String header) {
        List<String> found = values.get(header.toLowerCase(Locale.ROOT));
        if (found == null) {
            throw new IllegalArgumentException("not one of the headers that were named: " + header);
        }
        return found;
    }

    /**
     * The value of a header that may be absent, but not empty: where a certificate does not fit, HAProxy and Cloudflare
     * write an empty value.
     */
    Optional<String> one(String header) throws MalformedHeaderException {
        Optional<String> value = oneOrEmpty(header);
        if (value.isPresent() && value.get().isEmpty()) {
            throw new MalformedHeaderException(header + ": is empty");
        }
        return value;
    }

    /** The value of a header that may be absent or empty. */
    Optional<String> oneOrEmpty(String header) throws MalformedHeaderException {
        List<String> found = all(header);
        if (found.size() > 1) {
            throw new MalformedHeaderException(header + ": appears " + found.size() + " times");
        }
        return found.stream().findFirst();
    }

    private static String trimmed(String value) {
        int from = 0;
        int to = value.length();
        while (from < to && isWhiteSpace(value.charAt(from))) {
            from++;
        }
        while (from < to && isWhiteSpace(value.charAt(to - 1))) {
            to--;
        }
        return value.substring(from, to);
    }

    static boolean isWhiteSpace(char c) {
        return c == ' ' || c == '\t';
    }
}
