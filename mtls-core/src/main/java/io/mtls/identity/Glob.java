package io.mtls.identity;

import java.util.Arrays;

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
        boolean[] next = new boolean[reached.length];
        reached[0] = true;
        passStars(reached);
        for (int i = 0; i < value.length(); i++) {
            if (!step(reached, value.charAt(i), next)) {
                return false;
            }
            boolean[] spare = reached;
            reached = next;
            next = spare;
        }
        return reached[text.length()];
    }

    /** Fills {@code next}; false when there is no way on. */
    private boolean step(boolean[] reached, char c, boolean[] next) {
        Arrays.fill(next, false);
        boolean any = false;
        for (int p = 0; p < text.length(); p++) {
            if (!reached[p]) {
                continue;
            }
            boolean star = text.charAt(p) == '*';
            if (star && (c != '/' || isDouble(p))) {
                next[p] = true;
                any = true;
            } else if (!star && text.charAt(p) == c) {
                next[p + 1] = true;
                any = true;
            }
        }
        passStars(next);
        return any;
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
