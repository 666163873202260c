package io.mtls.jaxrs;

import io.mtls.CertificateForwarding;
import io.mtls.ClientIdentity;
import jakarta.annotation.Priority;
import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientRequestFilter;
import jakarta.ws.rs.client.Invocation;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@link CertificateForwarding} for a Jakarta REST client on which it is registered. It comes last of all filters.
 *
 * <p>On whose behalf is said for each request: {@code JaxrsCertificateForwarding.onBehalfOf(identity,
 * target.request()).get()}. Not by something that is looked up when the filter runs, for runtimes run it in threads of
 * their own. Of whom nothing is said, nobody is spoken for.
 *
 * <p>CXF keeps the properties of all requests of a {@code WebTarget} in one place. There make a target for each request;
 * in one that is shared, a request which another has overtaken fails, and speaks for nobody.
 *
 * <p>It does not authenticate this application to the next service: that is up to the client's own {@code sslContext} or
 * {@code keyStore}.
 */
@Priority(Integer.MAX_VALUE)
public final class JaxrsCertificateForwarding implements ClientRequestFilter {

    /** Between the two methods below; the next service never sees it. */
    private static final String TICKET = "Mtls-Caller-Ticket";

    private final CertificateForwarding format;

    /** Ready to be registered; as RFC 9440 says. */
    public JaxrsCertificateForwarding() {
        this(CertificateForwarding.RFC9440);
    }

    /** @param format what the next service reads */
    public JaxrsCertificateForwarding(CertificateForwarding format) {
        this.format = format;
    }

    /**
     * The same request on behalf of this caller, by a client that has this filter.
     *
     * @param caller of the request that is being served; null for an anonymous one, for whom headers are only removed
     */
    public static Invocation.Builder onBehalfOf(@Nullable ClientIdentity caller, Invocation.Builder request) {
        Call call = new Call(UUID.randomUUID().toString(), caller);
        return request.header(TICKET, call.ticket()).property(CertificateForwarding.CALLER, call);
    }

    /**
     * Strips, and speaks for the caller.
     *
     * @throws IllegalStateException if the runtime brings the caller of another request
     */
    @Override
    public void filter(ClientRequestContext request) {
        String ticket = request.getHeaderString(TICKET);
        for (String name : List.copyOf(request.getHeaders().keySet())) {
            if (CertificateForwarding.isStripped(name) || name.equalsIgnoreCase(TICKET)) {
                request.getHeaders().remove(name);
            }
        }
        if (ticket == null) {
            return; // And if there is a property, it is another request's.
        }
        if (!(request.getProperty(CertificateForwarding.CALLER) instanceof Call call)
                || !call.ticket().equals(ticket)) {
            throw new IllegalStateException("The caller that the runtime brings is not this request's: make a WebTarget"
                    + " for each request, and ask onBehalfOf once");
        }
        format.headers(call.caller())
                .forEach((name, value) -> request.getHeaders().putSingle(name, value));
    }

    /**
     * A property, which a runtime may confuse with another request's, and what tells: headers they keep apart.
     *
     * @param ticket a secret, so that no header that somebody sent to this application fits
     */
    private record Call(String ticket, @Nullable ClientIdentity caller) {}
}
