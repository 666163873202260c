package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.PathRules;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import io.mtls.contract.TomcatServer;
import jakarta.annotation.security.DenyAll;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the contract leaves open: other parts of the application that meddle, on Tomcat. */
class MtlsFilterTest {

    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root").build();
    private static final X509Certificate TRUSTED = ROOT.certificate();
    private static final HttpClient ALICE =
            http(ROOT.issueClient("CN=alice").build().clientContext(TRUSTED));
    private static final HttpClient NOBODY = http(TlsClients.anonymous(TRUSTED));
    private static final HttpClient STRANGER = http(HeldCertificate.root("CN=Other Root")
            .build()
            .issueClient("CN=alice")
            .build()
            .clientContext(TRUSTED));

    private static final Map<String, Filter> IN_FRONT = new HashMap<>();

    private static TomcatServer server;

    @BeforeAll
    static void start() throws Exception {
        TrustedIssuer acme = TrustedIssuer.builder("acme", TrustAnchors.of(TRUSTED))
                .roles("alice", "auditor")
                .build();
        ClientCertificateVerifier verifier =
                ClientCertificateVerifier.builder(acme).build();
        ClientAuthenticator authenticator =
                new ClientAuthenticator(() -> verifier, InstantSource.system(), event -> {});
        X509ExtendedKeyManager keys =
                keys(ROOT.issueServer("localhost", "127.0.0.1").build());
        server = TomcatServer.start(
                MutualTls.serverContext(() -> keys, authenticator, Handshake.DEFER),
                keys,
                MutualTls.trustManager(authenticator, Handshake.DEFER),
                context -> configure(context, authenticator));
    }

    private static void configure(ServletContext context, ClientAuthenticator authenticator) {
        context.addFilter("front", new Front())
                .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
        PathRules rules =
                PathRules.builder().none("/none").want("/want").want("/forward").build();
        new MtlsFilter(authenticator, RequestRules.of(rules)).register(context);
        context.addServlet("facts", new FactsServlet()).addMapping("/none", "/want", "/need", "/error-page");
        context.addServlet("forward", new WritingForwardServlet()).addMapping("/forward");
        context.addServlet("named", new NamedDispatchServlet()).addMapping("/named");
        context.addServlet("denied", new DeniedServlet()).addMapping("/denied");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void a_caller_by_certificate_does_not_merge_with_one_whom_the_container_knows() throws Exception {
        IN_FRONT.put("carol", containerKnows("carol", "FORM", "admin"));

        assertThat(facts(ALICE, "/want", "carol"))
                .contains(entry("principal", "alice"), entry("authType", "CLIENT_CERT"))
                .contains(entry("auditor", "true"), entry("admin", "false"));
        assertThat(facts(NOBODY, "/want", "carol"))
                .contains(entry("principal", "carol"), entry("authType", "FORM"))
                .contains(entry("auditor", "false"), entry("admin", "true"));
    }

    @Test
    void a_certificate_that_only_the_container_accepted_is_nobodys() throws Exception {
        IN_FRONT.put("container-cert", containerKnows("CN=alice", "CLIENT_CERT", "admin"));

        assertThat(facts(ALICE, "/none", "container-cert"))
                .contains(entry("principal", "none"), entry("remoteUser", "none"), entry("authType", "none"))
                .contains(entry("admin", "false"), entry("**", "false"));
    }

    @Test
    void any_authenticated_caller_is_two_stars_and_nobody_is_one() throws Exception {
        assertThat(facts(ALICE, "/want", "")).contains(entry("**", "true"), entry("*", "false"));
        assertThat(facts(NOBODY, "/want", "")).contains(entry("**", "false"), entry("*", "false"));
    }

    @Test
    void the_identity_is_an_attribute_that_nobody_else_sets() throws Exception {
        IN_FRONT.put("forged", (request, response, chain) -> {
            request.setAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, "mallory");
            request.setAttribute(Decision.ATTRIBUTE, "mallory");
            chain.doFilter(request, response);
        });

        assertThat(facts(ALICE, "/want", "forged")).containsEntry("identity", "alice (acme) [auditor]");
        assertThat(facts(NOBODY, "/want", "forged"))
                .contains(entry("identity", "null"), entry("identityListed", "false"));
        assertThat(status(NOBODY, "/need", "forged")).isEqualTo(403);
    }

    @Test
    void another_filter_with_other_rules_decides_for_itself() throws Exception {
        PathRules everything = PathRules.builder().none("/*").build();
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("acme", TrustAnchors.of(TRUSTED)).build())
                .build();
        MtlsFilter lax = new MtlsFilter(
                new ClientAuthenticator(() -> verifier, InstantSource.system(), event -> {}),
                RequestRules.of(everything));
        IN_FRONT.put("lax", (request, response, chain) -> {
            lax.init(new StubFilterConfig(Map.of(), Map.of()));
            lax.doFilter(request, response, chain);
        });

