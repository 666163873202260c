package io.mtls.sample;

import io.mtls.AccessRule;
import io.mtls.ClientAuth;
import io.mtls.ClientIdentity;
import io.mtls.RequiredRoles;
import io.mtls.servlet.RequestRules;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** What there is to call, read from the handlers and the rules in force, so that the page cannot tell a different tale. */
@Component
class Endpoints {

    /**
     * An endpoint as one caller sees it.
     *
     * @param audience whom it is for: everybody, members, or these roles
     * @param link whether a click in a browser calls it
     */
    record Endpoint(String method, String path, String summary, String audience, boolean open, boolean link) {}

    private static final AccessRule NOBODY = new AccessRule(ClientAuth.NEED, RequiredRoles.denyAll());

    private final RequestMappingHandlerMapping handlers;
    private final RequestRules rules;

    Endpoints(@Qualifier("requestMappingHandlerMapping") RequestMappingHandlerMapping handlers, RequestRules rules) {
        this.handlers = handlers;
        this.rules = rules;
    }

    /** All of this application's own, by path. */
    List<Endpoint> seenBy(@Nullable ClientIdentity caller, HttpServletRequest request) {
        return handlers.getHandlerMethods().entrySet().stream()
                .filter(entry -> isOurs(entry.getValue()))
                .map(entry -> endpoint(entry.getKey(), entry.getValue(), caller, request))
                .sorted(Comparator.comparing(Endpoint::path).thenComparing(Endpoint::method))
                .toList();
    }

    /** Others, such as Spring Boot's own for errors, are nothing to call. */
    private static boolean isOurs(HandlerMethod handler) {
        return handler.getBeanType().getPackageName().equals(Endpoints.class.getPackageName());
    }

    private Endpoint endpoint(
            RequestMappingInfo mapping,
            HandlerMethod handler,
            @Nullable ClientIdentity caller,
            HttpServletRequest request) {
        String method =
                mapping.getMethodsCondition().getMethods().iterator().next().name();
        String path = mapping.getPatternValues().iterator().next();
        AccessRule rule = Objects.requireNonNullElse(rules.ruleFor(new OfPath(path, request)), NOBODY);
        RequiredRoles roles = RequiredRoles.of(handler.getBeanType(), handler.getMethod());
        boolean open = isOpen(rule, roles, caller);
        return new Endpoint(
                method,
                path,
                Objects.requireNonNullElse(mapping.getName(), ""),
                audience(rule, roles),
                open,
                open && method.equals("GET") && !path.contains("{"));
    }

    private static boolean isOpen(AccessRule rule, RequiredRoles roles, @Nullable ClientIdentity caller) {
        ClientIdentity seen = rule.clientAuth() == ClientAuth.NONE ? null : caller;
        Set<String> had = seen == null ? Set.of() : seen.roles();
        return (rule.clientAuth() != ClientAuth.NEED || seen != null)
                && rule.roles().permit(seen, had::contains)
                && roles.permit(seen, had::contains);
    }

    private static String audience(AccessRule rule, RequiredRoles roles) {
        if (rule.roles().denied() || roles.denied()) {
            return "nobody";
        }
        Set<String> any = new TreeSet<>();
        for (RequiredRoles required : List.of(rule.roles(), roles)) {
            any.addAll(required.byCertificate());
            any.addAll(required.byAnyMeans());
        }
        if (any.isEmpty()) {
            return rule.clientAuth() == ClientAuth.NEED ? "members" : "everybody";
        }
        return String.join(" or ", any);
    }

    /** Asks the rules about another path than the one requested. */
    private static final class OfPath extends HttpServletRequestWrapper {

        private final String path;

        OfPath(String path, HttpServletRequest request) {
            super(request);
            this.path = path;
        }

        @Override
        public String getRequestURI() {
            return getContextPath() + path;
        }

        @Override
        public String getServletPath() {
            return path;
        }

        @Override
        public @Nullable String getPathInfo() {
            return null;
        }
    }
}
