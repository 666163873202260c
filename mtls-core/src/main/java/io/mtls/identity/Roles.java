package io.mtls.identity;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a role may be called: the single place that decides it. */
public final class Roles {

    /** The longest name of a role. */
    public static final int MAX_LENGTH = 128;

    /** Prefixes by which Spring Security tells authorities apart: a role that has one could pass for another. */
    private static final List<String> FRAMEWORK_PREFIXES = List.of("ROLE_", "SCOPE_", "FACTOR_");

    private Roles() {}

    /**
     * The name itself, once it is one: a letter or digit, then letters, digits and {@code . _ : / -}, all
     * ASCII and at most {@link #MAX_LENGTH}, without a framework's prefix ({@code ROLE_}, {@code SCOPE_},
     * {@code FACTOR_}) and without wildcards, which Jakarta gives a meaning of their own ({@code *}, {@code
     * **}).
     *
     * @throws IllegalArgumentException when it is not; the message says what to write instead
     */
    public static String checked(String name) {
        for (String prefix : FRAMEWORK_PREFIXES) {
            if (name.startsWith(prefix)) {
                throw new IllegalArgumentException(
                        "role '" + SafeText.of(name) + "': write '" + SafeText.of(name.substring(prefix.length()))
                                + "', the framework's prefix is added by the adapter");
            }
        }
        if (name.equals("*") || name.equals("**")) {
            throw new IllegalArgumentException("role '" + name + "': name each role, there is no wildcard");
        }
        if (name.isEmpty()
                || name.length() > MAX_LENGTH
                || !isAlphanumeric(name.charAt(0))
                || !name.chars().allMatch(c -> isAlphanumeric((char) c) || "._:/-".indexOf(c) >= 0)) {
            throw new IllegalArgumentException("role '" + SafeText.of(name) + "': a role has 1 to " + MAX_LENGTH
                    + " of A-Z, a-z, 0-9 and '._:/-', and begins with a letter or digit");
        }
        return name;
    }

    /**
     * The names as an immutable set in their order, each {@linkplain #checked(String) checked}.
     *
     * @throws IllegalArgumentException when one of them is no name of a role
     */
    public static Set<String> checked(Collection<String> names) {
        Set<String> roles = new LinkedHashSet<>();
        for (String name : names) {
            roles.add(checked(name));
        }
        return Collections.unmodifiableSet(roles);
    }

    private static boolean isAlphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
