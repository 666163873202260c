package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.HeldCertificate;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RevocationPolicyTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Root").clock(InstantSource.fixed(NOW)).build();
    private static final HeldCertificate ALICE =
            ROOT.issueClient("CN=alice").clock(InstantSource.fixed(NOW)).build();

    private static final RevocationSource GOOD = (query, at) -> new Good(NOW.plusSeconds(60));
    private static final RevocationSource REVOKED = (query, at) -> new Revoked(NOW, "keyCompromise");

    private final RevocationQuery query = new RevocationQuery(ALICE.certificate(), ROOT.certificate());

    @Test
    void the_first_conclusive_answer_counts() {
        assertThat(status(unknown(Why.UNREACHABLE), GOOD, REVOKED)).isEqualTo(new Good(NOW.plusSeconds(60)));
        assertThat(status(unknown(Why.UNREACHABLE), REVOKED, GOOD)).isEqualTo(new Revoked(NOW, "keyCompromise"));
    }

    @Test
    void of_several_that_know_nothing_the_one_that_says_most_is_heard() {
        RevocationStatus status =
                status(unknown(Why.NOT_ASKED), unknown(Why.UNKNOWN_TO_RESPONDER), unknown(Why.UNREACHABLE));

        assertThat(why(status)).isEqualTo(Why.UNKNOWN_TO_RESPONDER);
    }

    @Test
    void hard_fail_lets_no_unknown_pass() {
        for (Why why : Why.values()) {
            RevocationPolicy policy = RevocationPolicy.builder(unknown(why)).build();

            assertThat(why(policy.status(query, NOW, false))).isEqualTo(why);
            assertThat(why(policy.status(query, NOW, true))).isEqualTo(why);
        }
    }

    @Test
    void a_good_answer_that_is_out_of_date_is_not_good() {
        RevocationSource stale = (query, at) -> new Good(NOW.minusSeconds(1));

        assertThat(status(stale)).isInstanceOfSatisfying(Unknown.class, unknown -> {
            assertThat(unknown.why()).isEqualTo(Why.EXPIRED);
            assertThat(unknown.lastGoodUntil()).isEqualTo(NOW.minusSeconds(1));
        });
    }

    @Test
    void what_is_allowed_to_be_unknown_is_asked_for_all_the_same_first() {
        RevocationPolicy policy = RevocationPolicy.builder(unknown(Why.UNREACHABLE))
                .allowUnknown(Why.UNREACHABLE)
                .build();

        assertThat(why(policy.status(query, NOW, false))).isEqualTo(Why.UNREACHABLE);
        assertThat(policy.status(query, NOW, true)).isInstanceOf(Good.class);
    }

    @Test
    void what_is_allowed_to_be_unknown_for_one_reason_is_not_for_another() {
        RevocationPolicy policy = RevocationPolicy.builder(unknown(Why.UNVERIFIABLE))
                .allowUnknown(Why.NO_ANSWER, Why.UNREACHABLE)
                .build();

        assertThat(why(policy.status(query, NOW, true))).isEqualTo(Why.UNVERIFIABLE);
    }

    @Test
    void grace_keeps_a_certificate_that_was_good_while_the_source_is_away_and_no_longer() {
        Instant lastGood = NOW.minusSeconds(60);
        RevocationPolicy policy = RevocationPolicy.builder(unknown(Why.UNREACHABLE, lastGood))
                .grace(Duration.ofMinutes(5))
                .build();
        Instant end = lastGood.plus(Duration.ofMinutes(5));

        assertThat(policy.status(query, NOW, false)).isEqualTo(new Good(end));
        assertThat(policy.status(query, end, false)).isEqualTo(new Good(end));
        assertThat(why(policy.status(query, end.plusMillis(1), true))).isEqualTo(Why.UNREACHABLE);
    }

    @Test
    void a_certificate_never_seen_gets_no_grace() {
        RevocationPolicy policy = RevocationPolicy.builder(unknown(Why.UNREACHABLE))
                .grace(Duration.ofMinutes(5))
                .build();

        assertThat(why(policy.status(query, NOW, true))).isEqualTo(Why.UNREACHABLE);
    }

    @Test
    void grace_is_for_sources_that_are_away_and_not_for_answers_that_are_bad() {
        for (Why why : List.of(Why.UNVERIFIABLE, Why.UNKNOWN_TO_RESPONDER)) {
            RevocationPolicy policy = RevocationPolicy.builder(unknown(why, NOW))
                    .grace(Duration.ofMinutes(5))
                    .build();

            assertThat(why(policy.status(query, NOW, true))).isEqualTo(why);
        }
    }

    @Test
    void an_answer_that_has_expired_unasked_is_asked_for_before_there_is_grace() {
        RevocationPolicy policy = RevocationPolicy.builder(unknown(Why.EXPIRED, NOW.minusSeconds(1)))
                .grace(Duration.ofMinutes(5))
                .build();

        assertThat(why(policy.status(query, NOW, false))).isEqualTo(Why.EXPIRED);
        assertThat(policy.status(query, NOW, true)).isInstanceOf(Good.class);
    }

    @Test
    void a_certificate_that_a_crl_did_not_list_has_grace_once_the_crl_is_out_of_date() {
        Instant nextUpdate = NOW.plusSeconds(60);
        RevocationSource crl = (query, at) -> at.isAfter(nextUpdate)
                ? new Unknown(Why.EXPIRED, "the CRL is out of date") // It does not know who was seen.
                : new Good(nextUpdate);
        RevocationPolicy policy =
                RevocationPolicy.builder(crl).grace(Duration.ofMinutes(5)).build();
        RevocationQuery neverSeen = new RevocationQuery(ALICE.certificate(), ROOT.certificate());

        policy.status(query, NOW, false);

        assertThat(policy.status(query, nextUpdate.plusSeconds(1), true)).isInstanceOf(Good.class);
        assertThat(why(policy.status(neverSeen, nextUpdate.plusSeconds(1), true)))
                .isEqualTo(Why.EXPIRED);
        assertThat(why(policy.status(query, nextUpdate.plusSeconds(301), true))).isEqualTo(Why.EXPIRED);
    }

    @Test
    void grace_does_not_outweigh_a_revocation() {
        RevocationPolicy policy = RevocationPolicy.builder(unknown(Why.UNREACHABLE, NOW), REVOKED)
                .grace(Duration.ofMinutes(5))
                .build();

        assertThat(policy.status(query, NOW, true)).isInstanceOf(Revoked.class);
    }

    /** The next CRL may be for a shorter time than the one before. */
    @Test
    void grace_begins_at_the_end_of_the_last_good_answer_and_not_of_one_before_it() {
        AtomicReference<RevocationStatus> known = new AtomicReference<>(new Good(NOW.plus(Duration.ofDays(30))));
        RevocationPolicy policy = RevocationPolicy.builder((query, at) -> Objects.requireNonNull(known.get()))
                .grace(Duration.ofMinutes(5))
                .build();
        RevocationQuery seen = new RevocationQuery(ALICE.certificate(), ROOT.certificate());
        policy.status(seen, NOW, false);
        known.set(new Good(NOW.plusSeconds(60)));
        policy.status(seen, NOW, false);

        known.set(new Unknown(Why.UNREACHABLE, "away"));

        assertThat(policy.status(seen, NOW.plusSeconds(120), true)).isInstanceOf(Good.class);
        assertThat(why(policy.status(seen, NOW.plusSeconds(60 + 301), true))).isEqualTo(Why.UNREACHABLE);
    }

    @Test
    void there_is_no_grace_after_a_revocation_even_if_the_source_has_forgotten_it() {
        for (RevocationStatus after :
                List.of(new Revoked(NOW, "keyCompromise"), new Unknown(Why.UNKNOWN_TO_RESPONDER, "never heard of"))) {
            AtomicReference<RevocationStatus> known = new AtomicReference<>(new Good(NOW.plusSeconds(600)));
            RevocationPolicy policy = RevocationPolicy.builder((query, at) -> Objects.requireNonNull(known.get()))
                    .grace(Duration.ofMinutes(5))
                    .build();
            RevocationQuery seen = new RevocationQuery(ALICE.certificate(), ROOT.certificate());
            policy.status(seen, NOW, false);
            known.set(after);
            policy.status(seen, NOW, false);

            known.set(new Unknown(Why.UNREACHABLE, "away"));

            assertThat(why(policy.status(seen, NOW, true))).isEqualTo(Why.UNREACHABLE);
        }
    }

    @Test
    void grace_is_bounded() {
        assertThatThrownBy(() -> RevocationPolicy.builder(GOOD).grace(Duration.ofDays(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected between");
    }

    @Test
    void no_source_is_no_policy() {
        assertThatThrownBy(() -> RevocationPolicy.builder(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no source");
    }

    @Test
    void sources_are_fetched_from_in_order_until_one_is_conclusive() {
        List<String> asked = new ArrayList<>();
        CompletableFuture<Void> first = new CompletableFuture<>();
        Fetching silent = new Fetching("silent", asked, first, false);
        Fetching knowing = new Fetching("knowing", asked, CompletableFuture.completedFuture(null), true);
        Fetching spared = new Fetching("spared", asked, CompletableFuture.completedFuture(null), true);

        CompletionStage<?> fetched =
                RevocationPolicy.builder(silent, knowing, spared).build().refresh(query, NOW);
        assertThat(asked).containsExactly("silent");
        first.completeExceptionally(new IllegalStateException("away"));

        assertThat(fetched.toCompletableFuture()).isCompleted();
        assertThat(asked).containsExactly("silent", "knowing");
    }

    @Test
    void only_the_clients_own_certificate_is_asked_for_where_its_issuers_may_go_unchecked() {
        List<RevocationQuery> path = List.of(query, new RevocationQuery(ROOT.certificate(), ROOT.certificate()));

        assertThat(RevocationPolicy.builder(GOOD).build().asked(path)).isEqualTo(path);
        assertThat(RevocationPolicy.builder(GOOD)
                        .allowUncheckedIssuers()
                        .build()
                        .asked(path))
                .containsExactly(query);
    }

    private static final class Fetching implements RevocationSource {
        private final String name;
        private final List<String> asked;
        private final CompletableFuture<Void> fetch;
        private final boolean knowing;
        private boolean fetched;

        Fetching(String name, List<String> asked, CompletableFuture<Void> fetch, boolean knowing) {
            this.name = name;
            this.asked = asked;
            this.fetch = fetch;
            this.knowing = knowing;
        }

        @Override
        public RevocationStatus known(RevocationQuery query, Instant at) {
            return fetched && knowing ? new Good(at) : new Unknown(Why.NOT_ASKED, name);
        }

        @Override
        public CompletionStage<?> refresh(RevocationQuery query) {
            asked.add(name);
            fetched = true;
            return fetch;
        }
    }

    private RevocationStatus status(RevocationSource first, RevocationSource... more) {
        return RevocationPolicy.builder(first, more).build().status(query, NOW, false);
    }

    private static RevocationSource unknown(Why why) {
        return (query, at) -> new Unknown(why, "for a test");
    }

    private static RevocationSource unknown(Why why, Instant lastGood) {
        return (query, at) -> new Unknown(why, "for a test", lastGood);
    }

    private static Why why(RevocationStatus status) {
        return status.fold(
                good -> {
                    throw new AssertionError(good);
                },
                revoked -> {
                    throw new AssertionError(revoked);
                },
                Unknown::why);
    }
}
