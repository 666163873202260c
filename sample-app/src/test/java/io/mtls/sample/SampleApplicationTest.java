package io.mtls.sample;

import static io.mtls.ca.DistinguishedName.attribute;
import static io.mtls.ca.DistinguishedName.rdn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.DistinguishedName;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import io.restassured.RestAssured;
import io.restassured.config.SSLConfig;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.apache.http.conn.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Every endpoint and the page, over real TLS, as each kind of caller. */
@RunningSample
class SampleApplicationTest {

    private static final Map<String, HeldCertificate> MEMBERS =
            Map.of("alice", Certificates.ALICE, "bob", Certificates.BOB, "olga", Certificates.OLGA);

    private static final String NOTE = "{\"text\": \"agreed by telephone\"}";

    /** A row of the page's table: verdict, method, path. */
    private static final Pattern ROW = Pattern.compile(
            "class=\"verdict\">(may|may not)<.*?class=\"method\">([A-Z]+)</span>\\s*<(?:a|span)[^>]*>([^<]+)<",
            Pattern.DOTALL);

    @LocalServerPort
    private int port;

    @Autowired
    private RecordedEvents events;

    @ParameterizedTest
    @CsvSource(textBlock = """
            anonymous, GET,  /public/status,                  200,
            anonymous, GET,  /public/desk.css,                200,
            anonymous, GET,  /,                               200,
            anonymous, GET,  /api/me,                         403, certificate-required
            anonymous, GET,  /api/reports,                    403, certificate-required
            anonymous, GET,  /api/audit,                      403, certificate-required
            anonymous, POST, /api/audit,                      403, certificate-required
            anonymous, POST, /api/reports/2026-01-05/release, 403, certificate-required
            anonymous, GET,  /nothing/here,                   403, certificate-required
            bob,       GET,  /,                               200,
            bob,       GET,  /api/me,                         200,
            bob,       GET,  /api/reports,                    200,
            bob,       GET,  /api/audit,                      403, role-missing
            bob,       POST, /api/audit,                      403, role-missing
            bob,       POST, /api/reports/2026-01-05/release, 403, role-missing
            bob,       GET,  /nothing/here,                   404,
            alice,     GET,  /public/status,                  200,
            alice,     GET,  /api/audit,                      200,
            alice,     POST, /api/audit,                      201,
            alice,     POST, /api/reports/2026-01-05/release, 403, role-missing
            olga,      GET,  /api/audit,                      403, role-missing
            olga,      POST, /api/reports/2026-01-05/release, 200,
            olga,      POST, /api/reports/1999-12-31/release, 404,
            """)
    void lets_in_whom_the_rules_let_in(String caller, String method, String path, int status, @Nullable String code) {
        Response response = call(caller, method, path);

        assertThat(response.statusCode()).isEqualTo(status);
        if (code != null) {
            assertThat(response.contentType()).startsWith("application/problem+json");
            assertThat(response.jsonPath().getString("code")).isEqualTo(code);
            assertThat(response.header("Cache-Control")).isEqualTo("no-store");
        }
    }

    @Test
    void tells_a_member_who_it_is() {
        Response me = call("alice", "GET", "/api/me");

        assertThat(me.jsonPath().getString("name")).isEqualTo("alice");
        assertThat(me.jsonPath().getList("roles")).containsExactly("auditor");
        assertThat(me.jsonPath().getString("subject")).isEqualTo("CN=alice,OU=auditor");
    }

    @Test
    void shows_drafts_to_operators_only_until_they_are_released() {
        assertThat(days("bob")).doesNotContain("2026-01-07");
        assertThat(days("olga")).contains("2026-01-07");

        call("olga", "POST", "/api/reports/2026-01-07/release");

        assertThat(days("bob")).contains("2026-01-07");
        Response audit = call("alice", "GET", "/api/audit");
        Map<String, String> entry = audit.jsonPath().getMap("find { it.what.startsWith('released 2026-01-07') }");
        assertThat(entry)
                .containsEntry("who", "olga")
                .containsEntry(
                        "certificate",
                        Certificates.OLGA.certificate().getSerialNumber().toString(16))
                .containsEntry("what", "released 2026-01-07: agreed by telephone");
    }

