package io.mtls;

import io.mtls.identity.Roles;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
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
 *   <li>A method without any inherits those of the method it overrides or implements, nearest first, before those of
 *       its class.
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

    /** At least one of these roles, by certificate. */
    public static RequiredRoles byCertificate(Set<String> roles) {
        roles.forEach(Roles::checked);
        return roles.isEmpty() ? NONE : new RequiredRoles(false, roles, Set.of());
    }

    /**
     * What the annotations of a class say.
     *
     * @throws IllegalArgumentException if they contradict each other
     */
    public static RequiredRoles of(Class<?> type) {
        return Declared.on(type, type.getName()).orInherited(null).asRequired();
    }

    /**
     * What the annotations of a method and its class say.
     *
     * @param type the class on which the method is called; may inherit it
     * @throws IllegalArgumentException if they contradict each other
     */
    public static RequiredRoles of(Class<?> type, Method method) {
        Declared onType = Declared.on(type, type.getName());
        Declared onMethod = declaredOn(type, method);
        return onMethod == null
                ? onType.orInherited(null).asRequired()
                : onMethod.orInherited(onType).asRequired();
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

    /** The nearest declaration of the method, from the class upwards, that carries any of the annotations. */
    private static @Nullable Declared declaredOn(Class<?> type, Method method) {
        Set<Class<?>> lineage = new LinkedHashSet<>();
        lineage.add(type);
        lineage.add(method.getDeclaringClass());
        addSupertypes(type, lineage);
        addSupertypes(method.getDeclaringClass(), lineage);
        List<Class<?>[]> signatures = erasedSignatures(method);
        for (Class<?> candidate : lineage) {
            for (Class<?>[] signature : signatures) {
                Declared declared = declaredBy(candidate, method.getName(), signature);
                if (declared != null && !declared.isEmpty()) {
                    return declared;
                }
            }
        }
        return null;
    }

    /** The method's own parameter types, and those of the generic declarations that it overrides by a bridge. */
    private static List<Class<?>[]> erasedSignatures(Method method) {
        List<Class<?>[]> signatures = new ArrayList<>();
        signatures.add(method.getParameterTypes());
        for (Method other : method.getDeclaringClass().getDeclaredMethods()) {
            if (other.isBridge() && other.getName().equals(method.getName()) && isWider(other, method)) {
                signatures.add(other.getParameterTypes());
            }
        }
        return signatures;
    }

    private static boolean isWider(Method bridge, Method method) {
        Class<?>[] wide = bridge.getParameterTypes();
        Class<?>[] narrow = method.getParameterTypes();
        return wide.length == narrow.length
                && IntStream.range(0, wide.length).allMatch(i -> wide[i].isAssignableFrom(narrow[i]));
    }

    private static @Nullable Declared declaredBy(Class<?> type, String name, Class<?>[] signature) {
        try {
            Method declaration = type.getDeclaredMethod(name, signature);
            return Declared.on(declaration, declaration.toString());
        } catch (NoSuchMethodException e) {
            return null;
        }
    }

    private static void addSupertypes(Class<?> type, Set<Class<?>> lineage) {
        for (Class<?> up = type.getSuperclass(); up != null; up = up.getSuperclass()) {
            lineage.add(up);
        }
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Class<?> implemented : at.getInterfaces()) {
                lineage.add(implemented);
                addSupertypes(implemented, lineage);
            }
        }
    }

    /** What one element says; null for an annotation that it does not have. */
    private record Declared(
            String where,
            boolean permitAll,
            boolean denyAll,
            @Nullable Set<String> byCertificate,
            @Nullable Set<String> byAnyMeans) {

        static Declared on(AnnotatedElement element, String where) {
            CertificateRoles certificateRoles = element.getAnnotation(CertificateRoles.class);
            RolesAllowed rolesAllowed = element.getAnnotation(RolesAllowed.class);
            Declared declared = new Declared(
                    where,
                    isPresent(element, PermitAll.class),
                    isPresent(element, DenyAll.class),
                    certificateRoles == null ? null : roles(where, CertificateRoles.class, certificateRoles.value()),
                    rolesAllowed == null ? null : roles(where, RolesAllowed.class, rolesAllowed.value()));
            declared.requireNoContradiction();
            return declared;
        }

        private static boolean isPresent(AnnotatedElement element, Class<? extends Annotation> annotation) {
            return element.getAnnotation(annotation) != null;
        }

        private static Set<String> roles(String where, Class<? extends Annotation> annotation, String[] names) {
            if (names.length == 0) {
                throw new IllegalArgumentException("@" + annotation.getSimpleName() + " on " + where
                        + " names no role; use @DenyAll to let nobody in");
            }
            Set<String> roles = new LinkedHashSet<>();
            for (String name : names) {
                try {
                    roles.add(Roles.checked(name));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "@" + annotation.getSimpleName() + " on " + where + ": " + e.getMessage(), e);
                }
            }
            return roles;
        }

        private void requireNoContradiction() {
            if (permitAll && !denyAll && asksForRole()) {
                throw new IllegalArgumentException(
                        "@PermitAll on " + where + " contradicts the roles that stand beside it: remove one of them");
            }
        }

        boolean isEmpty() {
            return !permitAll && !denyAll && !asksForRole();
        }

        private boolean asksForRole() {
            return byCertificate != null || byAnyMeans != null;
        }

        /** What this element says, completed by what its class says. */
        Declared orInherited(@Nullable Declared type) {
            if (type == null || permitAll || denyAll) {
                return this;
            }
            return new Declared(
                    where,
                    false,
                    false,
                    byCertificate != null ? byCertificate : type.byCertificate,
                    byAnyMeans != null ? byAnyMeans : type.byAnyMeans);
        }

        RequiredRoles asRequired() {
            if (denyAll) {
                return DENIED;
            }
            return new RequiredRoles(
                    false,
                    byCertificate == null ? Set.of() : byCertificate,
                    byAnyMeans == null ? Set.of() : byAnyMeans);
        }
    }
}
