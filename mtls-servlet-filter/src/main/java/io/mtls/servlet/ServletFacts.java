package io.mtls.servlet;

import io.mtls.RequestFacts;
import io.mtls.proxy.AddressRange;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSession;
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

    /** Of a session that the container left with the request: see {@link MtlsFilter#TLS_SESSION_ATTRIBUTE}. */
    @Override
    public List<byte[]> stapledResponses() {
        return request.isSecure()
                        && request.getAttribute(MtlsFilter.TLS_SESSION_ATTRIBUTE) instanceof ExtendedSSLSession session
                ? session.getStatusResponses()
                : List.of();
    }

    /** What a hook of the container left, which nothing a caller sends has changed; else what the container says. */
    @Override
    public @Nullable InetAddress peer() {
        Object left = request.getAttribute(MtlsFilter.PEER_ATTRIBUTE);
        if (left == null) {
            return AddressRange.addressOf(request.getRemoteAddr());
        }
        return left instanceof InetAddress peer ? peer : null;
    }

    /** Of the same session. */
    @Override
    public @Nullable String serverName() {
        return request.isSecure()
                        && request.getAttribute(MtlsFilter.TLS_SESSION_ATTRIBUTE) instanceof SSLSession session
                ? RequestFacts.serverNameOf(session)
                : null;
    }

    @Override
    public String host() {
        return request.getServerName();
    }

    @Override
    public Iterable<String> headerNames() {
        return Collections.list(request.getHeaderNames());
    }

    @Override
    public List<String> headers(String name) {
        return Collections.list(request.getHeaders(name));
    }

    /** Without the query, which may hold a secret. */
    @Override
    public String origin() {
        return request.getRemoteAddr() + " " + request.getMethod() + " " + request.getRequestURI();
    }
}
