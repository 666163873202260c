package io.mtls.spring;

import io.mtls.CertificateRoles;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

    private static final List<Class<? extends Annotation>> ANNOTATIONS =
            List.of(CertificateRoles.class, RolesAllowed.class, PermitAll.class, DenyAll.class);

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

    private static void requireObeyed(String bean, @Nullable Class<?> beanType) {
        Class<?> type = beanType == null ? Object.class : ClassUtils.getUserClass(beanType);
        if (type.getName().startsWith("org.springframework.") || isHandler(type)) {
            return;
        }
        Stream<AnnotatedElement> elements =
                Stream.concat(Stream.of(type), Stream.of(ReflectionUtils.getUniqueDeclaredMethods(type)));
        Optional<AnnotatedElement> annotated = elements.filter(
                        element -> ANNOTATIONS.stream().anyMatch(element::isAnnotationPresent))
                .findFirst();
        if (annotated.isPresent()) {
            throw new MtlsConfigurationException(
                    "The bean '" + bean + "' has an annotation that asks for a role, on " + annotated.get()
                            + ", but is no controller, so that nobody would obey it.",
                    "Move the annotation to the controller, or add spring-boot-starter-security, with which it is"
                            + " enforced on beans of any kind.");
        }
    }
}
