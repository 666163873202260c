package io.mtls.identity;

import java.util.Objects;

/**
 * A SPIFFE ID (SPIFFE-ID standard, section 2): {@code spiffe://} trust domain, path.
 *
 * <p>What is parsed is never normalised, so equality of the text is equality of the ID: anything that
 * would need it (upper case in the scheme or the trust domain, percent-encoding, empty or dot
 * segments, a trailing slash) is refused, as are port, user information, query and fragment.
 *
 * <p>An ID may lack a path, as a trust domain's own does. One that identifies a workload may not;
 * {@link CertificateField#spiffeId} sees to that.
 *
 * @param trustDomain lower-case ASCII letters, digits, dots, hyphens and underscores, at most 255
 * @param path empty, or segments of ASCII letters, digits, dots, hyphens and underscores, each after a
 *     slash
 */
public record SpiffeId(String trustDomain, String path) {

    /** The longest ID in bytes (SPIFFE-ID section 2.3). */
    public static final int MAX_LENGTH = 2048;

    /** The longest trust domain name in bytes (SPIFFE-ID section 2.3, from RFC 3986). */
    private static final int MAX_TRUST_DOMAIN_LENGTH = 255;

    private static final String SCHEME = "spiffe://";

    /**
     * Checks both parts.
     *
     * @throws IllegalArgumentException when one of them is not valid
     */
    public SpiffeId {
        Objects.requireNonNull(trustDomain, "trustDomain");
        Objects.requireNonNull(path, "path");
        // The length first: nothing below looks at more text than this.
        if ((long) SCHEME.length() + trustDomain.length() + path.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("a SPIFFE ID is longer than " + MAX_LENGTH + " bytes");
        }
        checkTrustDomain(trustDomain);
        checkPath(path);
    }

    /**
     * Reads a SPIFFE ID.
     *
     * @throws IllegalArgumentException when the text is not one; the message says why
     */
    public static SpiffeId parse(String text) {
        if (!text.startsWith(SCHEME)) {
            throw new IllegalArgumentException(
                    "a SPIFFE ID begins with " + SCHEME + " in lower case: '" + SafeText.of(text) + "'");
        }
        int slash = text.indexOf('/', SCHEME.length());
        int end = slash < 0 ? text.length() : slash;
        return new SpiffeId(text.substring(SCHEME.length(), end), text.substring(end));
    }

    /** The ID as text, such as {@code spiffe://example.org/workload-1}. */
    @Override
    public String toString() {
        return SCHEME + trustDomain + path;
    }

    /**
     * Checks the name of a trust domain.
     *
     * @throws IllegalArgumentException when it is not one
     */
    static void checkTrustDomain(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("the trust domain is missing");
        }
        if (name.length() > MAX_TRUST_DOMAIN_LENGTH) {
            throw new IllegalArgumentException("a trust domain is longer than " + MAX_TRUST_DOMAIN_LENGTH + " bytes");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isCommon(c)) {
                throw new IllegalArgumentException("a trust domain has only a-z, 0-9, '.', '-' and '_', not port, user"
                        + " information or upper case: '" + SafeText.of(name) + "'");
            }
        }
    }

    private static void checkPath(String path) {
        if (path.isEmpty()) {
            return;
        }
        if (path.charAt(0) != '/') {
            throw new IllegalArgumentException("the path of a SPIFFE ID begins with '/'");
        }
        int start = 1;
        for (int i = 1; i <= path.length(); i++) {
            if (i == path.length() || path.charAt(i) == '/') {
                checkSegment(path.substring(start, i));
                start = i + 1;
            }
        }
    }

    private static void checkSegment(String segment) {
        if (segment.isEmpty()) {
            throw new IllegalArgumentException("the path of a SPIFFE ID has an empty segment or a slash at its end");
        }
        if (segment.equals(".") || segment.equals("..")) {
            throw new IllegalArgumentException("the path of a SPIFFE ID has a dot segment");
        }
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (!isCommon(c) && !(c >= 'A' && c <= 'Z')) {
                throw new IllegalArgumentException(
                        "a path segment has only a-z, A-Z, 0-9, '.', '-' and '_': '" + SafeText.of(segment) + "'");
            }
        }
    }

    private static boolean isCommon(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    }
}
