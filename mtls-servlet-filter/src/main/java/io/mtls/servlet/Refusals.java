package io.mtls.servlet;

import io.mtls.HttpRefusal;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes a refusal, and nothing else writes one. */
final class Refusals {

    private Refusals() {}

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
