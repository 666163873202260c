package io.mtls.spring;

import io.mtls.MtlsListener;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

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
        return webServer().getPort();
    }

    WebServer webServer() {
        return Objects.requireNonNull(((ServletWebServerApplicationContext) context).getWebServer());
    }

    int managementPort() {
        return Integer.parseInt(Objects.requireNonNull(context.getEnvironment().getProperty("local.management.port")));
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
        TOMCAT("jetty", "Jetty"),
        JETTY("tomcat", "Tomcat");

        private final String otherPackage;
        private final String other;

        Server(String otherPackage, String other) {
            this.otherPackage = otherPackage;
            this.other = other;
        }

        private List<String> without() {
            String root = "org.springframework.boot." + otherPackage + ".autoconfigure.";
            return List.of(
                    root + "servlet." + other + "ServletWebServerAutoConfiguration",
                    root + "actuate.web.server." + other + "ServletManagementContextAutoConfiguration");
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
        private final List<ApplicationContextInitializer<GenericApplicationContext>> initializers = new ArrayList<>();

        private Builder(Server server, Class<?>... sources) {
            this.sources = sources;
            this.excluded.addAll(server.without());
            properties.put("spring.main.banner-mode", "off");
            properties.put("logging.level.root", "off"); // Failures are provoked here.
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

        /** A bean that is made outside. */
        <T> Builder bean(Class<T> type, T bean) {
            initializers.add(context -> context.registerBean(type, () -> bean));
            return this;
        }

        /** The properties are in force as ever; only when revocation data is due is said by the test. */
        Builder revocationClock(InstantSource clock, MtlsListener listener) {
            properties.put("spring.main.allow-bean-definition-overriding", "true");
            initializers.add(context -> context.registerBean(
                    "mtlsRevocations",
                    Revocations.class,
                    () -> new Revocations(context.getBean(MtlsProperties.class), null, clock, listener)));
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
            initializers.forEach(builder::initializers);
            return new Application(builder.properties(properties).run());
        }
    }
}
