package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.springframework.security.config.Customizer.withDefaults;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.spring.Application.Server;
import io.restassured.specification.RequestSpecification;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.authorization.AuthorizationManagerFactories;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Who the caller is to Spring Security, with the chain that is there by default and beside a login of the user's own. */
class SpringSecurityTest {

    private static final SSLContext ALICE = Pki.alice();
    private static final SSLContext BOB = Pki.bob();
    private static final SSLContext NOBODY = Pki.nobody();

    @Nested
    class By_default {

        private static Application application;

        @BeforeAll
        static void start() {
            application = Application.of(Server.TOMCAT, App.class)
                    .with("mtls.paths[0].pattern", "/want/**")
                    .with("mtls.paths[0].client-auth", "want")
                    .start();
        }

        @AfterAll
        static void stop() {
            application.close();
        }

        private RequestSpecification by(SSLContext client) {
            return Client.by(client, application.port());
        }

        @Test
        void the_identity_is_the_principal_with_its_roles_and_the_x509_factor() {
            by(ALICE)
                    .get("/authentication")
                    .then()
                    .statusCode(200)
                    .body(equalTo("ClientCertificateAuthentication alice [FACTOR_X509, ROLE_auditor]"));
            by(ALICE).get("/principal").then().statusCode(200).body(equalTo("alice of members"));
        }

        @Test
        void method_security_works_on_beans_of_any_kind() {
            for (String path : new String[] {"/pre-authorized", "/service/by-certificate", "/service/allowed"}) {
                by(ALICE).get(path).then().statusCode(200);
                by(BOB).get(path).then().statusCode(403).body("code", equalTo("role-missing"));
            }
        }

        @Test
        void an_anonymous_caller_of_a_guarded_method_is_told_what_is_missing() {
            by(NOBODY).get("/want/service").then().statusCode(403).body("code", equalTo("certificate-required"));
        }

        @Test
        void nobody_has_a_generated_password() {
            assertThat(application.context().getBeanNamesForType(UserDetailsService.class))
                    .isEmpty();
            by(ALICE)
                    .auth()
                    .preemptive()
                    .basic("user", "guess")
                    .get("/authentication")
                    .then()
                    .statusCode(200);
        }

        @Test
        void a_browser_cannot_be_made_to_post_by_another_site() {
            by(ALICE)
                    .header("Sec-Fetch-Site", "cross-site")
                    .header("Origin", "https://evil.example")
                    .post("/orders")
                    .then()
                    .statusCode(403)
                    .body("code", equalTo("cross-site-request"));
            by(ALICE)
                    .header("Sec-Fetch-Site", "same-origin")
                    .post("/orders")
                    .then()
                    .statusCode(200);
            by(ALICE)
                    .header("Sec-Fetch-Site", "cross-site")
                    .get("/principal")
                    .then()
                    .statusCode(200);
        }
    }

    @Nested
    class Beside_a_form_login {

        private static Application application;

        @BeforeAll
        static void start() {
            application = Application.of(Server.TOMCAT, App.class, FormLogin.class)
                    .with("server.http2.enabled", "true")
                    .with("mtls.paths[0].pattern", "/**")
                    .with("mtls.paths[0].client-auth", "want")
                    .start();
        }

        @AfterAll
        static void stop() {
            application.close();
        }

        private RequestSpecification by(SSLContext client) {
            return Client.by(client, application.port()).redirects().follow(false);
        }

        private String login(SSLContext client, String user) {
            return by(client)
                    .formParam("username", user)
                    .formParam("password", "secret")
                    .post("/login")
                    .then()
                    .statusCode(302)
                    .header("Location", endsWith("/"))
                    .extract()
                    .cookie("JSESSIONID");
        }

        @Test
        void a_certificate_alone_is_enough() {
            by(ALICE).get("/authentication").then().statusCode(200).body(startsWith("ClientCertificateAuthentication"));
        }

