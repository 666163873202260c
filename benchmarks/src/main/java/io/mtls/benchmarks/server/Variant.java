package io.mtls.benchmarks.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The same application with different means to know its callers. Whoever has a member's certificate gets in. */
enum Variant {
    /** {@code server.ssl.client-auth=need}, and nobody looks at the certificate. */
    PLAIN(false, false),
    /** The starter, as it is without further configuration. */
    STARTER(true, false),
    /** As {@link #PLAIN}, with Spring Security. */
    PLAIN_SECURITY(false, true),
    /** As {@link #STARTER}, with Spring Security, which knows the caller. */
    STARTER_SECURITY(true, true),
    /** Spring Security's own {@code http.x509()}. */
    X509(false, true);

    private static final String SECURITY = "org.springframework.boot.security.autoconfigure.";

    /** As if Spring Security were not on the class path. */
    private static final List<String> OF_SECURITY = List.of(
            SECURITY + "SecurityAutoConfiguration",
            SECURITY + "UserDetailsServiceAutoConfiguration",
            SECURITY + "web.servlet.ServletWebSecurityAutoConfiguration",
            SECURITY + "web.servlet.SecurityFilterAutoConfiguration",
            "io.mtls.spring.MtlsSecurityAutoConfiguration");

    /** As if the starter were not on the class path. */
    private static final List<String> OF_STARTER = List.of(
            "io.mtls.spring.MtlsAutoConfiguration",
            "io.mtls.spring.MtlsDevelopmentAutoConfiguration",
            "io.mtls.spring.MtlsMvcAutoConfiguration",
            "io.mtls.spring.MtlsSecurityAutoConfiguration");

    private final boolean starter;
    private final boolean security;

    Variant(boolean starter, boolean security) {
        this.starter = starter;
        this.security = security;
    }

    boolean hasSecurity() {
        return security;
    }

    /** Whether the application is told who is calling. */
    boolean knowsCallers() {
        return starter || this == X509;
    }

    Map<String, Object> properties() {
        List<String> excluded = new ArrayList<>();
        Map<String, Object> properties = new LinkedHashMap<>();
        if (!security) {
            excluded.addAll(OF_SECURITY);
        }
        if (!starter) {
            excluded.addAll(OF_STARTER);
            properties.put("server.ssl.client-auth", "need");
        }
        properties.put("spring.autoconfigure.exclude", String.join(",", excluded));
        return properties;
    }

    @Override
    public String toString() {
        return switch (this) {
            case PLAIN -> "need";
            case STARTER -> "starter";
            case PLAIN_SECURITY -> "need+security";
            case STARTER_SECURITY -> "starter+security";
            case X509 -> "x509()";
        };
    }
}
