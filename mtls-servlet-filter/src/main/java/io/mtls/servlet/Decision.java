package io.mtls.servlet;

import io.mtls.ClientIdentity;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a filter decided about a request, kept with that request for its further dispatches.
 *
 * <p>Nobody else can make one, and a filter believes only its own: not an attribute that an application set under the
 * same name, nor the decision of another application's filter by other rules.
 *
 * @param filter who decided
 * @param identity null for an anonymous caller
 */
record Decision(MtlsFilter filter, @Nullable ClientIdentity identity) {

    static final String ATTRIBUTE = Decision.class.getName();

    static @Nullable Decision of(HttpServletRequest request, MtlsFilter filter) {
        return request.getAttribute(ATTRIBUTE) instanceof Decision decision && decision.filter == filter
                ? decision
                : null;
    }

    /** Leaves it, and the identity for the access log, in the container's request; takes out what it does not accept. */
    void remember(HttpServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
        request.setAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, identity);
        if (identity == null) {
            TlsAttributes.removeChain(request);
        }
    }
}
