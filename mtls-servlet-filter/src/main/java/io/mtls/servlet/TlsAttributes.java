package io.mtls.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The request attributes in which containers keep what the TLS connection says of the client. */
final class TlsAttributes {

    /** Jakarta Servlet 6.1 section 3.9. */
    static final String CHAIN = "jakarta.servlet.request.X509Certificate";

    /** The ones that lead to the chain; values of a telling type are recognised under any name. */
    private static final Set<String> NAMES = Set.of(
            CHAIN,
            "javax.servlet.request.X509Certificate", // set by code that serves both generations
            "org.eclipse.jetty.io.Endpoint.SslSessionData");

    private TlsAttributes() {}

    /** Whether this attribute gives away a client's chain. */
    static boolean leadsToChain(String name, @Nullable Object value) {
        return NAMES.contains(name)
                || value instanceof Certificate
                || value instanceof Certificate[]
                || value instanceof SSLSession;
    }

    /** Takes the chain out of the container's own request, as far as it lets us. */
    static void removeChain(HttpServletRequest request) {
        if (request.getAttribute(CHAIN) == null) {
            return;
        }
        request.removeAttribute(CHAIN);
        if (request.getAttribute(CHAIN) != null) { // Tomcat fetches it again from the connection.
            request.setAttribute(CHAIN, new X509Certificate[0]);
        }
    }
}
