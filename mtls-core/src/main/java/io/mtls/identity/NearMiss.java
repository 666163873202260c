package io.mtls.identity;

import java.util.Collection;
import java.util.Locale;

/** What somebody who mistyped a word perhaps meant. */
public final class NearMiss {

    /** Longer words are no typing mistakes; also bounds the work. */
    private static final int MAX_LENGTH = 40;

    private NearMiss() {}

    /** {@code " (did you mean 'x'?)"} for the nearest known word, or nothing when none is near. */
    public static String hint(String given, Collection<String> known) {
        if (given.length() > MAX_LENGTH) {
            return "";
        }
        String nearest = "";
        int least = 1 + Math.min(3, given.length() / 2);
        for (String candidate : known) {
            int distance = distance(given.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (given.length() >= 3 && candidate.regionMatches(true, 0, given, 0, given.length())) {
                distance = 1;
            }
            if (distance < least) {
                nearest = candidate;
                least = distance;
            }
        }
        return nearest.isEmpty() ? "" : " (did you mean '" + nearest + "'?)";
    }

    /** Levenshtein's distance, row by row. */
    private static int distance(String a, String b) {
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
