package io.mtls.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.MutualTls.Handshake;
import io.mtls.ca.HeldCertificate;
import io.mtls.revocation.RevocationStatus;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every adapter does: black-box, over real TLS, HTTP/1.1 and HTTP/2.
 *
 * <p>A subclass starts a server with the {@link Endpoints}, once for handshakes that refuse and once for handshakes that
 * defer; all tests share the two. Wherever a caller is refused the code is asserted twice: in the response and in the
 * event.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(30)
public abstract class AdapterContract {

    private static final String ALICE = "CN=alice,OU=Audit";

    private final Fixture fixture = new Fixture();
    private final Pki pki = fixture.pki();
    final SSLContext nobody = pki.nobody();
    final SSLContext alice = pki.alice();
    final SSLContext bob = pki.bob();
    final SSLContext olga = pki.olga();

    private ContractServer refusing;
    private ContractServer deferring;

    /** Starts a server whose TLS handshakes do this with a chain that is refused. */
    protected abstract ContractServer start(Fixture fixture, Handshake handshake) throws Exception;

    /** Whether the server speaks HTTP/2; one that does not passes these cases by. */
    protected boolean speaksHttp2() {
        return true;
    }

    /** Whether a resource may answer later, from another thread. */
    protected boolean answersFromOtherThreads() {
        return true;
    }

    /** Whether an HTTP/1.1 connection is closed after a refusal, so that the caller may come again with a certificate. */
    protected boolean closesRefusedConnections() {
        return true;
    }

    /**
     * Whether the server tells what host the client asked for in its handshake. One that does not serves requests for
     * another, as it serves those of clients that ask for none.
     */
    protected boolean tellsServerName() {
        return true;
    }

    @BeforeAll
    void startServers() throws Exception {
        refusing = start(fixture, Handshake.REFUSE);
        deferring = start(fixture, Handshake.DEFER);
    }

    @AfterAll
    void stopServers() {
        refusing.close();
        deferring.close();
    }

    @BeforeEach
    void trustAcmeNow() {
        fixture.reset();
    }

    @Nested
    class A_member {

