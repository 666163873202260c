package io.mtls.spring;

import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.util.ClassUtils;

/** A separate port for Spring Boot's actuator, which the path rules do not reach. */
final class ManagementPort {

    private static final boolean ACTUATOR =
            ClassUtils.isPresent("org.springframework.boot.actuate.endpoint.annotation.Endpoint", null);

    private ManagementPort() {}

    /** As Spring Boot does; any other endpoint there needs a chain of the user's own. */
    static void permitHealth(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry requests) {
        if (ACTUATOR) {
            requests.requestMatchers(EndpointRequest.to("health")).permitAll();
        }
    }
}
