package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import io.mtls.spring.Application.Server;
import io.restassured.specification.RequestSpecification;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application of controllers, on each server, with and without Spring Security: nothing differs. */
@ParameterizedClass
@MethodSource("stacks")
class ApplicationTest {

    private static final Map<Stack, Application> RUNNING = new ConcurrentHashMap<>();

    private static final SSLContext ALICE = Pki.alice();
    private static final SSLContext BOB = Pki.bob();
    private static final SSLContext NOBODY = Pki.nobody();

    record Stack(Server server, boolean security) {}

    @Parameter
    @SuppressWarnings("NullAway.Init")
    Stack stack;

    static Stream<Stack> stacks() {
        return Stream.of(Server.values())
                .flatMap(server -> Stream.of(new Stack(server, false), new Stack(server, true)));
    }

    @AfterAll
    static void stop() {
        RUNNING.values().forEach(Application::close);
        RUNNING.clear();
    }

    private RequestSpecification by(SSLContext client) {
        return Client.by(client, port());
    }

    private int port() {
        return RUNNING.computeIfAbsent(stack, ApplicationTest::start).port();
    }

    private static Application start(Stack stack) {
        Application.Builder builder = Application.of(
                        stack.server(), App.class, ByAll.class, ByAuditors.class, ByNobody.class)
                .with("server.http2.enabled", "true")
                .with("mtls.paths[0].pattern", "/public/**")
                .with("mtls.paths[0].client-auth", "none")
                .with("mtls.paths[1].pattern", "/want/**")
                .with("mtls.paths[1].client-auth", "want")
                .with("mtls.paths[2].pattern", "/admin/**")
                .with("mtls.paths[2].roles", "operator")
                .with("mtls.issuers.members.roles.bob", "operator");
        return (stack.security() ? builder : builder.withoutSecurity()).start();
    }

    @Test
    void a_member_gets_in() {
        by(ALICE).get("/whoami").then().statusCode(200).body(equalTo("alice"));
    }

    @Test
    void a_stranger_ends_in_the_handshake() {
        SSLContext stranger = Pki.stranger();
        // In TLS 1.3 the request is on its way when the alert comes, and a reset may overtake that: no answer either
        // way.
        assertThatThrownBy(() -> by(stranger).get("/whoami")).isInstanceOf(IOException.class);
    }

    @Test
    void nobody_is_refused_with_the_reason() {
        by(NOBODY)
                .get("/whoami")
                .then()
                .statusCode(403)
                .contentType("application/problem+json")
                .body("code", equalTo("certificate-required"));
    }

    @Test
    void a_path_without_client_authentication_is_open_and_ignores_certificates() {
        by(NOBODY).get("/public/whoami").then().statusCode(200).body(equalTo("nobody"));
        by(ALICE).get("/public/whoami").then().statusCode(200).body(equalTo("nobody"));
    }

    @Test
    void a_path_that_wants_a_certificate_knows_who_has_one() {
        by(NOBODY).get("/want/whoami").then().statusCode(200).body(equalTo("nobody"));
        by(ALICE).get("/want/whoami").then().statusCode(200).body(equalTo("alice"));
    }

    @Test
    void a_path_rule_asks_for_a_role() {
        by(BOB).get("/admin/whoami").then().statusCode(200);
        by(ALICE).get("/admin/whoami").then().statusCode(403).body("code", equalTo("role-missing"));
    }

    @Test
    void controllers_that_inherit_one_method_are_each_guarded_by_their_own_annotation() {
        by(BOB).get("/inherited/by-all").then().statusCode(200);
        by(BOB).get("/inherited/by-auditors").then().statusCode(403).body("code", equalTo("role-missing"));
        by(ALICE).get("/inherited/by-auditors").then().statusCode(200);
        by(ALICE).get("/inherited/by-nobody").then().statusCode(403);
    }

    @Test
    void a_path_that_can_be_read_in_two_ways_is_refused() throws Exception {
        String[] paths = {
            "/public/..;/whoami",
            "/public/%2e%2e/whoami",
            "/public/../whoami",
            "/public//whoami",
            "/public%2fwhoami",
            "/public/%2f..%2fwhoami",
            "/./public/whoami",
            "/public/whoami%00",
            "/public\\whoami",
            "//public/whoami"
        };
        for (String path : paths) {
            assertThat(Client.raw(NOBODY, port(), path)).as(path).startsWith("HTTP/1.1 40");
            assertThat(Client.rawHttp2(NOBODY, port(), path)).as(path).isBetween(400, 409);
        }
    }

