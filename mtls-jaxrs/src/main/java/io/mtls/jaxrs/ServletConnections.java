package io.mtls.jaxrs;

import jakarta.servlet.http.HttpServletRequest;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLSession;

/** What a servlet container knows of the connection of a request. */
final class ServletConnections {

    private ServletConnections() {}

    /** By the standard attribute; over a connection without TLS there is no chain, whoever set the attribute. */
    static ClientConnection of(HttpServletRequest request) {
        boolean secure = request.isSecure();
        return new ClientConnection(
                secure && request.getAttribute(Guard.CHAIN) instanceof X509Certificate[] chain
                        ? List.of(chain)
                        : List.of(),
                secure && request.getAttribute(MtlsFeature.TLS_SESSION_PROPERTY) instanceof SSLSession session
                        ? session
                        : null,
                request.getRemoteAddr(),
                request.getProtocol().startsWith("HTTP/1."));
    }
}
