package io.mtls.servlet;

import io.mtls.ClientIdentity;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The request as the application sees it.
 *
 * <p>A caller with a certificate is that caller alone: neither the name nor a role of somebody whom the container knows
 * (by a form or a session, say) is added, for that may be another person. An anonymous caller may be known to the
 * container by other means; by a certificate that was not accepted it is known to nobody.
 */
final class MtlsRequest extends HttpServletRequestWrapper {

    private final @Nullable ClientIdentity identity;
    private final Predicate<String> hidesHeader;

    /** @param hidesHeader of those that forward certificates, or seem to */
    MtlsRequest(HttpServletRequest request, @Nullable ClientIdentity identity, Predicate<String> hidesHeader) {
        super(request);
        this.identity = identity;
        this.hidesHeader = hidesHeader;
    }

    @Override
    public @Nullable Principal getUserPrincipal() {
        return identity != null ? identity : ifNotByCertificate(super.getUserPrincipal());
    }

    @Override
    public @Nullable String getRemoteUser() {
        return identity != null ? identity.getName() : ifNotByCertificate(super.getRemoteUser());
    }

    @Override
    public @Nullable String getAuthType() {
        return identity != null ? CLIENT_CERT_AUTH : ifNotByCertificate(super.getAuthType());
    }

    /** {@code **} is any authenticated caller and {@code *} is nobody (Jakarta Servlet 6.1 section 13.3). */
    @Override
    public boolean isUserInRole(String role) {
        if (identity != null) {
            return role.equals("**") || identity.roles().contains(role);
        }
        return !isAuthenticatedByContainersCertificate() && super.isUserInRole(role);
    }

    @Override
    public boolean authenticate(HttpServletResponse response) throws IOException, ServletException {
        return identity != null || super.authenticate(response);
    }

    @Override
    public void login(String username, String password) throws ServletException {
        if (identity != null) {
            throw new ServletException("The caller is already authenticated, by a certificate");
        }
        super.login(username, password);
    }

    @Override
    public @Nullable Object getAttribute(String name) {
        if (name.equals(MtlsFilter.IDENTITY_ATTRIBUTE)) {
            return identity;
        }
        Object value = super.getAttribute(name);
        return isHidden(name, value) ? null : value;
    }

    @Override
    public Enumeration<String> getAttributeNames() {
        Set<String> names = new LinkedHashSet<>(Collections.list(super.getAttributeNames()));
        names.removeIf(name -> isHidden(name, super.getAttribute(name)));
        if (identity != null) {
            names.add(MtlsFilter.IDENTITY_ATTRIBUTE);
        } else {
            names.remove(MtlsFilter.IDENTITY_ATTRIBUTE);
        }
        return Collections.enumeration(names);
    }

    @Override
    public void setAttribute(String name, @Nullable Object value) {
        if (!isOurs(name)) {
            super.setAttribute(name, value);
        }
    }

    @Override
    public void removeAttribute(String name) {
        if (!isOurs(name)) {
            super.removeAttribute(name);
        }
    }

    @Override
    public @Nullable String getHeader(String name) {
        return hidesHeader.test(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return hidesHeader.test(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        List<String> names = Collections.list(super.getHeaderNames());
        names.removeIf(hidesHeader);
        return Collections.enumeration(names);
    }

    @Override
    public long getDateHeader(String name) {
        return hidesHeader.test(name) ? -1 : super.getDateHeader(name);
    }

    @Override
    public int getIntHeader(String name) {
        return hidesHeader.test(name) ? -1 : super.getIntHeader(name);
    }

    private boolean isHidden(String name, @Nullable Object value) {
        return identity == null && TlsAttributes.leadsToChain(name, value);
    }

    /** Ignored, not an error: frameworks put back all attributes after an include. */
    private static boolean isOurs(String name) {
        return name.equals(MtlsFilter.IDENTITY_ATTRIBUTE) || name.equals(Decision.ATTRIBUTE);
    }

    private <T> @Nullable T ifNotByCertificate(@Nullable T containers) {
        return isAuthenticatedByContainersCertificate() ? null : containers;
    }

    private boolean isAuthenticatedByContainersCertificate() {
        return CLIENT_CERT_AUTH.equals(super.getAuthType());
    }
}
