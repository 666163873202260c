package io.mtls;

import java.nio.charset.StandardCharsets;

/**
 * A refusal as HTTP: the one place that maps reasons to a status, and the one body (RFC 9457) that a refused caller
 * sees. It holds the stable code and nothing else, so it tells an attacker nothing about the certificate that would have
 * been accepted.
 *
 * <p>An adapter writes it itself and never through {@code sendError}, which would start a second dispatch.
 *
 * @param status 403; 421 where another connection is the right one, whatever the certificate; 503 where nothing is wrong with the caller and it may try again later, with a header {@code
 *     Retry-After} ({@link #RETRY_AFTER_SECONDS})
 * @param code of the {@link RejectionReason}
 * @param closesConnection whether an HTTP/1.1 connection is to be closed: a new one may bring another certificate, unless it is a proxy's. Over
 *     HTTP/2 the header {@code Connection} is never to be set
 */
public record HttpRefusal(int status, String code, boolean closesConnection) {

    /** The media type of {@link #body()}. */
    public static final String CONTENT_TYPE = "application/problem+json";

    /** Seconds for the header {@code Retry-After} of a 503: the order of time after which an absent source is asked again. */
    public static final int RETRY_AFTER_SECONDS = 30;

    /** For the header {@code Cache-Control}. */
    public static final String CACHE_CONTROL = "no-store";

    /** What the caller of this refusal is told. */
    public static HttpRefusal of(ClientAuthentication.Refused refused) {
        RejectionReason reason = refused.reason();
        return new HttpRefusal(statusOf(reason), reason.code(), reason.concernsCertificate() && !refused.byProxy());
    }

    private static int statusOf(RejectionReason reason) {
        if (reason == RejectionReason.REQUEST_MISDIRECTED) {
            return 421;
        }
        return reason.isTemporary() ? 503 : 403;
    }

    /** UTF-8 JSON. */
    public byte[] body() {
        String title = switch (status) {
            case 421 -> "Misdirected Request";
            case 503 -> "Service Unavailable";
            default -> "Forbidden";
        };
        // No value needs escaping: a number and words of ours.
        return ("{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"code\":\"" + code
                        + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }
}
