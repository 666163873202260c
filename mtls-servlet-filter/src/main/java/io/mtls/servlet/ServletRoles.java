package io.mtls.servlet;

import io.mtls.RequiredRoles;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the annotations on the classes of an application's servlets ask for. */
final class ServletRoles {

    private final ServletContext context;
    private final Map<String, RequiredRoles> byServletName = new ConcurrentHashMap<>();

    /**
     * Reads them all.
     *
     * @throws ServletException if annotations contradict each other, or stand on a method, where nobody would heed them
     */
    ServletRoles(ServletContext context) throws ServletException {
        this.context = context;
        try {
            context.getServletRegistrations().keySet().forEach(this::of);
        } catch (IllegalArgumentException e) {
            throw new ServletException(e.getMessage(), e);
        }
    }

    /** What the servlet of this name asks for. */
    RequiredRoles of(String servletName) {
        RequiredRoles known = byServletName.get(servletName);
        return known != null ? known : byServletName.computeIfAbsent(servletName, this::read);
    }

    private RequiredRoles read(String servletName) {
        ServletRegistration registration = context.getServletRegistration(servletName);
        String className = registration == null ? null : registration.getClassName();
        if (className == null) {
            return RequiredRoles.none(); // No servlet at all, or a JSP file, which has no place for an annotation.
        }
        Class<?> type = load(className);
        if (type == null) {
            return RequiredRoles.denyAll(); // It may be annotated for all we know.
        }
        requireNoneOnMethods(type);
        return RequiredRoles.of(type);
    }

    private static void requireNoneOnMethods(Class<?> type) {
        RequiredRoles onClass = RequiredRoles.of(type);
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Method method : at.getDeclaredMethods()) {
                if (!RequiredRoles.of(type, method).equals(onClass)) {
                    throw new IllegalArgumentException("The security annotations on " + at.getName() + "."
                            + method.getName()
                            + " would have no effect, since a servlet is called as a whole: put them on the class, or"
                            + " make two servlets");
                }
            }
        }
    }

    private @Nullable Class<?> load(String className) {
        return loaders().stream()
                .<Class<?>>mapMulti((loader, found) -> {
                    try {
                        found.accept(Class.forName(className, false, loader));
                    } catch (ClassNotFoundException | LinkageError e) {
                        // The next may have it.
                    }
                })
                .findFirst()
                .orElse(null);
    }

    private List<ClassLoader> loaders() {
        ClassLoader ours = Objects.requireNonNull(ServletRoles.class.getClassLoader());
        ClassLoader applications = context.getClassLoader();
        return applications == null ? List.of(ours) : List.of(applications, ours);
    }
}
