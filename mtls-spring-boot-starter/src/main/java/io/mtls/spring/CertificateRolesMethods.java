package io.mtls.spring;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.RequiredRoles;
import io.mtls.servlet.MtlsFilter;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.security.authentication.AuthenticationTrustResolver;
import org.springframework.security.authentication.AuthenticationTrustResolverImpl;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.core.Authentication;
import org.springframework.util.ClassUtils;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/**
 * {@link CertificateRoles} on methods that the interceptor of Spring MVC does not see. In a thread that does not handle a request nobody has a role
 * by certificate.
 */
final class CertificateRolesMethods implements AuthorizationManager<MethodInvocation> {

    /** The bean that enforces it. */
    static final String BEAN = "mtlsCertificateRolesMethodInterceptor";

    private static final AuthenticationTrustResolver TRUST = new AuthenticationTrustResolverImpl();

    private final Map<MethodOfType, RequiredRoles> known = new ConcurrentHashMap<>();

    private record MethodOfType(Class<?> type, Method method) {}

    @Override
    public AuthorizationDecision authorize(
            Supplier<? extends @Nullable Authentication> authentication, MethodInvocation invocation) {
        Object target = invocation.getThis();
        Class<?> type = target == null ? invocation.getMethod().getDeclaringClass() : ClassUtils.getUserClass(target);
        RequiredRoles required = known.computeIfAbsent(
                new MethodOfType(type, invocation.getMethod()), key -> RequiredRoles.of(key.type(), key.method()));
        // What is asked for by any means is Spring Security's to decide.
        return new AuthorizationDecision(new RequiredRoles(false, required.byCertificate(), Set.of())
                .permit(identityOf(authentication.get()), role -> true));
    }

    /** Beside somebody else who logged in by other means the certificate's holder is not the caller. */
    private static @Nullable ClientIdentity identityOf(@Nullable Authentication caller) {
        RequestAttributes request = RequestContextHolder.getRequestAttributes();
        return request != null
                        && request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, RequestAttributes.SCOPE_REQUEST)
                                instanceof ClientIdentity identity
                        && (!TRUST.isAuthenticated(caller) || identity.getName().equals(caller.getName()))
                ? identity
                : null;
    }

    /** Methods that carry it, by themselves or by their class, and that no request is dispatched to. */
    static final class Pointcut extends StaticMethodMatcherPointcut {
        @Override
        public boolean matches(Method method, Class<?> type) {
            return !AnnotatedHandlers.isDispatchedTo(type, method)
                    && !AnnotatedHandlers.read(type, method).byCertificate().isEmpty();
        }
    }
}