        @Test
        void without_either_the_login_page_is_asked_for() {
            by(NOBODY).get("/authentication").then().statusCode(302).header("Location", endsWith("/login"));
        }

        @Test
        void a_login_of_the_same_name_gains_the_authorities_of_the_certificate() {
            String session = login(ALICE, "alice");
            by(ALICE)
                    .cookie("JSESSIONID", session)
                    .get("/authentication")
                    .then()
                    .body(
                            equalTo(
                                    "UsernamePasswordAuthenticationToken alice [FACTOR_PASSWORD, FACTOR_X509, ROLE_auditor, ROLE_user]"));
        }

        @Test
        void the_session_does_not_remember_the_certificate() {
            String session = login(ALICE, "alice");
            by(ALICE)
                    .cookie("JSESSIONID", session)
                    .get("/authentication")
                    .then()
                    .statusCode(200);
            by(NOBODY)
                    .cookie("JSESSIONID", session)
                    .get("/authentication")
                    .then()
                    .body(equalTo("UsernamePasswordAuthenticationToken alice [FACTOR_PASSWORD, ROLE_user]"));
            by(NOBODY).cookie("JSESSIONID", session).get("/both-factors").then().statusCode(403);
            by(NOBODY)
                    .cookie("JSESSIONID", session)
                    .get("/pre-authorized")
                    .then()
                    .statusCode(403);
        }

        @Test
        void a_session_into_which_an_application_saved_the_certificate_is_stripped_of_it() {
            String session =
                    by(ALICE).get("/save").then().statusCode(200).extract().cookie("JSESSIONID");
            by(NOBODY)
                    .cookie("JSESSIONID", session)
                    .get("/authentication")
                    .then()
                    .statusCode(302);
            by(BOB).cookie("JSESSIONID", session)
                    .get("/authentication")
                    .then()
                    .body(equalTo("ClientCertificateAuthentication bob [FACTOR_X509]"));
            String merged = login(ALICE, "alice");
            by(ALICE).cookie("JSESSIONID", merged).get("/save").then().statusCode(200);
            by(NOBODY)
                    .cookie("JSESSIONID", merged)
                    .get("/authentication")
                    .then()
                    .body(equalTo("UsernamePasswordAuthenticationToken alice [FACTOR_PASSWORD, ROLE_user]"));
        }

        @Test
        void no_session_remembers_the_certificate_over_http_2_either() throws Exception {
            HttpResponse<String> saved = getHttp2(ALICE, "/save", "");
            String session =
                    saved.headers().firstValue("set-cookie").orElseThrow().split("[=;]", 3)[1];
            assertThat(getHttp2(NOBODY, "/authentication", session).statusCode())
                    .isEqualTo(302);
            assertThat(getHttp2(BOB, "/authentication", session).body())
                    .isEqualTo("ClientCertificateAuthentication bob [FACTOR_X509]");
            String merged = login(ALICE, "alice");
            assertThat(getHttp2(ALICE, "/save", merged).statusCode()).isEqualTo(200);
            assertThat(getHttp2(NOBODY, "/authentication", merged).body())
                    .isEqualTo("UsernamePasswordAuthenticationToken alice [FACTOR_PASSWORD, ROLE_user]");
            assertThat(getHttp2(BOB, "/authentication", merged).body())
                    .isEqualTo("UsernamePasswordAuthenticationToken alice [FACTOR_PASSWORD, ROLE_user]");
            assertThat(getHttp2(NOBODY, "/both-factors", merged).statusCode()).isEqualTo(403);
        }

