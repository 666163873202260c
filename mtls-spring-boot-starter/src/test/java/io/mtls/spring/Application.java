package io.mtls.spring;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** A running Spring Boot application, by properties and configuration classes. */
final class Application implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    private Application(ConfigurableApplicationContext context) {
        this.context = context;
    }

    static Builder of(Server server, Class<?>... sources) {
        return new Builder(server, sources);
    }

    int port() {
        return ((ServletWebServerApplicationContext) context).getWebServer().getPort();
    }

    ConfigurableApplicationContext context() {
        return context;
    }

    @Override
    public void close() {
        context.close();
    }

    /** Both are on the class path; the other's auto-configuration is left out. */
    enum Server {
        TOMCAT("org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration"),
        JETTY("org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration");

        private final String without;

        Server(String without) {
            this.without = without;
        }
    }

    static final class Builder {
        static final List<String> SECURITY = List.of(
                "org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration",
                "org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
                "org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
                "org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration",
                "org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
                "io.mtls.spring.MtlsSecurityAutoConfiguration");

        private final Class<?>[] sources;
        private final Map<String, Object> properties = new LinkedHashMap<>(Pki.properties());
        private final List<String> excluded = new ArrayList<>();

        private Builder(Server server, Class<?>... sources) {
            this.sources = sources;
            this.excluded.add(server.without);
            properties.put("spring.main.banner-mode", "off");
            properties.put("logging.level.root", "warn");
        }

        Builder with(String property, Object value) {
            properties.put(property, value);
            return this;
        }

        Builder with(Map<String, Object> more) {
            properties.putAll(more);
            return this;
        }

        Builder without(String prefix) {
            properties.keySet().removeIf(key -> key.startsWith(prefix));
            return this;
        }

        /** As if Spring Security were not on the class path. */
        Builder withoutSecurity() {
            excluded.addAll(SECURITY);
            return this;
        }

        Application start() {
            properties.put("spring.autoconfigure.exclude", String.join(",", excluded));
            SpringApplicationBuilder builder = new SpringApplicationBuilder(sources).web(WebApplicationType.SERVLET);
            return new Application(builder.properties(properties).run());
        }
    }
}
