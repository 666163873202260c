package io.mtls.benchmarks.server;

import jakarta.servlet.http.HttpServletRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.Principal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The server that is measured, alone in its JVM: one small JSON resource on Tomcat.
 *
 * <p>It says its port on standard output once it serves, answers each line of standard input with the bytes of heap that
 * are still in use after a collection, and ends with its standard input, so that it does not outlive who started it.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(BenchmarkApplication.Resources.class)
class BenchmarkApplication {

    static final String RESOURCE = "/status";

    /** Names the caller. */
    static final String CALLER = "/caller";

    static final String NOBODY = "nobody";

    /**
     * Serves until standard input ends.
     *
     * @param arguments the variant, the directory of {@link ServerPki}, and the revocation lists if there are any
     */
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err); // The log must not come between.
        Variant variant = Variant.valueOf(arguments[0]);
        Path pki = Path.of(arguments[1]);
        List<Path> crls =
                Arrays.stream(arguments).skip(2).map(file -> Path.of(file)).toList();

        SpringApplicationBuilder application =
                new SpringApplicationBuilder(BenchmarkApplication.class).web(WebApplicationType.SERVLET);
        if (variant.hasSecurity()) {
            application.sources(
                    variant == Variant.X509 ? ApplicationSecurity.ByX509.class : ApplicationSecurity.Permitting.class);
        }
        try (var context =
                application.properties(properties(variant, pki, crls)).run()) {
            answers.println(Objects.requireNonNull(((ServletWebServerApplicationContext) context).getWebServer())
                    .getPort());
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (questions.readLine() != null) {
                System.gc();
                answers.println(
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
        }
    }

    private static Map<String, Object> properties(Variant variant, Path pki, List<Path> crls) {
        Map<String, Object> properties = new LinkedHashMap<>(variant.properties());
        if (crls.isEmpty()) {
            properties.put("mtls.revocation.allow-unchecked", "true"); // The others do not check it either.
        } else {
            properties.put("mtls.revocation.sources", "crl");
            properties.put(
                    "mtls.revocation.crl.files",
                    crls.stream().map(Path::toString).collect(Collectors.joining(",")));
        }
        String bundle = "spring.ssl.bundle.pem.server.";
        properties.put(
                bundle + "keystore.certificate",
                pki.resolve(ServerPki.SERVER_CHAIN).toUri());
        properties.put(
                bundle + "keystore.private-key",
                pki.resolve(ServerPki.SERVER_KEY).toUri());
        properties.put(
                bundle + "truststore.certificate", pki.resolve(ServerPki.ROOT).toUri());
        properties.put("server.ssl.bundle", "server");
        properties.put("server.address", "127.0.0.1");
        properties.put("server.port", 0);
        properties.put("server.shutdown", "immediate");
        properties.put("server.tomcat.keep-alive-timeout", -1);
        properties.put("server.tomcat.max-keep-alive-requests", -1);
        properties.put("spring.main.banner-mode", "off");
        return properties;
    }

    @RestController
    static class Resources {

        record Status(String status) {}

        record Caller(String name) {}

        @GetMapping(RESOURCE)
        Status status() {
            return new Status("ok");
        }

        @GetMapping(CALLER)
        Caller caller(HttpServletRequest request) {
            Principal caller = request.getUserPrincipal();
            return new Caller(caller == null ? NOBODY : caller.getName());
        }
    }
}
