package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.net.httpserver.HttpServer;
import io.mtls.ca.CrlBuilder;
import io.mtls.ca.Fault;
import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.RevocationReason;
import io.mtls.ca.SettableClock;
import io.mtls.revocation.RevocationEvent.Kind;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Lists from the network, on good days and bad ones. */
@Timeout(30)
class CrlDownloadTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock(NOW);
    private final List<RevocationEvent> events = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private FaultyResponder responder;
    private HeldCertificate alice;

    @BeforeEach
    void start() {
        responder = opened(FaultyResponder.start("Acme", clock));
        alice = responder.authority().issue(Member.client("alice"));
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    // KNOWN-ATTACKS: fetching addresses from a certificate before its path is trusted
    @Test
    void a_question_alone_fetches_nothing_and_a_refresh_does() {
        CrlSource source = opened(points().build());
        RevocationQuery query = query();

        assertThat(why(source, query)).isEqualTo(Why.NOT_ASKED);
        assertThat(responder.requests()).isEmpty();
        refresh(source, query);

        assertThat(status(source, query)).isInstanceOf(Good.class);
        assertThat(kinds()).contains(Kind.LOADED);
    }

    // KNOWN-ATTACKS: fetching addresses from a certificate
    @Test
    void without_being_told_to_no_address_of_a_certificate_is_used() {
        CrlSource source = opened(
                builder().url(URI.create("http://localhost:1/absent.crl")).build());
        refresh(source, query());

        assertThat(responder.requests()).isEmpty();
        assertThat(why(source, query())).isEqualTo(Why.UNREACHABLE);
    }

    // KNOWN-ATTACKS: no LDAP, no other schemes
    @Test
    void only_http_and_https_addresses_are_used_and_only_the_first_few() {
        var bob = responder.authority().issuing().issueClient("CN=bob").clock(clock);
        for (String address : List.of(
                "ldap://localhost/cn=CA",
                "file:///etc/passwd",
                "ftp://localhost/ca.crl",
                "http://user@localhost/",
                "x")) {
            bob.crlDistributionPoint(address);
        }
        for (int i = 0; i < 20; i++) {
            bob.crlDistributionPoint(responder.url() + "/absent-" + i + ".crl");
        }
        CrlSource source = opened(points().build());
        RevocationQuery query = new RevocationQuery(
                bob.build().certificate(), responder.authority().issuing().certificate());
        refresh(source, query);

        assertThat(responder.requests()).isNotEmpty().hasSizeLessThanOrEqualTo(8);
        assertThatThrownBy(() -> builder().url(URI.create("ldap://localhost/cn=CA")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("http or https");
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                arguments(Fault.slow(LONG), Why.NO_ANSWER),
                arguments(Fault.hung(), Why.NO_ANSWER),
                arguments(Fault.trickling(Duration.ofMillis(50)), Why.NO_ANSWER),
                arguments(Fault.reset(), Why.UNREACHABLE),
                arguments(Fault.truncated(), Why.UNREACHABLE),
                arguments(Fault.httpStatus(500), Why.UNREACHABLE),
                arguments(Fault.httpStatus(304), Why.UNREACHABLE),
                arguments(Fault.tryLater(), Why.UNREACHABLE),
                arguments(Fault.oversized(200_000), Why.UNREACHABLE),
                arguments(Fault.endless(), Why.UNREACHABLE),
                arguments(Fault.garbage(), Why.UNVERIFIABLE),
                arguments(Fault.body(new byte[0]), Why.UNVERIFIABLE),
                arguments(Fault.corruptSignature(), Why.UNVERIFIABLE),
                arguments(Fault.wrongSigner(), Why.UNVERIFIABLE),
                arguments(Fault.unauthorizedSigner(), Why.UNVERIFIABLE),
                arguments(Fault.wrongCertificate(), Why.UNVERIFIABLE),
                arguments(Fault.notYetValid(), Why.UNVERIFIABLE),
                arguments(Fault.stale(), Why.EXPIRED));
    }

    /** Short where it has to pass, long where it must not on a machine that is busy. */
    private static Duration fit(Why why) {
        return why == Why.NO_ANSWER ? Duration.ofMillis(500) : LONG;
    }

    @MethodSource("faults")
    @ParameterizedTest
    void each_fault_has_its_reason_and_is_over_without_a_restart(Fault fault, Why why) {
        responder.crls(fault);
        CrlSource source = opened(points().deadline(fit(why)).maxBytes(100_000).build());
        RevocationQuery query = query();

        refresh(source, query);
        assertThat(why(source, query)).isEqualTo(why);
        assertThat(kinds()).contains(Kind.FETCH_FAILED);

        responder.crls(Fault.none());
        awaitGood(source, query); // In the background: it was asked for.
        await(() -> kinds().contains(Kind.RECOVERED));
    }

    @MethodSource("faults")
    @ParameterizedTest
    void with_a_fault_later_on_what_was_good_stays_until_it_expires(Fault fault, Why why) {
        CrlSource source = opened(points().deadline(fit(why)).maxBytes(100_000).build());
        RevocationQuery query = query();
        refresh(source, query);
        awaitGood(source, query);
        events.clear();
        responder
                .authority() // So that there is something new, and an answer of 304 would be wrong.
                .revoke(
                        responder
                                .authority()
                                .issue(Member.client("bob"))
                                .certificate()
                                .getSerialNumber(),
                        RevocationReason.SUPERSEDED);
        responder.crls(fault);

        clock.advance(Duration.ofHours(2));
        source.look();
        await(() -> fault.toString().equals("HTTP 304") || kinds().contains(Kind.FETCH_FAILED));
        assertThat(source.known(query, clock.instant())).isInstanceOf(Good.class);
        clock.advance(Duration.ofDays(8));
        refresh(source, query);
        assertThat(source.known(query, clock.instant()))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.EXPIRED));

        responder.crls(Fault.none());
        awaitGood(source, query);
    }

    // KNOWN-ATTACKS: no redirects
    @Test
    void a_redirect_is_not_followed() {
        FaultyResponder inside = opened(FaultyResponder.start("Inside", clock));
        responder.crls(Fault.redirect(URI.create(inside.url() + "/crl/issuing-1.crl")));
        CrlSource source = opened(points().build());
        RevocationQuery query = query();
        refresh(source, query);

        assertThat(why(source, query)).isEqualTo(Why.UNREACHABLE);
        assertThat(inside.requests()).isEmpty();
    }

    @Test
    void after_a_failure_nobody_waits_and_nothing_is_asked_until_some_time_has_passed() {
        responder.crls(Fault.httpStatus(500));
        CrlSource source = opened(points().build());
        RevocationQuery query = query();
        refresh(source, query);
        int asked = responder.requests().size();

        assertThat(source.refresh(query).toCompletableFuture()).isDone();
        assertThat(responder.requests()).hasSize(asked);
    }

    @Test
    void requests_share_one_download_and_only_some_of_them_wait_for_it() throws Exception {
        responder.crls(Fault.hung());
        CrlSource source = opened(points().deadline(LONG).build());
        List<CompletableFuture<?>> waiting = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waiting.add(source.refresh(query()).toCompletableFuture());
        }
        responder.awaitRequests(1, LONG);

        assertThat(responder.requests()).hasSize(1);
        assertThat(waiting.stream().filter(one -> !one.isDone()).count())
                .isBetween(1L, (long) CrlAddress.MAX_WAITING + 1);
    }

    // KNOWN-ATTACKS: an older CRL replaces a newer one
    @Test
    void an_older_list_that_is_served_again_changes_nothing() {
        byte[] before = responder.authority().crl("issuing-1");
        clock.advance(Duration.ofMinutes(1));
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        CrlSource source = opened(points().build());
        RevocationQuery query = query();
        refresh(source, query);
        assertThat(source.known(query, clock.instant())).isInstanceOf(Revoked.class);

        responder.crls(Fault.body(before));
        clock.advance(Duration.ofHours(2));
        await(() -> kinds().contains(Kind.FETCH_FAILED));
        assertThat(source.known(query, clock.instant())).isInstanceOf(Revoked.class);
        assertThat(events).anySatisfy(event -> assertThat(event.detail()).contains("older than the one in force"));
    }

    @Test
    void what_is_revoked_is_known_at_the_first_refresh_in_the_background() {
        CrlSource source = opened(points().build());
        RevocationQuery query = query();
        refresh(source, query);
        assertThat(status(source, query)).isInstanceOf(Good.class);

        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        clock.advance(Duration.ofHours(1));
        await(() -> source.known(query, clock.instant()) instanceof Revoked); // It looks by itself.
    }

    @Test
    void a_configured_address_is_fetched_at_the_start() {
        CrlSource source = opened(builder().url(list()).build());
        source.prepare(List.of(responder.authority().issuing().certificate()));

        assertThat(status(source, query())).isInstanceOf(Good.class);
    }

    @Test
    void a_configured_address_that_is_away_at_the_start_stops_nothing_and_is_asked_again() {
        responder.crls(Fault.reset());
        CrlSource source = opened(builder().url(list()).build());
        source.prepare(List.of(responder.authority().issuing().certificate()));
        assertThat(why(source, query())).isEqualTo(Why.UNREACHABLE);

        responder.crls(Fault.none());
        awaitGood(source, query());
    }

    @Test
    void a_configured_address_may_have_the_list_of_an_issuer_that_only_a_client_brings() {
        CrlSource source = opened(builder().url(list()).build());
        source.prepare(List.of(responder.authority().root()));
        RevocationQuery query = query();
        assertThat(why(source, query)).isEqualTo(Why.NOT_ASKED);

        refresh(source, query);
        assertThat(status(source, query)).isInstanceOf(Good.class);
        assertThat(responder.requests()).hasSize(1);
    }

    @Test
    void the_delta_that_a_list_names_is_fetched_too() throws Exception {
        HeldCertificate ca = responder.authority().issuing();
        try (ListServer server = new ListServer()) {
            server.lists.add(CrlBuilder.issuedBy(ca)
                    .clock(clock)
                    .number(5)
                    .freshestCrl(server.url("/delta"))
                    .der());
            server.delta = CrlBuilder.issuedBy(ca)
                    .clock(clock)
                    .number(6)
                    .delta(5)
                    .revoked(alice.certificate().getSerialNumber(), NOW, RevocationReason.SUPERSEDED)
                    .der();
            HeldCertificate bob = ca.issueClient("CN=bob")
                    .clock(clock)
                    .crlDistributionPoint(server.url("/list"))
                    .build();
            CrlSource source = opened(points().build());
            refresh(source, new RevocationQuery(bob.certificate(), ca.certificate()));

            assertThat(status(source, query())).isInstanceOf(Revoked.class);
        }
    }

    @Test
    void the_next_request_says_what_it_has_and_an_answer_of_304_keeps_it() throws Exception {
        HeldCertificate ca = responder.authority().issuing();
        try (ListServer server = new ListServer()) {
            server.lists.add(CrlBuilder.issuedBy(ca).clock(clock).der());
            CrlSource source = opened(builder()
                    .url(URI.create(server.url("/list")))
                    .storage(directory)
                    .build());
            source.prepare(List.of(ca.certificate()));
            clock.advance(Duration.ofHours(2));
            await(() -> server.conditions.contains("\"1\""));
            assertThat(status(source, query())).isInstanceOf(Good.class);
            assertThat(kinds()).containsOnly(Kind.LOADED);
            source.close();

            CrlSource next = opened(builder()
                    .url(URI.create(server.url("/list")))
                    .storage(directory)
                    .build());
            next.prepare(List.of(ca.certificate()));
            assertThat(status(next, query())).isInstanceOf(Good.class);
            server.conditions.clear();
            clock.advance(Duration.ofHours(2));
            await(() -> server.conditions.contains("\"1\""));
        }
    }

    @Test
    void what_was_stored_needs_no_server_at_the_next_start() {
        CrlSource first = opened(points().storage(directory).build());
        refresh(first, query());
        first.close();
        responder.crls(Fault.hung());
        int asked = responder.requests().size();

        CrlSource second = opened(points().storage(directory).build());
        second.prepare(List.of(responder.authority().issuing().certificate()));
        assertThat(status(second, query())).isInstanceOf(Good.class);

        CrlSource third = opened(points().storage(directory).build());
        third.prepare(List.of(responder.authority().root()));
        RevocationQuery query = query();
        refresh(third, query);
        assertThat(status(third, query)).isInstanceOf(Good.class);
        assertThat(responder.requests()).hasSize(asked);
    }

    @Test
    void a_stored_list_that_was_changed_is_dropped_and_fetched_anew() throws Exception {
        for (int damage = 0; damage < 3; damage++) {
            try (CrlSource first = points().storage(directory).build()) {
                refresh(first, query());
            }
            Path stored = files(".crl").get(0);
            byte[] content = Files.readAllBytes(stored);
            if (damage == 0) {
                content[content.length - 1] ^= 1; // The signature.
            } else if (damage == 1) {
                content[0] ^= 1; // No list at all.
            } else {
                content = new byte[0];
            }
            Files.write(stored, content);
            events.clear();

            try (CrlSource second = points().storage(directory).build()) {
                second.prepare(List.of(responder.authority().issuing().certificate()));
                assertThat(kinds()).containsExactly(Kind.DROPPED);
                assertThat(stored).doesNotExist();
                RevocationQuery query = query();
                refresh(second, query);
                assertThat(status(second, query)).isInstanceOf(Good.class);
            }
        }
    }

    @Test
    void a_stored_list_under_another_address_and_what_a_killed_process_left_are_deleted() throws Exception {
        try (CrlSource first = points().storage(directory).build()) {
            refresh(first, query());
        }
        for (Path file : files("")) { // The list and its delta.
            String name = file.getFileName().toString();
            Files.move(file, directory.resolve("0".repeat(8) + name.substring(8)));
        }
        Files.write(directory.resolve("download1.part"), new byte[10]);

        CrlSource second = opened(points().storage(directory).build());
        second.prepare(List.of(responder.authority().issuing().certificate()));
        assertThat(why(second, query())).isEqualTo(Why.NOT_ASKED);
        assertThat(files("")).isEmpty();
    }

    @Test
    void what_failed_leaves_nothing_in_the_storage() {
        responder.crls(Fault.corruptSignature());
        CrlSource source = opened(points().storage(directory).build());
        refresh(source, query());

        assertThat(files("")).isEmpty();
    }

    @Test
    void with_more_addresses_than_are_remembered_the_lists_of_the_one_not_asked_for_the_longest_go() throws Exception {
        HeldCertificate issuing = responder.authority().issuing();
        try (ListServer server = new ListServer()) {
            server.lists.add(CrlBuilder.issuedBy(issuing).clock(clock).der());
            CrlSource source =
                    opened(points().storage(directory).maxAddresses(2).build());
            for (int i = 0; i < 5; i++) {
                clock.advance(Duration.ofSeconds(1));
                String point = server.url("/list/" + i);
                server.lists.add(CrlBuilder.issuedBy(issuing)
                        .clock(clock)
                        .distributionPoint(point)
                        .der());
                RevocationQuery query = new RevocationQuery(
                        issuing.issueClient("CN=" + i)
                                .clock(clock)
                                .crlDistributionPoint(point)
                                .build()
                                .certificate(),
                        issuing.certificate());
                refresh(source, query);
                assertThat(status(source, query)).isInstanceOf(Good.class);
            }

            assertThat(files(".crl")).hasSize(2);
            assertThat(files("")).as("with their validators").hasSize(4);
        }
    }

    @Test
    void what_is_stored_of_an_address_that_is_configured_no_more_is_deleted() {
        try (CrlSource first = builder().url(list()).storage(directory).build()) {
            first.prepare(List.of(responder.authority().issuing().certificate()));
            assertThat(files(".crl")).hasSize(1);
        }
        try (CrlSource second = builder()
                .url(URI.create("http://localhost:1/absent.crl"))
                .storage(directory)
                .build()) {
            second.prepare(List.of(responder.authority().issuing().certificate()));

            assertThat(files("")).isEmpty();
        }
    }

    @Test
    void of_lists_that_wait_for_who_could_have_signed_them_one_file_of_each_address_is_kept() {
        CrlSource source = opened(builder().url(list()).storage(directory).build());
        source.prepare(List.of());
        assertThat(files("")).hasSize(1);
        int asked = responder.requests().size();

        clock.advance(Duration.ofHours(2));
        await(() -> responder.requests().size() > asked);
        await(() -> files("").size() == 1);
        refresh(source, query());
        assertThat(status(source, query())).isInstanceOf(Good.class);
        assertThat(files("")).as("the list and its validators").hasSize(2);
    }

    @Test
    void closing_ends_all_threads() {
        responder.crls(Fault.hung());
        CrlSource source = points().build();
        var unused = source.refresh(query());
        source.close();

        await(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("mtls-crl")));
    }

    @Test
    void who_deletes_a_directory_that_is_closed_finds_no_new_file_in_it() throws Exception {
        CrlStore store = CrlStore.in(directory);
        Path file = store.newFile();
        store.close();

        assertThatThrownBy(store::newFile).isInstanceOf(ClosedChannelException.class);

        Files.delete(file);
        HttpFetcher fetcher = opened(new HttpFetcher("mtls-test-http"));
        CompletableFuture<?> answered =
                fetcher.download(HttpRequest.newBuilder(list()), file, 100_000, Duration.ofSeconds(20));
        assertThatThrownBy(answered::join).hasMessageContaining("NoSuchFileException");
        assertThat(files("")).isEmpty();
    }

    private CrlSource.Builder builder() {
        return CrlSource.builder().clock(clock).events(events::add);
    }

    private CrlSource.Builder points() {
        return builder().distributionPoints();
    }

    private URI list() {
        return URI.create(responder.url() + "/crl/issuing-1.crl");
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private RevocationQuery query() {
        return new RevocationQuery(
                alice.certificate(), responder.authority().issuing().certificate());
    }

    /** Time goes on meanwhile: on a slow machine the first attempt may fail, too. */
    private void awaitGood(CrlSource source, RevocationQuery query) {
        await(() -> {
            clock.advance(Duration.ofSeconds(1));
            source.look();
            return status(source, query) instanceof Good;
        });
    }

    private static void refresh(CrlSource source, RevocationQuery query) {
        source.refresh(query).toCompletableFuture().join();
    }

    private RevocationStatus status(CrlSource source, RevocationQuery query) {
        return source.known(query, clock.instant());
    }

    private Why why(CrlSource source, RevocationQuery query) {
        RevocationStatus status = status(source, query);
        assertThat(status).isInstanceOf(Unknown.class);
        return ((Unknown) status).why();
    }

    private List<Kind> kinds() {
        return events.stream().map(RevocationEvent::kind).toList();
    }

    private List<Path> files(String suffix) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) { // The timeout of the class bounds it.
            assertThat(Thread.interrupted()).as("timed out").isFalse();
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Serves one list, with an entity tag, and its delta. */
    private static final class ListServer implements AutoCloseable {
        private final HttpServer server;
        private final List<byte[]> lists = new CopyOnWriteArrayList<>();
        private final List<String> conditions = new CopyOnWriteArrayList<>();
        private volatile byte[] delta = new byte[0];

        ListServer() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/list", exchange -> {
                try (exchange) {
                    String condition = exchange.getRequestHeaders().getFirst("If-None-Match");
                    conditions.add(String.valueOf(condition));
                    exchange.getResponseHeaders().set("ETag", "\"1\"");
                    if ("\"1\"".equals(condition)) {
                        exchange.sendResponseHeaders(304, -1);
                        return;
                    }
                    byte[] body = lists.get(lists.size() - 1);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                }
            });
            server.createContext("/delta", exchange -> {
                try (exchange) {
                    exchange.sendResponseHeaders(200, delta.length);
                    exchange.getResponseBody().write(delta);
                }
            });
            server.start();
        }

        String url(String path) {
            return "http://localhost:" + server.getAddress().getPort() + path;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
