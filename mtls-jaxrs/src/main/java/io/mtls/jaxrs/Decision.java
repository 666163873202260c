package io.mtls.jaxrs;

import io.mtls.ClientIdentity;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was decided about a request, kept with it until it has been matched to a resource.
 *
 * @param by who decided, by whose rules; another feature's decision is not believed
 * @param connection with the certificates that are hidden from the application where they were not accepted
 * @param hidden headers that are for nobody else
 * @param path what was asked for, which filters may change
 * @param identity null for an anonymous caller
 */
record Decision(
        Guard by,
        ClientConnection connection,
        Map<String, List<String>> hidden,
        RequestPath path,
        @Nullable ClientIdentity identity) {

    private static final String PROPERTY = Decision.class.getName();

    static @Nullable Decision of(ContainerRequestContext request, Guard by) {
        return request.getProperty(PROPERTY) instanceof Decision decision && decision.by == by ? decision : null;
    }

    void remember(ContainerRequestContext request) {
        request.setProperty(PROPERTY, this);
    }
}
