package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.CertificateForwarding;
import io.mtls.ClientIdentity;
import io.mtls.contract.HeadersServer;
import io.mtls.proxy.Forwarded;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.spring.Application.Server;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** A running application that calls the next service for its callers, and would pass on what they send. */
class ForwardingApplicationTest {

    private static final HeadersServer NEXT = new HeadersServer();

    @SuppressWarnings("NullAway.Init")
    private static Application application;

    @BeforeAll
    static void start() {
        application = Application.of(Server.TOMCAT, App.class)
                .with("mtls.paths[0].pattern", "/want/**")
                .with("mtls.paths[0].client-auth", "want")
                .start();
    }

    @AfterAll
    static void stop() {
        application.close();
        NEXT.close();
    }

    private static Forwarded told() {
        assertThat(NEXT.received()).isNotEmpty();
        return ForwardedCertificates.rfc9440().read(name -> NEXT.received().getOrDefault(name, List.of()));
    }

    private static List<X509Certificate> aliceToIssuing() {
        return List.of(Pki.ALICE.certificate(), Pki.ISSUING.certificate());
    }

    @Test
    void the_next_service_is_told_the_path_of_the_caller_who_was_verified() {
        for (String path : List.of("/blocking", "/reactive", "/another-thread", "/want/blocking")) {
            NEXT.forget();
            Client.by(Pki.alice(), application.port())
                    .header("Client-Cert", "spoofed")
                    .get(path)
                    .then()
                    .statusCode(200);
            assertThat(told()).as(path).isEqualTo(new Forwarded.Chain(aliceToIssuing()));
        }
    }

    @Test
    void the_next_service_is_told_nothing_of_an_anonymous_caller() {
        for (String path : List.of("/want/blocking", "/want/reactive")) {
            NEXT.forget();
            Client.by(Pki.nobody(), application.port())
                    .header(
                            "Client-Cert",
                            Objects.requireNonNull(ForwardedCertificates.toRfc9440(aliceToIssuing())
                                    .get("Client-Cert")))
                    .get(path)
                    .then()
                    .statusCode(200);
            assertThat(told()).as(path).isEqualTo(new Forwarded.None());
            assertThat(NEXT.received().keySet()).noneMatch(CertificateForwarding::isStripped);
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class App {

        private final RestClient restClient = RestClient.builder()
                .requestFactory(new JdkClientHttpRequestFactory())
                .requestInterceptor(new RestClientCertificateForwarding())
                .build();
        private final WebClient webClient =
                WebClient.builder().filter(new WebClientCertificateForwarding()).build();

        @GetMapping({"/blocking", "/want/blocking"})
        String blocking(@RequestHeader HttpHeaders headers) {
            restClient
                    .get()
                    .uri(NEXT.uri())
                    .headers(to -> copy(headers, to))
                    .retrieve()
                    .toBodilessEntity();
            return "done";
        }

        @GetMapping({"/reactive", "/want/reactive"})
        Mono<String> reactive(@RequestHeader HttpHeaders headers) {
            return webClient
                    .get()
                    .uri(NEXT.uri())
                    .headers(to -> copy(headers, to))
                    .retrieve()
                    .toBodilessEntity()
                    .thenReturn("done");
        }

        @GetMapping("/another-thread")
        Callable<String> anotherThread(ClientIdentity caller) {
            return () -> {
                restClient
                        .get()
                        .uri(NEXT.uri())
                        .attribute(CertificateForwarding.CALLER, caller)
                        .retrieve()
                        .toBodilessEntity();
                return "done";
            };
        }

        private static void copy(HttpHeaders from, HttpHeaders to) {
            from.forEach((name, values) -> {
                if (CertificateForwarding.isStripped(name)) {
                    to.put(name, values);
                }
            });
        }
    }
}
