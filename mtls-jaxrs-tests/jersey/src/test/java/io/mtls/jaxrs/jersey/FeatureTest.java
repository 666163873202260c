package io.mtls.jaxrs.jersey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.CertificateRoles;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsEvent;
import io.mtls.PathRules;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.ca.HeldCertificate;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.jaxrs.ClientConnection;
import io.mtls.jaxrs.MtlsFeature;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.glassfish.jersey.internal.MapPropertiesDelegate;
import org.glassfish.jersey.jdkhttp.JdkHttpServerFactory;
import org.glassfish.jersey.server.ApplicationHandler;
import org.glassfish.jersey.server.ContainerRequest;
import org.glassfish.jersey.server.ContainerResponse;
import org.glassfish.jersey.server.ResourceConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs no server: how an application starts, and which annotations are heeded. */
class FeatureTest {

    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root").build();
    private static final HeldCertificate ALICE =
            ROOT.issueClient("CN=alice,OU=auditor").build();
    private static final HeldCertificate BOB = ROOT.issueClient("CN=bob").build();
    private static final PathRules WANTED = PathRules.builder().want("/*").build();

    private static final List<MtlsEvent> EVENTS = new CopyOnWriteArrayList<>();
    private static final ClientCertificateVerifier VERIFIER = ClientCertificateVerifier.builder(
                    TrustedIssuer.builder("acme", TrustAnchors.of(ROOT.certificate()))
                            .roleRule(RoleRule.sameName(CertificateField.subject("OU"), "auditor"))
                            .build())
            .build();
    private static final ClientAuthenticator AUTHENTICATOR =
            new ClientAuthenticator(() -> VERIFIER, InstantSource.system(), EVENTS::add);

    @BeforeEach
    void forgetEvents() {
        EVENTS.clear();
    }

    @Nested
    class An_application {

        @Test
        void that_registers_nothing_does_not_start() {
            assertThatThrownBy(() -> new ApplicationHandler(new ResourceConfig(Open.class)))
                    .hasStackTraceContaining("register an MtlsFeature")
                    .hasStackTraceContaining(MtlsFeature.CONFIGURATION_PROPERTY);
        }

        @Test
        void that_turns_discovery_off_is_its_own_master() throws Exception {
            ResourceConfig application = new ResourceConfig(Open.class).property("jakarta.ws.rs.loadServices", false);

            assertThat(get(application, null, "/open").getStatus()).isEqualTo(200);
        }

        @Test
        void that_names_a_file_is_guarded_by_it(@TempDir java.nio.file.Path directory) throws Exception {
            Files.writeString(directory.resolve("root.pem"), ROOT.certificatePem());
            java.nio.file.Path file = Files.writeString(directory.resolve("mtls.properties"), """
                    issuer.acme.anchors = root.pem
                    revocation.allow-unchecked = true
                    path./open = none
                    """);
            ResourceConfig application = new ResourceConfig(Open.class, Called.class)
                    .property(MtlsFeature.CONFIGURATION_PROPERTY, file.toString());

            assertThat(get(application, null, "/open").getStatus()).isEqualTo(200);
            assertThat(get(application, null, "/called/audited").getStatus()).isEqualTo(403);
        }

        @Test
        void whose_file_is_wrong_does_not_start(@TempDir java.nio.file.Path directory) throws Exception {
            java.nio.file.Path file = Files.writeString(directory.resolve("mtls.properties"), "isuer.acme.anchors = x");
            ResourceConfig application =
                    new ResourceConfig(Open.class).property(MtlsFeature.CONFIGURATION_PROPERTY, file.toString());

            assertThatThrownBy(() -> new ApplicationHandler(application))
                    .hasStackTraceContaining("'isuer' is not known");
        }

        @Test
        void whose_annotations_contradict_each_other_does_not_start() {
            assertThatThrownBy(() -> new ApplicationHandler(guarded(Contradicting.class)))
                    .hasStackTraceContaining("Contradicting")
                    .hasStackTraceContaining("PermitAll");
            assertThatThrownBy(() -> new ApplicationHandler(guarded(ContradictingLocator.class)))
                    .hasStackTraceContaining("ContradictingLocator");
        }

        @Test
        void on_a_server_that_hides_connections_does_not_start() throws Exception {
            ResourceConfig application =
                    new ResourceConfig(Open.class).register(new MtlsFeature(AUTHENTICATOR, WANTED));

            assertThatThrownBy(() -> JdkHttpServerFactory.createHttpServer(
                            URI.create("https://localhost:0/"), application, SSLContext.getDefault(), true))
                    .hasStackTraceContaining("JdkServerTls");
        }

