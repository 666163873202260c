package io.mtls.spring;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.RejectionReason;
import io.mtls.RequiredRoles;
import io.mtls.servlet.MtlsFilter;
import io.mtls.servlet.Refusals;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Method;
import java.security.Principal;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.TargetClassAware;
import org.springframework.aop.support.AopUtils;
import org.springframework.util.ClassUtils;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Enforces {@link CertificateRoles}, {@link RolesAllowed} and their companions on whatever handles a request of Spring
 * MVC. Beside Spring Security it asks that for the roles by any means.
 */
final class CertificateRolesInterceptor implements HandlerInterceptor {

    private final Refusals refusals;
    private final Map<Key, RequiredRoles> known = new ConcurrentHashMap<>();

    CertificateRolesInterceptor(Refusals refusals) {
        this.refusals = refusals;
    }

    /**
     * Reads the annotations once.
     *
     * @throws MtlsConfigurationException if they contradict each other
     */
    void read(HandlerMethod handler) {
        rolesOf(handler);
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler)
            throws IOException {
        if (request.getDispatcherType() == DispatcherType.ERROR) {
            return true; // So that the error page can be rendered.
        }
        RequiredRoles required = rolesOf(handler);
        if (!required.isRestricted()) {
            return true;
        }
        if (required.permit(identityOfCaller(request), request::isUserInRole)) {
            return true;
        }
        boolean known = request.getUserPrincipal() != null || required.denied();
        refusals.refuse(
                request,
                response,
                known ? RejectionReason.ROLE_MISSING : RejectionReason.CERTIFICATE_REQUIRED,
                request.getRemoteUser() + " has not what " + handler + " asks for: " + required);
        return false;
    }

    /** Beside somebody else who logged in by other means the certificate's holder is not the caller. */
    private static @Nullable ClientIdentity identityOfCaller(HttpServletRequest request) {
        Principal caller = request.getUserPrincipal();
        return request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE) instanceof ClientIdentity identity
                        && (caller == null || identity.getName().equals(caller.getName()))
                ? identity
                : null;
    }

    private RequiredRoles rolesOf(Object handler) {
        Key key = handler instanceof HandlerMethod method
                ? Key.of(
                        method.getBean() instanceof String ? method.getBeanType() : method.getBean(),
                        method.getMethod())
                : Key.of(handler, AnnotatedHandlers.onlyMethodOf(handler.getClass()));
        RequiredRoles required = known.get(key);
        return required != null ? required : known.computeIfAbsent(key, Key::read);
    }

    /** With the type: controllers that inherit one method can have different annotations of their own. */
    private record Key(Class<?> type, @Nullable Method method) {

        /** Of what stands behind a proxy, which {@link AopUtils#getTargetClass} looks for in any object, each time. */
        static Key of(Object beanOrType, @Nullable Method method) {
            if (beanOrType instanceof Class<?> type) {
                return new Key(type, method);
            }
            return new Key(
                    beanOrType instanceof TargetClassAware
                            ? AopUtils.getTargetClass(beanOrType)
                            : beanOrType.getClass(),
                    method);
        }

        /** The same object nearly always, which {@link Method#equals} does not look for. */
        @Override
        @SuppressWarnings("ReferenceEquality")
        public boolean equals(@Nullable Object other) {
            return other instanceof Key that
                    && type == that.type
                    && (method == that.method || Objects.equals(method, that.method));
        }

        @Override
        public int hashCode() {
            return type.hashCode() * 31 + Objects.hashCode(method);
        }

        /** The annotations are on neither the class nor the methods that a proxy by CGLIB generates. */
        RequiredRoles read() {
            Class<?> written = ClassUtils.getUserClass(type);
            return method == null
                    ? RequiredRoles.of(written)
                    : AnnotatedHandlers.read(written, AopUtils.getMostSpecificMethod(method, written));
        }
    }
}
