package io.mtls.spring;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Set;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Whether a browser sends a request that may change something on behalf of another site. Browsers present client
 * certificates by themselves, as they do cookies, so that such a request must prove more.
 *
 * <p>{@code Sec-Fetch-Site} says it where there is one; all browsers since 2023 send it and no script can set it. Older
 * ones send {@code Origin}, to be compared with {@code Host}. A client that sends neither is no browser. The same rule as
 * Go's {@code http.CrossOriginProtection}.
 */
final class CrossSiteRequestMatcher implements RequestMatcher {

    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    @Override
    public boolean matches(HttpServletRequest request) {
        if (SAFE_METHODS.contains(request.getMethod())) {
            return false;
        }
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null && !site.isEmpty()) {
            return !site.equals("same-origin") && !site.equals("none");
        }
        String origin = request.getHeader("Origin");
        return origin != null && !origin.isEmpty() && !isOfHost(origin, request.getHeader("Host"));
    }

    private static boolean isOfHost(String origin, @org.jspecify.annotations.Nullable String host) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
