package io.mtls.identity;

/**
 * A pattern in which {@code *} is any run of characters without {@code /} and {@code **} any run.
 *
 * <p>Matching follows all ways through the pattern at once instead of trying one after the other, so it
 * takes at most (length of the value) times (length of the pattern) steps: there is no input that makes
 * it back up.
 */
record Glob(String text) {

    /** Patterns come from the configuration; this keeps the product above small for any value. */
    static final int MAX_LENGTH = 512;

    Glob {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a pattern cannot be empty");
        }
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("a pattern is longer than " + MAX_LENGTH + " characters");
        }
        if (text.contains("***")) {
            throw new IllegalArgumentException("three stars in a row in the pattern '" + SafeText.of(text)
                    + "': '*' is any run without '/', '**' any run");
        }
    }

    boolean matches(String value) {
        // reached[p]: the value so far can be matched by the first p characters of the pattern.
        boolean[] reached = new boolean[text.length() + 1];
        reached[0] = true;
        passStars(reached);
        for (int i = 0; i < value.length(); i++) {
            reached = after(reached, value.charAt(i));
            if (reached == NOWHERE) {
                return false;
            }
        }
        return reached[text.length()];
    }

    private static final boolean[] NOWHERE = {};

    private boolean[] after(boolean[] reached, char c) {
        boolean[] next = new boolean[reached.length];
        boolean any = false;
        for (int p = 0; p < text.length(); p++) {
            if (!reached[p]) {
                continue;
            }
            if (text.charAt(p) != '*') {
                next[p + 1] |= text.charAt(p) == c;
                any |= next[p + 1];
            } else if (isDouble(p) || c != '/') {
                next[p] = true;
                any = true;
            }
        }
        if (!any) {
            return NOWHERE;
        }
        passStars(next);
        return next;
    }

    /** A star may stand for nothing: whoever is before it is behind it too. */
    private void passStars(boolean[] reached) {
        for (int p = 0; p < text.length(); p++) {
            if (reached[p] && text.charAt(p) == '*') {
                reached[p + (isDouble(p) ? 2 : 1)] = true;
            }
        }
    }

    /** Whether the star here is the first of two. The second one by itself is never reached. */
    private boolean isDouble(int p) {
        return p + 1 < text.length() && text.charAt(p + 1) == '*';
    }
}
