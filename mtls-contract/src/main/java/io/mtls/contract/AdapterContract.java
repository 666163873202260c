package io.mtls.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.MutualTls.Handshake;
import io.mtls.ca.HeldCertificate;
import io.mtls.contract.SplitHello.Pieces;
import io.mtls.revocation.RevocationStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
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
    private final SSLContext proxy = pki.proxy();
    private final HeldCertificate forwardedAlice = pki.aliceBehindProxy();
    private final HeldCertificate forwardedBob = pki.bobBehindProxy();
    private final HeldCertificate forwardedAliceOfTheRoot = pki.aliceOfTheRoot();

    private ContractServer refusing;
    private ContractServer deferring;
    private SharedConnections shared;

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

    /** Whether a TLS 1.3 session that is resumed goes on with HTTP/2; else it falls back. */
    protected boolean resumesHttp2() {
        return true;
    }

    /** Whether it reads a ClientHello in two TLS records; else it ends such a handshake. */
    protected boolean readsSplitHellos() {
        return true;
    }

    /** Whether the server itself fails at this request target, before anything of ours is asked. */
    protected boolean failsAt(Protocol protocol, String target) {
        return false;
    }

    @BeforeAll
    void startServers() throws Exception {
        refusing = start(fixture, Handshake.REFUSE);
        deferring = start(fixture, Handshake.DEFER);
        shared = new SharedConnections(refusing.port());
    }

    @AfterAll
    void stopServers() throws IOException {
        shared.close();
        refusing.close();
        deferring.close();
    }

    @BeforeEach
    void trustAcmeNow() {
        fixture.reset();
    }

    @Nested
    class A_member extends OverEachProtocol {

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
            try (HttpConnection connection = open(bob)) {
                assertRefused(connection.get(path), "role-missing");
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("bob"));
            }
        }

        @ParameterizedTest
        @MethodSource("io.mtls.contract.Spellings#ofOperatorWhoami")
        void is_refused_where_it_lacks_the_role_however_the_path_is_spelled(String spelling) throws Exception {
            isNotServed(bob, spelling);
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
                callers.add(new Callable("alice", open(alice)));
                callers.add(new Callable("bob", open(bob)));
                callers.add(new Callable("none", open(nobody)));
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

        private record Callable(String name, HttpConnection connection) {
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
    class A_caller_without_a_certificate extends OverEachProtocol {

        @Test
        void is_refused_where_one_is_needed_and_told_to_come_again() throws Exception {
            try (HttpConnection connection = open(nobody)) {
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

        @ParameterizedTest
        @ValueSource(
                strings = {"X-SSL-Client-Cert", "X-SSL-Cert", "SSL_CLIENT_CERT", "X-Client-Cert", "X-ARR-ClientCert"})
        void gains_nothing_by_a_header_that_holds_one(String header) throws Exception {
            String certificate = pki.root().certificatePem().replace("\n", "");
            String[] headers = {header + ": " + certificate, "X-SSL-Client-Verify: SUCCESS", "X-Forwarded-Proto: https"
            };

            try (HttpConnection connection = open(nobody)) {
                assertThat(connection.get("/want/whoami", headers)).satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami", headers), "certificate-required");
            }
        }

        @Test
        void gains_nothing_by_a_header_that_names_somebody() throws Exception {
            try (HttpConnection connection = open(nobody)) {
                Answer answer = connection.get(
                        "/want/whoami",
                        "X-Forwarded-User: alice",
                        "Remote-User: alice",
                        "Authorization: Basic YWxpY2U6YWxpY2U=");

                assertThat(answer).satisfies(isAnsweredToNobody());
            }
        }

        @Test
        void gets_no_content_with_head() throws Exception {
            try (HttpConnection connection = open(nobody)) {
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
            assertThat(status(nobody, method, "/api/whoami", "Content-Length: 0"))
                    .isNotEqualTo(500)
                    .isBetween(400, 599);
        }

        /** Else anybody could keep a thread of the server for as long as it waits. */
        @Test
        void is_refused_though_its_body_does_not_come() throws Exception {
            assertThat(status(nobody, "POST", "/api/whoami", "Content-Length: 1000"))
                    .isBetween(400, 499);
        }

        @ParameterizedTest
        @MethodSource("io.mtls.contract.Spellings#ofApiWhoami")
        void does_not_reach_a_protected_endpoint_by_spelling_its_path_otherwise(String spelling) throws Exception {
            isNotServed(nobody, spelling);
        }
    }

    @Nested
    class Over_plain_http {

        @Test
        void a_caller_is_refused_where_a_certificate_is_needed() throws Exception {
            try (Connection connection = Connection.openPlain(refusing.plainPort())) {
                assertThat(connection.get("/public/whoami")).satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami"), "certificate-required");
            }
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

        HeldCertificate held(Pki pki) {
            return switch (this) {
                case OF_ANOTHER_CA_WITH_THE_SAME_NAMES -> pki.aliceOfAnotherCa();
                case EXPIRED -> pki.expiredAlice();
                case NOT_YET_VALID -> pki.aliceOfTomorrow();
                case WITH_A_SERVERS_CERTIFICATE -> pki.aliceWithServersCertificate();
            };
        }

        SSLContext client(Pki pki) {
            return pki.client(held(pki));
        }
    }

    @Nested
    class A_certificate_that_is_refused extends OverEachProtocol {

        @ParameterizedTest
        @EnumSource
        void ends_the_handshake_and_only_the_event_says_why(Stranger stranger) {
            SSLContext client = stranger.client(pki);

            assertThatThrownBy(() -> getOverNew(client, refusing)).isInstanceOf(IOException.class);
            assertThat(fixture.refusals()).containsExactly(stranger.code);
        }

        /** As in a flood by which building paths would take without end; before the client has proved its key. */
        @Test
        void ends_the_handshake_where_forged_cas_of_its_issuers_name_hide_that_none_is_real() {
            SSLContext client = pki.aliceOfForgedCas();

            assertThatThrownBy(() -> getOverNew(client, refusing)).isInstanceOf(IOException.class);
            assertThat(fixture.refusals()).containsExactly("issuer-unknown");
        }

        @Test
        void is_not_refused_for_forged_cas_of_its_issuers_name_beside_the_real_one() throws Exception {
            assertThat(get(pki.aliceBesideForgedCas(), "/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        /** Anybody who has met a member can send the member's certificates. */
        @Test
        void is_worth_nothing_without_its_key_and_its_holder_does_not_suffer() throws Exception {
            for (ContractServer server : List.of(refusing, deferring)) {
                assertThatThrownBy(() -> getOverNew(pki.aliceWithoutHerKey(), server))
                        .isInstanceOf(IOException.class);
            }
            assertThat(get(alice, "/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @ParameterizedTest
        @EnumSource
        void is_told_why_after_a_deferred_handshake(Stranger stranger) throws Exception {
            for (String path : List.of("/api/whoami", "/want/whoami", "/operator/whoami")) {
                fixture.reset();
                try (HttpConnection connection = openDeferred(stranger.client(pki))) {
                    assertRefusedAndClosed(connection, path, stranger.code);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        void makes_nobody_of_its_holder_where_certificates_are_ignored(Stranger stranger) throws Exception {
            try (HttpConnection connection = openDeferred(stranger.client(pki))) {
                assertThat(connection.get("/public/whoami")).satisfies(isAnsweredToNobody());
            }
        }
    }

    @Nested
    class A_certificate_that_was_good extends OverEachProtocol {

        @Test
        void is_refused_from_the_moment_it_expires_on_an_open_connection() throws Exception {
            try (HttpConnection connection = open(alice)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                fixture.advanceClock(Duration.ofDays(91));

                assertRefusedAndClosed(connection, "/api/whoami", "certificate-expired");
            }
        }

        @Test
        void is_refused_on_an_open_connection_once_its_ca_is_trusted_no_more() throws Exception {
            try (HttpConnection connection = open(alice)) {
                assertThat(connection.get("/want/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                fixture.trustAcmeNoMore();

                assertRefused(connection.get("/want/whoami"), "issuer-unknown");
            }
        }

        /** A full handshake would end before any answer, so an answer shows that the session was resumed. */
        @ParameterizedTest
        @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
        void is_refused_on_a_resumed_session_once_its_ca_is_trusted_no_more(String tls) throws Exception {
            SSLContext client = pki.alice();
            try (HttpConnection connection = open(client, tls)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            }
            fixture.trustAcmeNoMore();

            try (HttpConnection resumed = open(client, tls)) {
                assertRefused(resumed.get("/api/whoami"), "issuer-unknown");
            }
        }
    }

    /** Each on a connection that was open before, or on a session that was resumed: no handshake looks again. */
    @Nested
    class A_member_who_is_in extends OverEachProtocol {

        @Test
        void is_refused_at_the_next_request_once_revoked_and_let_in_again_once_released() throws Exception {
            try (HttpConnection connection = open(alice)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                revokeAlice();

                assertRefusedAndClosed(connection, "/api/whoami", "certificate-revoked");
            }
            fixture.reset();
            assertThat(get(alice, "/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
        void is_refused_on_a_resumed_session_once_revoked(String tls) throws Exception {
            SSLContext client = pki.alice();
            try (HttpConnection connection = open(client, tls)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            }
            revokeAlice();

            try (HttpConnection resumed = open(client, tls)) {
                assertRefused(resumed.get("/api/whoami"), "certificate-revoked");
            }
        }

        @Test
        void is_refused_at_the_next_request_once_the_issuing_ca_is_revoked() throws Exception {
            try (HttpConnection connection = open(alice)) {
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                fixture.revocationStatus("CN=Acme Issuing CA", revoked());

                assertRefused(connection.get("/api/whoami"), "certificate-revoked");
            }
        }

        @Test
        void is_refused_at_the_next_request_once_denied() throws Exception {
            try (HttpConnection connection = open(alice)) {
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

            try (HttpConnection connection = open(alice)) {
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

            assertThatThrownBy(() -> getOverNew(pki.alice(), refusing)).isInstanceOf(IOException.class);
            assertThat(fixture.refusals()).containsExactly("certificate-revoked");
        }

        @Test
        void is_told_why_after_a_deferred_handshake_where_it_was_revoked_before() throws Exception {
            revokeAlice();

            try (HttpConnection connection = openDeferred(pki.alice())) {
                assertRefused(connection.get("/api/whoami"), "certificate-revoked");
            }
        }
    }

    final void revokeAlice() {
        fixture.revocationStatus(ALICE, revoked());
    }

    private RevocationStatus revoked() {
        return new RevocationStatus.Revoked(fixture.clock().instant(), "keyCompromise");
    }

    /** The proxy is known by its own certificate, and writes as RFC 9440 has it where nothing else is said. */
    @Nested
    class A_caller_behind_a_proxy extends OverEachProtocol {

        @Test
        void gets_in_under_its_own_name() throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
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

        @ParameterizedTest
        @EnumSource
        void gets_in_however_its_proxy_writes(Hop hop) throws Exception {
            HeldCertificate forwarded = hop.forwardsChains() ? forwardedAlice : forwardedAliceOfTheRoot;
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/api/whoami", hop.forwarding(forwarded.chain())))
                        .satisfies(isAnsweredTo("alice", "auditor"));
            }
        }

        @Test
        void is_whom_an_appending_envoy_adds_and_not_whom_the_client_wrote_before() throws Exception {
            String bobs = Hop.element(forwardedBob.chain());
            String alices = Hop.element(forwardedAlice.chain());
            String unfinished = "By=\"a,b;c=\\\"d\";Subject=\",;=\\\",\"";
            try (HttpConnection connection = openShared(proxy)) {
                for (String before : List.of(bobs, bobs + "," + bobs, unfinished, unfinished + "," + bobs)) {
                    assertThat(connection.get("/api/whoami", Hop.APPENDING_ENVOY.saying(before + "," + alices)))
                            .as(before)
                            .satisfies(isAnsweredTo("alice", "auditor"));
                }
            }
        }

        @Test
        void is_nobody_without_a_certificate_and_never_the_proxy() throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/want/whoami")).satisfies(isAnsweredToNobody());
                assertThat(connection.get("/want/whoami", Hop.APACHE.saying("(null)")))
                        .satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami"), "certificate-required");
                assertRefused(connection.get("/api/whoami", Hop.APACHE.saying("(null)")), "certificate-required");
                assertRefused(connection.get("/want/report"), "certificate-required");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        /** Proxies write one for a certificate that is too large for them. */
        @ParameterizedTest
        @EnumSource
        void is_not_nobody_where_its_proxy_wrote_an_empty_value(Hop hop) throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
                for (String path : List.of("/public/whoami", "/want/whoami", "/api/whoami")) {
                    assertRefused(connection.get(path, hop.saying("")), "forwarded-certificate-malformed");
                }
            }
        }

        @Test
        void is_refused_by_what_its_own_certificate_is() throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
                assertRefused(connection.get("/auditor/report", forwarding(forwardedBob)), "role-missing");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        /** As AWS does in passthrough mode, and nginx with {@code ssl_verify_client optional_no_ca}. */
        @ParameterizedTest
        @EnumSource
        void is_verified_here_because_its_proxy_may_have_verified_nothing(Stranger stranger) throws Exception {
            HeldCertificate forwarded = stranger.held(pki);
            try (HttpConnection connection = openShared(proxy)) {
                for (Hop hop : List.of(Hop.AWS_ALB_PASSTHROUGH, Hop.RFC9440)) {
                    for (String path : List.of("/want/whoami", "/api/whoami")) {
                        assertRefused(connection.get(path, hop.forwarding(forwarded.chain())), stranger.code);
                    }
                }
                assertRefused(
                        connection.get("/want/whoami", Hop.NGINX.forwarding(forwarded.chain())), "issuer-unknown");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @Test
        void is_refused_at_the_next_request_once_revoked_and_the_others_are_not() throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/api/whoami", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
                revokeAlice();

                assertRefused(connection.get("/api/whoami", forwarding(forwardedAlice)), "certificate-revoked");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @Test
        void is_refused_at_the_next_request_once_its_certificate_is_good_no_more() throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/api/whoami", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
                fixture.denyList().deny(forwardedAlice.certificate());
                assertRefused(connection.get("/api/whoami", forwarding(forwardedAlice)), "certificate-denied");
                fixture.denyList().allowAgain(forwardedAlice.certificate());

                fixture.revocationStatus("CN=Acme Issuing CA", revoked());
                assertRefused(connection.get("/api/whoami", forwarding(forwardedAlice)), "certificate-revoked");
                fixture.reset();

                fixture.trustAcmeNoMore();
                assertRefused(connection.get("/want/whoami", forwarding(forwardedAlice)), "issuer-unknown");
                fixture.reset();

                HeldCertificate ofThisWeek = pki.aliceOfThisWeekBehindProxy();
                assertThat(connection.get("/api/whoami", forwarding(ofThisWeek)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
                fixture.advanceClock(Duration.ofDays(8));
                assertRefused(connection.get("/api/whoami", forwarding(ofThisWeek)), "certificate-expired");
            }
        }

        @Test
        void is_told_to_come_again_while_nobody_knows_whether_it_is_revoked() throws Exception {
            fixture.revocationStatus(
                    ALICE, new RevocationStatus.Unknown(RevocationStatus.Why.UNREACHABLE, "for a test"));

            try (HttpConnection connection = open(proxy)) { // Tomcat closes after any 503.
                assertUnavailable(connection.get("/api/whoami", forwarding(forwardedAlice)), "revocation-unreachable");
            }
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @Test
        void keeps_its_name_in_another_thread() throws Exception {
            assumeTrue(answersFromOtherThreads(), "this runtime suspends no response");
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/api/async", forwarding(forwardedAlice)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
            }
        }

        @ParameterizedTest
        @MethodSource("io.mtls.contract.Spellings#ofApiWhoami")
        void reaches_nothing_without_a_certificate_by_spelling_its_path_otherwise(String spelling) throws Exception {
            passByWhatTakesAConnectionEach();
            isNotServed(proxy, spelling);
        }

        @ParameterizedTest
        @MethodSource("io.mtls.contract.Spellings#ofOperatorWhoami")
        void is_refused_where_it_lacks_the_role_however_the_path_is_spelled(String spelling) throws Exception {
            passByWhatTakesAConnectionEach();
            isNotServed(proxy, spelling, forwarding(forwardedBob));
        }

        /** How a path is read over HTTP/1.1 is tried without a proxy: it has nothing to do with who asks. */
        private void passByWhatTakesAConnectionEach() {
            assumeTrue(protocol == Protocol.HTTP_2 || !speaksHttp2(), "tried over HTTP/2");
        }

        @ParameterizedTest
        @ValueSource(strings = {"OPTIONS", "PUT", "POST", "DELETE", "PATCH", "get", "ANYTHING"})
        void is_refused_whatever_the_method(String method) throws Exception {
            assertThat(status(proxy, method, "/operator/whoami", forwarding(forwardedBob, "Content-Length: 0")))
                    .isNotEqualTo(500)
                    .isBetween(400, 599);
        }

        @ParameterizedTest
        @EnumSource
        void is_refused_where_the_header_cannot_be_read_in_one_way(ForwardingFault fault) throws Exception {
            String[] headers = fault.headers(forwardedAlice.chain(), forwardedBob.chain());
            try (HttpConnection connection = openShared(proxy)) {
                assertRefused(connection.get("/want/whoami", headers), "forwarded-certificate-malformed");
                assertThat(connection.get("/api/whoami", forwarding(forwardedBob)))
                        .satisfies(isAnsweredTo("bob"));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"Client_Cert", "CLIENT_CERT", "Client.Cert", "HTTP_CLIENT_CERT", "Client_Cert_Chain"})
        void is_not_named_by_another_spelling_that_its_proxy_let_pass(String alias) throws Exception {
            String bobs = alias + ": " + Hop.item(forwardedBob.certificate());
            try (HttpConnection connection = openShared(proxy)) {
                assertThat(connection.get("/want/whoami", bobs)).satisfies(isAnsweredToNobody());
                assertRefused(connection.get("/api/whoami", bobs), "certificate-required");
                assertThat(connection.get("/api/whoami", forwarding(forwardedAlice, bobs)))
                        .satisfies(isAnsweredTo("alice", "auditor"));
            }
        }

        @Test
        void leaves_no_header_for_the_application_to_believe() throws Exception {
            try (HttpConnection connection = openShared(proxy)) {
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
                    "HTTP_CLIENT_CERT",
                    "Client-Cert-Chain",
                    "client_cert_chain",
                    "X-Forwarded-Client-Cert",
                    "X_Forwarded_Client_Cert",
                    "X-Amzn-Mtls-Clientcert"
                })
        void is_not_whoever_says_so_without_being_a_proxy(String header) throws Exception {
            String alices = header + ": " + Hop.item(forwardedAlice.certificate());
            for (SSLContext stranger : List.of(nobody, bob)) {
                try (HttpConnection connection = open(stranger)) {
                    for (String path : List.of("/public/whoami", "/want/whoami", "/api/whoami")) {
                        assertRefused(connection.get(path, alices), "forwarded-certificate-refused");
                    }
                }
            }
        }

        @Test
        void is_not_whoever_says_so_twice() throws Exception {
            String alices = ": " + Hop.item(forwardedAlice.certificate());
            try (HttpConnection connection = open(nobody)) {
                for (String other : List.of("Client-Cert", "Client_Cert", "X-Other")) {
                    assertRefused(
                            connection.get("/want/whoami", other + alices, "Client-Cert" + alices),
                            "forwarded-certificate-refused");
                }
            }
        }

        /** White space before the colon: RFC 9112 section 5.1 has it refused, since readers differ about the name. */
        @ParameterizedTest
        @ValueSource(strings = {"Client-Cert ", "Client-Cert\t"})
        void is_not_whoever_says_so_in_a_malformed_header(String header) throws Exception {
            String alices = header + ": " + Hop.item(forwardedAlice.certificate());
            assertThat(status(nobody, "GET", "/want/whoami", alices)).isBetween(400, 499);
        }

        private String[] forwarding(HeldCertificate certificate, String... others) {
            List<String> headers = new ArrayList<>(List.of(Hop.RFC9440.forwarding(certificate.chain())));
            headers.addAll(List.of(others));
            return headers.toArray(String[]::new);
        }
    }

    /** One that cannot read it is right to give up: it is the fallback to less that others fell for. */
    @Nested
    class A_client_that_splits_its_hello extends OverEachProtocol {

        @ParameterizedTest
        @EnumSource
        void is_who_its_certificate_says_or_gets_nowhere(Pieces pieces) {
            assertThat(answerTo(pki.alice(), pieces).stream()).allSatisfy(isAnsweredTo("alice", "auditor"));
            assertThat(fixture.refusals()).isEmpty();
        }

        @ParameterizedTest
        @EnumSource
        void is_never_answered_if_it_is_a_stranger(Pieces pieces) {
            assertThat(answerTo(Stranger.OF_ANOTHER_CA_WITH_THE_SAME_NAMES.client(pki), pieces))
                    .isEmpty();
            assertThat(fixture.refusals()).isSubsetOf("issuer-unknown");
        }

        @ParameterizedTest
        @EnumSource
        void is_refused_if_it_has_no_certificate(Pieces pieces) {
            assertThat(answerTo(pki.nobody(), pieces).stream())
                    .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(403));
            assertThat(fixture.refusals()).isSubsetOf("certificate-required");
        }

        /** Tomcat falls back to a host without HTTP/2. */
        @Test
        void is_asked_for_its_certificate_where_the_hello_can_be_read() throws Exception {
            assumeTrue(readsSplitHellos(), "this server ends the handshake");
            assumeTrue(protocol == Protocol.HTTP_1_1, "not every server speaks HTTP/2 after that");
            SSLSocket socket = SplitHello.connect(pki.alice(), refusing.port(), Pieces.TWO);

            assertThat(overNew(socket, "GET", "/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }

        private Optional<Answer> answerTo(SSLContext client, Pieces pieces) {
            try {
                SSLSocket socket = SplitHello.connect(client, refusing.port(), pieces);
                return Optional.of(overNew(socket, "GET", "/api/whoami"));
            } catch (IOException e) {
                return Optional.empty();
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

        @Test
        void is_told_so_over_http_2() throws Exception {
            assumeTrue(speaksHttp2(), "this server speaks HTTP/1.1 only");
            try (Http2ToTheLetter connection =
                    Http2ToTheLetter.over(Connection.socketTo("other.example.org", pki.alice(), refusing.port()))) {
                assertThat(connection.status("GET", "/api/whoami")).isEqualTo(tellsServerName() ? 421 : 200);
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

        /** RFC 9113 section 8.2.1: malformed, and so is what believes it. */
        @Test
        void a_header_with_capitals_in_its_name_makes_nobody_of_a_stranger() throws Exception {
            assumeTrue(speaksHttp2(), "this server speaks HTTP/1.1 only");
            String alices = "Client-Cert: " + Hop.item(forwardedAlice.certificate());
            try (Http2ToTheLetter connection = Http2ToTheLetter.open(nobody, refusing.port())) {
                assertThat(connection.status("GET", "/public/whoami")).isEqualTo(200);
                assertThat(connection.status("GET", "/want/whoami", alices)).isBetween(400, 499);
            }
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

    /**
     * Cases that are the same over each protocol: a class of them runs twice. A client has a connection of its own for each
     * over HTTP/1.1, and one for many over HTTP/2.
     */
    @ParameterizedClass(name = "over {0}")
    @EnumSource(Protocol.class)
    abstract class OverEachProtocol {

        @Parameter
        @SuppressWarnings("NullAway.Init")
        Protocol protocol;

        @BeforeEach
        void passByWhatIsNotSpoken() {
            assumeTrue(protocol == Protocol.HTTP_1_1 || speaksHttp2(), "this server speaks HTTP/1.1 only");
        }

        /** To the server that refuses in the handshake. */
        final HttpConnection open(SSLContext client) throws IOException {
            return protocol == Protocol.HTTP_1_1 ? Connection.open(client, refusing.port()) : shared.http2(client);
        }

        /** The same, where the server leaves it open after a refusal. */
        final HttpConnection openShared(SSLContext client) {
            return protocol == Protocol.HTTP_1_1 ? shared.http1(client) : shared.http2(client);
        }

        final HttpConnection openDeferred(SSLContext client) throws IOException {
            return protocol == Protocol.HTTP_1_1
                    ? Connection.open(client, deferring.port())
                    : Http2Connection.open(client, deferring.port());
        }

        /** A new connection, on which a client that has connected before resumes its session. */
        final HttpConnection open(SSLContext client, String tls) throws IOException {
            assumeTrue(
                    protocol == Protocol.HTTP_1_1 || !tls.equals("TLSv1.3") || resumesHttp2(),
                    "this server falls back to HTTP/1.1");
            return protocol == Protocol.HTTP_1_1
                    ? Connection.open(client, refusing.port(), tls)
                    : Http2Connection.open(client, refusing.port(), tls);
        }

        final Answer get(SSLContext client, String path, String... headers) throws IOException {
            try (HttpConnection connection = open(client)) {
                return connection.get(path, headers);
            }
        }

        /** Everything to the letter, for what no client would send. */
        final int status(SSLContext client, String method, String target, String... headers) throws IOException {
            if (protocol == Protocol.HTTP_1_1) {
                return overNew(socket(client, refusing), method, target, headers)
                        .status();
            }
            return shared.http2ToTheLetter(client).status(method, target, withNamesInLowerCase(headers));
        }

        /** Refused, not found, or sent elsewhere. That something failed on the way would be no decision. */
        final void isNotServed(SSLContext client, String target, String... headers) throws IOException {
            int status = status(client, "GET", target, headers);
            if (failsAt(protocol, target)) {
                assertThat(status).isEqualTo(500);
            } else {
                assertThat(status).isNotEqualTo(500).isBetween(300, 599);
            }
        }

        /** One request on a new connection, where the handshake is of interest. */
        final Answer getOverNew(SSLContext client, ContractServer server) throws IOException {
            return overNew(socket(client, server), "GET", "/public/whoami");
        }

        /** The same on one that is there, and has not begun its handshake. */
        final Answer overNew(SSLSocket socket, String method, String target, String... headers) throws IOException {
            if (protocol == Protocol.HTTP_1_1) {
                try (Connection connection = Connection.over(socket)) {
                    return connection.send(method, target, headers);
                }
            }
            try (Http2ToTheLetter connection = Http2ToTheLetter.over(socket)) {
                return connection.send(method, target, withNamesInLowerCase(headers));
            }
        }

        private SSLSocket socket(SSLContext client, ContractServer server) throws IOException {
            return (SSLSocket) client.getSocketFactory().createSocket("localhost", server.port());
        }

        private String[] withNamesInLowerCase(String... headers) {
            return Stream.of(headers)
                    .map(header -> {
                        int colon = header.indexOf(':');
                        return header.substring(0, colon).toLowerCase(Locale.ROOT) + header.substring(colon);
                    })
                    .toArray(String[]::new);
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

    private void assertRefusedAndClosed(HttpConnection connection, String path, String code) throws IOException {
        Answer answer = connection.get(path);
        assertRefused(answer, code);
        assertClosed(answer, connection);
    }

    private void assertClosed(Answer answer, HttpConnection connection) {
        if (!(connection instanceof Connection http1)) {
            assertThat(answer.headers()).doesNotContainKey("connection"); // To HTTP/2 it is malformed.
        } else if (closesRefusedConnections()) {
            assertThat(answer.header("connection")).hasValue("close");
            assertThat(http1.isClosedByServer()).isTrue();
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