        private HttpResponse<String> getHttp2(SSLContext client, String path, String session) throws Exception {
            HttpResponse<String> answer = HttpClient.newBuilder()
                    .sslContext(client)
                    .build()
                    .send(
                            HttpRequest.newBuilder(URI.create("https://localhost:" + application.port() + path))
                                    .header("Cookie", "JSESSIONID=" + session)
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            return answer;
        }

        @Test
        void two_names_are_never_merged() {
            String session = login(BOB, "alice");
            by(BOB).cookie("JSESSIONID", session)
                    .get("/authentication")
                    .then()
                    .body(equalTo("UsernamePasswordAuthenticationToken alice [FACTOR_PASSWORD, ROLE_user]"));
            String bobs = login(ALICE, "bob");
            by(ALICE).cookie("JSESSIONID", bobs).get("/pre-authorized").then().statusCode(403);
            by(ALICE).cookie("JSESSIONID", bobs).get("/by-certificate").then().statusCode(403);
        }

        @Test
        void both_factors_are_asked_for_by_spring_securitys_own_rule() {
            by(ALICE).get("/both-factors").then().statusCode(302);
            String session = login(ALICE, "alice");
            by(ALICE).cookie("JSESSIONID", session).get("/both-factors").then().statusCode(200);
        }

        @Test
        void request_matchers_ask_for_roles_of_certificates() {
            by(ALICE).get("/matched").then().statusCode(200);
            by(BOB).get("/matched").then().statusCode(403);
        }
    }

    @EnableAutoConfiguration
    @RestController
    @Import(Reports.class)
    static class App {

        private final Reports reports;

        App(Reports reports) {
            this.reports = reports;
        }

        @GetMapping({"/authentication", "/both-factors", "/matched"})
        String authentication() {
            Authentication now =
                    Objects.requireNonNull(SecurityContextHolder.getContext().getAuthentication());
            return now.getClass().getSimpleName() + " " + now.getName() + " "
                    + now.getAuthorities().stream()
                            .map(GrantedAuthority::getAuthority)
                            .collect(Collectors.toCollection(TreeSet::new));
        }

        @GetMapping("/principal")
        String principal(@AuthenticationPrincipal ClientIdentity identity) {
            return identity.getName() + " of " + identity.issuer();
        }

        @GetMapping("/pre-authorized")
        @PreAuthorize("hasRole('auditor')")
        String preAuthorized() {
            return "report";
        }

        @GetMapping("/by-certificate")
        @CertificateRoles("auditor")
        String byCertificate() {
            return "report";
        }

        @GetMapping({"/service/by-certificate", "/want/service"})
        String byCertificateInService() {
            return reports.byCertificate();
        }

        @GetMapping("/service/allowed")
        String allowedInService() {
            return reports.allowed();
        }

        /** What an application must not do. */
        @GetMapping("/save")
        String save(HttpServletRequest request) {
            request.getSession().setAttribute("SPRING_SECURITY_CONTEXT", SecurityContextHolder.getContext());
            return "saved";
        }

        @PostMapping("/orders")
        String order() {
            return "ordered";
        }
    }

    @Service
    static class Reports {

        @CertificateRoles("auditor")
        String byCertificate() {
            return "report";
        }

        @RolesAllowed("auditor")
        String allowed() {
            return "report";
        }
    }

    static class FormLogin {

        @Bean
        SecurityFilterChain chain(HttpSecurity http) {
            http.authorizeHttpRequests(requests -> requests.requestMatchers("/both-factors")
                    .access(AuthorizationManagerFactories.multiFactor()
                            .requireFactors(
                                    FactorGrantedAuthority.X509_AUTHORITY, FactorGrantedAuthority.PASSWORD_AUTHORITY)
                            .build()
                            .authenticated())
                    .requestMatchers("/matched")
                    .hasRole("auditor")
                    .anyRequest()
                    .authenticated());
            http.formLogin(withDefaults());
            http.csrf(csrf -> csrf.disable());
            return http.build();
        }

        @Bean
        UserDetailsService users() {
            return new InMemoryUserDetailsManager(Map.of("alice", "user", "bob", "user").entrySet().stream()
                    .map(user -> User.withUsername(user.getKey())
                            .password("{noop}secret")
                            .roles(user.getValue())
                            .build())
                    .toList());
        }
    }
}
