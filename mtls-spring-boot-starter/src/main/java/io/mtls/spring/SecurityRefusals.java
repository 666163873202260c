package io.mtls.spring;

import io.mtls.RejectionReason;
import io.mtls.servlet.Refusals;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.csrf.CsrfException;

/** Where Spring Security says no, the same answers as everywhere else. */
final class SecurityRefusals implements AccessDeniedHandler, AuthenticationEntryPoint {

    private final Refusals refusals;

    SecurityRefusals(Refusals refusals) {
        this.refusals = refusals;
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException denied)
            throws IOException {
        RejectionReason reason =
                denied instanceof CsrfException ? RejectionReason.CROSS_SITE_REQUEST : RejectionReason.ROLE_MISSING;
        refusals.refuse(request, response, reason, String.valueOf(denied.getMessage()));
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException missing)
            throws IOException {
        refusals.refuse(request, response, RejectionReason.CERTIFICATE_REQUIRED, String.valueOf(missing.getMessage()));
    }
}
