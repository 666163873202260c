package io.mtls.spring;

import io.mtls.RequiredRoles;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.stereotype.Controller;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.web.HttpRequestHandler;
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

    /** Whether the interceptor sees the calls of a bean of this type. */
    static boolean isHandler(Class<?> type) {
        return AnnotatedElementUtils.hasAnnotation(type, Controller.class)
                || HttpRequestHandler.class.isAssignableFrom(type)
                || org.springframework.web.servlet.mvc.Controller.class.isAssignableFrom(type)
                || jakarta.servlet.Servlet.class.isAssignableFrom(type); // The filter sees those.
    }

    @Override
    public void afterSingletonsInstantiated() {
        beans.getBeansOfType(RequestMappingInfoHandlerMapping.class)
                .values()
                .forEach(mapping -> mapping.getHandlerMethods().values().forEach(interceptor::read));
        if (!methodsAreIntercepted) {
            for (String name : beans.getBeanDefinitionNames()) {
                requireObeyed(name, beans.getType(name, false));
            }
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

    private static void requireObeyed(String bean, @Nullable Class<?> beanType) {
        Class<?> type = beanType == null ? Object.class : ClassUtils.getUserClass(beanType);
        if (type.getName().startsWith("org.springframework.") || isHandler(type)) {
            return;
        }
        for (Method method : ReflectionUtils.getUniqueDeclaredMethods(type)) {
            if (method.getDeclaringClass() != Object.class && read(type, method).isRestricted()) {
                throw new MtlsConfigurationException(
                        "The bean '" + bean + "' has an annotation that asks for a role, on " + method
                                + " or its class, but is no controller, so that nobody would obey it.",
                        "Move the annotation to the controller, or add spring-boot-starter-security, with which it is"
                                + " enforced on beans of any kind.");
            }
        }
    }
}
