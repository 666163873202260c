package io.mtls;

import java.nio.charset.StandardCharsets;

/**
 * A refusal as HTTP: the one place that maps reasons to a status, and the one body (RFC 9457) that a refused caller
 * sees. It holds the stable code and nothing else, so it tells an attacker nothing about the certificate that would have
 * been accepted.
 *
 * <p>An adapter writes it itself and never through {@code sendError}, which would start a second dispatch.
 *
 * @param status 403, or 503 where the caller may try again later
 * @param code of the {@link RejectionReason}
 * @param closesConnection whether an HTTP/1.1 connection is to be closed: a new one may bring another certificate. Over
 *     HTTP/2 the header {@code Connection} is never to be set
 */
public record HttpRefusal(int status, String code, boolean closesConnection) {

    /** The media type of {@link #body()}. */
    public static final String CONTENT_TYPE = "application/problem+json";

    /** For the header {@code Cache-Control}. */
    public static final String CACHE_CONTROL = "no-store";

    /** What the caller of this refusal is told. */
    public static HttpRefusal of(ClientAuthentication.Refused refused) {
        RejectionReason reason = refused.reason();
        int status = reason == RejectionReason.ROLES_UNAVAILABLE ? 503 : 403;
        // Another role is not had by another connection, and a path is not made clear by one.
        boolean closes = reason != RejectionReason.ROLE_MISSING
                && reason != RejectionReason.PATH_AMBIGUOUS
                && reason != RejectionReason.CROSS_SITE_REQUEST
                && reason != RejectionReason.ROLES_UNAVAILABLE;
        return new HttpRefusal(status, reason.code(), closes);
    }

    /** UTF-8 JSON. */
    public byte[] body() {
        String title = status == 503 ? "Service Unavailable" : "Forbidden";
        // No value needs escaping: a number and words of ours.
        return ("{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"code\":\"" + code
                        + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }
}
