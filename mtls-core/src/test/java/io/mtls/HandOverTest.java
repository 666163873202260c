package io.mtls;

import static io.mtls.TestPki.ALICE;
import static io.mtls.TestPki.CLOCK;
import static io.mtls.TestPki.ISSUING;
import static io.mtls.TestPki.NOW;
import static io.mtls.TestPki.ROOT;
import static io.mtls.TestPki.chain;
import static io.mtls.TestPki.issuer;
import static io.mtls.TestPki.verifier;
import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.HeldCertificate;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationStatus;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * What a handshake leaves for the request that comes with the same chain: the path, and nothing that anybody could gain
 * by. Each verification makes a path object of its own, so that the same object means that there was no second one.
 */
class HandOverTest {

    private static final X509Certificate[] MEMBER = chain(ALICE, ISSUING);

    @Test
    void a_request_takes_the_path_that_its_handshake_verified_and_later_ones_find_it_remembered() {
        ClientCertificateVerifier verifier = verifier(ROOT);

        VerifiedPath verified = path(verifier.verify(MEMBER, NOW));

        assertThat(path(verifier.verifyProved(MEMBER, NOW.plusSeconds(1)))).isSameAs(verified);
        assertThat(path(verifier.verifyProved(MEMBER, NOW.plus(Duration.ofHours(1)))))
                .isSameAs(verified);
    }

    @Test
    void a_pinned_certificate_is_handed_over_too() {
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("partner", TrustAnchors.pinnedEndEntities(List.of(ALICE.certificate())))
                                .build())
                .build();

        VerifiedPath verified = path(verifier.verify(chain(ALICE), NOW));