        assertThat(status(NOBODY, "/need", "lax")).isEqualTo(403);
    }

    @Test
    void an_error_before_the_filter_is_rendered_for_nobody_and_without_the_chain() throws Exception {
        IN_FRONT.put("error", (request, response, chain) -> ((HttpServletResponse) response).sendError(418));

        for (HttpClient client : new HttpClient[] {ALICE, NOBODY, STRANGER}) {
            HttpResponse<String> response = get(client, "/need", "error");
            assertThat(response.statusCode()).isEqualTo(418);
            assertThat(parsed(response)).contains(entry("principal", "none"), entry("chain", "false"));
        }
    }

    @Test
    void a_forward_that_is_refused_after_the_writer_was_taken_is_still_refused() throws Exception {
        HttpResponse<String> response = get(ALICE, "/forward", "");

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.body()).startsWith("{\"type\"").endsWith("\"code\":\"role-missing\"}");
    }

    /** As the filter's documentation says; if this fails, a container has become better. */
    @Test
    void a_named_dispatcher_passes_by_the_annotations_of_its_target() throws Exception {
        assertThat(status(ALICE, "/denied", "")).isEqualTo(403);
        assertThat(status(ALICE, "/named", "")).isEqualTo(200);
    }

    @Test
    void a_chain_that_another_filter_sets_without_tls_is_not_believed() throws Exception {
        X509Certificate alice = ROOT.issueClient("CN=alice").build().certificate();
        IN_FRONT.put("header-chain", (request, response, chain) -> {
            request.setAttribute("jakarta.servlet.request.X509Certificate", new X509Certificate[] {alice});
            chain.doFilter(request, response);
        });
        URI plain = URI.create("http://localhost:" + server.plainPort());

        assertThat(get(NOBODY, plain.resolve("/need"), "header-chain").statusCode())
                .isEqualTo(403);
        assertThat(parsed(get(NOBODY, plain.resolve("/want"), "header-chain")))
                .contains(entry("principal", "none"), entry("chain", "false"));
    }

    @Test
    void who_is_authenticated_by_certificate_cannot_log_in_as_another() throws Exception {
        assertThat(facts(ALICE, "/want", "")).contains(entry("authenticate", "true"), entry("login", "refused"));
    }

    private static Map<String, String> facts(HttpClient client, String path, String inFront) throws Exception {
        HttpResponse<String> response = get(client, path, inFront);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return parsed(response);
    }

    private static int status(HttpClient client, String path, String inFront) throws Exception {
        return get(client, path, inFront).statusCode();
    }

    private static HttpResponse<String> get(HttpClient client, String path, String inFront) throws Exception {
        return get(client, URI.create("https://localhost:" + server.port() + path), inFront);
    }

    private static HttpResponse<String> get(HttpClient client, URI uri, String inFront) throws Exception {
        return client.send(
                HttpRequest.newBuilder(uri).header("In-Front", inFront).build(), BodyHandlers.ofString());
    }

    private static Map<String, String> parsed(HttpResponse<String> response) {
        Map<String, String> facts = new HashMap<>();
        response.body()
                .lines()
                .forEach(
                        line -> facts.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return facts;
    }

    private static HttpClient http(SSLContext context) {
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static X509ExtendedKeyManager keys(HeldCertificate server) throws Exception {
        char[] password = "not a secret".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(server.pkcs12(password)), password);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, password);
        return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
    }

    /** Stands for a container, or an authentication of its own, that knows the caller. */
    private static Filter containerKnows(String name, String authType, String role) {
        return (request, response, chain) -> chain.doFilter(
                new HttpServletRequestWrapper((HttpServletRequest) request) {
                    @Override
                    public Principal getUserPrincipal() {
                        return () -> name;
                    }

                    @Override
                    public String getRemoteUser() {
                        return name;
                    }

                    @Override
                    public String getAuthType() {
                        return authType;
                    }

                    @Override
                    public boolean isUserInRole(String asked) {
                        return asked.equals(role) || asked.equals("**");
                    }
                },
                response);
    }

    /** Before the filter under test: does what the test put there under the name in the header. */
    private static final class Front implements Filter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            Filter chosen = IN_FRONT.get(((HttpServletRequest) request).getHeader("In-Front"));
            if (chosen == null) {
                chain.doFilter(request, response);
            } else {
                chosen.doFilter(request, response, chain);
            }
        }
    }

    private static final class FactsServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            Principal principal = request.getUserPrincipal();
            request.setAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, "set by a servlet");
            Map<String, Object> facts = new HashMap<>();
            facts.put("principal", principal == null ? "none" : principal.getName());
            facts.put("remoteUser", Objects.requireNonNullElse(request.getRemoteUser(), "none"));
            facts.put("authType", Objects.requireNonNullElse(request.getAuthType(), "none"));
            for (String role : new String[] {"auditor", "admin", "*", "**"}) {
                facts.put(role, request.isUserInRole(role));
            }
            facts.put("identity", String.valueOf(request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE)));
            facts.put(
                    "identityListed",
                    Collections.list(request.getAttributeNames()).contains(MtlsFilter.IDENTITY_ATTRIBUTE));
            facts.put("chain", request.getAttribute("jakarta.servlet.request.X509Certificate") != null);
            if (principal != null && "CLIENT_CERT".equals(request.getAuthType())) {
                facts.put("authenticate", request.authenticate(response));
                facts.put("login", login(request));
            }
            facts.forEach((name, value) -> {
                try {
                    response.getWriter().println(name + "=" + value);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        private static String login(HttpServletRequest request) {
            try {
                request.login("carol", "secret");
                return "done";
            } catch (ServletException e) {
                return "refused";
            }
        }
    }

    private static final class WritingForwardServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            response.getWriter().write("this was here before");
            request.getRequestDispatcher("/denied").forward(request, response);
        }
    }

    private static final class NamedDispatchServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            getServletContext().getNamedDispatcher("denied").forward(request, response);
        }
    }

    @DenyAll
    private static final class DeniedServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) {
            response.setStatus(200);
        }
    }
}
