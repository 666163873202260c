package io.mtls.jaxrs;

import io.mtls.ClientIdentity;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.FeatureContext;
import org.jspecify.annotations.Nullable;

/**
 * What Jakarta REST leaves to the runtime's own API: the connection of a request, and what can be injected.
 *
 * <p>Each knows classes that are there only with its runtime.
 */
abstract class RestRuntime implements ConnectionSource {

    /**
     * The one that an application is being configured in.
     *
     * @param given the user's own; else the runtime's is used
     */
    static RestRuntime of(FeatureContext context, @Nullable ConnectionSource given) {
        String runtime = context.getClass().getName();
        if (runtime.startsWith("org.glassfish.jersey.")) {
            return new JerseyRuntime(context, given);
        }
        if (runtime.startsWith("org.jboss.resteasy.")) {
            return new ResteasyRuntime(given);
        }
        if (runtime.startsWith("org.apache.cxf.")) {
            return new CxfRuntime(given);
        }
        if (given == null) {
            throw new IllegalStateException(
                    "Where this Jakarta REST runtime (" + runtime + ") keeps the TLS connection of a"
                            + " request is not known: tell it to MtlsFeature by a ConnectionSource");
        }
        return new Unknown(given);
    }

    /** Not decoded, behind the slash that follows the application, which all but Jersey tell as well. */
    String path(ContainerRequestContext request) {
        String path = request.getUriInfo().getPath(false);
        return path.startsWith("/") ? path.substring(1) : path;
    }

    /** Registers what else it takes. */
    abstract void configure(FeatureContext context);

    /** Is told who the caller is, null for an anonymous one, to have it injected later in this request. */
    abstract void identified(ContainerRequestContext request, @Nullable ClientIdentity identity);

    /** Is told that the answer is a refusal, which must not wait for what its caller has still to send. */
    void refused() {}

    /** Injects nothing. */
    private static final class Unknown extends RestRuntime {
        private final ConnectionSource connections;

        Unknown(ConnectionSource connections) {
            this.connections = connections;
        }

        @Override
        public @Nullable ClientConnection connectionOf(ContainerRequestContext request) {
            return connections.connectionOf(request);
        }

        @Override
        void configure(FeatureContext context) {}

        @Override
        void identified(ContainerRequestContext request, @Nullable ClientIdentity identity) {}
    }
}
