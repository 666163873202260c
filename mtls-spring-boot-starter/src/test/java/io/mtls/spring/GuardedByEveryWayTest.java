package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.hamcrest.Matchers.equalTo;

import io.mtls.CertificateRoles;
import io.mtls.ClientCertificateVerifier;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.spring.Application.Server;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.apache.catalina.valves.SSLValve;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.stereotype.Controller;
import org.springframework.stereotype.Service;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.config.annotation.PathMatchConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurationSupport;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;
import org.springframework.web.util.pattern.PathPatternParser;

/** Whichever way leads to an annotated method, its annotation is obeyed, or the start stops. Found by attacking it. */
class GuardedByEveryWayTest {

    private static final SSLContext AUDITOR = Pki.alice();
    private static final SSLContext MEMBER = Pki.bob();
    private static final SSLContext NOBODY = Pki.nobody();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_configuration_of_spring_mvc_by_hand_does_not_leave_the_interceptor_out(boolean security) {
        try (Application application = start(security, ByHand.class)) {
            assertOnlyForAuditors(application, "/by-certificate", "/by-any-means");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void handlers_that_are_no_annotated_controllers_are_guarded(boolean security) {
        try (Application application = start(security, Handlers.class)) {
            assertOnlyForAuditors(application, "/on-method", "/on-class", "/mapped", "/old-controller");
        }
    }

    @Test
    void a_method_that_a_functional_route_calls_is_guarded_by_spring_security_or_stops_the_start() {
        try (Application application = start(true, Functional.class)) {
            assertOnlyForAuditors(application, "/functional");
        }
        assertStops(() -> start(false, Functional.class), "nobody would obey it");
    }

    @Test
    void annotations_behind_a_jdk_proxy_are_obeyed() {
        try (Application application = Application.of(Server.TOMCAT, Proxied.class)
                .with("spring.aop.proxy-target-class", "false")
                .start()) {
            assertOnlyForAuditors(application, "/proxied/by-class", "/proxied/by-method");
        }
    }

    @Test
    void an_annotation_that_no_proxy_can_obey_stops_the_start() {
        assertStops(() -> start(true, FinalMethod.class), "private, static or final");
    }

    @Test
    void the_certificate_of_one_and_the_session_of_another_do_not_add_up() {
        try (Application application = Application.of(
                        Server.TOMCAT, TwoPersons.class, SpringSecurityTest.FormLogin.class)
                .with("mtls.paths[0].pattern", "/**")
                .with("mtls.paths[0].client-auth", "want")
                .start()) {
            String bobs = Client.by(AUDITOR, application.port())
                    .redirects()
                    .follow(false)
                    .formParam("username", "bob")
                    .formParam("password", "secret")
                    .post("/login")
                    .cookie("JSESSIONID");

            for (String path : new String[] {"/both", "/both-in-service"}) {
                Client.by(AUDITOR, application.port())
                        .cookie("JSESSIONID", bobs)
                        .get(path)
                        .then()
                        .statusCode(403);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_context_path_spelt_in_another_way_is_no_error_of_the_server(Server server) throws Exception {
        try (Application application = Application.of(server, Paths.class)
                .withoutSecurity()
                .with("server.http2.enabled", "true")
                .with("server.servlet.context-path", "/app")
                .with("mtls.paths[0].pattern", "/public/**")
                .with("mtls.paths[0].client-auth", "none")
                .start()) {
            assertThat(Client.raw(NOBODY, application.port(), "/app/public/x")).startsWith("HTTP/1.1 200");
            for (String target : new String[] {
                "//app/public/x", "/app;v=1/api/x", "/%61pp/api/x", "/./app/api/x", "/x/../app/api/x", "/app/api/x"
            }) {
                assertThat(Client.raw(NOBODY, application.port(), target))
                        .as(target)
                        .startsWith("HTTP/1.1 4");
                assertThat(Client.rawHttp2(NOBODY, application.port(), target))
                        .as(target)
                        .isBetween(400, 499);
            }
        }
    }

    @Test
    void a_slash_that_the_container_decodes_does_not_lead_to_another_rule() throws Exception {
        try (Application application = Application.of(Server.TOMCAT, Paths.class, DecodingSlashes.class)
                .withoutSecurity()
                .with("server.http2.enabled", "true")
                .with("mtls.paths[0].pattern", "/api/**")
                .with("mtls.paths[1].pattern", "/**")
                .with("mtls.paths[1].client-auth", "none")
                .start()) {
            assertThat(Client.raw(NOBODY, application.port(), "/api%2Fx")).startsWith("HTTP/1.1 403");
            assertThat(Client.rawHttp2(NOBODY, application.port(), "/api%2Fx")).isEqualTo(403);
        }
    }

    @Test
    void rules_ignore_case_where_spring_mvc_does() throws Exception {
        try (Application application = Application.of(Server.TOMCAT, Paths.class, IgnoringCase.class)
                .withoutSecurity()
                .with("server.http2.enabled", "true")
                .with("mtls.paths[0].pattern", "/api/**")
                .with("mtls.paths[1].pattern", "/**")
                .with("mtls.paths[1].client-auth", "none")
                .start()) {
            assertThat(Client.raw(NOBODY, application.port(), "/API/x")).startsWith("HTTP/1.1 403");
            assertThat(Client.raw(NOBODY, application.port(), "/PUBLIC/x")).startsWith("HTTP/1.1 200");
            assertThat(Client.rawHttp2(NOBODY, application.port(), "/API/x")).isEqualTo(403);
            assertThat(Client.rawHttp2(NOBODY, application.port(), "/PUBLIC/x")).isEqualTo(200);
        }
    }

    @Test
    void a_valve_that_takes_certificates_from_a_header_stops_the_start() {
        assertStops(() -> start(false, Paths.class, WithSslValve.class), "SSLValve");
    }

    @Test
    void a_policy_that_a_users_own_verifier_would_leave_out_stops_the_start() {
        assertStops(
                () -> Application.of(Server.TOMCAT, Paths.class, OwnVerifier.class)
                        .withoutSecurity()
                        .without("mtls.issuers")
                        .with("mtls.policy.max-lifetime", "90d")
                        .start(),
                "mtls.policy");
    }

    private static void assertStops(ThrowingCallable start, String explanation) {
        Throwable thrown = catchThrowable(start);
        assertThat(NestedExceptionUtils.getMostSpecificCause(thrown))
                .isInstanceOf(MtlsConfigurationException.class)
                .hasMessageContaining(explanation);
    }

    private static Application start(boolean security, Class<?>... sources) {
        Application.Builder builder = Application.of(Server.TOMCAT, sources);
        return (security ? builder : builder.withoutSecurity()).start();
    }

    private static void assertOnlyForAuditors(Application application, String... paths) {
        for (String path : paths) {
            Client.by(AUDITOR, application.port())
                    .get(path)
                    .then()
                    .statusCode(200)
                    .body(equalTo("secret"));
            Client.by(MEMBER, application.port()).get(path).then().statusCode(403);
        }
    }

    @EnableAutoConfiguration
    @Import(Annotated.class)
    static class ByHand extends WebMvcConfigurationSupport {}

    @RestController
    static class Annotated {
        @GetMapping("/by-certificate")
        @CertificateRoles("auditor")
        String byCertificate() {
            return "secret";
        }

        @GetMapping("/by-any-means")
        @RolesAllowed("auditor")
        String byAnyMeans() {
            return "secret";
        }
    }

    @EnableAutoConfiguration
    static class Handlers {
        @Bean("/on-method")
        OnMethod onMethod() {
            return new OnMethod();
        }

        @Bean("/on-class")
        OnClass onClass() {
            return new OnClass();
        }

        @Bean("/old-controller")
        OldController oldController() {
            return new OldController();
        }

        @Bean
        SimpleUrlHandlerMapping mapped() {
            SimpleUrlHandlerMapping mapping = new SimpleUrlHandlerMapping(Map.of("/mapped", new OnClass()));
            mapping.setOrder(-1);
            return mapping;
        }
    }

    static class OnMethod implements HttpRequestHandler {
        @Override
        @CertificateRoles("auditor")
        public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().write("secret");
        }
    }

    @CertificateRoles("auditor")
    static class OnClass implements HttpRequestHandler {
        @Override
        public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().write("secret");
        }
    }

    static class OldController implements org.springframework.web.servlet.mvc.Controller {
        @Override
        @CertificateRoles("auditor")
        public org.springframework.web.servlet.@org.jspecify.annotations.Nullable ModelAndView handleRequest(
                HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().write("secret");
            return null;
        }
    }

    @EnableAutoConfiguration
    static class Functional {
        @Bean
        RoutedTo routedTo() {
            return new RoutedTo();
        }

        @Bean
        RouterFunction<ServerResponse> routes(RoutedTo target) {
            return RouterFunctions.route().GET("/functional", target::list).build();
        }
    }

    @Controller
    static class RoutedTo {
        @CertificateRoles("auditor")
        public ServerResponse list(ServerRequest request) {
            return ServerResponse.ok().body("secret");
        }
    }

    @EnableAutoConfiguration
    static class Proxied {
        @Bean
        ProxiedApi proxiedApi() {
            return new Implementation();
        }
    }

    @RestController
    interface ProxiedApi {
        @GetMapping("/proxied/by-class")
        String byClass();

        @GetMapping("/proxied/by-method")
        String byMethod();

        @GetMapping("/proxied/pre-authorized")
        String preAuthorized();
    }

    @CertificateRoles("auditor")
    static class Implementation implements ProxiedApi {
        @Override
        public String byClass() {
            return "secret";
        }

        @Override
        @CertificateRoles("auditor")
        public String byMethod() {
            return "secret";
        }

        @Override
        @PreAuthorize("isAuthenticated()")
        public String preAuthorized() {
            return "secret";
        }
    }

    @EnableAutoConfiguration
    @Import(WithFinalMethod.class)
    static class FinalMethod {}

    @Service
    static class WithFinalMethod {
        @CertificateRoles("auditor")
        public final String secret() {
            return "secret";
        }
    }

    @EnableAutoConfiguration
    @RestController
    @Import(BothInService.class)
    static class TwoPersons {
        private final BothInService service;

        TwoPersons(BothInService service) {
            this.service = service;
        }

        @GetMapping("/both")
        @CertificateRoles("auditor")
        @RolesAllowed("user")
        String both() {
            return "secret";
        }

        @GetMapping("/both-in-service")
        String bothInService() {
            return service.both();
        }
    }

    @Service
    static class BothInService {
        @CertificateRoles("auditor")
        @RolesAllowed("user")
        public String both() {
            return "secret";
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class Paths {
        @GetMapping("/public/x")
        String open() {
            return "public";
        }

        @GetMapping("/api/x")
        String secret() {
            return "secret";
        }
    }

    static class IgnoringCase implements WebMvcConfigurer {
        @Override
        public void configurePathMatch(PathMatchConfigurer configurer) {
            PathPatternParser parser = new PathPatternParser();
            parser.setCaseSensitive(false);
            configurer.setPatternParser(parser);
        }
    }

    static class DecodingSlashes {
        @Bean
        WebServerFactoryCustomizer<TomcatServletWebServerFactory> decodingSlashes() {
            return factory ->
                    factory.addConnectorCustomizers(connector -> connector.setEncodedSolidusHandling("decode"));
        }
    }

    static class WithSslValve {
        @Bean
        WebServerFactoryCustomizer<TomcatServletWebServerFactory> sslValve() {
            return factory -> factory.addEngineValves(new SSLValve());
        }
    }

    static class OwnVerifier {
        @Bean
        ClientCertificateVerifier verifier() {
            return ClientCertificateVerifier.builder(
                            TrustedIssuer.builder("own", TrustAnchors.of(Pki.ROOT.certificate()))
                                    .build())
                    .build();
        }
    }
}
