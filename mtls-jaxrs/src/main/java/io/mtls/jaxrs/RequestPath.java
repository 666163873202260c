package io.mtls.jaxrs;

import io.mtls.AccessRule;
import io.mtls.PathRules;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request below its application, as runtimes match it: segment by segment, without matrix parameters and
 * without a slash at the end (Jakarta RESTful Web Services 4.0 sections 3.7.2 and 3.7.3).
 *
 * <p>They match what is still encoded. {@code %70ublic} is not what {@code @Path("public")} stands for, and is taken by a
 * template if by anything; others who look at it see {@code public}. So there are two readings, and a rule holds only where
 * both have it.
 *
 * @param decoded what it says
 * @param literal the same, but for a segment that no literal template matches
 */
record RequestPath(String decoded, String literal) {

    /** A noncharacter, which is in no pattern of a rule. */
    private static final char NO_LITERAL = '\uFFFE';

    /** Those that stand for themselves in a path (RFC 3986 section 3.3, pchar), beside letters and digits. */
    private static final String UNESCAPED = "-._~!$&'()*+,;=:@";

    /**
     * Null if a segment cannot be decoded, or holds a slash that does not separate.
     *
     * @param raw below the application, not decoded, without the slash at its beginning ({@link RestRuntime#path})
     */
    static @Nullable RequestPath of(String raw) {
        String[] segments = raw.split("/", -1);
        StringBuilder decoded = new StringBuilder();
        StringBuilder literal = new StringBuilder();
        for (int i = 0; i < segments.length; i++) {
            String segment = withoutMatrixParameters(segments[i]);
            boolean isFirstEmptyOne = decoded.length() == 0 || decoded.charAt(decoded.length() - 1) != '/';
            if (segment.isEmpty() && i == segments.length - 1 && isFirstEmptyOne) {
                break; // A slash at the end.
            }
            String meant = decode(segment);
            if (meant == null || meant.indexOf('/') >= 0 || meant.indexOf(NO_LITERAL) >= 0) {
                return null;
            }
            decoded.append('/').append(meant);
            literal.append('/').append(isCanonical(segment) ? meant : NO_LITERAL + meant);
        }
        return new RequestPath(orRoot(decoded), orRoot(literal));
    }

    /** Null where the two readings are not of one rule, or the path is ambiguous to {@link PathRules} itself. */
    @Nullable
    AccessRule rule(PathRules rules) {
        AccessRule rule = rules.ruleFor(decoded);
        return rule != null && rule.equals(rules.ruleFor(literal)) ? rule : null;
    }

    private static String withoutMatrixParameters(String segment) {
        int semicolon = segment.indexOf(';');
        return semicolon < 0 ? segment : segment.substring(0, semicolon);
    }

    private static @Nullable String decode(String segment) {
        if (segment.indexOf('%') < 0) {
            return segment;
        }
        try {
            // A plus is a plus in a path.
            String meant = URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
            return meant.indexOf('\uFFFD') < 0 ? meant : null; // What is not UTF-8 becomes that.
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether it is written as a template's literal text would be (the same, section 3.4): if not, none matches it. */
    private static boolean isCanonical(String segment) {
        for (int at = 0; at < segment.length(); at++) {
            char c = segment.charAt(at);
            if (c == '%') {
                String hex = segment.substring(at + 1, at + 3);
                if (standsForItself((char) Integer.parseInt(hex, 16))
                        || hex.chars().anyMatch(Character::isLowerCase)) {
                    return false;
                }
                at += 2;
            } else if (!standsForItself(c)) {
                return false;
            }
        }
        return true;
    }

    private static boolean standsForItself(char c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || UNESCAPED.indexOf(c) >= 0);
    }

    private static String orRoot(StringBuilder path) {
        return path.length() == 0 ? "/" : path.toString();
    }
}
