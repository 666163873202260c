package io.mtls.jaxrs.resteasy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.HeldCertificate;
import io.mtls.jaxrs.MtlsFeature;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Application;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RESTEasy finds the feature by itself: who has it on the class path is guarded, or does not start. */
class DiscoveryTest {

    @Test
    void an_application_that_registers_nothing_does_not_start() {
        assertThatThrownBy(() -> new UndertowServer(SSLContext.getDefault(), application(Map.of())))
                .hasStackTraceContaining("register an MtlsFeature")
                .hasStackTraceContaining(MtlsFeature.CONFIGURATION_PROPERTY);
    }

    @Test
    void an_application_that_names_a_file_is_guarded_by_it(@TempDir java.nio.file.Path directory) throws Exception {
        Files.writeString(
                directory.resolve("root.pem"),
                HeldCertificate.root("CN=Acme Root").build().certificatePem());
        java.nio.file.Path file = Files.writeString(directory.resolve("mtls.properties"), """
                issuer.acme.anchors = root.pem
                revocation.allow-unchecked = true
                path./open = none
                """);
        Application named = application(Map.of(MtlsFeature.CONFIGURATION_PROPERTY, file.toString()));

        try (UndertowServer server = new UndertowServer(SSLContext.getDefault(), named)) {
            assertThat(status(server, "/open")).isEqualTo(200);
            assertThat(status(server, "/closed")).isEqualTo(403);
        }
    }

    private static int status(UndertowServer server, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://localhost:" + server.plainPort() + path)
                .toURL()
                .openConnection();
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }

    private static Application application(Map<String, Object> properties) {
        return new Application() {
            @Override
            public Set<Class<?>> getClasses() {
                return Set.of(Resource.class);
            }

            @Override
            public Map<String, Object> getProperties() {
                return properties;
            }
        };
    }

    /** Asks for nothing itself. */
    @Path("/")
    public static final class Resource {

        @GET
        @Path("open")
        public String open() {
            return "open";
        }

        @GET
        @Path("closed")
        public String closed() {
            return "closed";
        }
    }
}
