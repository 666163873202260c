package io.mtls.spring;

import io.mtls.ClientAuthenticator;
import io.mtls.HttpRefusal;
import io.mtls.RejectionReason;
import io.mtls.RequestFacts;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** Says no to a caller that the filter has let in, and tells the listeners. */
final class Refusals {

    private final ClientAuthenticator authenticator;

    Refusals(ClientAuthenticator authenticator) {
        this.authenticator = authenticator;
    }

    /** Never by {@code sendError}, which would start a second dispatch. Says nothing once the response is committed. */
    void refuse(HttpServletRequest request, HttpServletResponse response, RejectionReason reason, String detail)
            throws IOException {
        HttpRefusal refusal = HttpRefusal.of(authenticator.refuse(new Facts(request), reason, detail));
        if (response.isCommitted()) {
            return;
        }
        response.resetBuffer();
        response.setStatus(refusal.status());
        response.setContentType(HttpRefusal.CONTENT_TYPE);
        response.setHeader("Cache-Control", HttpRefusal.CACHE_CONTROL);
        // Over HTTP/2 the header is a protocol error (RFC 9113 section 8.2.2).
        if (refusal.closesConnection() && request.getProtocol().startsWith("HTTP/1.")) {
            response.setHeader("Connection", "close");
        }
        byte[] body = refusal.body();
        response.setContentLength(body.length);
        if (!request.getMethod().equals("HEAD")) {
            response.getOutputStream().write(body);
        }
    }

    private record Facts(HttpServletRequest request) implements RequestFacts {
        @Override
        public X509Certificate @Nullable [] certificates() {
            return null; // Authenticated already.
        }

        @Override
        public String origin() {
            return request.getRemoteAddr() + " " + request.getMethod() + " " + request.getRequestURI();
        }
    }
}
