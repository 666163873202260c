package io.mtls.servlet;

import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An application of nothing but servlets and init-parameters.
 *
 * @param servlets class names by name
 */
record StubFilterConfig(Map<String, String> initParameters, Map<String, String> servlets) implements FilterConfig {

    @Override
    public String getFilterName() {
        return "mtls";
    }

    @Override
    public @Nullable String getInitParameter(String name) {
        return initParameters.get(name);
    }

    @Override
    public Enumeration<String> getInitParameterNames() {
        return Collections.enumeration(initParameters.keySet());
    }

    @Override
    public ServletContext getServletContext() {
        Map<String, ServletRegistration> registrations = new HashMap<>();
        servlets.forEach((name, className) -> registrations.put(name, registration(className)));
        return stub(ServletContext.class, (method, argument) -> switch (method) {
            case "getServletRegistrations" -> registrations;
            case "getServletRegistration" -> registrations.get(argument);
            case "getClassLoader" -> StubFilterConfig.class.getClassLoader();
            case "getRealPath" -> "/var/app" + argument;
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private static ServletRegistration registration(String className) {
        return stub(ServletRegistration.class, (method, argument) -> className);
    }

    private static <T> T stub(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answers.to(method.getName(), arguments == null ? null : arguments[0])));
    }

    private interface Answers {
        @Nullable
        Object to(String method, @Nullable Object argument);
    }
}
