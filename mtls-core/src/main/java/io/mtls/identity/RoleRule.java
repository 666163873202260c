package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * When a field of the certificate has such a value, grant these roles.
 *
 * <p>A rule never grants a role that it does not name: whatever a CA writes into a certificate, the
 * configuration has the last word on which roles there are. Values are compared character by character,
 * case included. Immutable; rules made alike from fields that are equal are equal.
 */
public final class RoleRule {

    private final CertificateField field;
    private final Condition condition;
    private final Set<String> roles;

    private RoleRule(CertificateField field, Condition condition, String... roles) {
        this.field = Objects.requireNonNull(field, "field");
        this.condition = condition;
        this.roles = Roles.checked(List.of(roles));
        if (this.roles.isEmpty()) {
            throw new IllegalArgumentException("a rule on " + field + " grants no role: name at least one");
        }
    }

    /**
     * Grants the roles when any value of the field is this one.
     *
     * @throws IllegalArgumentException when the value is empty, no role is named, or one is not a name
     *     that {@link Roles#checked(String)} lets pass
     */
    public static RoleRule equal(CertificateField field, String value, String... roles) {
        return new RoleRule(field, new Equal(value), roles);
    }

    /**
     * Grants the roles when any value of the field matches the whole pattern: {@code *} is any run of
     * characters without {@code /}, {@code **} any run, either may be empty, and everything else is
     * itself. {@code /ns/prod/**} matches {@code /ns/prod/sa/api} and not {@code /ns/production}.
     *
     * <p>A match costs time in proportion to the value's length times the pattern's, whatever they are.
     *
     * @throws IllegalArgumentException when the pattern is empty, too long or has three stars in a row,
     *     no role is named, or one is not a name that {@link Roles#checked(String)} lets pass
     */
    public static RoleRule glob(CertificateField field, String pattern, String... roles) {
        return new RoleRule(field, new Matches(new Glob(pattern)), roles);
    }

    /**
     * Grants each of the named roles that is, literally, a value of the field. Values that are not named
     * here grant nothing, so a CA cannot mint a role.
     *
     * @throws IllegalArgumentException when no role is named, or one is not a name that {@link
     *     Roles#checked(String)} lets pass
     */
    public static RoleRule sameName(CertificateField field, String... roles) {
        return new RoleRule(field, new SameName(), roles);
    }

    /** The roles that this rule can grant, never empty. */
    public Set<String> roles() {
        return roles;
    }

    /**
     * The roles that this certificate gets by this rule, empty when it does not apply.
     *
     * @throws CertificateParsingException when the field cannot be read. Treat it as a refusal: to leave
     *     the rule out would let an unreadable certificate keep what other rules grant.
     */
    public Set<String> grants(X509Certificate certificate) throws CertificateParsingException {
        Set<String> granted = new LinkedHashSet<>();
        for (String value : field.values(certificate)) {
            for (String role : roles) {
                if (condition.grants(role, value)) {
                    granted.add(role);
                }
            }
        }
        return Set.copyOf(granted);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RoleRule rule
                && field.equals(rule.field)
                && condition.equals(rule.condition)
                && roles.equals(rule.roles);
    }

    @Override
    public int hashCode() {
        return Objects.hash(field, condition, roles);
    }

    /** For messages, such as {@code subject:OU = 'Audit' grants [auditor]}. */
    @Override
    public String toString() {
        return field + " " + condition + " " + roles;
    }

    private interface Condition {
        boolean grants(String role, String value);
    }

    private record Equal(String expected) implements Condition {
        Equal {
            if (expected.isEmpty()) {
                throw new IllegalArgumentException("a rule cannot ask for an empty value");
            }
        }

        @Override
        public boolean grants(String role, String value) {
            return value.equals(expected);
        }

        @Override
        public String toString() {
            return "= '" + SafeText.of(expected) + "' grants";
        }
    }

    private record Matches(Glob pattern) implements Condition {
        @Override
        public boolean grants(String role, String value) {
            return pattern.matches(value);
        }

        @Override
        public String toString() {
            return "matches '" + SafeText.of(pattern.text()) + "' grants";
        }
    }

    private record SameName() implements Condition {
        @Override
        public boolean grants(String role, String value) {
            return value.equals(role);
        }

        @Override
        public String toString() {
            return "grants the one it names of";
        }
    }
}
