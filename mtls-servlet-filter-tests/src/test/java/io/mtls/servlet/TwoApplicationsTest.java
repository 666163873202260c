package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.CertificateForwarding;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.ClientIdentity;
import io.mtls.HttpClientCertificateForwarding;
import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.PathRules;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.TrustedProxies;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.ServletApplication;
import io.mtls.contract.TomcatServer;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationStatus;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two of our applications in a row, over real TLS: the first calls the second on behalf of its caller, and would pass on
 * every header that it is sent. The second trusts the first as a proxy.
 */
class TwoApplicationsTest {

    /** JSSE, on the clients' side, has no other. */
    private static final InstantSource CLOCK = InstantSource.system();

    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root").build();
    private static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing CA").build();
    private static final HeldCertificate ALICE =
            ISSUING.issueClient("CN=alice,OU=Audit").build();
    private static final HeldCertificate BOB = ISSUING.issueClient("CN=bob").build();
    private static final HeldCertificate SERVER =
            ISSUING.issueServer("localhost").build();
    private static final HeldCertificate SERVICES =
            HeldCertificate.root("CN=Acme Services").build();
    private static final HeldCertificate FIRST_AS_CLIENT =
            SERVICES.issueClient("CN=first").build();
    private static final HeldCertificate OTHER_SERVICE =
            SERVICES.issueClient("CN=other").build();

    private static final Map<X509Certificate, RevocationStatus> REVOKED_AT_SECOND = new ConcurrentHashMap<>();
    private static final List<String> REFUSED_BY_FIRST = new CopyOnWriteArrayList<>();
    private static final List<String> REFUSED_BY_SECOND = new CopyOnWriteArrayList<>();
    private static final List<String> SEEN_BY_SECOND = new CopyOnWriteArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private static TomcatServer second;

    @SuppressWarnings("NullAway.Init")
    private static TomcatServer first;

    @SuppressWarnings("NullAway.Init")
    private static TomcatServer firstBehindProxies;

    /** A second that reads Envoy's header, and a first that writes it. */
    @SuppressWarnings("NullAway.Init")
    private static TomcatServer secondReadingXfcc;

    @SuppressWarnings("NullAway.Init")
    private static TomcatServer firstWritingXfcc;

    @BeforeAll
    static void start() {
        ClientCertificateVerifier members = members(RevocationPolicy.builder((query, at) ->
                        REVOKED_AT_SECOND.getOrDefault(query.certificate(), new RevocationStatus.Good(at)))
                .build());
        ClientAuthenticator atSecond = new ClientAuthenticator(() -> members, CLOCK, codes(REFUSED_BY_SECOND));
        second = second(atSecond.behind(trusting(members, "first", ForwardedCertificates.rfc9440())));
        secondReadingXfcc = second(atSecond.behind(trusting(members, "first", ForwardedCertificates.xfcc())));
        ClientCertificateVerifier atFirst = members(null);
        ClientAuthenticator direct = new ClientAuthenticator(() -> atFirst, CLOCK, codes(REFUSED_BY_FIRST));
        first = server(direct, onward(direct, second, CertificateForwarding.RFC9440));
        firstWritingXfcc = server(direct, onward(direct, secondReadingXfcc, CertificateForwarding.XFCC));
        ClientAuthenticator behind = direct.behind(trusting(atFirst, "edge", ForwardedCertificates.rfc9440()));
        firstBehindProxies = server(behind, onward(behind, second, CertificateForwarding.RFC9440));
    }

    private static TomcatServer second(ClientAuthenticator atSecond) {
        return server(atSecond, context -> {
            context.addFilter("seen", (request, response, chain) -> {
                        SEEN_BY_SECOND.addAll(Collections.list(((HttpServletRequest) request).getHeaderNames()));
                        chain.doFilter(request, response);
                    })
                    .addMappingForUrlPatterns(null, false, "/*");
            new MtlsFilter(
                            atSecond,
                            RequestRules.of(PathRules.builder().want("/want/*").build()))
                    .register(context);
            ContractServlets.addTo(context);
        });
    }