    private List<String> days(String caller) {
        return call(caller, "GET", "/api/reports").jsonPath().getList("day");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"text\": \" \"}", "[", ""})
    void refuses_a_note_that_is_none(String body) {
        as(Certificates.ALICE)
                .contentType(ContentType.JSON)
                .body(body)
                .post("/api/audit")
                .then()
                .statusCode(400);
    }

    @Test
    void changes_nothing_for_a_form_that_another_site_can_make_a_browser_send() {
        assertThat(as(Certificates.ALICE)
                        .formParam("text", "forged")
                        .post("/api/audit")
                        .statusCode())
                .isEqualTo(415);
        assertThat(as(Certificates.ALICE)
                        .multiPart("text", "forged")
                        .post("/api/audit")
                        .statusCode())
                .isEqualTo(415);
        assertThat(as(Certificates.ALICE)
                        .contentType(ContentType.TEXT)
                        .body(NOTE)
                        .post("/api/audit")
                        .statusCode())
                .isEqualTo(415);
    }

    @Test
    void refuses_a_stranger_in_the_handshake() {
        assertThatThrownBy(() -> as(Certificates.OF_UNKNOWN_CA).get("/api/me")).isInstanceOf(IOException.class);
        assertThat(events.handshakeRefusals(Certificates.OF_UNKNOWN_CA)).containsExactly("issuer-unknown");
    }

    @Test
    void shows_a_member_itself_its_chain_and_its_roles() {
        String page = page(Certificates.ALICE);

        assertThat(page)
                .contains(">alice</bdi></h1>")
                .contains("<li>auditor</li>")
                .contains("CN=alice,OU=auditor")
                .contains(Certificates.ALICE.certificate().getSerialNumber().toString(16))
                .contains(Certificates.issuing().certificate().getSerialNumber().toString(16))
                .contains(Certificates.root().getSerialNumber().toString(16))
                .containsPattern("\\d+ days left")
                .doesNotContain("Renew your certificate");
    }

    @Test
    void shows_an_anonymous_caller_how_to_come_in() {
        assertThat(page(null))
                .contains("You came without a certificate")
                .contains("https://localhost:" + port + "/api/me")
                .doesNotContain("Your chain of trust");
    }

    @Test
    void warns_before_a_certificate_expires() {
        HeldCertificate shortLived = Certificates.issued(member -> member.lifetime(Duration.ofDays(10)));

        assertThat(page(shortLived)).contains("Renew your certificate").contains("9 days left");
    }

    @Test
    void escapes_what_a_certificate_says() {
        HeldCertificate hostile = Certificates.issued(member -> member.subject(DistinguishedName.of(
                rdn(attribute("O", "<script>alert(1)</script>\u202e\u0007")), rdn(attribute("CN", "alice")))));

        assertThat(page(hostile)).contains("&lt;script").doesNotContain("<script", "\u202e", "\u0007");
    }

    @Test
    void lets_the_browser_run_nothing() {
        Response page = as(null).get("/");

        assertThat(page.header("Content-Security-Policy"))
                .startsWith("default-src 'none'; style-src 'self'; img-src 'self';")
                .doesNotContain("unsafe");
        assertThat(page.header("Cache-Control")).isEqualTo("no-store");
        assertThat(page.cookies()).isEmpty();
        assertThat(page.asString()).doesNotContain("<script", "style=", "<style");
    }

    /** The page computes what it says; this asks the server itself. */
    @ParameterizedTest
    @ValueSource(strings = {"anonymous", "alice", "bob", "olga"})
    void says_of_every_endpoint_what_the_server_does(String caller) {
        Map<List<String>, String> verdicts = new LinkedHashMap<>();
        Matcher row = ROW.matcher(page(MEMBERS.get(caller)));
        while (row.find()) {
            verdicts.put(List.of(row.group(2), row.group(3)), row.group(1));
        }

        assertThat(verdicts).hasSize(7);
        verdicts.forEach((endpoint, verdict) -> {
            Response response = call(caller, endpoint.get(0), endpoint.get(1).replace("{day}", "2026-01-05"));
            assertThat(response.statusCode() == 403 ? "may not" : "may")
                    .as("%s", endpoint)
                    .isEqualTo(verdict);
        });
    }

    private String page(@Nullable HeldCertificate caller) {
        Response page = as(caller).get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.contentType()).startsWith("text/html");
        return page.asString();
    }

    private Response call(String caller, String method, String path) {
        RequestSpecification request =
                as(caller.equals("anonymous") ? null : Objects.requireNonNull(MEMBERS.get(caller)));
        return method.equals("POST")
                ? request.contentType(ContentType.JSON).body(NOTE).post(path)
                : request.get(path);
    }

    /** Trusts the development CA and checks the host's name. */
    @SuppressWarnings("deprecation") // The type by which REST Assured takes an SSLContext.
    private RequestSpecification as(@Nullable HeldCertificate caller) {
        SSLContext tls =
                caller == null ? TlsClients.anonymous(Certificates.root()) : caller.clientContext(Certificates.root());
        return RestAssured.given()
                .config(RestAssured.config()
                        .sslConfig(SSLConfig.sslConfig().sslSocketFactory(new SSLSocketFactory(tls))))
                .baseUri("https://localhost")
                .port(port);
    }
}