    @Test
    void a_path_with_parameters_is_read_as_spring_mvc_reads_it() throws Exception {
        String bySpringSecurity = "400"; // Its firewall knows no parameters.
        assertThat(Client.raw(NOBODY, port(), "/public;v=1/whoami"))
                .startsWith("HTTP/1.1 " + (stack.security() ? bySpringSecurity : "200"));
        assertThat(Client.raw(NOBODY, port(), "/admin;v=1/whoami")).startsWith("HTTP/1.1 403");
        assertThat(Client.raw(NOBODY, port(), "/%77hoami")).startsWith("HTTP/1.1 403");
        assertThat(Client.rawHttp2(NOBODY, port(), "/public/whoami")).isEqualTo(200);
        assertThat(Client.rawHttp2(NOBODY, port(), "/public;v=1/whoami")).isEqualTo(stack.security() ? 400 : 200);
        assertThat(Client.rawHttp2(NOBODY, port(), "/admin;v=1/whoami")).isEqualTo(403);
        assertThat(Client.rawHttp2(NOBODY, port(), "/%77hoami")).isEqualTo(403);
    }

    @Test
    void annotations_ask_for_a_role() {
        for (String path : new String[] {"/by-certificate", "/allowed"}) {
            by(ALICE).get(path).then().statusCode(200);
            by(BOB).get(path).then().statusCode(403).body("code", equalTo("role-missing"));
        }
        by(ALICE).get("/denied").then().statusCode(403).body("code", equalTo("role-missing"));
    }

    @Test
    void an_annotation_needs_a_certificate_where_the_path_does_not() {
        by(NOBODY).get("/want/by-certificate").then().statusCode(403).body("code", equalTo("certificate-required"));
        by(ALICE).get("/want/by-certificate").then().statusCode(200);
    }

    @Test
    void identity_and_certificate_are_arguments() {
        by(ALICE).get("/identity").then().body(equalTo("alice [auditor]"));
        by(ALICE).get("/certificate").then().body(equalTo("CN=alice, OU=Audit"));
        by(NOBODY).get("/want/identity").then().statusCode(403).body("code", equalTo("certificate-required"));
        by(NOBODY).get("/want/optional").then().statusCode(200).body(equalTo("nobody"));
        by(NOBODY).get("/want/nullable").then().statusCode(200).body(equalTo("nobody"));
        by(ALICE).get("/want/optional").then().statusCode(200).body(equalTo("alice"));
    }

    @Test
    void the_caller_is_the_same_in_another_thread() {
        by(ALICE).get("/async").then().statusCode(200).body(equalTo("alice"));
    }

    @Test
    void no_session_is_made() {
        assertThat(by(ALICE).get("/whoami").cookies()).isEmpty();
    }

    @Test
    void a_client_that_is_no_browser_posts_without_a_token() {
        by(ALICE).post("/orders").then().statusCode(200);
    }

    @Test
    void an_error_page_is_shown_to_whoever_got_in() {
        by(ALICE).get("/nothing-here").then().statusCode(404);
        by(NOBODY).get("/public/nothing-here").then().statusCode(404);
    }

    @EnableAutoConfiguration
    @RestController
    static class App {

        @GetMapping({"/whoami", "/public/whoami", "/want/whoami", "/admin/whoami"})
        String whoami(HttpServletRequest request) {
            return request.getRemoteUser() == null ? "nobody" : request.getRemoteUser();
        }

        @GetMapping({"/by-certificate", "/want/by-certificate"})
        @CertificateRoles("auditor")
        String byCertificate() {
            return "report";
        }

        @GetMapping("/allowed")
        @RolesAllowed("auditor")
        String allowed() {
            return "report";
        }

        @GetMapping("/denied")
        @DenyAll
        String denied() {
            return "never";
        }

        @GetMapping({"/identity", "/want/identity"})
        String identity(ClientIdentity identity) {
            return identity.getName() + " " + identity.roles();
        }

        @GetMapping("/certificate")
        String certificate(X509Certificate certificate) {
            return certificate.getSubjectX500Principal().toString();
        }

        @GetMapping("/want/optional")
        String optional(Optional<ClientIdentity> identity) {
            return identity.map(ClientIdentity::getName).orElse("nobody");
        }

        @GetMapping("/want/nullable")
        String nullable(@Nullable X509Certificate certificate) {
            return certificate == null ? "nobody" : "somebody";
        }

        @GetMapping("/async")
        Callable<String> async(Principal principal) {
            return principal::getName;
        }

        @PostMapping("/orders")
        String order() {
            return "ordered";
        }
    }

    abstract static class Inherited {
        @GetMapping
        String get() {
            return "here";
        }
    }

    @RestController
    @RequestMapping("/inherited/by-all")
    static class ByAll extends Inherited {}

    @RestController
    @RequestMapping("/inherited/by-auditors")
    @CertificateRoles("auditor")
    static class ByAuditors extends Inherited {}

    @RestController
    @RequestMapping("/inherited/by-nobody")
    @DenyAll
    static class ByNobody extends Inherited {}
}
