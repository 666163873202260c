package io.mtls.contract;

import static io.mtls.contract.AdapterContract.assertRefusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.contract.RevocationFixture.Issuer;
import io.mtls.contract.RevocationFixture.Lookup;
import io.mtls.contract.RevokingCa.Holder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A certificate that its CA has revoked, or that the operator has denied, is refused at its next request, however it came in:
 * CAs of {@code mtls-ca} and of {@code openssl}, with real responders, lists and files.
 *
 * <p>All members of all cases are let in before the tests begin, then all are revoked at once: so it takes one server, and
 * one time of waiting until that is known. No time is asserted.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(30)
public abstract class RevocationContract {

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Map<Case, Member> members = new LinkedHashMap<>();

    /** By {@link System#nanoTime}; for all together, lest one that fails keeps the others waiting until they are idle. */
    private long giveUp;

    private RevocationFixture fixture;
    private ContractServer server;

    /** Starts a server, whose TLS handshakes refuse where it knows enough for that. */
    protected abstract ContractServer start(RevocationFixture fixture) throws Exception;

    /** Which of them the server can be told of. */
    protected Set<Lookup> lookups() {
        return EnumSet.allOf(Lookup.class);
    }

    /** Whether the server speaks HTTP/2; one that does not passes these cases by. */
    protected boolean speaksHttp2() {
        return true;
    }

    /** Whether the server's handshakes know what its requests know. */
    protected boolean refusesInHandshakes() {
        return true;
    }

    /** What happens to the certificate. */
    enum Stop {
        REVOKED("certificate-revoked"),
        DENIED("certificate-denied");

        private final String code;

        Stop(String code) {
            this.code = code;
        }
    }

    /** How a request comes to the server without another look at its certificate in a handshake. */
    enum Way {
        KEPT_ALIVE_CONNECTION,
        HTTP_2_CONNECTION,
        RESUMED_SESSION;

        private Caller open(SSLContext client, int port) throws IOException {
            return switch (this) {
                case KEPT_ALIVE_CONNECTION -> new OnConnection(Connection.open(client, port));
                case HTTP_2_CONNECTION -> new OnHttp2Connection(Http2Connection.open(client, port));
                case RESUMED_SESSION -> new OnResumedSessions(client, port);
            };
        }
    }

    /** A member of this issuer, to whom this happens after it has come in that way. */
    record Case(Issuer issuer, Stop stop, Way way) {

        String memberName() {
            return (stop + "-" + way).toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Names the test. */
        @Override
        public String toString() {
            return issuer.name() + ", " + memberName();
        }
    }

    /** @param first what it was answered before the certificate was stopped */
    private record Member(Holder holder, Caller caller, Answer first) {}

    /** Asks again and again on the one connection or in the one session, or fails. */
    private interface Caller extends AutoCloseable {
        Answer ask() throws Exception;

        @Override
        default void close() throws IOException {}
    }

    private record OnConnection(Connection connection) implements Caller {
        @Override
        public Answer ask() throws IOException {
            return connection.get("/api/whoami");
        }

        @Override
        public void close() throws IOException {
            connection.close();
        }
    }

    /** Whether it is still the one connection is seen by its port, which only an answer of 200 tells. */
    private static final class OnHttp2Connection implements Caller {
        private final Http2Connection connection;
        private int remotePort;

        OnHttp2Connection(Http2Connection connection) {
            this.connection = connection;
        }

        @Override
        public Answer ask() throws Exception {
            Answer answer = connection.get("/api/whoami");
            int portNow = connection.get("/public/whoami").whoAmI().remotePort();
            assertThat(portNow).isEqualTo(remotePort == 0 ? portNow : remotePort);
            remotePort = portNow;
            return answer;
        }
    }

    /** A full handshake would end without an answer in most cases; its time says so in all. */
    private static final class OnResumedSessions implements Caller {
        private final SSLContext client;
        private final int port;
        private long fullHandshake;

        OnResumedSessions(SSLContext client, int port) {
            this.client = client;
            this.port = port;
        }

        @Override
        public Answer ask() throws IOException {
            try (Connection connection = Connection.open(client, port, "TLSv1.3")) {
                Answer answer = connection.get("/api/whoami");
                long handshake = connection.millisOfFullHandshake();
                assertThat(handshake).isEqualTo(fullHandshake == 0 ? handshake : fullHandshake);
                fullHandshake = handshake;
                return answer;
            }
        }
    }

