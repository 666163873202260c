package io.mtls;

import static io.mtls.TestPki.ALICE;
import static io.mtls.TestPki.CLOCK;
import static io.mtls.TestPki.ISSUING;
import static io.mtls.TestPki.NOW;
import static io.mtls.TestPki.ROOT;
import static io.mtls.TestPki.chain;
import static io.mtls.TestPki.issuer;
import static io.mtls.TestPki.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.DistinguishedName;
import io.mtls.ca.HeldCertificate;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.identity.SanType;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.RevocationSource;
import io.mtls.revocation.RevocationStatus;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Who the caller is, on every request anew. */
class ClientAuthenticatorTest {

    private final List<MtlsEvent> events = new ArrayList<>();
    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);

    // --- need, want, none ------------------------------------------------------------------------------------------

    @Test
    void a_member_is_named_and_has_the_roles_of_its_rules() {
        ClientIdentity alice = identity(authenticator(issuer(ROOT)
                .roleRule(RoleRule.sameName(CertificateField.subject("OU"), "auditor", "operator"))
                .roles("alice", "reader")
                .roles("bob", "operator")));

        assertThat(alice.getName()).isEqualTo("alice");
        assertThat(alice.roles()).containsExactlyInAnyOrder("auditor", "reader");
        assertThat(alice.issuer()).isEqualTo("acme");
    }

    @Test
    void need_refuses_absence_want_lets_it_pass_and_none_ignores_what_is_there() {
        ClientAuthenticator authenticator = authenticator(issuer(ROOT));
        RequestFacts absent = request((X509Certificate[]) null);
        RequestFacts empty = request();
        RequestFacts stranger = request(chain(
                HeldCertificate.selfSignedClient("CN=mallory").clock(CLOCK).build()));

        assertRefused(RejectionReason.CERTIFICATE_REQUIRED, authenticator.authenticateNow(absent, ClientAuth.NEED));
        assertRefused(RejectionReason.CERTIFICATE_REQUIRED, authenticator.authenticateNow(empty, ClientAuth.NEED));
        assertThat(authenticator.authenticateNow(absent, ClientAuth.WANT))
                .isInstanceOf(ClientAuthentication.Anonymous.class);
        assertRefused(RejectionReason.ISSUER_UNKNOWN, authenticator.authenticateNow(stranger, ClientAuth.WANT));
        assertThat(authenticator.authenticateNow(stranger, ClientAuth.NONE))
                .isInstanceOf(ClientAuthentication.Anonymous.class);
    }

    // --- which name ------------------------------------------------------------------------------------------------

    @Test
    void two_common_names_are_ambiguous_however_they_are_written() {
        assertRefused(RejectionReason.PRINCIPAL_AMBIGUOUS, authenticate(member("CN=alice+CN=bob")));
        assertRefused(RejectionReason.PRINCIPAL_AMBIGUOUS, authenticate(member("CN=alice,OU=x,CN=bob")));
        assertRefused(RejectionReason.PRINCIPAL_AMBIGUOUS, authenticate(member("CN=alice,CN=alice")));
    }

    @Test
    void a_common_name_inside_another_attribute_is_no_name() {
        HeldCertificate mallory = ISSUING.issueClient(DistinguishedName.of(
                        DistinguishedName.rdn(DistinguishedName.attribute("O", "CN=admin,")),
                        DistinguishedName.rdn(DistinguishedName.attribute("CN", "mallory"))))
                .clock(CLOCK)
                .build();

        assertThat(identity(authenticate(mallory)).getName()).isEqualTo("mallory");
    }

    @Test
    void a_common_name_that_is_no_string_or_no_clean_one_is_refused() {
        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(member("CN=#0403666f6f")));
        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(member("")));
        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(member(" ")));
        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(member("ali\u0000ce")));
        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(member("ali\nce")));
        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(member("\u202eecila")));
    }

    @Test
    void what_would_be_an_injection_elsewhere_is_a_name_and_nothing_more() {
        ClientAuthenticator authenticator = authenticator(issuer(ROOT).roles("alice", "operator"));
        for (String name : List.of("*)(uid=alice", "alice)(|(objectClass=*", "alice' OR '1'='1", "Smith, John")) {
            ClientIdentity identity = identity(authenticate(authenticator, member(name)));

            assertThat(identity.getName()).isEqualTo(name);
            assertThat(identity.roles()).isEmpty();
        }
    }

    @Test
    void a_certificate_without_the_field_names_nobody() {
        ClientAuthenticator authenticator = authenticator(issuer(ROOT).principal(CertificateField.san(SanType.URI)));

        assertRefused(RejectionReason.PRINCIPAL_MISSING, authenticate(authenticator, ALICE));
    }

    @Test
    void the_second_certificate_of_the_chain_is_never_the_user() {
        ClientAuthenticator membersOnly = authenticator(issuer(ROOT).members(Set.of("alice")));

        assertRefused(
                RejectionReason.NOT_A_MEMBER,
                membersOnly.authenticateNow(request(chain(member("CN=bob"), ALICE, ISSUING)), ClientAuth.NEED));
    }

    @Test
    void a_closed_group_lets_in_its_members_by_name_or_fingerprint_and_nobody_else() throws Exception {
        String fingerprint =
                CertificateField.sha256Fingerprint().values(ALICE.certificate()).get(0);

        identity(authenticate(authenticator(issuer(ROOT).members(Set.of("alice"))), ALICE));
        identity(authenticate(authenticator(issuer(ROOT).members(Set.of("sha256:" + fingerprint))), ALICE));
        assertRefused(
                RejectionReason.NOT_A_MEMBER,
                authenticate(authenticator(issuer(ROOT).members(Set.of("bob"))), ALICE));
        assertRefused(
                RejectionReason.NOT_A_MEMBER,
                authenticate(authenticator(issuer(ROOT).members(Set.of())), ALICE));
    }

    @Test
    void a_common_name_cannot_pass_for_a_listed_fingerprint() throws Exception {
        String listed = "sha256:"
                + CertificateField.sha256Fingerprint()
                        .values(ALICE.certificate())
                        .get(0);

        assertRefused(
                RejectionReason.NOT_A_MEMBER,
                authenticate(authenticator(issuer(ROOT).members(Set.of(listed))), member("CN=" + listed)));
    }

    @Test
    void an_issuer_cannot_write_another_issuers_prefix_or_use_its_roles() {
        HeldCertificate partnerRoot =
                HeldCertificate.root("CN=Partner Root").clock(CLOCK).build();
        TrustedIssuer staff = issuer(ROOT).roles("alice", "operator").build();
        TrustedIssuer partner = TrustedIssuer.builder("partner", TrustAnchors.of(partnerRoot.certificate()))
                .principalPrefix("partner:")
                .build();
        ClientAuthenticator both =
                authenticator(ClientCertificateVerifier.builder(staff, partner).build());
        HeldCertificate partnersAlice =
                partnerRoot.issueClient("CN=alice").clock(CLOCK).build();

        ClientIdentity identity = identity(both.authenticateNow(request(chain(partnersAlice)), ClientAuth.NEED));

        assertThat(identity.getName()).isEqualTo("partner:alice");
        assertThat(identity.roles()).isEmpty();
        assertRefused(RejectionReason.PRINCIPAL_AMBIGUOUS, authenticate(both, member("CN=partner:alice")));
    }

    @Test
    void a_field_that_grants_roles_but_cannot_be_read_is_a_refusal() {
        ClientAuthenticator authenticator =
                authenticator(issuer(ROOT).roleRule(RoleRule.sameName(CertificateField.subject("OU"), "auditor")));

        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(authenticator, member("CN=bob,OU=#0403666f6f")));
    }

    @Test
    void a_field_of_the_users_own_that_fails_is_a_refusal() {
        ClientAuthenticator authenticator = authenticator(issuer(ROOT).principal(certificate -> {
            throw new IllegalStateException("a bug");
        }));

        assertRefused(RejectionReason.PRINCIPAL_INVALID, authenticate(authenticator, ALICE));
    }

    // --- the user's own role mapper --------------------------------------------------------------------------------

    @Test
    void a_role_mapper_is_asked_on_every_request() {
        Set<String> directory = new HashSet<>(Set.of("reader"));
        ClientAuthenticator authenticator =
                authenticator(issuer(ROOT).roles("alice", "fixed").roleMapper((name, path) -> directory));

        assertThat(identity(authenticate(authenticator, ALICE)).roles()).containsExactlyInAnyOrder("fixed", "reader");
        directory.clear();
        directory.add("writer");
        assertThat(identity(authenticate(authenticator, ALICE)).roles()).containsExactlyInAnyOrder("fixed", "writer");
    }

    @Test
    void a_role_mapper_that_fails_or_names_a_framework_role_lets_nobody_in() {
        ClientAuthenticator failing = authenticator(issuer(ROOT).roleMapper((name, path) -> {
            throw new IllegalStateException("directory is down");
        }));
        ClientAuthenticator colliding = authenticator(issuer(ROOT).roleMapper((name, path) -> Set.of("FACTOR_X509")));

        assertRefused(RejectionReason.ROLES_UNAVAILABLE, authenticate(failing, ALICE));
        assertRefused(RejectionReason.ROLES_UNAVAILABLE, authenticate(colliding, ALICE));
    }

    // --- every request anew ----------------------------------------------------------------------------------------

    @Test
    void a_certificate_that_expires_is_refused_at_the_next_request_of_its_connection() {
        ClientAuthenticator authenticator = authenticator(issuer(ROOT));
        RequestFacts connection = request(chain(ALICE, ISSUING));

        identity(authenticator.authenticateNow(connection, ClientAuth.NEED));
        now.set(ALICE.certificate().getNotAfter().toInstant().plusSeconds(1));

        assertRefused(RejectionReason.CERTIFICATE_EXPIRED, authenticator.authenticateNow(connection, ClientAuth.NEED));
    }

    @Test
    void an_issuer_that_is_trusted_no_more_is_refused_at_the_next_request() {
        HeldCertificate other = HeldCertificate.root("CN=Other").clock(CLOCK).build();
        Reloadable<ClientCertificateVerifier> trust = new Reloadable<>("trust", TestPki.verifier(ROOT), events::add);
        ClientAuthenticator authenticator = new ClientAuthenticator(trust, now::get, events::add);
        RequestFacts connection = request(chain(ALICE, ISSUING));

        identity(authenticator.authenticateNow(connection, ClientAuth.NEED));
        trust.reload(() -> TestPki.verifier(other));

        assertRefused(RejectionReason.ISSUER_UNKNOWN, authenticator.authenticateNow(connection, ClientAuth.NEED));
    }

    @Test
    void a_reload_that_fails_keeps_what_is_in_force() {
        Reloadable<ClientCertificateVerifier> trust = new Reloadable<>("trust", TestPki.verifier(ROOT), events::add);

        boolean replaced = trust.reload(() -> {
            throw new IllegalArgumentException("half a file");
        });

        assertThat(replaced).isFalse();
        identity(new ClientAuthenticator(trust, now::get, events::add)
                .authenticateNow(request(chain(ALICE, ISSUING)), ClientAuth.NEED));
        assertThat(events)
                .filteredOn(MtlsEvent.ReloadFailed.class::isInstance)
                .singleElement()
                .isEqualTo(new MtlsEvent.ReloadFailed("trust", "half a file"));
    }

    @Test
    void a_caller_is_announced_once_and_a_refusal_each_time_with_its_code_and_origin() {
        ClientAuthenticator authenticator = authenticator(issuer(ROOT));
        for (int i = 0; i < 3; i++) {
            authenticate(authenticator, ALICE);
        }
        assertThat(events).singleElement().isInstanceOf(MtlsEvent.CallerVerified.class);

        events.clear();
        HeldCertificate late = ISSUING.issueClient("CN=late")
                .validity(NOW.minus(Duration.ofDays(2)), NOW.minus(Duration.ofDays(1)))
                .build();
        authenticate(authenticator, late);
        authenticate(authenticator, late);
        assertThat(events)
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.message())
                        .startsWith("Request refused: certificate-expired; 192.0.2.7 GET /test; \"CN=late\", serial "));
    }

    @Test
    void what_a_certificate_says_cannot_forge_a_line_of_the_log() {
        authenticate(member("evil\nINFO caller verified"));

        assertThat(events).allSatisfy(event -> assertThat(event.message()).doesNotContain("\n"));
    }

    @Test
    void a_listener_that_throws_changes_nothing() {
        ClientAuthenticator authenticator = new ClientAuthenticator(() -> TestPki.verifier(ROOT), now::get, event -> {
            throw new IllegalStateException("disk full");
        });

        identity(authenticate(authenticator, ALICE));
    }

    // --- what is not in memory -------------------------------------------------------------------------------------

    @Test
    void a_revoked_certificate_is_refused_at_the_next_request_though_its_path_is_remembered() {
        Revocations revocations = new Revocations();
        ClientAuthenticator authenticator = authenticator(revocations);

        identity(authenticate(authenticator, ALICE));
        revocations.revoked.set(true);

        assertRefused(RejectionReason.CERTIFICATE_REVOKED, authenticate(authenticator, ALICE));
    }

    @Test
    void unknown_revocation_is_fetched_once_for_a_request_and_then_refused() {
        Revocations revocations = new Revocations();
        revocations.known = false;
        ClientAuthenticator authenticator = authenticator(revocations);

        assertRefused(RejectionReason.REVOCATION_UNKNOWN, authenticate(authenticator, ALICE));
        assertThat(revocations.refreshes).hasValue(2); // One for each certificate below the anchor.

        revocations.refreshMakesKnown = true;
        identity(authenticate(authenticator, ALICE));
    }

    /** By the time the answer comes the request is over, and its facts may be another's. */
    @Test
    void a_fetch_that_a_request_has_waited_for_in_vain_decides_nothing_any_more() {
        Revocations revocations = new Revocations();
        revocations.known = false;
        revocations.refreshMakesKnown = true;
        revocations.pending = new CompletableFuture<>();
        ClientAuthenticator authenticator = authenticator(revocations);

        Thread.currentThread().interrupt(); // The same as the end of its patience, and comes at once.
        ClientAuthentication answer = authenticate(authenticator, ALICE);
        assertThat(Thread.interrupted()).isTrue();
        revocations.pending.complete(null);

        assertRefused(RejectionReason.REVOCATION_UNKNOWN, answer);
        assertThat(events).hasSize(1);
    }

    @Test
    void the_handshake_neither_fetches_nor_authorises_what_is_undecided() {
        Revocations revocations = new Revocations();
        revocations.known = false;

        Verdict verdict = authenticator(revocations).verdictForHandshake(chain(ALICE, ISSUING));

        assertThat(verdict).isInstanceOf(Verdict.Undecided.class);
        assertThat(revocations.refreshes).hasValue(0);
    }

    @Test
    void the_asynchronous_form_completes_at_once_when_nothing_is_to_be_fetched_and_later_otherwise() {
        Revocations revocations = new Revocations();
        ClientAuthenticator authenticator = authenticator(revocations);
        RequestFacts facts = request(chain(ALICE, ISSUING));

        assertThat(authenticator.authenticate(facts, ClientAuth.NEED).toCompletableFuture())
                .isCompleted();

        revocations.known = false;
        revocations.refreshMakesKnown = true;
        revocations.pending = new CompletableFuture<>();
        CompletableFuture<ClientAuthentication> later =
                authenticator.authenticate(facts, ClientAuth.NEED).toCompletableFuture();
        assertThat(later).isNotDone();
        revocations.pending.complete(null);
        assertThat(identity(later.join()).getName()).isEqualTo("alice");
    }

    @Test
    void a_source_that_throws_forgets_to_answer_or_is_out_of_date_is_not_good() {
        RevocationSource throwing = (query, at) -> {
            throw new IllegalStateException("a bug");
        };
        @SuppressWarnings("NullAway") // What a careless map look-up returns.
        RevocationSource forgetful = (query, at) -> null;
        RevocationSource outOfDate = (query, at) -> new RevocationStatus.Good(at.minusSeconds(1));

        Map<RevocationSource, RejectionReason> expected = Map.of(
                throwing, RejectionReason.REVOCATION_UNVERIFIABLE,
                forgetful, RejectionReason.REVOCATION_UNVERIFIABLE,
                outOfDate, RejectionReason.REVOCATION_EXPIRED);
        expected.forEach((source, reason) -> {
            ClientAuthenticator authenticator = authenticator(source);
            assertRefused(reason, authenticate(authenticator, ALICE));
            assertRefused(reason, authenticate(authenticator, ALICE));
        });
    }

    @Test
    void a_refresh_that_throws_is_a_fetch_that_failed() {
        RevocationSource source = new RevocationSource() {
            @Override
            public RevocationStatus known(RevocationQuery query, Instant at) {
                return new RevocationStatus.Unknown(RevocationStatus.Why.NOT_ASKED, "not in memory");
            }

            @Override
            public CompletionStage<?> refresh(RevocationQuery query) {
                throw new IllegalStateException("a bug");
            }
        };

        assertRefused(RejectionReason.REVOCATION_UNKNOWN, authenticate(authenticator(source), ALICE));
    }

    @Test
    void a_certificate_taken_off_hold_is_let_in_at_the_next_request() {
        Revocations revocations = new Revocations();
        revocations.revoked.set(true);
        ClientAuthenticator authenticator = authenticator(revocations);

        assertRefused(RejectionReason.CERTIFICATE_REVOKED, authenticate(authenticator, ALICE));
        revocations.revoked.set(false);

        identity(authenticate(authenticator, ALICE));
    }

    @Test
    void a_revoked_cross_certificate_leaves_the_other_path_open() {
        HeldCertificate newRoot =
                HeldCertificate.root("CN=New Root").clock(CLOCK).build();
        HeldCertificate cross = ISSUING.crossSign(newRoot).clock(CLOCK).build();
        RevocationSource issuingRevoked = (query, at) -> query.certificate().equals(ISSUING.certificate())
                ? new RevocationStatus.Revoked(NOW, "superseded")
                : new RevocationStatus.Good(NOW);
        ClientAuthenticator authenticator = authenticator(issuer(ROOT, newRoot)
                .revocation(RevocationPolicy.builder(issuingRevoked).build()));

        ClientIdentity alice =
                identity(authenticator.authenticateNow(request(chain(ALICE, ISSUING, cross)), ClientAuth.NEED));

        assertThat(alice.path().anchor()).isEqualTo(newRoot.certificate());
    }

    private static final class Revocations implements RevocationSource {
        final AtomicBoolean revoked = new AtomicBoolean();
        final AtomicInteger refreshes = new AtomicInteger();
        volatile boolean known = true;
        volatile boolean refreshMakesKnown;
        volatile CompletableFuture<Void> pending = CompletableFuture.completedFuture(null);

        @Override
        public RevocationStatus known(RevocationQuery query, Instant at) {
            if (!known) {
                return new RevocationStatus.Unknown(RevocationStatus.Why.NOT_ASKED, "not in memory");
            }
            return revoked.get()
                    ? new RevocationStatus.Revoked(NOW, "keyCompromise")
                    : new RevocationStatus.Good(at.plusSeconds(60));
        }

        @Override
        public CompletionStage<?> refresh(RevocationQuery query) {
            refreshes.incrementAndGet();
            return pending.thenRun(() -> known = known || refreshMakesKnown);
        }
    }

    private static HeldCertificate member(String commonNameOrSubject) {
        return commonNameOrSubject.startsWith("CN=")
                ? ISSUING.issueClient(commonNameOrSubject).clock(CLOCK).build()
                : ISSUING.issueClient(DistinguishedName.of(
                                DistinguishedName.rdn(DistinguishedName.attribute("CN", commonNameOrSubject))))
                        .clock(CLOCK)
                        .build();
    }

    private ClientAuthenticator authenticator(TrustedIssuer.Builder issuer) {
        return authenticator(ClientCertificateVerifier.builder(issuer.build()).build());
    }

    private ClientAuthenticator authenticator(RevocationSource revocation) {
        return authenticator(
                issuer(ROOT).revocation(RevocationPolicy.builder(revocation).build()));
    }

    private ClientAuthenticator authenticator(ClientCertificateVerifier verifier) {
        return new ClientAuthenticator(() -> verifier, now::get, events::add);
    }

    private ClientAuthentication authenticate(HeldCertificate certificate) {
        return authenticate(authenticator(issuer(ROOT)), certificate);
    }

    private static ClientAuthentication authenticate(ClientAuthenticator authenticator, HeldCertificate certificate) {
        return authenticator.authenticateNow(request(chain(certificate, ISSUING)), ClientAuth.NEED);
    }

    private static ClientIdentity identity(ClientAuthenticator authenticator) {
        return identity(authenticate(authenticator, ALICE));
    }

    private static ClientIdentity identity(ClientAuthentication authentication) {
        return authentication.fold(
                anonymous -> {
                    throw new AssertionError("anonymous");
                },
                ClientAuthentication.Authenticated::identity,
                refused -> {
                    throw new AssertionError(refused);
                });
    }

    private static void assertRefused(RejectionReason expected, ClientAuthentication authentication) {
        assertThat(authentication)
                .isInstanceOfSatisfying(
                        ClientAuthentication.Refused.class,
                        refused -> assertThat(refused.reason())
                                .as(refused.detail())
                                .isEqualTo(expected));
    }
}