        @Test
        void is_not_meant_where_there_is_only_a_client() throws Exception {
            int port;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort(); // Nobody listens there from now on.
            }
            try (Client client = ClientBuilder.newClient()) {
                assertThatThrownBy(() -> client.target("http://localhost:" + port)
                                .request()
                                .get())
                        .hasRootCauseInstanceOf(ConnectException.class);
            }
        }
    }

    @Nested
    class A_connection_that_nobody_knows {

        private final ResourceConfig application = new ResourceConfig(Open.class, Called.class)
                .register(new MtlsFeature(
                        AUTHENTICATOR,
                        PathRules.builder().none("/open").want("/called/*").build(),
                        request -> null));

        @Test
        void is_refused_where_a_certificate_would_matter() throws Exception {
            assertThat(get(application, null, "/called/open").getStatus()).isEqualTo(403);
            assertThat(EVENTS)
                    .singleElement()
                    .asString()
                    .contains("CERTIFICATE_REQUIRED", "GET /called/open", "ConnectionSource");
        }

        @Test
        void is_good_enough_where_none_does() throws Exception {
            assertThat(get(application, null, "/open").getStatus()).isEqualTo(200);
        }
    }

    @Nested
    class Annotations {

        @Test
        void on_a_method_are_heeded() throws Exception {
            assertThat(status(ALICE, "/called/audited")).isEqualTo(200);
            assertThat(status(BOB, "/called/audited")).isEqualTo(403);
            assertThat(status(null, "/called/open")).isEqualTo(200);
        }

        @Test
        void on_an_interface_are_heeded_whether_on_its_method_or_on_itself() throws Exception {
            assertThat(status(ALICE, "/by-interface/method")).isEqualTo(200);
            assertThat(status(BOB, "/by-interface/method")).isEqualTo(403);
            assertThat(status(ALICE, "/by-interface/other")).isEqualTo(200);
            assertThat(status(BOB, "/by-interface/other")).isEqualTo(403);
        }

        @Test
        void on_a_locator_that_returns_a_class_are_heeded() throws Exception {
            assertThat(status(ALICE, "/locating/class/x")).isEqualTo(200);
            assertThat(status(BOB, "/locating/class/x")).isEqualTo(403);
        }

        @Test
        void of_two_locators_that_return_the_same_are_both_asked_for() throws Exception {
            assertThat(status(BOB, "/locating/same/x")).isEqualTo(403);
            assertThat(status(ALICE, "/locating/same/x")).isEqualTo(200);
        }

        @Test
        void of_a_sub_resource_that_contradict_each_other_let_nobody_in() throws Exception {
            assertThat(status(ALICE, "/locating/contradicting/x")).isEqualTo(403);
        }

        @Test
        void make_HEAD_ask_for_what_GET_does() throws Exception {
            ContainerResponse response = send(called(), BOB, "HEAD", "/called/audited");

            assertThat(response.getStatus()).isEqualTo(403);
        }

        private int status(@Nullable HeldCertificate caller, String path) throws Exception {
            return get(called(), caller, path).getStatus();
        }

        private ResourceConfig called() {
            return guarded(Called.class, ByInterface.class, Locating.class);
        }
    }

    private static ResourceConfig guarded(Class<?>... resources) {
        return new ResourceConfig(resources)
                .register(new MtlsFeature(
                        AUTHENTICATOR,
                        WANTED,
                        request -> new ClientConnection(chainOf(request), null, "192.0.2.7", true)));
    }

    private static List<X509Certificate> chainOf(ContainerRequestContext request) {
        return request.getProperty("test.caller") instanceof HeldCertificate caller ? caller.chain() : List.of();
    }

    private static ContainerResponse get(ResourceConfig application, @Nullable HeldCertificate caller, String path)
            throws Exception {
        return send(application, caller, "GET", path);
    }

    private static ContainerResponse send(
            ResourceConfig application, @Nullable HeldCertificate caller, String method, String path) throws Exception {
        URI base = URI.create("https://localhost/");
        ContainerRequest request =
                new ContainerRequest(base, base.resolve(path), method, null, new MapPropertiesDelegate(), application);
        if (caller != null) {
            request.setProperty("test.caller", caller);
        }
        return new ApplicationHandler(application).apply(request).get();
    }

    /** Resources. */
    @Path("open")
    public static class Open {
        @GET
        public String get() {
            return "open";
        }
    }

    /** By its methods. */
    @Path("called")
    public static class Called {
        @GET
        @Path("audited")
        @CertificateRoles("auditor")
        public String audited() {
            return "audited";
        }

        @GET
        @Path("open")
        public String open() {
            return "open";
        }
    }

    /** One method says something itself. */
    @Path("by-interface")
    @RolesAllowed("auditor")
    public interface Interface {
        @GET
        @Path("method")
        @CertificateRoles("auditor")
        String method();

        @GET
        @Path("other")
        String other();
    }

    /** Says nothing. */
    @Path("by-interface")
    public static class ByInterface implements Interface {
        @Override
        public String method() {
            return "method";
        }

        @Override
        public String other() {
            return "other";
        }
    }

    /** Leads to others. */
    @Path("locating")
    public static class Locating {
        @Path("class")
        @CertificateRoles("auditor")
        public Class<Located> byClass() {
            return Located.class;
        }

        @Path("same")
        public Same same() {
            return new Same();
        }

        @Path("also")
        @CertificateRoles("auditor")
        public Same also() {
            return new Same();
        }

        @Path("contradicting")
        public ContradictingBelow contradicting() {
            return new ContradictingBelow();
        }
    }

    /** Found by its class. */
    public static class Located {
        @GET
        @Path("x")
        public String x() {
            return "x";
        }
    }

    /** Found by two. */
    public static class Same {
        @GET
        @Path("x")
        public String x() {
            return "x";
        }
    }

    /** Is not known at the start. */
    public static class ContradictingBelow {
        @GET
        @Path("x")
        @PermitAll
        @RolesAllowed("auditor")
        public String x() {
            return "x";
        }
    }

    /** Is. */
    @Path("contradicting")
    public static class Contradicting {
        @GET
        @PermitAll
        @RolesAllowed("auditor")
        public String get() {
            return "never";
        }
    }

    /** Is, too. */
    @Path("contradicting-locator")
    public static class ContradictingLocator {
        @GET
        @DenyAll
        public String get() {
            return "never";
        }

        @Path("below")
        @PermitAll
        @CertificateRoles("auditor")
        public Same below() {
            return new Same();
        }
    }
}
