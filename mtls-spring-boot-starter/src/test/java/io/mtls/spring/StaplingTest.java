package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.Fault;
import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.RevocationReason;
import io.mtls.revocation.RevocationEvent;
import io.mtls.spring.Application.Server;
import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.assertj.core.api.AbstractStringAssert;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The server's own OCSP answer, as clients get it in the handshake. */
class StaplingTest {

    private FaultyResponder responder;
    private HeldCertificate server;
    private HeldCertificate alice;

    @BeforeEach
    void start() {
        startFor(FaultyResponder.start("Acme", InstantSource.system()));
    }

    private void startFor(FaultyResponder started) {
        responder = started;
        server = responder.authority().issue(Member.server("localhost", "127.0.0.1"));
        alice = responder.authority().issue(Member.client("alice"));
    }

    @AfterEach
    void stop() {
        responder.close();
        assertThat(System.getProperties().stringPropertyNames())
                .noneMatch(name -> name.startsWith("jdk.tls.stapling"))
                .doesNotContain("jdk.tls.server.enableStatusRequestExtension");
    }

    @ParameterizedTest
    @EnumSource
    void a_client_gets_the_answer_with_the_certificate(Server kind) throws Exception {
        try (Application application = application(kind).start()) {
            SingleResp answer = awaitStaple(application, "localhost", server);

            assertThat(answer.getCertStatus()).isEqualTo(CertificateStatus.GOOD);
            Client.by(alice.clientContext(responder.authority().root()), application.port())
                    .get("/whoami")
                    .then()
                    .statusCode(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("interop")
    void openssl_sees_the_answer(Server kind, @TempDir Path directory) throws Exception {
        try (Application application = application(kind).start()) {
            awaitStaple(application, "localhost", server);

            assertThat(openssl(directory, application.port()))
                    .contains("OCSP Response Status: successful (0x0)")
                    .contains("Cert Status: good")
                    .contains("Verify return code: 0 (ok)");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_handshake_does_not_wait_for_a_responder_that_hangs(Server kind) throws Exception {
        responder.ocsp(Fault.hung());
        try (Application application = application(kind).start()) {
            responder.awaitRequests(1, Duration.ofSeconds(30));

            // The request is held until the end of the test: who waited for it would wait as long.
            assertThat(stapled(application.port(), "localhost")).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void after_a_reload_the_answer_is_for_the_new_certificate(Server kind) throws Exception {
        try (Application application = application(kind).start()) {
            awaitStaple(application, "localhost", server);
            HeldCertificate renewed = responder.authority().issue(Member.server("new.example", "localhost"));

            application
                    .context()
                    .getBean(SslBundleRegistry.class)
                    .updateBundle("server", bundle(renewed.chainPem(), renewed));

            awaitStaple(application, "localhost", renewed);
        }
    }

    @Test
    void a_new_certificate_that_cannot_be_stapled_does_not_replace_the_one_that_can() throws Exception {
        Events events = new Events();
        try (Application application =
                application(Server.TOMCAT).bean(MtlsListener.class, events).start()) {
            HeldCertificate renewed = responder.authority().issue(Member.server("new.example", "localhost"));

            application
                    .context()
                    .getBean(SslBundleRegistry.class)
                    .updateBundle("server", bundle(renewed.certificatePem(), renewed));

            assertThat(events.all)
                    .filteredOn(MtlsEvent.ReloadFailed.class::isInstance)
                    .singleElement()
                    .satisfies(event -> assertThat(event.message()).contains("Put the issuing CA's certificate"));
            awaitStaple(application, "localhost", server);
        }
    }

    @Test
    void each_name_of_tomcat_has_the_answer_for_its_certificate() throws Exception {
        HeldCertificate other = responder.authority().issue(Member.server("other.example", "localhost"));
        try (Application application = application(Server.TOMCAT)
                .with(properties("other", other.chainPem(), other))
                .with("server.ssl.server-name-bundles[0].server-name", "other.example")
                .with("server.ssl.server-name-bundles[0].bundle", "other")
                .start()) {
            awaitStaple(application, "other.example", other);
            awaitStaple(application, "localhost", server);
        }
    }

    @Test
    void a_revoked_certificate_is_served_with_the_answer_that_says_so_and_an_error_is_told() throws Exception {
        responder.authority().revoke(server.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        Events events = new Events();
        try (Application application =
                application(Server.TOMCAT).bean(MtlsListener.class, events).start()) {
            SingleResp answer = awaitStaple(application, "localhost", server);

            assertThat(answer.getCertStatus()).isInstanceOf(RevokedStatus.class);
            events.await(RevocationEvent.Kind.SERVER_REVOKED);
        }
    }

    @Test
    void a_responder_can_be_configured_for_a_certificate_that_names_none() throws Exception {
        responder.close();
        startFor(FaultyResponder.start(
                url -> CertificateAuthority.inMemory(CaSettings.named("Silent"), InstantSource.system())));
        try (Application application = application(Server.TOMCAT)
                .with("mtls.stapling.responder", responder.url() + "/ocsp")
                .start()) {
            assertThat(awaitStaple(application, "localhost", server).getCertStatus())
                    .isEqualTo(CertificateStatus.GOOD);
        }
    }

    @Test
    void a_restart_needs_no_responder_where_answers_are_stored(@TempDir Path storage) throws Exception {
        try (Application before = application(Server.TOMCAT)
                .with("mtls.revocation.storage", storage)
                .start()) {
            awaitStaple(before, "localhost", server);
        }
        responder.ocsp(Fault.hung());

        try (Application after = application(Server.TOMCAT)
                .with("mtls.revocation.storage", storage)
                .start()) {
            assertThat(awaitStaple(after, "localhost", server).getCertStatus()).isEqualTo(CertificateStatus.GOOD);
        }
    }

    @Test
    void a_storage_that_cannot_be_written_to_stops_the_start(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        refusedFor(application(Server.TOMCAT).with("mtls.revocation.storage", file))
                .contains("The property 'mtls.revocation.storage' cannot be used", "stapling");
    }

    @Test
    void a_property_that_contradicts_stops_the_start() {
        System.setProperty("jdk.tls.stapling.responderURI", "http://ocsp.example.org");
        try {
            refusedFor(application(Server.TOMCAT))
                    .contains("'jdk.tls.stapling.responderURI' is 'http://ocsp.example.org'", "Remove it")
                    .contains("mtls.stapling.enabled=false");
        } finally {
            System.clearProperty("jdk.tls.stapling.responderURI");
        }
    }

    @Test
    void a_second_application_in_one_jvm_stops_the_start_of_that_one() {
        try (Application first = application(Server.TOMCAT).start()) {
            refusedFor(application(Server.JETTY)).contains("another application in this JVM");
            assertThat(first.port()).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_chain_without_its_issuer_stops_the_start(Server kind) {
        refusedFor(application(kind).with(properties("server", server.certificatePem(), server)))
                .contains("The SSL bundle 'server'", "Put the issuing CA's certificate behind the server's")
                .contains("mtls.stapling.enabled=false");
    }

    @Test
    void a_certificate_that_names_no_responder_stops_the_start() {
        refusedFor(Application.of(Server.TOMCAT, App.class).with("mtls.stapling.enabled", "true"))
                .contains("names no OCSP responder", "mtls.stapling.responder");
    }

    @Test
    void a_responder_that_is_no_address_stops_the_start() {
        refusedFor(application(Server.TOMCAT).with("mtls.stapling.responder", "ldap://ocsp.example.org"))
                .contains("The property 'mtls.stapling.responder' cannot be used");
    }

    @Test
    void a_server_without_tls_stops_the_start() {
        refusedFor(application(Server.TOMCAT)
                        .with("server.ssl.enabled", "false")
                        .with("mtls.issuers.members.bundle", "server")
                        .with("mtls.paths[0].pattern", "/**")
                        .with("mtls.paths[0].client-auth", "none"))
                .contains("speaks plain HTTP and has no certificate");
    }

    private Application.Builder application(Server kind) {
        return Application.of(kind, App.class)
                .with(properties("server", server.chainPem(), server))
                .with("mtls.stapling.enabled", "true");
    }

    private Map<String, Object> properties(String name, String chain, HeldCertificate held) {
        String prefix = "spring.ssl.bundle.pem." + name + ".";
        return Map.of(
                prefix + "keystore.certificate", chain,
                prefix + "keystore.private-key", held.privateKeyPem(),
                prefix + "truststore.certificate", responder.authority().rootsPem());
    }

    private SslBundle bundle(String chain, HeldCertificate held) {
        return SslBundle.of(new PemSslStoreBundle(
                new PemSslStoreDetails(null, chain, held.privateKeyPem()),
                new PemSslStoreDetails(null, responder.authority().rootsPem(), null)));
    }

    private SingleResp awaitStaple(Application application, String name, HeldCertificate held)
            throws IOException, OCSPException {
        BigInteger serial = held.certificate().getSerialNumber();
        Instant patience = Instant.now().plusSeconds(60);
        while (true) {
            for (byte[] response : stapled(application.port(), name)) {
                SingleResp single = ((BasicOCSPResp) new OCSPResp(response).getResponseObject()).getResponses()[0];
                if (single.getCertID().getSerialNumber().equals(serial)) {
                    return single;
                }
            }
            assertThat(Instant.now()).as("stapled before long").isBefore(patience);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos()); // A handshake costs what the answer waits for.
        }
    }

    /** To a client that resumes nothing: what is stapled to a full handshake. */
    private List<byte[]> stapled(int port, String name) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) alice.clientContext(responder.authority().root())
                        .getSocketFactory()
                        .createSocket("localhost", port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return ((ExtendedSSLSession) socket.getSession())
                    .getStatusResponses().stream()
                            .filter(response -> response.length > 0)
                            .toList();
        }
    }

    private String openssl(Path directory, int port) throws IOException, InterruptedException {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                        .anyMatch(each -> Files.isExecutable(Path.of(each, "openssl"))),
                "openssl is not installed");
        Path output = directory.resolve("output.txt");
        Process process = new ProcessBuilder(
                        "openssl",
                        "s_client",
                        "-connect",
                        "localhost:" + port,
                        "-status",
                        "-CAfile",
                        write(directory, "root.pem", responder.authority().rootsPem()),
                        "-cert",
                        write(directory, "alice.pem", alice.certificatePem()),
                        "-cert_chain",
                        write(directory, "chain.pem", alice.chainPem()),
                        "-key",
                        write(directory, "alice.key", alice.privateKeyPem()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            process.getOutputStream().close();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("openssl ends").isTrue();
            return Files.readString(output);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String write(Path directory, String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content).toString();
    }

    private static AbstractStringAssert<?> refusedFor(Application.Builder builder) {
        Throwable failure = catchThrowable(() -> builder.start().close());
        FailureAnalysis analysis =
                Objects.requireNonNull(new MtlsFailureAnalyzer().analyze(failure), () -> "" + failure);
        return assertThat(analysis.getDescription() + "\n" + analysis.getAction());
    }

    private static final class Events implements MtlsListener {
        private final List<MtlsEvent> all = new CopyOnWriteArrayList<>();

        @Override
        public synchronized void onEvent(MtlsEvent event) {
            all.add(event);
            notifyAll();
        }

        synchronized void await(RevocationEvent.Kind kind) throws InterruptedException {
            while (all.stream()
                    .noneMatch(event -> event instanceof MtlsEvent.RevocationData data
                            && data.event().kind() == kind)) {
                wait();
            }
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/whoami")
        String whoami(Principal principal) {
            return principal.getName();
        }
    }
}
