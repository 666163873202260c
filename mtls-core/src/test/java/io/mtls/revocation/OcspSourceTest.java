package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mtls.ca.CertId;
import io.mtls.ca.Fault;
import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.OcspResponseStatus;
import io.mtls.ca.RevocationReason;
import io.mtls.ca.SettableClock;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.math.BigInteger;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Against a responder that is right, wrong, hung and gone. */
class OcspSourceTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    private final SettableClock clock = new SettableClock(NOW);
    private final FaultyResponder responder = FaultyResponder.start("Acme", clock);
    private final List<RevocationEvent> events = new CopyOnWriteArrayList<>();
    private final List<OcspSource> opened = new ArrayList<>();
    private final HeldCertificate alice = member("alice");
    private final RevocationQuery aboutAlice = about(alice);

    @AfterEach
    void stop() {
        opened.forEach(OcspSource::close);
        responder.close();
    }

    private HeldCertificate member(String name) {
        return responder.authority().issue(Member.client(name));
    }

    private RevocationQuery about(HeldCertificate member) {
        return new RevocationQuery(
                member.certificate(), responder.authority().issuing().certificate());
    }

    private OcspSource source() {
        return source(builder -> builder);
    }

    private OcspSource source(UnaryOperator<OcspSource.Builder> options) {
        OcspSource source = options.apply(OcspSource.builder()
                        .deadline(Duration.ofMillis(500))
                        .clock(clock)
                        .events(events::add))
                .build();
        opened.add(source);
        return source;
    }

    private RevocationStatus asked(OcspSource source, RevocationQuery query) {
        await(source.refresh(query));
        return source.known(query, clock.instant());
    }

    private static void await(java.util.concurrent.CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("does not complete", e);
        }
    }

    private static Why whyOf(RevocationStatus status) {
        assertThat(status).isInstanceOf(Unknown.class);
        return ((Unknown) status).why();
    }

    private List<RevocationEvent.Kind> kinds() {
        return events.stream().map(RevocationEvent::kind).toList();
    }

    // Asking

    @Test
    void nothing_is_known_until_it_is_asked_for() {
        OcspSource source = source();
        assertThat(whyOf(source.known(aboutAlice, NOW))).isEqualTo(Why.NOT_ASKED);
        assertThat(responder.requests()).isEmpty();
        assertThat(asked(source, aboutAlice)).isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @Test
    void a_request_that_fits_is_a_get_and_one_with_a_nonce_a_post() {
        asked(source(), aboutAlice);
        asked(source(builder -> builder.nonce(OcspSource.Nonce.OPTIONAL)), aboutAlice);
        assertThat(responder.requests()).hasSize(2);
        assertThat(responder.requests().get(0)).startsWith("GET /ocsp/");
        assertThat(responder.requests().get(1)).isEqualTo("POST /ocsp");
    }

    @Test
    void an_address_that_is_too_long_for_a_get_is_posted_to() {
        URI address = URI.create(responder.url() + "/ocsp/" + "x".repeat(250));
        byte[] request = OcspRequest.der(aboutAlice, null);
        assertThat(OcspRequest.http(address, request, true).build().method()).isEqualTo("POST");
        assertThat(OcspRequest.http(URI.create("http://ocsp.example/a?b=c"), request, true)
                        .build()
                        .method())
                .isEqualTo("POST");
        URI get = OcspRequest.http(URI.create("http://ocsp.example/"), request, true)
                .build()
                .uri();
        assertThat(get.toString())
                .startsWith("http://ocsp.example/M")
                .doesNotContain("+")
                .hasSizeLessThan(255);
        assertThat(get.getRawPath().substring(1)).doesNotContain("/");
    }

    @Test
    void what_is_in_force_is_not_asked_for_again() {
        OcspSource source = source();
        asked(source, aboutAlice);
        asked(source, aboutAlice);
        assertThat(responder.requests()).hasSize(1);
    }

    @Test
    void two_queries_about_one_certificate_are_one() {
        OcspSource source = source();
        asked(source, aboutAlice);
        assertThat(source.known(about(alice), NOW)).isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @Test
    void revoked_is_known_with_its_reason() {
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        assertThat(asked(source(), aboutAlice)).isEqualTo(new Revoked(NOW, "keyCompromise"));
    }

    @Test
    void certificates_without_a_responder_are_unknown_unless_one_is_configured() {
        HeldCertificate issuing = responder.authority().issuing();
        HeldCertificate silent = issuing.issueClient("CN=silent")
                .withoutExtension("1.3.6.1.5.5.7.1.1")
                .build();
        RevocationQuery query = new RevocationQuery(silent.certificate(), issuing.certificate());
        assertThat(whyOf(asked(source(), query))).isEqualTo(Why.NOT_ASKED);
        URI address = URI.create(responder.url() + "/ocsp");
        assertThat(whyOf(asked(source(builder -> builder.responder(address)), query)))
                .as("the CA has not issued it")
                .isEqualTo(Why.UNKNOWN_TO_RESPONDER);
    }

    @Test
    void only_http_and_https_addresses_are_asked() {
        HeldCertificate issuing = responder.authority().issuing();
        for (String address :
                List.of("ldap://127.0.0.1/x", "file:///etc/passwd", "http://u:p@127.0.0.1/", "no address")) {
            HeldCertificate strange =
                    issuing.issueClient("CN=strange").ocspResponder(address).build();
            RevocationQuery query = new RevocationQuery(strange.certificate(), issuing.certificate());
            assertThat(whyOf(asked(source(), query))).isEqualTo(Why.NOT_ASKED);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OcspSource.builder().responder(URI.create("ldap://ocsp.example")))
                .withMessageContaining("no address of an OCSP responder");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OcspSource.builder().withoutAia().build())
                .withMessageContaining("without responders");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OcspSource.builder().deadline(Duration.ofMinutes(1)))
                .withMessageContaining("at most PT4S");
    }

    @Test
    void the_next_responder_is_asked_when_the_first_is_away_or_does_not_know() throws Exception {
        URI refused;
        try (ServerSocket unused = new ServerSocket(0)) {
            refused = URI.create("http://127.0.0.1:" + unused.getLocalPort() + "/");
        }
        try (FaultyResponder foreign = FaultyResponder.start("Other", clock);
                FaultyResponder hung = FaultyResponder.start("Hung", clock)) {
            hung.fail(Fault.hung());
            for (URI first : List.of(refused, URI.create(foreign.url() + "/ocsp"), URI.create(hung.url() + "/ocsp"))) {
                OcspSource source = source(builder -> builder.responder(first));
                assertThat(asked(source, aboutAlice)).isEqualTo(new Good(NOW.plus(HOUR)));
            }
        }
    }

    // Faults

    static List<Arguments> faults() {
        return List.of(
                Arguments.of(Fault.hung(), Why.NO_ANSWER),
                Arguments.of(Fault.slow(Duration.ofSeconds(20)), Why.NO_ANSWER),
                Arguments.of(Fault.trickling(Duration.ofMillis(100)), Why.NO_ANSWER),
                Arguments.of(Fault.reset(), Why.UNREACHABLE),
                Arguments.of(Fault.truncated(), Why.UNREACHABLE),
                Arguments.of(Fault.httpStatus(500), Why.UNREACHABLE),
                Arguments.of(Fault.httpStatus(404), Why.UNREACHABLE),
                Arguments.of(Fault.redirect(URI.create("http://127.0.0.1:1/")), Why.UNREACHABLE),
                Arguments.of(Fault.tryLater(), Why.UNREACHABLE),
                Arguments.of(Fault.ocspStatus(OcspResponseStatus.UNAUTHORIZED), Why.UNREACHABLE),
                Arguments.of(Fault.endless(), Why.UNREACHABLE),
                Arguments.of(Fault.oversized(100_000), Why.UNREACHABLE),
                Arguments.of(Fault.garbage(), Why.UNVERIFIABLE),
                Arguments.of(Fault.body(new byte[] {0x30, 3, 0x0a, 1, 0}), Why.UNVERIFIABLE),
                Arguments.of(Fault.stale(), Why.EXPIRED),
                Arguments.of(Fault.notYetValid(), Why.UNVERIFIABLE),
                Arguments.of(Fault.corruptSignature(), Why.UNVERIFIABLE),
                Arguments.of(Fault.wrongSigner(), Why.UNVERIFIABLE),
                Arguments.of(Fault.unauthorizedSigner(), Why.UNVERIFIABLE),
                Arguments.of(Fault.wrongCertificate(), Why.UNVERIFIABLE),
                Arguments.of(Fault.unknown(), Why.UNKNOWN_TO_RESPONDER));
    }

    /** Short where it has to pass, long where it must not on a machine that is busy. */
    private static Duration fit(Why why) {
        return why == Why.NO_ANSWER ? Duration.ofMillis(500) : Duration.ofSeconds(4);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void each_fault_has_its_reason_and_the_source_recovers_without_a_request_or_a_restart(Fault fault, Why why) {
        OcspSource source = source(builder -> builder.deadline(fit(why)));
        responder.fail(fault);
        assertThat(whyOf(asked(source, aboutAlice))).isEqualTo(why);

        responder.fail(Fault.none());
        Eventually.holds(() -> {
            clock.advance(Duration.ofSeconds(61));
            source.tick();
            return source.known(aboutAlice, clock.instant()) instanceof Good;
        });
        assertThat(kinds())
                .isEqualTo(
                        why == Why.UNKNOWN_TO_RESPONDER
                                ? List.of()
                                : List.of(RevocationEvent.Kind.FETCH_FAILED, RevocationEvent.Kind.RECOVERED));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void no_fault_takes_a_good_answer_away_before_its_time_but_unknown(Fault fault, Why why) {
        OcspSource source = source(builder -> builder.deadline(fit(why)));
        Good good = (Good) asked(source, aboutAlice);
        responder.fail(fault);
        clock.advance(Duration.ofMinutes(59));
        int before = responder.requests().size();
        source.tick();
        Eventually.holds(() -> responder.requests().size() > before);
        if (why == Why.UNKNOWN_TO_RESPONDER) {
            Eventually.holds(() -> source.known(aboutAlice, clock.instant()) instanceof Unknown);
            return;
        }
        assertThat(source.known(aboutAlice, clock.instant())).isEqualTo(good);

        clock.set(good.until().plusSeconds(1));
        RevocationStatus after = asked(source, aboutAlice);
        assertThat(whyOf(after)).isEqualTo(why);
        assertThat(((Unknown) after).lastGoodUntil()).isEqualTo(good.until());
    }

    @Test
    void an_answer_without_next_update_counts_for_an_hour() {
        responder.fail(Fault.withoutNextUpdate());
        assertThat(asked(source(), aboutAlice)).isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @Test
    void a_connection_that_is_refused_is_unreachable() {
        OcspSource source = source();
        responder.close();
        assertThat(whyOf(asked(source, aboutAlice))).isEqualTo(Why.UNREACHABLE);
    }

    @ParameterizedTest
    @EnumSource(OcspSource.Nonce.class)
    void nonces_are_treated_as_rfc_9654_says(OcspSource.Nonce nonce) {
        boolean sent = nonce != OcspSource.Nonce.OFF;
        assertThat(asked(source(builder -> builder.nonce(nonce)), aboutAlice)).isInstanceOf(Good.class);

        responder.ocsp(Fault.withoutNonce());
        RevocationStatus preSigned = asked(source(builder -> builder.nonce(nonce)), aboutAlice);
        assertThat(preSigned instanceof Good).isEqualTo(nonce != OcspSource.Nonce.REQUIRED);

        responder.ocsp(Fault.wrongNonce());
        RevocationStatus replayed = asked(source(builder -> builder.nonce(nonce)), aboutAlice);
        assertThat(replayed instanceof Good).isEqualTo(!sent);
        if (sent) {
            assertThat(whyOf(replayed)).isEqualTo(Why.UNVERIFIABLE);
        }
    }

    // Time

    @Test
    void an_answer_counts_until_its_next_update_and_not_a_moment_longer() {
        OcspSource source = source();
        asked(source, aboutAlice);
        assertThat(source.known(aboutAlice, NOW.plus(HOUR))).isInstanceOf(Good.class);
        RevocationStatus after = source.known(aboutAlice, NOW.plus(HOUR).plusMillis(1));
        assertThat(whyOf(after)).isEqualTo(Why.EXPIRED);
        assertThat(((Unknown) after).lastGoodUntil()).isEqualTo(NOW.plus(HOUR));
        assertThat(whyOf(source.known(aboutAlice, NOW.minus(HOUR)))).isEqualTo(Why.EXPIRED);
    }

    @Test
    void an_answer_is_refreshed_before_it_is_out_of_date_and_revocation_shows_at_the_first_refresh() {
        OcspSource source = source();
        asked(source, aboutAlice);
        source.tick();
        assertThat(responder.requests()).as("not in the first half of its life").hasSize(1);
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        clock.advance(Duration.ofMinutes(55));
        // By the scheduler itself.
        Eventually.holds(() -> source.known(aboutAlice, clock.instant()) instanceof Revoked);
        assertThat(responder.requests()).hasSize(2);
    }

    @Test
    void only_what_was_seen_lately_is_refreshed() {
        OcspSource source = source();
        asked(source, aboutAlice);
        source.tick();
        clock.advance(OcspEntry.SEEN_LATELY.plusSeconds(1));
        source.tick();
        source.tick();
        assertThat(responder.requests()).hasSize(1);
        assertThat(whyOf(source.known(aboutAlice, clock.instant())))
                .as("forgotten")
                .isEqualTo(Why.NOT_ASKED);
    }

    @Test
    void a_revocation_holds_until_a_newer_answer_takes_it_back() {
        BigInteger serial = alice.certificate().getSerialNumber();
        responder.authority().revoke(serial, RevocationReason.CERTIFICATE_HOLD);
        OcspSource source = source();
        asked(source, aboutAlice);
        responder.fail(Fault.tryLater());
        clock.advance(Duration.ofHours(3));
        source.tick();
        assertThat(source.known(aboutAlice, clock.instant())).isEqualTo(new Revoked(NOW, "certificateHold"));

        responder.fail(Fault.none());
        responder.authority().release(serial);
        Eventually.holds(() -> {
            clock.advance(Duration.ofSeconds(61));
            source.tick();
            return source.known(aboutAlice, clock.instant()) instanceof Good;
        });
    }

    @Test
    void grace_is_for_a_certificate_that_was_seen_good_and_bounded() {
        OcspSource source = source();
        RevocationPolicy policy =
                RevocationPolicy.builder(source).grace(Duration.ofMinutes(10)).build();
        RevocationQuery aboutBob = about(member("bob"));
        await(policy.refresh(aboutAlice, NOW));
        assertThat(policy.status(aboutAlice, NOW, true)).isInstanceOf(Good.class);
        responder.fail(Fault.tryLater());

        clock.set(NOW.plus(HOUR).plus(Duration.ofMinutes(9)));
        await(policy.refresh(aboutAlice, clock.instant()));
        await(policy.refresh(aboutBob, clock.instant()));
        assertThat(policy.status(aboutAlice, clock.instant(), true))
                .isEqualTo(new Good(NOW.plus(HOUR).plus(Duration.ofMinutes(10))));
        assertThat(whyOf(policy.status(aboutBob, clock.instant(), true))).isEqualTo(Why.UNREACHABLE);

        clock.advance(Duration.ofMinutes(2));
        assertThat(whyOf(policy.status(aboutAlice, clock.instant(), true))).isEqualTo(Why.UNREACHABLE);
        responder.fail(Fault.none());
        Eventually.holds(() -> {
            clock.advance(Duration.ofSeconds(61));
            source.tick();
            return policy.status(aboutAlice, clock.instant(), true) instanceof Good;
        });
    }

    @Test
    void there_is_no_grace_for_what_the_responder_does_not_know_or_cannot_prove() {
        OcspSource source = source();
        RevocationPolicy policy =
                RevocationPolicy.builder(source).grace(Duration.ofMinutes(10)).build();
        await(policy.refresh(aboutAlice, NOW));
        policy.status(aboutAlice, NOW, true);
        clock.set(NOW.plus(HOUR).plusSeconds(1));
        for (Fault fault : List.of(Fault.wrongSigner(), Fault.unknown())) {
            responder.fail(fault);
            await(policy.refresh(aboutAlice, clock.instant()));
            assertThat(policy.status(aboutAlice, clock.instant(), true)).isInstanceOf(Unknown.class);
        }
        responder.fail(Fault.hung());
        clock.advance(Duration.ofSeconds(2));
        await(policy.refresh(aboutAlice, clock.instant()));
        assertThat(whyOf(policy.status(aboutAlice, clock.instant(), true)))
                .as("who cuts the responder off does not bring a good answer back")
                .isEqualTo(Why.UNKNOWN_TO_RESPONDER);
    }

    // Old and new

    private byte[] signed(UnaryOperator<OcspResponseBuilder> what) {
        return what.apply(OcspResponseBuilder.signedBy(responder.authority().issuing())
                        .clock(clock)
                        .certificates())
                .der();
    }

    private CertId id(HeldCertificate member) {
        return CertId.of(
                responder.authority().issuing().certificate(),
                member.certificate().getSerialNumber());
    }

    @Test
    void a_replayed_older_good_does_not_displace_a_newer_revoked() {
        byte[] older = signed(response -> response.good(id(alice)).nextUpdate(NOW.plus(Duration.ofDays(1))));
        clock.advance(Duration.ofSeconds(1));
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        OcspSource source = source();
        Revoked revoked = (Revoked) asked(source, aboutAlice);

        source.offer(aboutAlice, older, clock.instant());
        assertThat(source.known(aboutAlice, clock.instant())).as("stapled").isEqualTo(revoked);
        responder.fail(Fault.body(older));
        clock.advance(Duration.ofHours(2));
        int before = responder.requests().size();
        source.tick();
        Eventually.holds(() -> responder.requests().size() > before);
        await(source.refresh(aboutAlice));
        assertThat(source.known(aboutAlice, clock.instant())).as("on the way").isEqualTo(revoked);
    }

    @Test
    void of_two_answers_of_one_second_the_safer_one_counts() {
        OcspSource source = source();
        source.offer(
                aboutAlice, signed(response -> response.revoked(id(alice), NOW, RevocationReason.SUPERSEDED)), NOW);
        source.offer(aboutAlice, signed(response -> response.good(id(alice))), NOW);
        assertThat(source.known(aboutAlice, NOW)).isEqualTo(new Revoked(NOW, "superseded"));
    }

    // Staples

    @Test
    void a_fresh_good_staple_spares_the_look_up_even_where_a_nonce_is_required_of_responders() {
        OcspSource source = source(builder -> builder.nonce(OcspSource.Nonce.REQUIRED));
        source.offer(aboutAlice, signed(response -> response.good(id(alice))), NOW);
        assertThat(source.known(aboutAlice, NOW)).isEqualTo(new Good(NOW.plus(HOUR)));
        assertThat(responder.requests()).isEmpty();
    }

    @Test
    void a_stapled_answer_that_is_not_bound_to_the_certificate_stale_or_forged_changes_nothing() {
        HeldCertificate bob = member("bob");
        HeldCertificate stranger =
                HeldCertificate.root("CN=Stranger").clock(clock).build();
        OcspSource source = source();
        List<byte[]> bad = List.of(
                signed(response -> response.good(id(bob))),
                signed(response -> response.good(id(alice)).corruptSignature()),
                signed(response -> response.good(id(alice)).signer(stranger)),
                signed(response -> response.unknown(id(alice))),
                signed(response -> response.good(id(alice))
                        .producedAt(NOW.minus(HOUR))
                        .thisUpdate(NOW.minus(HOUR))
                        .nextUpdate(NOW.minusSeconds(1))),
                OcspResponseStatus.TRY_LATER.response(),
                new byte[0],
                new byte[100_000]);
        for (byte[] staple : bad) {
            source.offer(aboutAlice, staple, NOW);
            assertThat(whyOf(source.known(aboutAlice, NOW))).isEqualTo(Why.NOT_ASKED);
        }
        Good good = (Good) asked(source, aboutAlice);
        for (byte[] staple : bad) {
            source.offer(aboutAlice, staple, NOW);
            assertThat(source.known(aboutAlice, NOW)).isEqualTo(good);
        }
        assertThat(events).isEmpty();
    }

    @Test
    void a_stapled_revocation_counts_at_once() {
        OcspSource source = source();
        asked(source, aboutAlice);
        clock.advance(Duration.ofSeconds(1));
        source.offer(
                aboutAlice,
                signed(response -> response.revoked(id(alice), NOW, RevocationReason.KEY_COMPROMISE)),
                clock.instant());
        assertThat(source.known(aboutAlice, clock.instant())).isInstanceOf(Revoked.class);
    }

    @Test
    void the_servers_own_staple_is_an_answer_that_is_in_force() {
        OcspSource source = source();
        assertThat(source.response(aboutAlice, NOW)).isEmpty();
        asked(source, aboutAlice);
        byte[] der = source.response(aboutAlice, NOW).orElseThrow();
        OcspSource other = source();
        other.offer(aboutAlice, der, NOW);
        assertThat(other.known(aboutAlice, NOW)).isInstanceOf(Good.class);
        Arrays.fill(der, (byte) 0);
        assertThat(source.response(aboutAlice, NOW).orElseThrow()).as("a copy").isNotEqualTo(der);
        assertThat(source.response(aboutAlice, NOW.plus(HOUR).plusSeconds(1))).isEmpty();
    }

    // Responders without nocheck

    @Test
    void a_responder_without_nocheck_is_believed_only_when_somebody_says_that_it_is_not_revoked() {
        HeldCertificate issuing = responder.authority().issuing();
        HeldCertificate delegate = issuing.issueClient("CN=delegate")
                .extendedKeyUsage(io.mtls.ca.KeyPurpose.OCSP_SIGNING)
                .build();
        byte[] answer = OcspResponseBuilder.signedBy(delegate)
                .clock(clock)
                .good(id(alice))
                .der();
        responder.ocsp(Fault.body(answer));

        assertThat(whyOf(asked(source(), aboutAlice))).isEqualTo(Why.UNVERIFIABLE);
        OcspSource nobody = source();
        nobody.offer(aboutAlice, answer, NOW);
        assertThat(nobody.known(aboutAlice, NOW)).isInstanceOf(Unknown.class);

        RevocationSource revoked = (query, at) -> new Revoked(at, "keyCompromise");
        assertThat(whyOf(asked(source(builder -> builder.responderRevocation(revoked)), aboutAlice)))
                .isEqualTo(Why.UNVERIFIABLE);
        RevocationSource throwing = (query, at) -> {
            throw new IllegalStateException("a user's mistake");
        };
        assertThat(whyOf(asked(source(builder -> builder.responderRevocation(throwing)), aboutAlice)))
                .isEqualTo(Why.UNVERIFIABLE);

        Instant end = NOW.plus(Duration.ofMinutes(5));
        RevocationSource afterFetch = new RevocationSource() {
            private volatile boolean fetched;

            @Override
            public RevocationStatus known(RevocationQuery query, Instant at) {
                assertThat(query.certificate()).isEqualTo(delegate.certificate());
                return fetched ? new Good(end) : new Unknown(Why.NOT_ASKED, "");
            }

            @Override
            public CompletableFuture<?> refresh(RevocationQuery query) {
                fetched = true;
                return CompletableFuture.completedFuture(null);
            }
        };
        OcspSource source = source(builder -> builder.responderRevocation(afterFetch));
        assertThat(asked(source, aboutAlice))
                .as("for as long as its signer is good")
                .isEqualTo(new Good(end));
        RevocationSource hung = new RevocationSource() {
            @Override
            public RevocationStatus known(RevocationQuery query, Instant at) {
                return new Unknown(Why.NOT_ASKED, "");
            }

            @Override
            public CompletableFuture<?> refresh(RevocationQuery query) {
                return new CompletableFuture<>();
            }
        };
        assertThat(whyOf(asked(source(builder -> builder.responderRevocation(hung)), aboutAlice)))
                .isEqualTo(Why.UNVERIFIABLE);
    }

    // A hung responder

    @Test
    void with_a_hung_responder_known_clients_notice_nothing_and_unknown_ones_are_refused_after_the_deadline() {
        OcspSource source = source();
        RevocationQuery aboutBob = about(member("bob"));
        asked(source, aboutAlice);
        responder.fail(Fault.hung());
        CompletableFuture<?> waiting = source.refresh(aboutBob).toCompletableFuture();
        assertThat(waiting).isNotDone();
        assertThat(source.known(aboutAlice, NOW)).isInstanceOf(Good.class);
        assertThat(source.refresh(aboutAlice).toCompletableFuture()).isDone();
        await(waiting);
        assertThat(whyOf(source.known(aboutBob, NOW))).isEqualTo(Why.NO_ANSWER);
        assertThat(source.known(aboutAlice, NOW)).isInstanceOf(Good.class);
    }

    @Test
    void more_than_the_bulkhead_holds_return_at_once_and_the_breaker_opens() {
        OcspSource source = source(builder -> builder.deadline(Duration.ofSeconds(4)));
        responder.fail(Fault.hung());
        List<CompletableFuture<?>> waiting = new ArrayList<>();
        for (int i = 0; i < OcspResponder.MAX_WAITING; i++) {
            waiting.add(source.refresh(about(member("member-" + i))).toCompletableFuture());
        }
        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        RevocationQuery oneMore = about(member("one-more"));
        assertThat(source.refresh(oneMore).toCompletableFuture()).isDone();
        assertThat(source.known(oneMore, NOW)).isInstanceOf(Unknown.class);

        waiting.forEach(OcspSourceTest::await);
        assertThat(source.refresh(oneMore).toCompletableFuture())
                .as("the breaker is open")
                .isDone();
        assertThat(whyOf(source.known(oneMore, NOW))).isEqualTo(Why.NO_ANSWER);
        int before = responder.requests().size();

        responder.fail(Fault.none());
        clock.advance(Duration.ofSeconds(1)); // Many who hang at once are one failure, not as many.
        assertThat(asked(source, oneMore)).isInstanceOf(Good.class);
        assertThat(responder.requests()).hasSize(before + 1);
        assertThat(kinds()).containsExactly(RevocationEvent.Kind.FETCH_FAILED, RevocationEvent.Kind.RECOVERED);
    }

    @Test
    void an_open_breaker_asks_once_after_a_while_and_waits_longer_each_time() {
        OcspSource source = source();
        responder.fail(Fault.tryLater());
        for (int i = 0; i < 5; i++) {
            asked(source, aboutAlice);
        }
        assertThat(responder.requests()).hasSize(OcspResponder.FAILURES_IN_A_ROW);
        clock.advance(Duration.ofSeconds(1));
        asked(source, aboutAlice);
        asked(source, aboutAlice);
        assertThat(responder.requests()).hasSize(OcspResponder.FAILURES_IN_A_ROW + 1);
        assertThat(kinds()).containsExactly(RevocationEvent.Kind.FETCH_FAILED);
    }

    /** Pre-signed answers lie on web servers, which have no other word for a certificate that they do not know. */
    @Test
    void an_answer_that_a_web_server_does_not_find_does_not_open_the_breaker_for_others() {
        assertOpensNoBreaker(Fault.httpStatus(404));
    }

    @Test
    void what_is_wrong_with_one_certificate_does_not_open_the_breaker_for_others() {
        assertOpensNoBreaker(Fault.ocspStatus(OcspResponseStatus.UNAUTHORIZED));
    }

    private void assertOpensNoBreaker(Fault fault) {
        OcspSource source = source();
        responder.fail(fault);
        for (int i = 0; i < 5; i++) {
            asked(source, aboutAlice);
        }
        responder.fail(Fault.none());
        assertThat(asked(source, about(member("bob")))).isInstanceOf(Good.class);
    }

    @Test
    void many_who_wait_for_one_certificate_cause_one_request_and_none_can_end_it_for_the_others() {
        OcspSource source = source(builder -> builder.deadline(Duration.ofSeconds(4)));
        responder.fail(Fault.slow(Duration.ofMillis(300)));
        List<CompletableFuture<?>> waiting = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            waiting.add(source.refresh(aboutAlice).toCompletableFuture());
        }
        waiting.get(0).cancel(true);
        waiting.subList(1, 10).forEach(OcspSourceTest::await);
        assertThat(source.known(aboutAlice, NOW)).isInstanceOf(Good.class);
        assertThat(responder.requests()).hasSize(1);
    }

    @Test
    void what_is_learned_of_a_certificate_holds_for_the_cross_certificate_of_its_ca_too() {
        HeldCertificate otherRoot =
                HeldCertificate.root("CN=Other Root").clock(clock).build();
        HeldCertificate cross = responder
                .authority()
                .issuing()
                .crossSign(otherRoot)
                .clock(clock)
                .build();
        RevocationQuery byCross = new RevocationQuery(alice.certificate(), cross.certificate());
        OcspSource source = source();
        assertThat(asked(source, byCross)).isInstanceOf(Good.class);

        clock.advance(Duration.ofSeconds(10));
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        clock.advance(Duration.ofMinutes(55));
        source.tick();

        Eventually.holds(() -> source.known(byCross, clock.instant()) instanceof RevocationStatus.Revoked);
        assertThat(source.known(aboutAlice, clock.instant())).isInstanceOf(RevocationStatus.Revoked.class);
    }

    // Bounds

    @Test
    void a_full_cache_forgets_those_seen_longest_ago_and_no_revocation() {
        OcspSource source = source(builder -> builder.maxEntries(4));
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        asked(source, aboutAlice);
        source.tick();
        List<RevocationQuery> members = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clock.advance(Duration.ofSeconds(1));
            members.add(about(member("member-" + i)));
            asked(source, members.get(i));
            source.tick();
        }
        assertThat(source.known(aboutAlice, clock.instant())).isInstanceOf(Revoked.class);
        assertThat(source.known(members.get(0), clock.instant())).isInstanceOf(Unknown.class);
        for (RevocationQuery member : members.subList(1, 4)) {
            assertThat(source.known(member, clock.instant())).isInstanceOf(Good.class);
        }
    }

    // The end

    @Test
    void closing_ends_the_threads_and_what_is_known_is_still_answered() {
        OcspSource source = source();
        asked(source, aboutAlice);
        responder.fail(Fault.hung());
        CompletableFuture<?> waiting = source.refresh(about(member("bob"))).toCompletableFuture();
        source.close();
        await(waiting);
        assertThat(source.known(aboutAlice, NOW)).isInstanceOf(Good.class);
        assertThat(source.refresh(about(member("carol"))).toCompletableFuture()).isDone();
        opened.forEach(OcspSource::close);
        opened.clear();
        Eventually.holds(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("mtls-ocsp")));
    }

    @Test
    void the_http_clients_own_thread_ends_once_the_source_is_garbage() {
        Set<Thread> before = httpThreads();
        OcspSource source = OcspSource.builder().clock(clock).build();
        asked(source, aboutAlice);
        Set<Thread> started = httpThreads();
        started.removeAll(before);
        source.close();
        source = null;
        Eventually.holds(() -> {
            System.gc();
            return started.stream().noneMatch(Thread::isAlive);
        });
    }

    private static Set<Thread> httpThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("HttpClient-"))
                .collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void a_listener_that_throws_ends_nothing() {
        OcspSource source = OcspSource.builder()
                .clock(clock)
                .events(event -> {
                    throw new IllegalStateException("a user's mistake");
                })
                .build();
        opened.add(source);
        responder.fail(Fault.tryLater());
        assertThat(whyOf(asked(source, aboutAlice))).isEqualTo(Why.UNREACHABLE);
        responder.fail(Fault.none());
        assertThat(asked(source, aboutAlice)).isInstanceOf(Good.class);
    }

    /** The answer from before is public, and in force for a while: as a staple it must not bring its certificate back. */
    @Test
    void a_good_answer_from_before_does_not_outweigh_that_the_responder_does_not_know_the_certificate() {
        OcspSource source = source();
        byte[] before = OcspResponseBuilder.signedBy(responder.authority().issuing())
                .clock(clock)
                .good(CertId.of(
                        responder.authority().issuing().certificate(),
                        alice.certificate().getSerialNumber()))
                .thisUpdate(NOW)
                .nextUpdate(NOW.plus(HOUR))
                .der();
        assertThat(asked(source, aboutAlice)).isInstanceOf(Good.class);
        clock.advance(Duration.ofMinutes(59));
        responder.ocsp(Fault.unknown());
        source.tick();
        Eventually.holds(() -> source.known(aboutAlice, clock.instant()) instanceof Unknown);
        OcspSource startedLater = source();
        asked(startedLater, aboutAlice);

        for (OcspSource each : List.of(source, startedLater)) {
            each.offer(aboutAlice, before, clock.instant());
            assertThat(whyOf(each.known(aboutAlice, clock.instant()))).isEqualTo(Why.UNKNOWN_TO_RESPONDER);
        }

        responder.ocsp(Fault.none());
        clock.advance(Duration.ofSeconds(2));
        assertThat(asked(source, aboutAlice)).isInstanceOf(Good.class);
        assertThat(asked(startedLater, aboutAlice)).isInstanceOf(Good.class);
    }

    @Test
    void a_clock_that_was_a_year_ahead_and_was_set_back_does_not_keep_answers_from_being_refreshed() {
        OcspSource source = source();
        clock.advance(Duration.ofDays(365));
        responder.ocsp(Fault.hung());
        asked(source, aboutAlice);
        clock.set(NOW);
        responder.ocsp(Fault.none());

        source.tick();

        Eventually.holds(() -> source.known(aboutAlice, NOW) instanceof Good);
    }
}