        @Test
        void gets_in_under_its_name_with_its_roles() throws Exception {
            assertThat(get(alice, "/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(get(bob, "/api/whoami")).satisfies(isAnsweredTo("bob"));
            assertThat(fixture.refusals()).isEmpty();
        }

        @Test
        void gets_in_where_a_certificate_is_welcome() throws Exception {
            assertThat(get(alice, "/want/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @Test
        void is_anonymous_where_certificates_are_ignored() throws Exception {
            assertThat(get(alice, "/public/whoami")).satisfies(isAnsweredToNobody());
        }

        @Test
        void gets_in_where_its_role_is_asked_for() throws Exception {
            assertThat(get(olga, "/operator/whoami")).satisfies(isAnsweredTo("olga", "operator"));
            assertThat(get(alice, "/auditor/report")).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(get(alice, "/allowed/report")).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(get(alice, "/want/report")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"/operator/whoami", "/auditor/report", "/allowed/report", "/want/report", "/denied/report"})
        void is_refused_where_it_lacks_the_role_and_keeps_its_connection(String path) throws Exception {
            try (Connection connection = Connection.open(bob, refusing.port())) {
                assertRefused(connection.get(path), "role-missing");
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("bob"));
            }
        }

        @ParameterizedTest
        @MethodSource("io.mtls.contract.Spellings#ofOperatorWhoami")
        void is_refused_where_it_lacks_the_role_however_the_path_is_spelled(String spelling) throws Exception {
            assertThat(get(bob, spelling).status()).isBetween(300, 599);
        }

        @Test
        void keeps_its_name_in_another_thread() throws Exception {
            assumeTrue(answersFromOtherThreads(), "this runtime suspends no response");
            assertThat(get(alice, "/api/async")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @Test
        void is_never_taken_for_another_on_connections_that_are_used_in_turns() throws Exception {
            List<Callable> callers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                callers.add(new Callable("alice", Connection.open(alice, refusing.port())));
                callers.add(new Callable("bob", Connection.open(bob, refusing.port())));
                callers.add(new Callable("none", Connection.open(nobody, refusing.port())));
            }
            ExecutorService threads = Executors.newFixedThreadPool(callers.size());
            try {
                List<Future<List<String>>> seen = new ArrayList<>();
                for (Callable caller : callers) {
                    seen.add(threads.submit(() -> caller.namesSeenIn(25)));
                }
                for (int i = 0; i < callers.size(); i++) {
                    assertThat(seen.get(i).get()).containsOnly(callers.get(i).name());
                }
            } finally {
                threads.shutdownNow();
                for (Callable caller : callers) {
                    caller.connection().close();
                }
            }
        }

        private record Callable(String name, Connection connection) {
            List<String> namesSeenIn(int requests) throws IOException {
                List<String> names = new ArrayList<>();
                for (int i = 0; i < requests; i++) {
                    names.add(connection.get("/want/whoami").whoAmI().principal());
                }
                return names;
            }
        }
    }

    @Nested
    class A_caller_without_a_certificate {

        @Test
        void is_refused_where_one_is_needed_and_told_to_come_again() throws Exception {
            try (Connection connection = Connection.open(nobody, refusing.port())) {
                Answer answer = connection.get("/api/whoami");

                assertRefused(answer, "certificate-required");
                assertClosed(answer, connection);
            }
        }

        @Test
        void is_anonymous_where_none_is_needed() throws Exception {
            assertThat(get(nobody, "/want/whoami")).satisfies(isAnsweredToNobody());
            assertThat(get(nobody, "/public/whoami")).satisfies(isAnsweredToNobody());
            assertThat(fixture.refusals()).isEmpty();
        }

        @Test
        void is_refused_where_a_role_is_asked_for() throws Exception {
            assertRefused(get(nobody, "/want/report"), "certificate-required");
        }

        @Test
        void is_refused_at_a_path_that_nothing_serves_and_no_rule_names() throws Exception {
            assertRefused(get(nobody, "/no/such/path"), "certificate-required");
        }

        @Test
        void is_refused_over_plain_http_where_a_certificate_is_needed() throws Exception {
            try (Connection connection = Connection.openPlain(refusing.plainPort())) {
                assertThat(connection.get("/public/whoami")).satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami"), "certificate-required");
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "X-SSL-Client-Cert",
                    "X-SSL-Cert",
                    "SSL_CLIENT_CERT",
                    "X-Client-Cert",
                    "X-Amzn-Mtls-Clientcert",
                    "X-ARR-ClientCert"
                })
        void gains_nothing_by_a_header_that_holds_one(String header) throws Exception {
            String certificate = pki.root().certificatePem().replace("\n", "");
            String[] headers = {header + ": " + certificate, "X-SSL-Client-Verify: SUCCESS", "X-Forwarded-Proto: https"
            };

            try (Connection connection = Connection.open(nobody, refusing.port())) {
                assertThat(connection.get("/want/whoami", headers)).satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami", headers), "certificate-required");
            }
        }

        @Test
        void gains_nothing_by_a_header_that_names_somebody() throws Exception {
            try (Connection connection = Connection.open(nobody, refusing.port())) {
                Answer answer = connection.get(
                        "/want/whoami",
                        "X-Forwarded-User: alice",
                        "Remote-User: alice",
                        "X-Forwarded-Client-Cert: Subject=\"CN=alice,OU=Audit\"",
                        "Authorization: Basic YWxpY2U6YWxpY2U=");

                assertThat(answer).satisfies(isAnsweredToNobody());
            }
        }

        @Test
        void gets_no_content_with_head() throws Exception {
            try (Connection connection = Connection.open(nobody, refusing.port())) {
                Answer answer = connection.send("HEAD", "/api/whoami");

                assertThat(answer.status()).isEqualTo(403);
                assertThat(answer.body()).isEmpty();
                assertClosed(answer, connection);
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "OPTIONS",
                    "TRACE",
                    "PUT",
                    "POST",
                    "DELETE",
                    "PATCH",
                    "PROPFIND",
                    "get",
                    "ANYTHING",
                    "CONNECT"
                })
        void is_refused_whatever_the_method(String method) throws Exception {
            try (Connection connection = Connection.open(nobody, refusing.port())) {
                Answer answer = connection.send(method, "/api/whoami", "Content-Length: 0");

                assertThat(answer.status()).as(answer.body()).isBetween(400, 599);
            }
        }

        @ParameterizedTest
        @MethodSource("io.mtls.contract.Spellings#ofApiWhoami")
        void does_not_reach_a_protected_endpoint_by_spelling_its_path_otherwise(String spelling) throws Exception {
            assertThat(get(nobody, spelling).status()).isBetween(300, 599);
        }
    }

    /** Certificates that do not get in, with the code that says why. */
    enum Stranger {
        OF_ANOTHER_CA_WITH_THE_SAME_NAMES("issuer-unknown"),
        EXPIRED("certificate-expired"),
        NOT_YET_VALID("certificate-not-yet-valid"),
        WITH_A_SERVERS_CERTIFICATE("extended-key-usage-refused");

        private final String code;

        Stranger(String code) {
            this.code = code;
        }

        SSLContext client(Pki pki) {
            return switch (this) {
                case OF_ANOTHER_CA_WITH_THE_SAME_NAMES -> pki.aliceOfAnotherCa();
                case EXPIRED -> pki.expiredAlice();
                case NOT_YET_VALID -> pki.aliceOfTomorrow();
                case WITH_A_SERVERS_CERTIFICATE -> pki.aliceWithServersCertificate();
            };
        }
    }

    @Nested
    class A_certificate_that_is_refused {

        @ParameterizedTest
        @EnumSource
        void ends_the_handshake_and_only_the_event_says_why(Stranger stranger) {
            SSLContext client = stranger.client(pki);

            assertThatThrownBy(() -> {
                        try (Connection connection = Connection.open(client, refusing.port())) {
                            connection.get("/public/whoami");
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(fixture.refusals()).containsExactly(stranger.code);
        }

        @ParameterizedTest
        @EnumSource
        void is_told_why_after_a_deferred_handshake(Stranger stranger) throws Exception {
            for (String path : List.of("/api/whoami", "/want/whoami", "/operator/whoami")) {
                fixture.reset();
                try (Connection connection = Connection.open(stranger.client(pki), deferring.port())) {
                    assertRefusedAndClosed(connection, path, stranger.code);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void makes_nobody_of_its_holder_where_certificates_are_ignored(Stranger stranger) throws Exception {
            try (Connection connection = Connection.open(stranger.client(pki), deferring.port())) {
                assertThat(connection.get("/public/whoami")).satisfies(isAnsweredToNobody());
            }
        }
    }

    @Nested
    class A_certificate_that_was_good {

        @Test
        void is_refused_from_the_moment_it_expires_on_an_open_connection() throws Exception {
            try (Connection connection = Connection.open(alice, refusing.port())) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                fixture.advanceClock(Duration.ofDays(91));

                assertRefusedAndClosed(connection, "/api/whoami", "certificate-expired");
            }
        }

        @Test
        void is_refused_on_an_open_connection_once_its_ca_is_trusted_no_more() throws Exception {
            try (Connection connection = Connection.open(alice, refusing.port())) {
                assertThat(connection.get("/want/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                fixture.trustAcmeNoMore();

                assertRefused(connection.get("/want/whoami"), "issuer-unknown");
            }
        }

        /** A full handshake would end before any answer, so an answer shows that the session was resumed. */
        @ParameterizedTest
        @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
        void is_refused_on_a_resumed_session_once_its_ca_is_trusted_no_more(String protocol) throws Exception {
            SSLContext client = pki.alice();
            try (Connection connection = Connection.open(client, refusing.port(), protocol)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            }
            fixture.trustAcmeNoMore();

            try (Connection resumed = Connection.open(client, refusing.port(), protocol)) {
                assertRefused(resumed.get("/api/whoami"), "issuer-unknown");
            }
        }
    }

    /** Each on a connection that was open before, or on a session that was resumed: no handshake looks again. */
    @Nested
    class A_member_who_is_in {

        @Test
        void is_refused_at_the_next_request_once_revoked_and_let_in_again_once_released() throws Exception {
            try (Connection connection = Connection.open(alice, refusing.port())) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                revokeAlice();

                assertRefusedAndClosed(connection, "/api/whoami", "certificate-revoked");
            }
            fixture.reset();
            assertThat(get(alice, "/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
        void is_refused_on_a_resumed_session_once_revoked(String protocol) throws Exception {
            SSLContext client = pki.alice();
            try (Connection connection = Connection.open(client, refusing.port(), protocol)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            }
            revokeAlice();

            try (Connection resumed = Connection.open(client, refusing.port(), protocol)) {
                assertRefused(resumed.get("/api/whoami"), "certificate-revoked");
            }
        }

        @Test
        void is_refused_at_the_next_request_once_the_issuing_ca_is_revoked() throws Exception {
            try (Connection connection = Connection.open(alice, refusing.port())) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                fixture.revocationStatus("CN=Acme Issuing CA", revoked());

                assertRefused(connection.get("/api/whoami"), "certificate-revoked");
            }
        }

        @Test
        void is_refused_at_the_next_request_once_denied() throws Exception {
            try (Connection connection = Connection.open(alice, refusing.port())) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                pki.members().forEach(fixture.denyList()::deny);

                assertRefusedAndClosed(connection, "/api/whoami", "certificate-denied");
            }
        }

        @ParameterizedTest
        @EnumSource(RevocationStatus.Why.class)
        void is_refused_while_nobody_knows_whether_it_is_revoked(RevocationStatus.Why why) throws Exception {
            fixture.revocationStatus(ALICE, new RevocationStatus.Unknown(why, "for a test"));
            String code = switch (why) {
                case NOT_ASKED, NO_ANSWER -> "revocation-unknown";
                case UNREACHABLE -> "revocation-unreachable";
                case EXPIRED -> "revocation-expired";
                case UNVERIFIABLE -> "revocation-unverifiable";
                case UNKNOWN_TO_RESPONDER -> "certificate-unknown";
            };

            try (Connection connection = Connection.open(alice, refusing.port())) {
                Answer answer = connection.get("/api/whoami");

                if (why == RevocationStatus.Why.UNKNOWN_TO_RESPONDER) {
                    assertRefused(answer, code);
                } else {
                    assertUnavailable(answer, code);
                }
            }
            assertThat(get(alice, "/public/whoami")).satisfies(isAnsweredToNobody());
            assertThat(get(bob, "/api/whoami")).satisfies(isAnsweredTo("bob"));
        }

        @Test
        void ends_the_handshake_where_it_was_revoked_before() throws Exception {
            revokeAlice();

            assertThatThrownBy(() -> get(pki.alice(), "/public/whoami")).isInstanceOf(IOException.class);
            assertThat(fixture.refusals()).containsExactly("certificate-revoked");
        }

        @Test
        void is_told_why_after_a_deferred_handshake_where_it_was_revoked_before() throws Exception {
            revokeAlice();

            try (Connection connection = Connection.open(pki.alice(), deferring.port())) {
                assertRefused(connection.get("/api/whoami"), "certificate-revoked");
            }
        }
    }

    private void revokeAlice() {
        fixture.revocationStatus(ALICE, revoked());
    }

    private RevocationStatus revoked() {
        return new RevocationStatus.Revoked(fixture.clock().instant(), "keyCompromise");
    }

    /** The proxy is known by its own certificate, and writes as RFC 9440 has it. */
    @Nested
    class A_caller_behind_a_proxy {

        private final SSLContext proxy = pki.proxy();
        private final HeldCertificate forwardedAlice = pki.aliceBehindProxy();
        private final HeldCertificate forwardedBob = pki.bobBehindProxy();

        @Test
        void gets_in_under_its_own_name() throws Exception {
            try (Connection connection = Connection.open(proxy, refusing.port())) {
                assertThat(connection.get("/api/whoami", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
                assertThat(connection.get("/want/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
                assertThat(connection.get("/auditor/report", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
                assertThat(connection.get("/public/whoami", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredToNobody());
            }
        }

        @Test
        void is_nobody_without_a_certificate_and_never_the_proxy() throws Exception {
            try (Connection connection = Connection.open(proxy, refusing.port())) {
                assertThat(connection.get("/want/whoami")).satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami"), "certificate-required");
                assertRefused(connection.get("/want/report"), "certificate-required");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @Test
        void is_refused_by_what_its_own_certificate_is() throws Exception {
            try (Connection connection = Connection.open(proxy, refusing.port())) {
                assertRefused(connection.get("/api/whoami", forwarding(pki.strangerBehindProxy())), "issuer-unknown");
                assertRefused(connection.get("/auditor/report", forwarding(forwardedBob)), "role-missing");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @Test
        void is_refused_at_the_next_request_once_revoked_and_the_others_are_not() throws Exception {
            try (Connection connection = Connection.open(proxy, refusing.port())) {
                assertThat(connection.get("/api/whoami", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
                revokeAlice();

                assertRefused(connection.get("/api/whoami", forwarding(forwardedAlice)), "certificate-revoked");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @Test
        void is_refused_where_the_header_cannot_be_read_in_one_way() throws Exception {
            String[] alices = forwarding(forwardedAlice);
            String[] bobs = forwarding(forwardedBob);
            try (Connection connection = Connection.open(proxy, refusing.port())) {
                assertRefused(connection.get("/want/whoami", bobs[0], alices[0]), "forwarded-certificate-malformed");
                assertRefused(
                        connection.get("/want/whoami", "Client-Cert: garbage"), "forwarded-certificate-malformed");
                assertRefused(connection.get("/public/whoami", "Client-Cert:"), "forwarded-certificate-malformed");
            }
        }

        @Test
        void leaves_no_header_for_the_application_to_believe() throws Exception {
            try (Connection connection = Connection.open(proxy, refusing.port())) {
                String[] headers = forwarding(forwardedAlice, "Client_Cert: :YWxpY2U=:", "X-Other: seen");

                assertThat(connection.get("/api/headers", headers).body().toLowerCase(Locale.ROOT))
                        .contains("x-other")
                        .doesNotContain("client-cert", "client_cert");
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Client-Cert",
                    "client-cert",
                    "CLIENT-CERT",
                    "Client_Cert",
                    "Client.Cert",
                    "Client-Cert-Chain"
                })
        void is_not_whoever_says_so_without_being_a_proxy(String header) throws Exception {
            String value = header + forwarding(forwardedAlice)[0].substring("Client-Cert".length());
            for (SSLContext stranger : List.of(nobody, bob)) {
                try (Connection connection = Connection.open(stranger, refusing.port())) {
                    for (String path : List.of("/public/whoami", "/want/whoami", "/api/whoami")) {
                        assertRefused(connection.get(path, value), "forwarded-certificate-refused");
                    }
                }
            }
        }

        @Test
        void is_the_same_over_http_2() throws Exception {
            String[] headers = Arrays.stream(forwarding(forwardedAlice))
                    .flatMap(header -> Arrays.stream(header.split(": ", 2)))
                    .toArray(String[]::new);

            assertThat(http2(proxy).get("/api/whoami", headers)).satisfies(isAnsweredTo("alice", "auditor"));
            assertRefused(http2(nobody).get("/want/whoami", headers), "forwarded-certificate-refused");
        }

        private String[] forwarding(HeldCertificate certificate, String... others) {
            List<String> headers = new ArrayList<>();
            headers.add("Client-Cert: " + item(certificate.certificate()));
            if (certificate.chain().size() > 1) {
                headers.add("Client-Cert-Chain: " + item(certificate.chain().get(1)));
            }
            headers.addAll(List.of(others));
            return headers.toArray(String[]::new);
        }

        private String item(X509Certificate certificate) {
            try {
                return ":" + Base64.getEncoder().encodeToString(certificate.getEncoded()) + ":";
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Nested
    class A_request_on_a_connection_to_another_host {

        @ParameterizedTest
        @ValueSource(strings = {"/api/whoami", "/want/whoami", "/public/whoami"})
        void is_told_to_come_by_another(String path) throws Exception {
            try (Connection connection = openTo("other.example.org")) {
                Answer answer = connection.get(path);

                assertMisdirected(answer);
                if (tellsServerName()) {
                    assertClosed(answer, connection);
                }
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"localhost", "LocalHost"})
        void is_none_where_the_names_agree(String serverName) throws Exception {
            try (Connection connection = openTo(serverName)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            }
        }

        /** With a full handshake: of a resumed session servers tell the name of its first one. */
        private Connection openTo(String serverName) throws IOException {
            return Connection.openTo(serverName, pki.alice(), refusing.port());
        }

        private void assertMisdirected(Answer answer) {
            if (tellsServerName()) {
                assertRefusal(answer, 421, "Misdirected Request", "request-misdirected");
                assertThat(fixture.refusals()).endsWith("request-misdirected");
            } else {
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            }
        }
    }

    @Nested
    class Over_http_2 {

        @Test
        void a_member_gets_in() throws Exception {
            assertThat(http2(alice).get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @Test
        void a_refusal_is_a_clean_403_and_the_next_stream_of_the_connection_works() throws Exception {
            Http2Connection connection = http2(nobody);
            int port = connection.get("/public/whoami").whoAmI().remotePort();

            Answer refused = connection.get("/api/whoami");

            assertRefused(refused, "certificate-required");
            assertThat(refused.headers()).doesNotContainKey("connection");
            Answer next = connection.get("/public/whoami");
            assertThat(next).satisfies(isAnsweredToNobody());
            assertThat(next.whoAmI().remotePort()).isEqualTo(port);
        }

        @Test
        void a_certificate_that_expires_between_two_streams_is_refused() throws Exception {
            Http2Connection connection = http2(alice);
            int port = connection.get("/api/whoami").whoAmI().remotePort();
            fixture.advanceClock(Duration.ofDays(91));

            assertRefused(connection.get("/api/whoami"), "certificate-expired");
            assertThat(connection.get("/public/whoami").whoAmI().remotePort()).isEqualTo(port);
        }

        @Test
        void a_certificate_that_is_revoked_between_two_streams_is_refused() throws Exception {
            Http2Connection connection = http2(alice);
            int port = connection.get("/api/whoami").whoAmI().remotePort();
            revokeAlice();

            assertRefused(connection.get("/api/whoami"), "certificate-revoked");
            assertThat(connection.get("/public/whoami").whoAmI().remotePort()).isEqualTo(port);
        }

        @Test
        void streams_of_different_members_do_not_mix() throws Exception {
            Http2Connection alices = http2(alice);
            Http2Connection bobs = http2(bob);
            alices.get("/api/whoami"); // Else each stream below opens a connection of its own.
            bobs.get("/api/whoami");
            List<CompletableFuture<String>> seenByAlice = new ArrayList<>();
            List<CompletableFuture<String>> seenByBob = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                seenByAlice.add(nameSeenBy(alices));
                seenByBob.add(nameSeenBy(bobs));
            }

            assertThat(seenByAlice).extracting(CompletableFuture::join).containsOnly("alice");
            assertThat(seenByBob).extracting(CompletableFuture::join).containsOnly("bob");
        }

        private CompletableFuture<String> nameSeenBy(Http2Connection connection) {
            return connection
                    .getAsync("/api/whoami")
                    .thenApply(answer -> answer.whoAmI().principal());
        }
    }

    private Http2Connection http2(SSLContext context) {
        assumeTrue(speaksHttp2(), "this server speaks HTTP/1.1 only");
        return Http2Connection.open(context, refusing.port());
    }

    /** One request on a connection of its own, to the server that refuses in the handshake. */
    final Answer get(SSLContext client, String path) throws IOException {
        try (Connection connection = Connection.open(client, refusing.port())) {
            return connection.get(path);
        }
    }

    final Fixture fixture() {
        return fixture;
    }

    final ContractServer refusing() {
        return refusing;
    }

    final ContractServer deferring() {
        return deferring;
    }

    /** The whole response is asserted: what is not here does not leak. */
    final void assertRefused(Answer answer, String code) {
        assertRefusal(answer, code);
        assertThat(fixture.refusals()).endsWith(code);
    }

    private void assertRefusedAndClosed(Connection connection, String path, String code) throws IOException {
        Answer answer = connection.get(path);
        assertRefused(answer, code);
        assertClosed(answer, connection);
    }

    private void assertClosed(Answer answer, Connection connection) {
        if (closesRefusedConnections()) {
            assertThat(answer.header("connection")).hasValue("close");
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    /** The same without the event. */
    static void assertRefusal(Answer answer, String code) {
        assertRefusal(answer, 403, "Forbidden", code);
        assertThat(answer.headers()).doesNotContainKey("retry-after");
    }

    /** The same where the server's side does not know. */
    final void assertUnavailable(Answer answer, String code) {
        assertRefusal(answer, 503, "Service Unavailable", code);
        assertThat(fixture.refusals()).endsWith(code);
        assertThat(answer.header("retry-after"))
                .hasValueSatisfying(seconds -> assertThat(seconds).matches("[1-9][0-9]*"));
    }

    private static void assertRefusal(Answer answer, int status, String title, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body())
                .isEqualTo("{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"code\":\""
                        + code + "\"}");
        assertThat(answer.header("content-type").orElse("")).startsWith("application/problem+json");
        assertThat(answer.header("content-length"))
                .hasValue(String.valueOf(answer.body().getBytes(UTF_8).length));
        assertThat(answer.header("cache-control")).hasValue("no-store");
        assertThat(answer.headers()).doesNotContainKeys("location", "set-cookie", "www-authenticate");
    }

    static Consumer<Answer> isAnsweredTo(String principal, String... roles) {
        return answer -> {
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.whoAmI().principal()).isEqualTo(principal);
            assertThat(answer.whoAmI().authType()).isEqualTo("CLIENT_CERT");
            assertThat(answer.whoAmI().roles()).containsExactly(roles);
        };
    }

    static Consumer<Answer> isAnsweredToNobody() {
        return answer -> {
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.whoAmI().principal()).isEqualTo("none");
            assertThat(answer.whoAmI().authType()).isEqualTo("none");
            assertThat(answer.whoAmI().roles()).isEmpty();
        };
    }
}
