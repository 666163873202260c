package io.mtls.servlet;

import io.mtls.RequestFacts;
import jakarta.servlet.http.HttpServletRequest;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** What a container knows of a request. */
record ServletFacts(HttpServletRequest request) implements RequestFacts {

    /** The standard attribute; over a connection without TLS there is no chain, whoever set the attribute. */
    @Override
    public X509Certificate @Nullable [] certificates() {
        return request.isSecure() && request.getAttribute(TlsAttributes.CHAIN) instanceof X509Certificate[] chain
                ? chain
                : null;
    }

    /** Without the query, which may hold a secret. */
    @Override
    public String origin() {
        return request.getRemoteAddr() + " " + request.getMethod() + " " + request.getRequestURI();
    }
}
