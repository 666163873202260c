package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.HttpRefusal;
import io.mtls.RejectionReason;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Says no, and nothing else does: the event for those who listen, the HTTP response for the caller.
 *
 * <p>For the filter, and for what enforces rules behind it (an interceptor, a framework's own access control).
 */
public final class Refusals {

    private final ClientAuthenticator authenticator;

    /** Tells the listener of this authenticator. */
    public Refusals(ClientAuthenticator authenticator) {
        this.authenticator = authenticator;
    }

    /**
     * Refuses a request. Says nothing to the caller once the response is committed.
     *
     * @param detail for the log, not for the caller
     */
    public void refuse(HttpServletRequest request, HttpServletResponse response, RejectionReason reason, String detail)
            throws IOException {
        write(HttpRefusal.of(authenticator.refuse(new ServletFacts(request), reason, detail)), request, response);
    }

    /**
     * Never by {@code sendError}, which would start a second dispatch. Headers that were set before stay, for they are
     * another filter's (CORS, say); content does not. Nothing can be said once the response is committed.
     */
    static void write(HttpRefusal refusal, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (response.isCommitted()) {
            return;
        }
        response.resetBuffer();
        response.setStatus(refusal.status());
        response.setContentType(HttpRefusal.CONTENT_TYPE);
        response.setHeader("Cache-Control", HttpRefusal.CACHE_CONTROL);
        if (refusal.status() == 503) {
            response.setHeader("Retry-After", Integer.toString(HttpRefusal.RETRY_AFTER_SECONDS));
        }
        // Over HTTP/2 the header is a protocol error (RFC 9113 section 8.2.2).
        if (refusal.closesConnection() && request.getProtocol().startsWith("HTTP/1.")) {
            response.setHeader("Connection", "close");
        }
        byte[] body = refusal.body();
        response.setContentLength(body.length);
        if (!request.getMethod().equals("HEAD")) {
            write(body, response);
        }
    }

    private static void write(byte[] body, HttpServletResponse response) throws IOException {
        try {
            response.getOutputStream().write(body);
        } catch (IllegalStateException e) { // Who forwarded the request had asked for the writer already.
            response.getWriter().write(new String(body, StandardCharsets.UTF_8));
        }
    }
}
