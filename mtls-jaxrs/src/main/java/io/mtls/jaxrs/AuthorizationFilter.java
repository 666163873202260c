package io.mtls.jaxrs;

import io.mtls.RequiredRoles;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import org.jspecify.annotations.Nullable;

/**
 * Asks what the annotations of the matched resource ask for; and for the rule of the path once more, if a filter has
 * changed that since.
 */
@Priority(Priorities.AUTHORIZATION)
final class AuthorizationFilter implements ContainerRequestFilter {

    private final Guard guard;
    private final ResourceRoles roles = new ResourceRoles();

    @Context
    private @Nullable ResourceInfo resource;

    AuthorizationFilter(Guard guard) {
        this.guard = guard;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        Decision decision = guard.admit(request);
        if (decision == null) {
            return;
        }
        ResourceRoles.Call call = ResourceRoles.Call.of(resource, request.getUriInfo());
        for (RequiredRoles required : roles.of(call)) {
            if (!guard.require(required, decision, call.toString(), request)) {
                return;
            }
        }
    }
}