    @BeforeAll
    void letMembersInAndStopThem(@TempDir Path directory) throws Exception {
        fixture = new RevocationFixture(directory, lookups());
        server = start(fixture);
        for (Case each : cases().toList()) {
            Holder holder = fixture.issue(each.issuer(), each.memberName());
            Caller caller = each.way().open(clientOf(holder), server.port());
            members.put(each, new Member(holder, caller, caller.ask()));
        }
        for (Issuer issuer : fixture.issuers()) {
            fixture.revoke(issuer, holders(each -> each.issuer().equals(issuer) && each.stop() == Stop.REVOKED));
        }
        fixture.deny(holders(each -> each.stop() == Stop.DENIED));
        fixture.makeNewsDue();
        giveUp = System.nanoTime() + PATIENCE.toNanos();
    }

    /** A deny list has nothing to do with where revocation is looked up: one of the issuers will do. */
    private Stream<Case> cases() {
        return fixture.issuers().stream()
                .flatMap(issuer -> Arrays.stream(Stop.values())
                        .filter(stop -> stop == Stop.REVOKED || issuer.lookup() == Lookup.CRL_FILES)
                        .flatMap(stop -> ways().map(way -> new Case(issuer, stop, way))));
    }

    private Stream<Way> ways() {
        return Arrays.stream(Way.values()).filter(way -> way != Way.HTTP_2_CONNECTION || speaksHttp2());
    }

    private Stream<Case> stopsOfEachIssuer() {
        return cases().filter(each -> each.way() == Way.KEPT_ALIVE_CONNECTION);
    }

    private SSLContext clientOf(Holder holder) {
        return holder.client().apply(fixture.pki().root().certificate());
    }

    private List<Holder> holders(Predicate<Case> which) {
        return members.entrySet().stream()
                .filter(each -> which.test(each.getKey()))
                .map(each -> each.getValue().holder())
                .collect(Collectors.toList());
    }

    @AfterAll
    void stop() throws Exception {
        List<AutoCloseable> open = new ArrayList<>();
        members.values().forEach(member -> open.add(member.caller()));
        open.add(server);
        open.add(fixture);
        for (AutoCloseable each : open) {
            if (Objects.nonNull(each)) {
                each.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_member_who_is_in_is_refused(Case each) throws Exception {
        Member member = member(each);

        assertThat(member.first())
                .satisfies(AdapterContract.isAnsweredTo(each.issuer().principalPrefix() + each.memberName()));
        assertRefusal(once(answer -> answer.status() != 200, member.caller()::ask), each.stop().code);
    }

    @ParameterizedTest
    @MethodSource("stopsOfEachIssuer")
    void a_fresh_handshake_is_refused(Case each) throws Exception {
        assumeTrue(refusesInHandshakes());
        Holder holder = member(each).holder();
        fixture.forgetEvents();

        assertThat(once(refused -> refused, () -> handshakeIsRefused(holder))).isTrue();
        assertThat(fixture.refusals()).containsExactly(each.stop().code);
    }

    private boolean handshakeIsRefused(Holder holder) {
        try (Connection connection = Connection.open(clientOf(holder), server.port())) {
            connection.get("/public/whoami");
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void the_cases_of_openssl_are_among_these() {
        assumeTrue(OpenSslCa.isInstalled(), "openssl is not installed: its cases are left out");

        assertThat(members.keySet()).extracting(each -> each.issuer().name()).contains("openssl-crl-files");
    }

    private Member member(Case each) {
        return Objects.requireNonNull(members.get(each));
    }

    /**
     * The first outcome that this is true of; or, after a time in which nothing is slow, the last one. In between it pauses,
     * since Tomcat closes a connection after a hundred requests.
     */
    private <T> T once(Predicate<T> what, Callable<T> attempt) throws Exception {
        T outcome = attempt.call();
        while (!what.test(outcome) && System.nanoTime() - giveUp < 0) {
            LockSupport.parkNanos(PAUSE.toNanos());
            outcome = attempt.call();
        }
        return outcome;
    }
}
