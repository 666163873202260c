package io.mtls.spring;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.RejectionReason;
import io.mtls.RequiredRoles;
import io.mtls.servlet.MtlsFilter;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.util.ClassUtils;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Enforces {@link CertificateRoles}, {@link RolesAllowed} and their companions on whatever handles a request of Spring
 * MVC. Beside Spring Security it asks that for the roles by any means.
 */
final class CertificateRolesInterceptor implements HandlerInterceptor {

    private final Refusals refusals;
    private final Map<Object, RequiredRoles> known = new ConcurrentHashMap<>();

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
        ClientIdentity identity =
                request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE) instanceof ClientIdentity caller ? caller : null;
        if (required.permit(identity, request::isUserInRole)) {
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

    private RequiredRoles rolesOf(Object handler) {
        if (handler instanceof HandlerMethod method) {
            return known.computeIfAbsent(
                    method.getMethod(), unused -> AnnotatedHandlers.read(method.getBeanType(), method.getMethod()));
        }
        Class<?> type = ClassUtils.getUserClass(handler);
        return known.computeIfAbsent(type, unused -> RequiredRoles.of(type));
    }
}
