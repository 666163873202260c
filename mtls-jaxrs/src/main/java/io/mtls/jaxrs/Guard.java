package io.mtls.jaxrs;

import io.mtls.AccessRule;
import io.mtls.ClientAuth;
import io.mtls.ClientAuthentication;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientIdentity;
import io.mtls.HttpRefusal;
import io.mtls.PathRules;
import io.mtls.RejectionReason;
import io.mtls.RequiredRoles;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lets a request in, or aborts it: what the two filters of {@link MtlsFeature} share. */
final class Guard {

    /** Where servlet containers, and runtimes that follow them, keep the chain. */
    static final String CHAIN = "jakarta.servlet.request.X509Certificate";

    private static final ClientConnection UNKNOWN = new ClientConnection(List.of(), null, "", false);

    private final ClientAuthenticator authenticator;
    private final PathRules rules;
    private final RestRuntime runtime;

    Guard(ClientAuthenticator authenticator, PathRules rules, RestRuntime runtime) {
        this.authenticator = authenticator;
        this.rules = rules;
        this.runtime = runtime;
    }

    /**
     * Decides about a request by its path, anew where that has changed since the last time.
     *
     * @return null if it was refused
     */
    @Nullable
    Decision admit(ContainerRequestContext request) {
        Decision before = Decision.of(request, this);
        RequestPath path = RequestPath.of(runtime.path(request));
        if (before != null && before.path().equals(path)) {
            return before;
        }
        ClientConnection connection = before == null ? runtime.connectionOf(request) : before.connection();
        RestFacts facts = new RestFacts(
                connection == null ? UNKNOWN : connection, before == null ? Map.of() : before.hidden(), request);
        AccessRule rule = path == null ? null : path.rule(rules);
        if (path == null || rule == null) {
            introduce(null, facts);
            refuse(
                    facts,
                    RejectionReason.PATH_AMBIGUOUS,
                    "an empty or dot segment, an escape that readers may differ about, or one of / ; \\ % once decoded");
            return null;
        }
        ClientAuthentication answer = connection == null && rule.clientAuth() != ClientAuth.NONE
                ? authenticator.refuse(
                        facts,
                        RejectionReason.CERTIFICATE_REQUIRED,
                        "the runtime does not show the connection of this request: tell it to MtlsFeature by a"
                                + " ConnectionSource")
                : authenticator.authenticateNow(facts, rule.clientAuth());
        ClientIdentity identity =
                answer instanceof ClientAuthentication.Authenticated caller ? caller.identity() : null;
        Map<String, List<String>> hidden = introduce(identity, facts);
        if (answer instanceof ClientAuthentication.Refused refused) {
            abort(facts, refused);
            return null;
        }
        Decision decision = new Decision(this, facts.connection(), hidden, path, identity);
        if (!require(rule.roles(), decision, "the path", request)) {
            return null;
        }
        decision.remember(request);
        return decision;
    }

    /**
     * Before a refusal as well: response filters run for that, too.
     *
     * @return headers that are for nobody else, taken out now or before
     */
    private Map<String, List<String>> introduce(@Nullable ClientIdentity identity, RestFacts facts) {
        ContainerRequestContext request = facts.request();
        SecurityContext runtimes = request.getSecurityContext();
        request.setSecurityContext(
                new MtlsSecurityContext(identity, runtimes, runtimes != null && runtimes.isSecure()));
        runtime.identified(request, identity);
        // What a deferred handshake let pass is nobody's: not that of a resource that looks for it by itself.
        if (identity == null && request.getProperty(CHAIN) != null) {
            request.setProperty(CHAIN, new X509Certificate[0]);
        }
        return authenticator.proxies() == null ? Map.of() : hideHeaders(facts);
    }

    private Map<String, List<String>> hideHeaders(RestFacts facts) {
        Map<String, List<String>> hidden = new HashMap<>(facts.hidden());
        for (String name : facts.headerNames()) {
            if (authenticator.hides(name)) {
                List<String> values = facts.request().getHeaders().remove(name);
                if (values != null) {
                    hidden.put(name, values);
                }
            }
        }
        return hidden;
    }

    /**
     * Refuses a caller who has not what is required, {@code @RolesAllowed} by the security context as it is now.
     *
     * @param where for the log
     * @param request as the filter has it that asks; RESTEasy heeds no other
     * @return whether it goes on
     */
    boolean require(RequiredRoles required, Decision decision, String where, ContainerRequestContext request) {
        SecurityContext caller = request.getSecurityContext();
        if (!required.isRestricted() || required.permit(decision.identity(), caller::isUserInRole)) {
            return true;
        }
        Principal principal = caller.getUserPrincipal();
        refuse(
                new RestFacts(decision.connection(), decision.hidden(), request),
                principal != null || required.denied()
                        ? RejectionReason.ROLE_MISSING
                        : RejectionReason.CERTIFICATE_REQUIRED,
                (principal == null ? "nobody" : principal.getName()) + " has not what " + where + " asks for: "
                        + required);
        return false;
    }

    private void refuse(RestFacts facts, RejectionReason reason, String detail) {
        abort(facts, authenticator.refuse(facts, reason, detail));
    }

    /** Not by an exception: what an application maps those to would be the answer, and each would be logged. */
    private void abort(RestFacts facts, ClientAuthentication.Refused refused) {
        runtime.refused();
        HttpRefusal refusal = HttpRefusal.of(refused);
        Response.ResponseBuilder response = Response.status(refusal.status())
                .type(HttpRefusal.CONTENT_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, HttpRefusal.CACHE_CONTROL)
                .entity(refusal);
        if (refusal.status() == 503) {
            response.header(HttpHeaders.RETRY_AFTER, HttpRefusal.RETRY_AFTER_SECONDS);
        }
        if (refusal.closesConnection() && facts.connection().http1()) {
            response.header("Connection", "close");
        }
        facts.request().abortWith(response.build());
    }
}
