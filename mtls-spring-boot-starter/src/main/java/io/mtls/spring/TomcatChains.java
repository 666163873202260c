package io.mtls.spring;

import jakarta.servlet.ServletConnection;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.tomcat.util.net.SSLSupport;
import org.jspecify.annotations.Nullable;

/**
 * Leaves the client's chain where Tomcat would put it, as it was for an earlier request of the same connection: once it is
 * asked for, Tomcat collects anew all that it knows of the TLS session, and that takes longer than all that the filter does.
 *
 * <p>By the identity of Tomcat's object for the connection, of which there is one for each. Only with TLS 1.3, in which a
 * connection's certificates stay (RFC 8446 has no renegotiation, and nobody here asks for post-handshake authentication).
 * An attribute that somebody set at the request still comes first. Nothing is decided here: the filter does, each time.
 */
final class TomcatChains extends ValveBase {

    /** Connections that share a place with another one are asked again and again. */
    private static final int PLACES = 4096; // a power of two

    private final AtomicReferenceArray<@Nullable Known> byConnection = new AtomicReferenceArray<>(PLACES);

    private static final class Known {
        private final ServletConnection connection;

        /** Null where there is none, or it has to be asked for each time. */
        private final X509Certificate @Nullable [] chain;

        Known(ServletConnection connection, X509Certificate @Nullable [] chain) {
            this.connection = connection;
            this.chain = chain;
        }
    }

    TomcatChains() {
        super(true); // Asynchronous requests pass, too.
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        ServletConnection connection = request.getServletConnection();
        if (connection.isSecure()) { // By itself, not by the word of a proxy before it.
            leaveChain(request, connection);
        }
        getNext().invoke(request, response);
    }

    @SuppressWarnings("ReferenceEquality") // Identity is the point.
    private void leaveChain(Request request, ServletConnection connection) {
        int hash = System.identityHashCode(connection);
        int place = (hash ^ (hash >>> 16)) & (PLACES - 1);
        Known known = byConnection.get(place);
        if (known == null || known.connection != connection) {
            byConnection.set(place, new Known(connection, lastingChain(request)));
        } else if (known.chain != null) {
            X509Certificate[] chain = known.chain.clone();
            request.getCoyoteRequest().setAttribute(SSLSupport.CERTIFICATE_KEY, chain);
            if (request.getAttribute(SSLSupport.CERTIFICATE_KEY) == chain) { // Nobody has set or hidden it.
                request.setAttribute(SSLSupport.CERTIFICATE_KEY, chain);
            }
        }
    }

    /** What Tomcat itself found, which it leaves in the inner request; what others set is in the outer one. */
    private static X509Certificate @Nullable [] lastingChain(Request request) {
        org.apache.coyote.Request inner = request.getCoyoteRequest();
        return request.getAttribute(SSLSupport.CERTIFICATE_KEY) != null
                        && inner.getAttribute(SSLSupport.CERTIFICATE_KEY) instanceof X509Certificate[] chain
                        && "TLSv1.3".equals(inner.getAttribute(SSLSupport.SECURE_PROTOCOL_KEY))
                ? chain.clone()
                : null;
    }
}
