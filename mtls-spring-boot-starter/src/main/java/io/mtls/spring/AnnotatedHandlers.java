package io.mtls.spring;

import io.mtls.RequiredRoles;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.mvc.Controller;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/** Looks at all annotations before the server serves: none contradicts another, and none stands where nobody obeys it. */
final class AnnotatedHandlers implements SmartInitializingSingleton {

    private final ListableBeanFactory beans;
    private final CertificateRolesInterceptor interceptor;
    private final boolean methodsAreIntercepted;

    /** @param methodsAreIntercepted whether Spring Security enforces the annotations on beans of any kind */
    AnnotatedHandlers(
            ListableBeanFactory beans, CertificateRolesInterceptor interceptor, boolean methodsAreIntercepted) {
        this.beans = beans;
        this.interceptor = interceptor;
        this.methodsAreIntercepted = methodsAreIntercepted;
    }

    /** Whether a request that leads to this method passes the interceptor, or the filter, before. */
    static boolean isDispatchedTo(Class<?> type, Method method) {
        if (Servlet.class.isAssignableFrom(type)) {
            return true; // The filter reads the class, and stops the start where a method is annotated.
        }
        Method only = onlyMethodOf(type);
        return only != null
                ? method.getName().equals(only.getName())
                        && Arrays.equals(method.getParameterTypes(), only.getParameterTypes())
                : AnnotatedElementUtils.hasAnnotation(method, RequestMapping.class);
    }

    /** The method by which a handler that is no annotated controller takes every request, if it is one. */
    static @Nullable Method onlyMethodOf(Class<?> type) {
        return HttpRequestHandler.class.isAssignableFrom(type) || Controller.class.isAssignableFrom(type)
                ? ReflectionUtils.findMethod(type, "handleRequest", HttpServletRequest.class, HttpServletResponse.class)
                : null;
    }

    @Override
    public void afterSingletonsInstantiated() {
        beans.getBeansOfType(RequestMappingInfoHandlerMapping.class)
                .values()
                .forEach(mapping -> mapping.getHandlerMethods().values().forEach(interceptor::read));
        for (String name : beans.getBeanDefinitionNames()) {
            requireObeyed(name, beans.getType(name, false));
        }
    }

    /**
     * What the annotations of a method say.
     *
     * @throws MtlsConfigurationException if they contradict each other
     */
    static RequiredRoles read(Class<?> type, Method method) {
        try {
            return RequiredRoles.of(type, method);
        } catch (IllegalArgumentException e) {
            throw new MtlsConfigurationException(
                    "The annotations of " + method + " cannot be obeyed: " + e.getMessage(),
                    "Change the annotations so that they say one thing.");
        }
    }

    private void requireObeyed(String bean, @Nullable Class<?> beanType) {
        Class<?> type = beanType == null ? Object.class : ClassUtils.getUserClass(beanType);
        if (type.getName().startsWith("org.springframework.")) {
            return;
        }
        for (Method method : ReflectionUtils.getUniqueDeclaredMethods(type)) {
            if (method.getDeclaringClass() == Object.class
                    || method.isSynthetic()
                    || isDispatchedTo(type, method)
                    || !read(type, method).isRestricted()) {
                continue;
            }
            if (!methodsAreIntercepted && !(isController(type) && saysNothingItself(type, method))) {
                throw new MtlsConfigurationException(
                        "The bean '" + bean + "' has an annotation that asks for a role, on " + method
                                + " or its class, but no request is dispatched to it, so that nobody would obey it.",
                        "Move the annotation to the controller's method that handles the request, or add"
                                + " spring-boot-starter-security, with which it is enforced on beans of any kind.");
            }
            if (methodsAreIntercepted && escapesProxy(type, method)) {
                throw new MtlsConfigurationException(
                        "The bean '" + bean + "' has an annotation that asks for a role on " + method
                                + ", which is private, static or final, so that nobody would obey it.",
                        "Make the method public and not final.");
            }
        }
    }

    /** Helper methods of a controller are called by what was dispatched to, under the class's own annotation. */
    private static boolean isController(Class<?> type) {
        return AnnotatedElementUtils.hasAnnotation(type, org.springframework.stereotype.Controller.class);
    }

    private static boolean saysNothingItself(Class<?> type, Method method) {
        return read(type, method).equals(RequiredRoles.of(type));
    }

    /** What a proxy cannot override. Private and static methods under their class's annotation are its own business. */
    private static boolean escapesProxy(Class<?> type, Method method) {
        int modifiers = method.getModifiers();
        boolean ownBusiness = Modifier.isPrivate(modifiers) || Modifier.isStatic(modifiers);
        return ownBusiness ? !saysNothingItself(type, method) : Modifier.isFinal(modifiers);
    }
}
