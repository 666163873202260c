package io.mtls.servlet;

import io.mtls.AccessRule;
import io.mtls.PathRules;
import io.mtls.RejectionReason;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which rule holds for a request. */
@FunctionalInterface
public interface RequestRules {

    /**
     * The rule for a request, from its path as the container will use it to choose a servlet; never from
     * {@code getRequestURI}, which is what the caller sent, not decoded and not normalised.
     *
     * @return null to refuse the request with {@link RejectionReason#PATH_AMBIGUOUS}, because its path can be read in
     *     more than one way
     */
    @Nullable
    AccessRule ruleFor(HttpServletRequest request);

    /** By servlet path and path info, which are what the container decoded and normalised and maps to a servlet. */
    static RequestRules of(PathRules rules) {
        return request -> rules.ruleFor(Objects.requireNonNullElse(request.getServletPath(), "")
                + Objects.requireNonNullElse(request.getPathInfo(), ""));
    }
}
