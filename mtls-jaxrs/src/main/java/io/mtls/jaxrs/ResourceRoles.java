package io.mtls.jaxrs;

import io.mtls.RequiredRoles;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the annotations on resource classes and methods ask for, those on the locators that led there included.
 *
 * <p>What contradicts itself lets nobody in.
 */
final class ResourceRoles {

    /** As many as an application has methods, and ways to them; more would be classes that come and go. */
    private static final int MAX_CALLS = 10_000;

    private final Map<Call, Set<RequiredRoles>> ofCalls = new ConcurrentHashMap<>();

    /** All of which must be met. */
    Set<RequiredRoles> of(Call call) {
        Set<RequiredRoles> known = ofCalls.get(call);
        if (known != null) {
            return known;
        }
        if (ofCalls.size() >= MAX_CALLS) {
            ofCalls.clear();
        }
        return ofCalls.computeIfAbsent(call, ResourceRoles::read);
    }

    private static Set<RequiredRoles> read(Call call) {
        try {
            Set<RequiredRoles> required = new LinkedHashSet<>();
            // What an interface says of all its methods counts as well, whichever declaration the runtime tells.
            for (Method declaration : declarations(call.type(), call.method())) {
                required.add(RequiredRoles.of(call.type(), declaration));
            }
            for (Call.Step step : call.way()) {
                required.addAll(ofLocators(step.parent(), step.child()));
            }
            return required;
        } catch (IllegalArgumentException e) {
            return Set.of(RequiredRoles.denyAll());
        }
    }

    /**
     * Of the locator that led from one resource to its sub-resource. Jakarta REST does not tell which one it was: where
     * several of the parent's may have been, what any of them asks for is asked for.
     */
    private static Set<RequiredRoles> ofLocators(Class<?> parent, Class<?> child) {
        Set<RequiredRoles> required = new LinkedHashSet<>();
        for (Method locator : locators(parent)) {
            // A locator may return an object, or the class of one.
            if (locator.getReturnType() == Class.class
                    || locator.getReturnType().isAssignableFrom(child)) {
                required.add(RequiredRoles.of(parent, locator));
            }
        }
        return required.isEmpty() ? Set.of(RequiredRoles.denyAll()) : required;
    }

    /**
     * Those of a resource class. A bridge is one, too: a public class inherits the methods of one that is not by bridges, and
     * CXF calls these.
     *
     * @return methods with a path and without an HTTP method (Jakarta RESTful Web Services 4.0 section 3.4.1), here or
     *     where they are inherited from
     */
    static List<Method> locators(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> isLocator(declarations(type, method)))
                .toList();
    }

    private static boolean isLocator(List<Method> declarations) {
        return declarations.stream().anyMatch(method -> method.isAnnotationPresent(Path.class))
                && declarations.stream()
                        .flatMap(method -> Arrays.stream(method.getAnnotations()))
                        .noneMatch(annotation -> annotation.annotationType().isAnnotationPresent(HttpMethod.class));
    }

    private static List<Method> declarations(Class<?> type, Method method) {
        return supertypes(type).stream()
                .flatMap(at -> Arrays.stream(at.getDeclaredMethods()))
                .filter(declared -> declared.getName().equals(method.getName())
                        && takesTheSame(declared.getParameterTypes(), method.getParameterTypes()))
                .toList();
    }

    /** Or more, where a type parameter stands for it. */
    private static boolean takesTheSame(Class<?>[] declared, Class<?>[] given) {
        return declared.length == given.length
                && IntStream.range(0, given.length)
                        .allMatch(
                                i -> declared[i].isAssignableFrom(given[i]) || given[i].isAssignableFrom(declared[i]));
    }

    /** With itself. */
    static Set<Class<?>> supertypes(Class<?> type) {
        Set<Class<?>> all = new LinkedHashSet<>();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            all.add(at);
            for (Class<?> each : at.getInterfaces()) {
                all.addAll(supertypes(each));
            }
        }
        return all;
    }

    /**
     * What a request is matched to.
     *
     * @param type of the object that is called
     * @param way from resource to resource, each step once: how often a locator leads to its own class is the caller's choice
     */
    record Call(Class<?> type, Method method, Set<Step> way) {

        static Call of(@Nullable ResourceInfo resource, UriInfo uri) {
            if (resource == null || resource.getResourceMethod() == null) {
                throw new IllegalStateException("This runtime does not tell which resource a request is matched to");
            }
            List<Class<?>> matched = new ArrayList<>(); // The one that is called first.
            for (Object each : uri.getMatchedResources()) {
                matched.add(
                        each instanceof Class<?> type
                                ? type
                                : each.getClass()); // CXF tells the class, the others the object.
            }
            Set<Step> way = new HashSet<>();
            for (int i = 0; i + 1 < matched.size(); i++) {
                way.add(new Step(matched.get(i + 1), matched.get(i)));
            }
            Class<?> type = resource.getResourceClass();
            // RESTEasy tells the interface that is annotated with paths, and not who implements it.
            boolean isImplemented = !matched.isEmpty() && type.isAssignableFrom(matched.get(0));
            return new Call(isImplemented ? matched.get(0) : type, resource.getResourceMethod(), way);
        }

        /** From a resource to a sub-resource of it. */
        record Step(Class<?> parent, Class<?> child) {}

        /** For a log line. */
        @Override
        public String toString() {
            return type.getName() + "#" + method.getName() + "()";
        }
    }
}
