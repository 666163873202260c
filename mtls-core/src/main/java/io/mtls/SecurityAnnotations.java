package io.mtls;

import io.mtls.identity.Roles;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the security annotations of one element, a class or a method, say; null for one that it does not have. The rules
 * by which they go together are told in {@link RequiredRoles}.
 */
record SecurityAnnotations(
        String where,
        boolean permitAll,
        boolean denyAll,
        @Nullable Set<String> byCertificate,
        @Nullable Set<String> byAnyMeans) {

    /** Something without annotations. */
    private static final AnnotatedElement NOTHING = Object.class;

    private static final List<Class<? extends Annotation>> ALL =
            List.of(CertificateRoles.class, RolesAllowed.class, PermitAll.class, DenyAll.class);

    /** Whether a type, one above it, or any method that one of these declares says something. */
    private static final ClassValue<Boolean> MENTIONED = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            Class<?> superclass = type.getSuperclass();
            return isMentionedOn(type)
                    || Arrays.stream(type.getDeclaredMethods()).anyMatch(SecurityAnnotations::isMentionedOn)
                    || (superclass != null && get(superclass))
                    || Arrays.stream(type.getInterfaces()).anyMatch(this::get);
        }
    };

    /**
     * Whether {@link #onClass} or {@link #onMethod} can find anything for a type. Frameworks ask about every method of
     * every class that they know, and most classes have nothing to do with any of this: they are told apart once.
     */
    static boolean areMentioned(Class<?> type, Class<?> declaring) {
        return MENTIONED.get(type) || MENTIONED.get(declaring);
    }

    /**
     * Of the nearest class that says anything, from the one called upwards; for its own methods too, so that a subclass
     * which says nothing is never more open than its superclass. Where no class says anything, of the interfaces that declare
     * or inherit what is called.
     *
     * @param declaring the class or interface that declares what is called
     */
    static SecurityAnnotations onClass(Class<?> type, Class<?> declaring) {
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            SecurityAnnotations declared = on(at, at.getName());
            if (!declared.isEmpty()) {
                return declared;
            }
        }
        return declaring.isInterface() ? onInterfacesOf(type, declaring) : on(declaring, declaring.getName());
    }

    private static SecurityAnnotations onInterfacesOf(Class<?> type, Class<?> declaring) {
        Set<Class<?>> interfaces = new LinkedHashSet<>();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            addInterfaces(at, interfaces);
        }
        interfaces.add(declaring);
        SecurityAnnotations found = on(NOTHING, type.getName());
        Class<?> where = declaring;
        for (Class<?> each : interfaces) {
            SecurityAnnotations declared = on(each, each.getName());
            boolean isReplaced = !found.isEmpty() && each.isAssignableFrom(where);
            if (!declaring.isAssignableFrom(each) || declared.isEmpty() || declared.permitAll || isReplaced) {
                continue;
            }
            if (!found.isEmpty() && !where.isAssignableFrom(each) && !found.saysTheSameAs(declared)) {
                throw new IllegalArgumentException("Interfaces of " + type.getName() + " say different things, "
                        + found.where + " and " + declared.where + ": annotate the class itself");
            }
            found = declared;
            where = each;
        }
        return found;
    }

    /** Of the nearest declaration in a class that says anything, else what all interfaces that declare it say. */
    static SecurityAnnotations onMethod(Class<?> type, Method method) {
        List<Class<?>[]> signatures = OverriddenSignatures.of(type, method);
        Set<Class<?>> interfaces = new LinkedHashSet<>();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Class<?>[] signature : signatures) {
                SecurityAnnotations declared = declaredBy(at, method, signature);
                if (!declared.isEmpty()) {
                    return declared;
                }
            }
            addInterfaces(at, interfaces);
        }
        return onInterfaces(interfaces, method, signatures);
    }

    private static SecurityAnnotations onInterfaces(
            Set<Class<?>> interfaces, Method method, List<Class<?>[]> signatures) {
        SecurityAnnotations found = on(NOTHING, method.toString());
        for (Class<?> type : interfaces) {
            for (Class<?>[] signature : signatures) {
                SecurityAnnotations declared = declaredBy(type, method, signature);
                // Who implements an interface may not open by it what its class closes.
                if (declared.isEmpty() || declared.permitAll) {
                    continue;
                }
                if (!found.isEmpty() && !found.saysTheSameAs(declared)) {
                    throw new IllegalArgumentException("Interfaces of " + method + " say different things, on "
                            + found.where + " and on " + declared.where + ": annotate the method itself");
                }
                found = declared;
            }
        }
        return found;
    }

    private static SecurityAnnotations declaredBy(Class<?> type, Method method, Class<?>[] signature) {
        try {
            Method declaration = type.getDeclaredMethod(method.getName(), signature);
            boolean isItself = declaration.equals(method);
            int modifiers = declaration.getModifiers();
            boolean overridable = !Modifier.isPrivate(modifiers) && !Modifier.isStatic(modifiers);
            // The compiler copies annotations to a bridge, where they may concern another overload.
            if ((isItself || overridable) && !declaration.isBridge()) {
                return on(declaration, declaration.toString());
            }
        } catch (NoSuchMethodException e) {
            // This type does not declare it.
        }
        return on(NOTHING, type.getName());
    }

    private static void addInterfaces(Class<?> type, Set<Class<?>> into) {
        for (Class<?> implemented : type.getInterfaces()) {
            into.add(implemented);
            addInterfaces(implemented, into);
        }
    }

    private static SecurityAnnotations on(AnnotatedElement element, String where) {
        CertificateRoles certificateRoles = find(element, CertificateRoles.class, where);
        RolesAllowed rolesAllowed = find(element, RolesAllowed.class, where);
        SecurityAnnotations declared = new SecurityAnnotations(
                where,
                find(element, PermitAll.class, where) != null,
                find(element, DenyAll.class, where) != null,
                certificateRoles == null ? null : roles(where, CertificateRoles.class, certificateRoles.value()),
                rolesAllowed == null ? null : roles(where, RolesAllowed.class, rolesAllowed.value()));
        declared.requireNoContradiction();
        return declared;
    }

    /** On the element itself or on one of its annotations, such as an {@code @AuditorsOnly} of the user's own. */
    private static <A extends Annotation> @Nullable A find(AnnotatedElement element, Class<A> type, String where) {
        A found = element.getAnnotation(type);
        for (Annotation other : element.getAnnotations()) {
            A composed = other.annotationType().getAnnotation(type);
            if (composed != null && found != null && !composed.equals(found)) {
                throw new IllegalArgumentException(
                        "@" + type.getSimpleName() + " on " + where + " comes by two ways that differ: keep one");
            }
            found = composed != null ? composed : found;
        }
        return found;
    }

    /** The same places as {@link #find} looks at. */
    private static boolean isMentionedOn(AnnotatedElement element) {
        return Arrays.stream(element.getAnnotations())
                .map(Annotation::annotationType)
                .anyMatch(type -> ALL.contains(type) || ALL.stream().anyMatch(type::isAnnotationPresent));
    }

    private static Set<String> roles(String where, Class<? extends Annotation> annotation, String[] names) {
        if (names.length == 0) {
            throw new IllegalArgumentException("@" + annotation.getSimpleName() + " on " + where
                    + " names no role; use @DenyAll to let nobody in");
        }
        try {
            return Roles.checked(Arrays.asList(names));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "@" + annotation.getSimpleName() + " on " + where + ": " + e.getMessage(), e);
        }
    }

    private void requireNoContradiction() {
        if (permitAll && !denyAll && asksForRole()) {
            throw new IllegalArgumentException(
                    "@PermitAll on " + where + " contradicts the roles that stand beside it: remove one of them");
        }
    }

    private boolean isEmpty() {
        return !permitAll && !denyAll && !asksForRole();
    }

    private boolean asksForRole() {
        return byCertificate != null || byAnyMeans != null;
    }

    private boolean saysTheSameAs(SecurityAnnotations other) {
        return asRequired().equals(other.asRequired());
    }

    /** What a method says, completed by what its class says. */
    SecurityAnnotations completedBy(SecurityAnnotations type) {
        if (permitAll || denyAll) {
            return this;
        }
        if (isEmpty()) {
            return type;
        }
        return new SecurityAnnotations(
                where,
                false,
                false,
                byCertificate != null ? byCertificate : type.byCertificate,
                byAnyMeans != null ? byAnyMeans : type.byAnyMeans);
    }

    RequiredRoles asRequired() {
        if (denyAll) {
            return RequiredRoles.denyAll();
        }
        return new RequiredRoles(
                false, byCertificate == null ? Set.of() : byCertificate, byAnyMeans == null ? Set.of() : byAnyMeans);
    }

    /** The erased parameter types under which the supertypes of a class may declare a method. */
    private static final class OverriddenSignatures {

        private OverriddenSignatures() {}

        /** The method's own, and those of the bridges to it: a bridge stands for a generic declaration. */
        static List<Class<?>[]> of(Class<?> type, Method method) {
            List<Class<?>[]> signatures = new ArrayList<>();
            signatures.add(method.getParameterTypes());
            for (Class<?> at = type; at != null; at = at.getSuperclass()) {
                for (Method bridge : at.getDeclaredMethods()) {
                    if (bridge.isBridge() && couldBridgeTo(bridge, method)) {
                        requireOneTarget(type, bridge);
                        signatures.add(bridge.getParameterTypes());
                    }
                }
            }
            return signatures;
        }

        private static boolean couldBridgeTo(Method bridge, Method method) {
            Class<?>[] wide = bridge.getParameterTypes();
            Class<?>[] narrow = method.getParameterTypes();
            return bridge.getName().equals(method.getName())
                    && wide.length == narrow.length
                    && !Arrays.equals(wide, narrow)
                    && IntStream.range(0, wide.length).allMatch(i -> wide[i].isAssignableFrom(narrow[i]));
        }

        /** Reflection does not say to which overload a bridge leads; where it matters, a guess could open a door. */
        private static void requireOneTarget(Class<?> type, Method bridge) {
            Set<List<Class<?>>> targets = new HashSet<>();
            for (Class<?> at = type; at != null; at = at.getSuperclass()) {
                for (Method candidate : at.getDeclaredMethods()) {
                    if (!candidate.isBridge() && couldBridgeTo(bridge, candidate)) {
                        targets.add(List.of(candidate.getParameterTypes()));
                    }
                }
            }
            if (targets.size() > 1 && isAnnotatedAnywhere(type, bridge)) {
                throw new IllegalArgumentException("It is not clear which overload of " + bridge.getName() + " in "
                        + type.getName() + " the annotated generic declaration stands for: annotate the overloads"
                        + " themselves and not the declaration");
            }
        }

        private static boolean isAnnotatedAnywhere(Class<?> type, Method wide) {
            Set<Class<?>> supertypes = new LinkedHashSet<>();
            for (Class<?> at = type; at != null; at = at.getSuperclass()) {
                supertypes.add(at);
                SecurityAnnotations.addInterfaces(at, supertypes);
            }
            return supertypes.stream()
                    .anyMatch(at -> !SecurityAnnotations.declaredBy(at, wide, wide.getParameterTypes())
                            .isEmpty());
        }
    }
}
