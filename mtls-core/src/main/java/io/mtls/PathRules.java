package io.mtls;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which {@link AccessRule} holds for which request path: the one reading of paths that adapters share.
 *
 * <p>A pattern is one of
 *
 * <ul>
 *   <li>{@code /reports/today}: this path and no other;
 *   <li>{@code /reports/*}: {@code /reports} and everything below it; {@code /*} is every path;
 *   <li>the empty pattern: the root, {@code /}, alone.
 * </ul>
 *
 * The most specific pattern wins, an exact one over a prefix and a longer prefix over a shorter, whatever the order in
 * which they were given. A path that none names is {@link AccessRule#STRICTEST}. Case counts, and so does a slash at the
 * end of an exact pattern: a path that is merely similar to one that is let in is not let in.
 *
 * <p>Not done: decoding and dot segments. The path to ask for is the one by which the application chooses what to run,
 * as the container decoded and normalised it; never the request URI as the caller sent it.
 */
public final class PathRules {

    private final Map<String, AccessRule> byPattern;
    private final Map<String, AccessRule> exact = new HashMap<>();
    private final List<Prefix> longestFirst = new ArrayList<>();
    private final @Nullable AccessRule onlyPossible;

    private PathRules(Map<String, AccessRule> byPattern) {
        this.byPattern = Collections.unmodifiableMap(new LinkedHashMap<>(byPattern));
        Set<AccessRule> possible = new LinkedHashSet<>(byPattern.values());
        if (!byPattern.containsKey("/*")) {
            possible.add(AccessRule.STRICTEST);
        }
        onlyPossible = possible.size() == 1 ? possible.iterator().next() : null;
        byPattern.forEach((pattern, rule) -> {
            if (pattern.endsWith("/*")) {
                longestFirst.add(new Prefix(pattern.substring(0, pattern.length() - 2), rule));
            } else {
                exact.put(pattern.isEmpty() ? "/" : pattern, rule);
            }
        });
        longestFirst.sort(
                Comparator.comparingInt((Prefix prefix) -> prefix.path().length())
                        .reversed());
    }

    /** Starts without any: every path is {@link AccessRule#STRICTEST}. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The rule for a path, or null where the path can be read in more than one way and the rules differ: such a request
     * is to be refused with {@link RejectionReason#PATH_AMBIGUOUS}, since nobody knows what the application will make of
     * it.
     *
     * <p>Ambiguous is a path with an empty or a dot segment, a semicolon, a backslash, a percent sign or a control
     * character: all of these are gone once a container has decoded and normalised a path in full. The price is that a
     * resource whose true name has a percent sign or a semicolon cannot be reached, unless one rule holds for all paths.
     *
     * @param path decoded and normalised; empty means the root
     */
    public @Nullable AccessRule ruleFor(String path) {
        if (onlyPossible != null) {
            return onlyPossible;
        }
        String absolute = path.isEmpty() ? "/" : path;
        if (isAmbiguous(absolute)) {
            return null;
        }
        AccessRule named = exact.get(absolute);
        if (named != null) {
            return named;
        }
        for (Prefix prefix : longestFirst) {
            if (prefix.covers(absolute)) {
                return prefix.rule();
            }
        }
        return AccessRule.STRICTEST;
    }

    /** The rules by pattern, in the order in which they were given. */
    public Map<String, AccessRule> byPattern() {
        return byPattern;
    }

    /**
     * Whether a path can be read in more than one way, as {@link #ruleFor} tells.
     *
     * @param path decoded and normalised, not empty
     */
    public static boolean isAmbiguous(String path) {
        return path.charAt(0) != '/'
                || path.contains("//")
                || path.contains("/./")
                || path.contains("/../")
                || path.endsWith("/.")
                || path.endsWith("/..")
                || path.chars().anyMatch(c -> c == ';' || c == '\\' || c == '%' || Character.isISOControl(c));
    }

    private record Prefix(String path, AccessRule rule) {
        boolean covers(String candidate) {
            return candidate.startsWith(path)
                    && (candidate.length() == path.length() || candidate.charAt(path.length()) == '/');
        }
    }

    /** Each method takes one pattern, adds a rule and returns this builder; a pattern that was given before is a mistake. */
    public static final class Builder {
        private final Map<String, AccessRule> byPattern = new LinkedHashMap<>();

        private Builder() {}

        /** A certificate is ignored there. */
        public Builder none(String pattern) {
            return rule(pattern, AccessRule.none());
        }

        /** A certificate is welcome there; without one the caller is anonymous. */
        public Builder want(String pattern) {
            return rule(pattern, AccessRule.want());
        }

        /** A certificate is needed there, and at least one of the roles where any are named. */
        public Builder need(String pattern, String... roles) {
            return rule(pattern, AccessRule.need(roles));
        }

        /**
         * Any rule.
         *
         * @throws IllegalArgumentException if that is no pattern, or it has a rule already
         */
        public Builder rule(String pattern, AccessRule rule) {
            requirePattern(pattern);
            if (byPattern.putIfAbsent(pattern, rule) != null) {
                throw new IllegalArgumentException("Path pattern '" + pattern + "' has two rules: keep one of them");
            }
            return this;
        }

        public PathRules build() {
            return new PathRules(byPattern);
        }

        private static void requirePattern(String pattern) {
            if (pattern.isEmpty()) {
                return;
            }
            if (pattern.startsWith("*.")) {
                throw new IllegalArgumentException("Path pattern '" + pattern
                        + "': a rule cannot depend on an extension, because the caller chooses it. Name the path, such as"
                        + " '/downloads/*'");
            }
            if (pattern.equals("/")) {
                throw new IllegalArgumentException(
                        "Path pattern '/' means every path to a servlet container and the root"
                                + " to everybody else: write '/*' for every path, or leave the pattern empty for the root");
            }
            if (pattern.charAt(0) != '/') {
                throw new IllegalArgumentException("Path pattern '" + pattern + "': expected a slash at the beginning");
            }
            String literal = pattern.endsWith("/*") ? pattern.substring(0, pattern.length() - 2) : pattern;
            if (literal.chars().anyMatch(c -> "*?{}[]".indexOf(c) >= 0)) {
                throw new IllegalArgumentException("Path pattern '" + pattern
                        + "': expected a path such as '/reports', or one that ends in '/*'; there are no other wildcards"
                        + " and no templates");
            }
            if (!literal.isEmpty() && isAmbiguous(literal)) {
                throw new IllegalArgumentException("Path pattern '" + pattern
                        + "': expected the decoded path, without empty or dot segments, semicolon, backslash, percent sign"
                        + " or control character; a request for any of these is refused");
            }
            if (pattern.endsWith("/") || literal.endsWith("/")) {
                throw new IllegalArgumentException("Path pattern '" + pattern
                        + "' ends in a slash and would match nothing else: write '" + stripped(literal) + "/*'");
            }
        }

        private static String stripped(String literal) {
            return literal.replaceAll("/+$", "");
        }
    }
}
