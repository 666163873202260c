package io.mtls;

import io.mtls.identity.Roles;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The one reading of {@link CertificateRoles}, {@link RolesAllowed}, {@link PermitAll} and {@link DenyAll}.
 *
 * <ul>
 *   <li>{@code @CertificateRoles} asks for a role by certificate; {@code @RolesAllowed} for a role by whatever means the
 *       framework knows. Where both apply, both must hold.
 *   <li>An annotation on a method replaces the same one of its class. One that asks for a role replaces a
 *       {@code @PermitAll} or {@code @DenyAll} of the class; {@code @PermitAll} or {@code @DenyAll} on a method replaces
 *       all that its class says.
 *   <li>On the same element {@code @DenyAll} wins over the others, and {@code @PermitAll} beside one that asks for a
 *       role is a contradiction that {@link #of} refuses.
 *   <li>A method without any inherits those of the method it overrides, then those of the interfaces' methods that it
 *       implements, before those of its class. Interfaces that differ are refused; a {@code @PermitAll} of an interface
 *       is not heeded, since whoever implements it may not know. A class without any inherits those of its superclass; for
 *       a method of an interface, where no class says anything, those of the interfaces that declare or inherit it.
 *   <li>An annotation of the user's own that carries one of these counts as that one.
 * </ul>
 *
 * @param denied nobody gets in
 * @param byCertificate one of these by certificate; empty asks for none
 * @param byAnyMeans one of these by any means; empty asks for none
 */
public record RequiredRoles(boolean denied, Set<String> byCertificate, Set<String> byAnyMeans) {

    private static final RequiredRoles NONE = new RequiredRoles(false, Set.of(), Set.of());
    private static final RequiredRoles DENIED = new RequiredRoles(true, Set.of(), Set.of());

    public RequiredRoles {
        byCertificate = Set.copyOf(byCertificate);
        byAnyMeans = Set.copyOf(byAnyMeans);
    }

    /** No role is asked for. */
    public static RequiredRoles none() {
        return NONE;
    }

    /** Nobody gets in. */
    public static RequiredRoles denyAll() {
        return DENIED;
    }

    /**
     * At least one of these roles, by certificate.
     *
     * @throws IllegalArgumentException if none is named, or one is not a name
     */
    public static RequiredRoles byCertificate(Set<String> roles) {
        if (roles.isEmpty()) {
            throw new IllegalArgumentException("No role is named: use none() or denyAll(), whichever is meant");
        }
        return new RequiredRoles(false, Roles.checked(roles), Set.of());
    }

    /**
     * What the annotations of a class say, or of its nearest superclass that has any.
     *
     * @throws IllegalArgumentException if they contradict each other
     */
    public static RequiredRoles of(Class<?> type) {
        return SecurityAnnotations.onClass(type, type).asRequired();
    }

    /**
     * What the annotations of a method and its class say.
     *
     * @param type the class on which the method is called; may inherit it
     * @throws IllegalArgumentException if they contradict each other, or it is not clear which of them are meant
     */
    public static RequiredRoles of(Class<?> type, Method method) {
        if (!SecurityAnnotations.areMentioned(type, method.getDeclaringClass())) {
            return NONE;
        }
        SecurityAnnotations onClass = SecurityAnnotations.onClass(type, method.getDeclaringClass());
        SecurityAnnotations onMethod = SecurityAnnotations.onMethod(type, method);
        return onMethod.completedBy(onClass).asRequired();
    }

    /** Whether any role is asked for, or nobody gets in. */
    public boolean isRestricted() {
        return denied || !byCertificate.isEmpty() || !byAnyMeans.isEmpty();
    }

    /**
     * Whether a caller gets in.
     *
     * @param identity by certificate in this request, or null
     * @param callerInRole the framework's own answer, such as {@code HttpServletRequest::isUserInRole}
     */
    public boolean permit(@Nullable ClientIdentity identity, Predicate<String> callerInRole) {
        if (denied) {
            return false;
        }
        if (!byCertificate.isEmpty()
                && (identity == null || byCertificate.stream().noneMatch(identity.roles()::contains))) {
            return false;
        }
        return byAnyMeans.isEmpty() || byAnyMeans.stream().anyMatch(callerInRole);
    }

    /** For a log line, such as {@code one of [auditor] by certificate}. */
    @Override
    public String toString() {
        if (denied) {
            return "nobody";
        }
        List<String> asked = new ArrayList<>();
        if (!byCertificate.isEmpty()) {
            asked.add("one of " + new TreeSet<>(byCertificate) + " by certificate");
        }
        if (!byAnyMeans.isEmpty()) {
            asked.add("one of " + new TreeSet<>(byAnyMeans));
        }
        return asked.isEmpty() ? "nothing" : String.join(" and ", asked);
    }
}