    @AfterAll
    static void stop() {
        List.of(first, firstBehindProxies, firstWritingXfcc, second, secondReadingXfcc)
                .forEach(TomcatServer::close);
    }

    @BeforeEach
    void forget() {
        REVOKED_AT_SECOND.clear();
        List.of(REFUSED_BY_FIRST, REFUSED_BY_SECOND, SEEN_BY_SECOND).forEach(List::clear);
    }

    private static ClientCertificateVerifier members(@Nullable RevocationPolicy revocation) {
        TrustedIssuer.Builder issuer = TrustedIssuer.builder("acme", TrustAnchors.of(ROOT.certificate()))
                .roleRule(RoleRule.equal(CertificateField.subject("OU"), "Audit", "auditor"));
        if (revocation != null) {
            issuer.revocation(revocation);
        }
        return ClientCertificateVerifier.builder(issuer.build()).build();
    }

    private static TrustedProxies trusting(
            ClientCertificateVerifier members, String proxy, ForwardedCertificates format) {
        ClientCertificateVerifier proxies = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("services", TrustAnchors.of(SERVICES.certificate()))
                                .members(List.of(proxy))
                                .build())
                .build();
        return TrustedProxies.builder(format, () -> members)
                .certificates(() -> proxies)
                .build();
    }

    private static MtlsListener codes(List<String> refused) {
        return event -> {
            if (event instanceof MtlsEvent.RequestRefused request) {
                refused.add(request.reason().code());
            }
        };
    }

    private static ServletApplication onward(
            ClientAuthenticator authenticator, TomcatServer next, CertificateForwarding format) {
        return context -> {
            new MtlsFilter(
                            authenticator,
                            RequestRules.of(PathRules.builder().want("/want/*").build()))
                    .register(context);
            context.addServlet("onward", new OnwardServlet(next, format)).addMapping("/want/*", "/api/*");
        };
    }

    private static TomcatServer server(ClientAuthenticator authenticator, ServletApplication application) {
        X509ExtendedKeyManager keys = keys();
        return TomcatServer.start(
                MutualTls.serverContext(() -> keys, authenticator, Handshake.REFUSE),
                keys,
                MutualTls.trustManager(authenticator, Handshake.REFUSE),
                application);
    }

    private static X509ExtendedKeyManager keys() {
        try {
            char[] password = "not a secret".toCharArray();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(SERVER.pkcs12(password)), password);
            return MutualTls.keys(store, password);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same path at the next application, with all headers that came. */
    private static final class OnwardServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        private static final Set<String> THE_CONNECTIONS =
                Set.of("connection", "content-length", "host", "http2-settings", "upgrade");

        private static final HttpClient CLIENT = HttpClient.newBuilder()
                .sslContext(FIRST_AS_CLIENT.clientContext(ROOT.certificate()))
                .build();

        private final transient TomcatServer next;
        private final CertificateForwarding format;

        OnwardServlet(TomcatServer next, CertificateForwarding format) {
            this.next = next;
            this.format = format;
        }

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws IOException, ServletException {
            HttpRequest.Builder onward = HttpRequest.newBuilder(uri(next, request.getRequestURI()));
            for (String name : Collections.list(request.getHeaderNames())) {
                if (!THE_CONNECTIONS.contains(name)) {
                    Collections.list(request.getHeaders(name)).forEach(value -> onward.header(name, value));
                }
            }
            ClientIdentity caller = (ClientIdentity) request.getUserPrincipal();
            HttpRequest onBehalf = HttpClientCertificateForwarding.onBehalfOf(caller, onward.build(), format);
            try {
                HttpResponse<String> answer = CLIENT.send(onBehalf, BodyHandlers.ofString());
                response.setStatus(answer.statusCode());
                response.getWriter().write(answer.body());
            } catch (InterruptedException e) {
                throw new ServletException(e);
            }
        }
    }

    private static URI uri(TomcatServer server, String path) {
        return URI.create("https://localhost:" + server.port() + path);
    }

    /** By this client, to this server, with these headers. */
    private static HttpResponse<String> get(SSLContext client, TomcatServer server, String path, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(server, path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newBuilder().sslContext(client).build().send(request.build(), BodyHandlers.ofString());
    }

    private static SSLContext as(HeldCertificate client) {
        return client.clientContext(ROOT.certificate());
    }

    private static SSLContext nobody() {
        return TlsClients.anonymous(ROOT.certificate());
    }

    private static String forwarding(HeldCertificate client) {
        return Objects.requireNonNull(
                ForwardedCertificates.toRfc9440(client.chain()).get("Client-Cert"));
    }

    private static String forwardingChain(HeldCertificate client) {
        return Objects.requireNonNull(
                ForwardedCertificates.toRfc9440(client.chain()).get("Client-Cert-Chain"));
    }

    @Test
    void the_second_knows_the_caller_of_the_first_by_name_and_roles() throws Exception {
        HttpResponse<String> alice = get(as(ALICE), first, "/api/whoami");
        HttpResponse<String> bob = get(as(BOB), first, "/api/whoami");

        assertThat(alice.statusCode()).isEqualTo(200);
        assertThat(alice.body()).startsWith("principal=alice\nauthType=CLIENT_CERT\nroles=auditor\n");
        assertThat(SEEN_BY_SECOND).contains("client-cert", "client-cert-chain");
        assertThat(bob.statusCode()).isEqualTo(200);
        assertThat(bob.body()).startsWith("principal=bob\nauthType=CLIENT_CERT\nroles=\n");
        assertThat(get(as(BOB), first, "/want/report").body()).contains("role-missing");
    }

    @Test
    void the_second_knows_nobody_where_the_first_knows_nobody() throws Exception {
        HttpResponse<String> wanted = get(nobody(), first, "/want/whoami");
        HttpResponse<String> report = get(nobody(), first, "/want/report");

        assertThat(wanted.statusCode()).isEqualTo(200);
        assertThat(wanted.body()).startsWith("principal=none\nauthType=none\n");
        assertThat(report.statusCode()).isEqualTo(403);
        assertThat(report.body()).contains("certificate-required");
        assertThat(SEEN_BY_SECOND).isNotEmpty().noneMatch(ForwardedCertificates.rfc9440()::isAlias);
    }

    @Test
    void a_caller_who_is_revoked_only_at_the_second_is_refused_there() throws Exception {
        assertThat(get(as(ALICE), first, "/api/whoami").statusCode()).isEqualTo(200);
        REVOKED_AT_SECOND.put(ALICE.certificate(), new RevocationStatus.Revoked(CLOCK.instant(), "keyCompromise"));

        HttpResponse<String> answer = get(as(ALICE), first, "/api/whoami");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("certificate-revoked");
        assertThat(REFUSED_BY_SECOND).containsExactly("certificate-revoked");
        assertThat(REFUSED_BY_FIRST).isEmpty();
        assertThat(get(as(BOB), first, "/api/whoami").statusCode()).isEqualTo(200);
    }

    @Test
    void everybody_else_who_forwards_to_the_second_is_refused() throws Exception {
        for (SSLContext client : List.of(nobody(), as(BOB))) {
            HttpResponse<String> answer = get(client, second, "/api/whoami", "Client-Cert", forwarding(ALICE));

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("forwarded-certificate-refused");
        }
        assertThat(REFUSED_BY_SECOND).containsExactly("forwarded-certificate-refused", "forwarded-certificate-refused");
    }

    /** Of the right CA, but not the member; its handshake passes, since who it is counts with the request. */
    @Test
    void another_service_that_forwards_to_the_second_is_refused() throws Exception {
        HttpResponse<String> answer = get(as(OTHER_SERVICE), second, "/api/whoami", "Client-Cert", forwarding(ALICE));

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("forwarded-certificate-refused");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Client-Cert", "client-cert", "Client_Cert", "Client.Cert", "HTTP_CLIENT_CERT"})
    void what_somebody_forwards_to_the_first_never_reaches_the_second(String name) throws Exception {
        String[] spoofed = {name, forwarding(ALICE), "Client-Cert-Chain", forwardingChain(ALICE)};

        HttpResponse<String> byNobody = get(nobody(), first, "/want/whoami", spoofed);
        assertThat(byNobody.statusCode()).isEqualTo(200);
        assertThat(byNobody.body()).startsWith("principal=none\n");
        assertThat(SEEN_BY_SECOND).isNotEmpty().noneMatch(ForwardedCertificates.rfc9440()::isAlias);

        HttpResponse<String> byBob = get(as(BOB), first, "/api/whoami", spoofed);
        assertThat(byBob.statusCode()).isEqualTo(200);
        assertThat(byBob.body()).startsWith("principal=bob\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Client-Cert", "Client_Cert"})
    void what_somebody_forwards_to_a_first_that_knows_proxies_is_refused_there(String name) throws Exception {
        for (SSLContext client : List.of(nobody(), as(BOB))) {
            HttpResponse<String> answer = get(client, firstBehindProxies, "/want/whoami", name, forwarding(ALICE));

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("forwarded-certificate-refused");
        }
        assertThat(SEEN_BY_SECOND).isEmpty();
    }

    @Test
    void a_second_that_reads_envoys_header_knows_the_caller_too() throws Exception {
        HttpResponse<String> alice = get(as(ALICE), firstWritingXfcc, "/api/whoami");

        assertThat(alice.statusCode()).isEqualTo(200);
        assertThat(alice.body()).startsWith("principal=alice\nauthType=CLIENT_CERT\nroles=auditor\n");
        assertThat(SEEN_BY_SECOND)
                .contains("x-forwarded-client-cert")
                .noneMatch(name -> name.startsWith("client-cert"));
        assertThat(get(nobody(), firstWritingXfcc, "/want/whoami").body()).startsWith("principal=none\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-Client-Cert", "x_forwarded_client_cert"})
    void what_somebody_writes_as_envoy_to_the_first_never_reaches_the_second(String name) throws Exception {
        String spoofed = Objects.requireNonNull(
                ForwardedCertificates.toXfcc(ALICE.chain()).get("X-Forwarded-Client-Cert"));

        HttpResponse<String> byNobody =
                get(nobody(), firstWritingXfcc, "/want/whoami", name, spoofed, "Client-Cert", forwarding(ALICE));
        assertThat(byNobody.statusCode()).isEqualTo(200);
        assertThat(byNobody.body()).startsWith("principal=none\n");
        assertThat(SEEN_BY_SECOND).isNotEmpty().noneMatch(CertificateForwarding::isStripped);

        HttpResponse<String> byBob = get(as(BOB), firstWritingXfcc, "/api/whoami", name, spoofed);
        assertThat(byBob.statusCode()).isEqualTo(200);
        assertThat(byBob.body()).startsWith("principal=bob\n");

        SEEN_BY_SECOND.clear();
        assertThat(get(as(BOB), first, "/api/whoami", name, spoofed).body()).startsWith("principal=bob\n");
        assertThat(SEEN_BY_SECOND).contains("client-cert").doesNotContain("x-forwarded-client-cert", name);
    }

    @Test
    void everybody_else_who_writes_as_envoy_to_the_second_is_refused() throws Exception {
        String spoofed = Objects.requireNonNull(
                ForwardedCertificates.toXfcc(ALICE.chain()).get("X-Forwarded-Client-Cert"));

        HttpResponse<String> answer =
                get(as(BOB), secondReadingXfcc, "/api/whoami", "X-Forwarded-Client-Cert", spoofed);

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("forwarded-certificate-refused");
    }

    @Test
    void who_came_to_the_first_by_a_proxy_is_told_to_the_second() throws Exception {
        SSLContext edge = as(SERVICES.issueClient("CN=edge").build());

        HttpResponse<String> answer = get(
                edge,
                firstBehindProxies,
                "/api/whoami",
                "Client-Cert",
                forwarding(ALICE),
                "Client-Cert-Chain",
                forwardingChain(ALICE));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).startsWith("principal=alice\nauthType=CLIENT_CERT\nroles=auditor\n");
    }
}
