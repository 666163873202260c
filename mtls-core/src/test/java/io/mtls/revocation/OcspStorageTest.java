package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mtls.ca.CertId;
import io.mtls.ca.Fault;
import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.RevocationReason;
import io.mtls.ca.SettableClock;
import io.mtls.revocation.RevocationEvent.Kind;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was good before a restart is good after it, and nothing that is stored is believed. */
class OcspStorageTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    Path home;

    private final SettableClock clock = new SettableClock(NOW);
    private final FaultyResponder responder = FaultyResponder.start("Acme", clock);
    private final List<RevocationEvent> events = new CopyOnWriteArrayList<>();
    private final HeldCertificate alice = responder.authority().issue(Member.client("alice"));
    private final HeldCertificate bob = responder.authority().issue(Member.client("bob"));

    @AfterEach
    void stop() {
        responder.close();
    }

    private Path directory() {
        return home.resolve("answers");
    }

    private OcspSource source() {
        return OcspSource.builder()
                .clock(clock)
                .events(events::add)
                .storage(directory())
                .build();
    }

    private RevocationQuery about(HeldCertificate member) {
        return new RevocationQuery(
                member.certificate(), responder.authority().issuing().certificate());
    }

    private RevocationStatus asked(OcspSource source, HeldCertificate member) {
        try {
            source.refresh(about(member)).toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("does not complete", e);
        }
        return source.known(about(member), clock.instant());
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(directory())) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void storeAlice() {
        try (OcspSource source = source()) {
            assertThat(asked(source, alice)).isInstanceOf(Good.class);
        }
        assertThat(files()).hasSize(1);
    }

    @Test
    void after_a_restart_with_the_responder_away_a_certificate_seen_before_is_good_without_a_network() {
        storeAlice();
        responder.close();
        try (OcspSource source = source()) {
            assertThat(source.known(about(alice), NOW)).as("reading is I/O").isInstanceOf(Unknown.class);
            assertThat(asked(source, alice)).isEqualTo(new Good(NOW.plus(HOUR)));
            assertThat(((Unknown) asked(source, bob)).why()).isEqualTo(Why.UNREACHABLE);
        }
    }

    @Test
    void a_file_holds_the_response_and_nothing_else() throws IOException {
        storeAlice();
        byte[] der = Files.readAllBytes(files().get(0));
        try (OcspSource source = OcspSource.builder().clock(clock).build()) {
            source.offer(about(alice), der, NOW);
            assertThat(source.known(about(alice), NOW)).isInstanceOf(Good.class);
        }
    }

    @Test
    void what_is_stored_is_replaced_by_what_is_newer() {
        storeAlice();
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        clock.advance(Duration.ofHours(2));
        try (OcspSource source = source()) {
            assertThat(asked(source, alice)).isInstanceOf(Revoked.class);
        }
        assertThat(files()).hasSize(1);
        responder.close();
        clock.advance(Duration.ofHours(2));
        try (OcspSource source = source()) {
            assertThat(asked(source, alice))
                    .as("out of date, and still revoked")
                    .isInstanceOf(Revoked.class);
        }
    }

    @Test
    void a_staple_older_than_a_stored_revocation_does_not_count_after_a_restart() throws Exception {
        HeldCertificate issuing = responder.authority().issuing();
        CertId ofAlice = CertId.of(issuing.certificate(), alice.certificate().getSerialNumber());
        byte[] older = OcspResponseBuilder.signedBy(issuing)
                .clock(clock)
                .good(ofAlice)
                .nextUpdate(NOW.plus(Duration.ofDays(1)))
                .der();
        clock.advance(Duration.ofSeconds(1));
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        try (OcspSource source = source()) {
            assertThat(asked(source, alice)).isInstanceOf(Revoked.class);
        }
        responder.close();
        try (OcspSource source = source()) {
            RevocationQuery query = about(alice);
            source.offer(query, older, clock.instant());
            assertThat(source.known(query, clock.instant())).isNotInstanceOf(Good.class);
            assertThat(asked(source, alice)).isInstanceOf(Revoked.class);
        }
    }

    @Test
    void a_staple_counts_once_storage_has_been_read_and_spares_the_look_up() {
        HeldCertificate issuing = responder.authority().issuing();
        CertId ofAlice = CertId.of(issuing.certificate(), alice.certificate().getSerialNumber());
        byte[] fresh =
                OcspResponseBuilder.signedBy(issuing).clock(clock).good(ofAlice).der();
        try (OcspSource source = source()) {
            source.offer(about(alice), fresh, NOW);
            assertThat(asked(source, alice)).isEqualTo(new Good(NOW.plus(HOUR)));
            assertThat(responder.requests()).isEmpty();
        }
    }

    @Test
    void a_stored_answer_that_is_out_of_date_is_not_good_but_speaks_for_grace() {
        storeAlice();
        responder.fail(Fault.tryLater());
        clock.advance(Duration.ofMinutes(65));
        try (OcspSource source = source()) {
            Unknown unknown = (Unknown) asked(source, alice);
            assertThat(unknown.why()).isEqualTo(Why.UNREACHABLE);
            assertThat(unknown.lastGoodUntil()).isEqualTo(NOW.plus(HOUR));
            RevocationPolicy policy = RevocationPolicy.builder(source)
                    .grace(Duration.ofMinutes(10))
                    .build();
            assertThat(policy.status(about(alice), clock.instant(), true)).isInstanceOf(Good.class);
            responder.fail(Fault.none());
            Eventually.holds(() -> source.known(about(alice), clock.instant()) instanceof Good || advanced(source));
        }
    }

    private boolean advanced(OcspSource source) {
        clock.advance(Duration.ofSeconds(5));
        source.tick();
        return false;
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty", "garbage", "cut", "flipped", "long", "other", "unknown"})
    void a_stored_answer_that_is_corrupt_or_not_acceptable_is_dropped_with_an_event(String damage) throws IOException {
        storeAlice();
        Path file = files().get(0);
        byte[] der = Files.readAllBytes(file);
        HeldCertificate issuing = responder.authority().issuing();
        CertId ofBob = CertId.of(issuing.certificate(), bob.certificate().getSerialNumber());
        CertId ofAlice = CertId.of(issuing.certificate(), alice.certificate().getSerialNumber());
        byte[] damaged = switch (damage) {
            case "empty" -> new byte[0];
            case "garbage" -> new byte[300];
            case "cut" -> java.util.Arrays.copyOf(der, der.length / 2);
            case "long" -> new byte[OcspVerifier.MAX_RESPONSE_BYTES + 1];
            case "other" ->
                OcspResponseBuilder.signedBy(issuing).clock(clock).good(ofBob).der();
            case "unknown" ->
                OcspResponseBuilder.signedBy(issuing)
                        .clock(clock)
                        .unknown(ofAlice)
                        .der();
            default -> {
                der[der.length / 3] ^= 1;
                yield der;
            }
        };
        Files.write(file, damaged);
        responder.fail(Fault.tryLater());
        try (OcspSource source = source()) {
            assertThat(((Unknown) asked(source, alice)).why()).isEqualTo(Why.UNREACHABLE);
            assertThat(files()).isEmpty();
            assertThat(events.get(0).kind()).isEqualTo(Kind.DROPPED);
            assertThat(events.get(0).source()).isEqualTo(file.toString());
        }
    }

    @Test
    void what_is_long_out_of_date_is_deleted_and_what_a_killed_process_left_too() throws IOException {
        storeAlice();
        Files.writeString(directory().resolve(".unfinished-123"), "half");
        try (OcspSource source = source()) {
            assertThat(files()).hasSize(1);
            clock.advance(Duration.ofDays(7));
            source.prepare(List.of());
            assertThat(files()).hasSize(1);
            clock.advance(Duration.ofDays(1));
            source.prepare(List.of());
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void the_number_of_files_is_bounded_and_those_that_end_first_go_first() {
        int bound = 10;
        HeldCertificate issuing = responder.authority().issuing();
        try (OcspStorage storage = new OcspStorage(directory(), bound, events::add)) {
            for (int i = 0; i < 2 * bound; i++) {
                HeldCertificate member = issuing.issueClient("CN=member-" + i).build();
                RevocationQuery query = new RevocationQuery(member.certificate(), issuing.certificate());
                Instant end = NOW.plusSeconds(i);
                storage.write(
                        OcspKey.of(query), () -> new OcspAnswer(new byte[] {1}, new Good(end), NOW, NOW, end, null));
            }
        }
        assertThat(files()).hasSize(bound);
        assertThat(files().stream().map(OcspStorageTest::endOf)).allMatch(end -> !end.isBefore(NOW.plusSeconds(bound)));
        assertThat(events).isEmpty();
    }

    private static Instant endOf(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_directory_that_cannot_be_written_to_stops_the_start() throws IOException {
        Files.writeString(directory(), "a file");
        assertThatIllegalArgumentException()
                .isThrownBy(this::source)
                .withMessageContaining("Name a directory that this process may write to");
    }

    @Test
    void a_directory_that_vanishes_costs_an_event_and_nothing_else() throws IOException {
        try (OcspSource source = source()) {
            Files.delete(directory());
            assertThat(asked(source, alice)).isInstanceOf(Good.class);
            assertThat(asked(source, bob)).isInstanceOf(Good.class);
        }
        assertThat(events.stream().map(RevocationEvent::kind)).containsExactly(Kind.LOAD_FAILED);
    }

    @Test
    void a_good_answer_does_not_come_back_after_a_restart_once_the_responder_knows_the_certificate_no_more(
            @TempDir Path kept) {
        SettableClock clock = new SettableClock(Instant.parse("2026-03-01T12:00:00Z"));
        try (FaultyResponder responder = FaultyResponder.start("Acme", clock);
                OcspSource source =
                        OcspSource.builder().clock(clock).storage(kept).build()) {
            RevocationQuery query = new RevocationQuery(
                    responder.authority().issue(Member.client("alice")).certificate(),
                    responder.authority().issuing().certificate());
            source.refresh(query).toCompletableFuture().join();
            Eventually.holds(() -> !filesIn(kept).isEmpty());

            clock.advance(Duration.ofMinutes(59));
            responder.ocsp(Fault.unknown());
            source.tick();

            Eventually.holds(() -> filesIn(kept).isEmpty());
        }
    }

    private static List<Path> filesIn(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".ocsp")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