        assertThat(path(verifier.verifyProved(chain(ALICE), NOW))).isSameAs(verified);
    }

    @Test
    void what_was_undecided_is_not_searched_for_again_either() {
        AtomicReference<RevocationStatus> status = new AtomicReference<>(unknown());
        ClientCertificateVerifier verifier = revoking(status, Duration.ZERO);

        VerifiedPath verified = undecided(verifier.verify(MEMBER, NOW));

        assertThat(undecided(verifier.verifyProved(MEMBER, NOW))).isSameAs(verified);
        status.set(new RevocationStatus.Good(NOW.plusSeconds(60)));
        assertThat(path(verifier.verifyFetched(MEMBER, NOW))).isSameAs(verified);
    }

    // --- before the key is proved ----------------------------------------------------------------------------------

    @Test
    void no_handshake_takes_what_another_has_left() {
        ClientCertificateVerifier verifier = verifier(ROOT);

        VerifiedPath first = path(verifier.verify(MEMBER, NOW));

        assertThat(path(verifier.verify(MEMBER, NOW))).isNotSameAs(first);
    }

    @Test
    void a_members_chain_replayed_with_junk_is_not_kept() {
        ClientCertificateVerifier verifier = verifier(ROOT);
        HeldCertificate junk = HeldCertificate.root("CN=Junk").clock(CLOCK).build();
        for (X509Certificate[] replayed :
                new X509Certificate[][] {chain(ALICE, ISSUING, junk), chain(ALICE, ISSUING, ISSUING, ISSUING)}) {
            VerifiedPath verified = path(verifier.verify(replayed, NOW));

            assertThat(path(verifier.verifyProved(replayed, NOW))).isNotSameAs(verified);
        }
    }

    @Test
    void a_flood_of_handshakes_pushes_out_what_handshakes_left_and_nothing_that_requests_remember() {
        PathCache cache = new PathCache();
        VerifiedPath path = path(verifier(ROOT).verify(MEMBER, NOW));
        Verdict.Rejected refusal = new Verdict.Rejected(RejectionReason.ISSUER_UNKNOWN, "");
        cache.remember(MEMBER, "of a request", path);
        cache.remember("refused", refusal, NOW);
        cache.handOver("of a handshake", path, NOW);

        for (int i = 0; i < 50_000; i++) {
            cache.handOver("flood " + i, path, NOW);
        }

        assertThat(cache.path("of a request")).isSameAs(path);
        assertThat(cache.path(MEMBER)).isSameAs(path);
        assertThat(cache.refusal("refused", NOW)).isSameAs(refusal);
        assertThat(cache.takeHandedOver("of a handshake", NOW)).isNull();
        assertThat(cache.path("flood 49999")).as("nothing of it is remembered").isNull();
    }

    // --- what it does not spare ------------------------------------------------------------------------------------

    @Test
    void another_chain_of_the_same_certificate_is_verified() {
        ClientCertificateVerifier verifier = verifier(ROOT);

        VerifiedPath verified = path(verifier.verify(MEMBER, NOW));

        assertThat(path(verifier.verifyProved(chain(ALICE, ISSUING, ROOT), NOW)))
                .isNotSameAs(verified);
    }

    @Test
    void it_is_taken_once_and_soon() {
        PathCache cache = new PathCache();
        VerifiedPath path = path(verifier(ROOT).verify(MEMBER, NOW));
        Instant end = NOW.plus(PathCache.HAND_OVER_LIFETIME);

        cache.handOver("chain", path, NOW);
        assertThat(cache.takeHandedOver("chain", end)).isSameAs(path);
        assertThat(cache.takeHandedOver("chain", end)).isNull();

        cache.handOver("chain", path, NOW);
        assertThat(cache.takeHandedOver("chain", end.plusNanos(1))).isNull();

        cache.handOver("chain", path, NOW);
        assertThat(cache.takeHandedOver("chain", NOW.minusNanos(1))).isNull();
    }

    @Test
    void another_snapshot_of_trust_knows_nothing_of_it() {
        AtomicReference<ClientCertificateVerifier> inForce = new AtomicReference<>(verifier(ROOT));
        ClientAuthenticator authenticator = new ClientAuthenticator(inForce::get, CLOCK, event -> {});

        assertThat(authenticator.verdictForHandshake(MEMBER)).isInstanceOf(Verdict.Accepted.class);
        inForce.set(verifier(HeldCertificate.root("CN=Other").clock(CLOCK).build()));

        assertThat(authenticator.authenticateNow(TestPki.request(MEMBER), ClientAuth.NEED))
                .isInstanceOfSatisfying(
                        ClientAuthentication.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RejectionReason.ISSUER_UNKNOWN));
    }

    @Test
    void a_certificate_that_expires_before_its_request_is_refused() {
        ClientCertificateVerifier verifier = verifier(ROOT);
        Instant end = ALICE.certificate().getNotAfter().toInstant();

        path(verifier.verify(MEMBER, end));

        assertRejected(RejectionReason.CERTIFICATE_EXPIRED, verifier.verifyProved(MEMBER, end.plusSeconds(1)));
    }

    @Test
    void a_certificate_that_is_revoked_or_denied_before_its_request_is_refused() {
        AtomicReference<RevocationStatus> status =
                new AtomicReference<>(new RevocationStatus.Good(NOW.plusSeconds(60)));
        ClientCertificateVerifier verifier = revoking(status, Duration.ZERO);
        path(verifier.verify(MEMBER, NOW));
        status.set(new RevocationStatus.Revoked(NOW, "keyCompromise"));
        assertRejected(RejectionReason.CERTIFICATE_REVOKED, verifier.verifyProved(MEMBER, NOW));

        DenyList denyList = DenyList.inMemory();
        ClientCertificateVerifier denying = ClientCertificateVerifier.builder(
                        issuer(ROOT).build())
                .denyList(denyList)
                .build();
        path(denying.verify(MEMBER, NOW));
        denyList.deny(ALICE.certificate());
        assertRejected(RejectionReason.CERTIFICATE_DENIED, denying.verifyProved(MEMBER, NOW));
    }

    @Test
    void what_was_good_in_the_handshake_alone_earns_no_grace() {
        AtomicReference<RevocationStatus> status =
                new AtomicReference<>(new RevocationStatus.Good(NOW.plusSeconds(60)));
        ClientCertificateVerifier verifier = revoking(status, Duration.ofHours(1));

        VerifiedPath verified = path(verifier.verify(MEMBER, NOW));
        status.set(unknown());

        assertThat(undecided(verifier.verifyProved(MEMBER, NOW))).isSameAs(verified);
        assertThat(undecided(verifier.verifyFetched(MEMBER, NOW))).isSameAs(verified);

        status.set(new RevocationStatus.Good(NOW.plusSeconds(60)));
        path(verifier.verifyProved(MEMBER, NOW));
        status.set(unknown());
        assertThat(path(verifier.verifyProved(MEMBER, NOW)))
                .as("good at a request")
                .isSameAs(verified);
    }

    private static RevocationStatus unknown() {
        return new RevocationStatus.Unknown(RevocationStatus.Why.UNREACHABLE, "away");
    }

    private static ClientCertificateVerifier revoking(AtomicReference<RevocationStatus> status, Duration grace) {
        RevocationPolicy policy = RevocationPolicy.builder((query, at) -> Objects.requireNonNull(status.get()))
                .grace(grace)
                .build();
        return ClientCertificateVerifier.builder(issuer(ROOT).revocation(policy).build())
                .build();
    }

    private static VerifiedPath path(Verdict verdict) {
        return verdict.fold(
                Verdict.Accepted::path,
                rejected -> {
                    throw new AssertionError(rejected);
                },
                undecided -> {
                    throw new AssertionError(undecided);
                });
    }

    private static VerifiedPath undecided(Verdict verdict) {
        return verdict.fold(
                accepted -> {
                    throw new AssertionError(accepted);
                },
                rejected -> {
                    throw new AssertionError(rejected);
                },
                Verdict.Undecided::path);
    }

    private static void assertRejected(RejectionReason expected, Verdict verdict) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(expected));
    }
}
