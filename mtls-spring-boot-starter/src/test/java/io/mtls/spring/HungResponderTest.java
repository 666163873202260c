package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.MtlsEvent;
import io.mtls.ca.Fault;
import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.revocation.RevocationEvent;
import io.mtls.spring.Application.Server;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An OCSP responder that takes requests and says nothing keeps waiting those who are new, for a while, and nobody else. */
@Timeout(60)
class HungResponderTest {

    /** Few, so that those who wait would take them all. Jetty has some of them for accepting and selecting. */
    private static final int THREADS = 30;

    private static final int UNKNOWN_CALLERS = 45;

    private static final String OK = "HTTP/1.1 200";

    /** That many wait at the same time, at least. */
    private static final int WAITING = 8;

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private final List<MtlsEvent> failures = new CopyOnWriteArrayList<>();
    private final FaultyResponder responder = FaultyResponder.start("Acme", Instant::now);
    private final ExecutorService threads = Executors.newFixedThreadPool(UNKNOWN_CALLERS);

    @AfterEach
    void stop() {
        threads.shutdownNow();
        responder.close();
    }

    @ParameterizedTest
    @EnumSource
    void concerns_only_those_of_whom_nothing_is_known_and_only_as_long_as_it_lasts(Server server) throws Exception {
        HeldCertificate alice = member("alice");
        List<HeldCertificate> unknown = IntStream.range(0, UNKNOWN_CALLERS)
                .mapToObj(i -> member("unknown-" + i))
                .toList();
        try (Application application = start(server)) {
            assertThat(call(alice, application)).startsWith(OK).contains("principal=alice\n");
            int asked = responder.requests().size();
            responder.ocsp(Fault.hung());

            List<Future<String>> calls = new ArrayList<>();
            unknown.forEach(each -> calls.add(threads.submit(() -> call(each, application))));
            responder.awaitRequests(asked + WAITING, Duration.ofSeconds(20));

            assertThat(call(alice, application)).startsWith(OK).contains("principal=alice\n");
            for (String path : List.of("/public/whoami", "/want/whoami")) {
                assertThat(Client.answer(Pki.nobody(), application.port(), path))
                        .startsWith(OK)
                        .contains("principal=none\n");
            }
            assertThat(failures)
                    .as("while those who wait have all of their time left")
                    .isEmpty();
            for (Future<String> call : calls) {
                assertThat(call.get()).startsWith("HTTP/1.1 503").contains("\"code\":\"revocation-unknown\"");
            }
            assertThat(failures).isNotEmpty();

            responder.ocsp(Fault.none());
            ahead.set(Duration.ofMinutes(2)); // After so many failures it is left alone for a minute.
            awaitEntry(unknown.get(0), application);
            awaitEntry(member("bob"), application);
        }
    }

    private HeldCertificate member(String name) {
        return responder.authority().issue(Member.client(name));
    }

    private Application start(Server server) {
        return Application.of(server, BootContract.Servlets.class)
                .withoutSecurity()
                .without("mtls.issuers")
                .without("mtls.revocation")
                .with("server.tomcat.threads.max", THREADS)
                .with("server.jetty.threads.max", THREADS)
                .with(
                        "spring.ssl.bundle.pem.acme.truststore.certificate",
                        responder.authority().rootsPem())
                .with("mtls.issuers.acme.bundle", "acme")
                .with("mtls.revocation.sources", "ocsp")
                .with("mtls.revocation.allow-unchecked-issuers", "true")
                .with("mtls.revocation.ocsp.deadline", "3s")
                .with("mtls.paths[0].pattern", "/public/**")
                .with("mtls.paths[0].client-auth", "none")
                .with("mtls.paths[1].pattern", "/want/**")
                .with("mtls.paths[1].client-auth", "want")
                .revocationClock(() -> Instant.now().plus(ahead.get()), this::note)
                .start();
    }

    private void note(MtlsEvent event) {
        if (event instanceof MtlsEvent.RevocationData data
                && data.event().kind() == RevocationEvent.Kind.FETCH_FAILED) {
            failures.add(event);
        }
    }

    private static String call(HeldCertificate member, Application application) throws IOException {
        return Client.answer(member.clientContext(Pki.ROOT.certificate()), application.port(), "/api/whoami");
    }

    /** At first the responder is asked for one certificate only, so that another call may be refused once more. */
    private static void awaitEntry(HeldCertificate member, Application application) throws IOException {
        while (!call(member, application).startsWith(OK)) {
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
