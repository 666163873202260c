package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.CertificateForwarding;
import io.mtls.ClientIdentity;
import io.mtls.contract.HeadersServer;
import io.mtls.contract.VerifiedCaller;
import io.mtls.servlet.MtlsFilter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.web.client.RestClient;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.reactive.function.client.WebClient;

/** What Spring's clients tell the next service of the caller they call for. */
@ParameterizedClass
@EnumSource
class CertificateForwardingTest {

    private static final ClientIdentity ALICE = VerifiedCaller.of(Pki.ALICE, Pki.ROOT);
    private static final ClientIdentity BOB = VerifiedCaller.of(Pki.BOB, Pki.ROOT);

    private final HeadersServer next = new HeadersServer();

    @Parameter
    @SuppressWarnings("NullAway.Init")
    Library library;

    enum Library {
        REST_CLIENT {
            @Override
            void get(HeadersServer next, @Nullable Object given, CertificateForwarding format) {
                RestClient.RequestHeadersSpec<?> request = RestClient.builder()
                        .requestFactory(new JdkClientHttpRequestFactory())
                        .requestInterceptor(new RestClientCertificateForwarding(format))
                        .build()
                        .get()
                        .uri(next.uri())
                        .header("Client-Cert", "spoofed")
                        .header("client_cert", "spoofed")
                        .header("CLIENT-CERT-CHAIN", "spoofed")
                        .header("X-Forwarded-Client-Cert", "spoofed")
                        .header("Accept-Language", "de");
                if (given != null) {
                    request.attribute(CertificateForwarding.CALLER, given);
                }
                request.retrieve().toBodilessEntity();
            }
        },
        WEB_CLIENT {
            @Override
            void get(HeadersServer next, @Nullable Object given, CertificateForwarding format) {
                WebClient.RequestHeadersSpec<?> request = WebClient.builder()
                        .clientConnector(new JdkClientHttpConnector())
                        .filter(new WebClientCertificateForwarding(format))
                        .build()
                        .get()
                        .uri(next.uri())
                        .header("Client-Cert", "spoofed")
                        .header("client_cert", "spoofed")
                        .header("CLIENT-CERT-CHAIN", "spoofed")
                        .header("X-Forwarded-Client-Cert", "spoofed")
                        .header("Accept-Language", "de");
                if (given != null) {
                    request.attribute(CertificateForwarding.CALLER, given);
                }
                request.retrieve().toBodilessEntity().block();
            }
        };

        /** @param given with the request; null if nothing is */
        abstract void get(HeadersServer next, @Nullable Object given, CertificateForwarding format);

        void get(HeadersServer next, @Nullable Object given) {
            get(next, given, CertificateForwarding.RFC9440);
        }
    }

    @AfterEach
    void close() {
        RequestContextHolder.resetRequestAttributes();
        next.close();
    }

    /** From now on this thread serves a request of this caller. */
    private static ServletRequestAttributes serving(@Nullable ClientIdentity caller) {
        MockHttpServletRequest request = new MockHttpServletRequest();
        if (caller != null) {
            request.setAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, caller);
        }
        ServletRequestAttributes attributes = new ServletRequestAttributes(request);
        RequestContextHolder.setRequestAttributes(attributes);
        return attributes;
    }

    /** What was sent of the headers that forward certificates. */
    private Map<String, List<String>> told() {
        assertThat(next.received()).containsEntry("accept-language", List.of("de"));
        return next.received().entrySet().stream()
                .filter(header -> CertificateForwarding.isStripped(header.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Map<String, List<String>> headersFor(ClientIdentity caller) {
        return headersFor(caller, CertificateForwarding.RFC9440);
    }

    private static Map<String, List<String>> headersFor(ClientIdentity caller, CertificateForwarding format) {
        return format.headers(caller).entrySet().stream()
                .collect(Collectors.toMap(
                        header -> header.getKey().toLowerCase(Locale.ROOT), header -> List.of(header.getValue())));
    }

    @Test
    void the_caller_of_the_current_request_is_told() {
        serving(ALICE);
        library.get(next, null);
        assertThat(told()).isEqualTo(headersFor(ALICE)).hasSize(2);

        serving(BOB);
        library.get(next, null);
        assertThat(told()).isEqualTo(headersFor(BOB));
    }

    @Test
    void the_caller_is_told_as_envoy_does_it_where_that_is_read() {
        serving(ALICE);

        library.get(next, null, CertificateForwarding.XFCC);

        assertThat(told())
                .isEqualTo(headersFor(ALICE, CertificateForwarding.XFCC))
                .hasSize(1);
    }

    @Test
    void of_an_anonymous_caller_nothing_is_told_and_what_was_there_is_gone() {
        serving(null);

        library.get(next, null);

        assertThat(told()).isEmpty();
    }

    @Test
    void outside_a_request_nothing_is_told_and_what_was_there_is_gone() {
        library.get(next, null);

        assertThat(told()).isEmpty();
    }

    @Test
    void a_caller_who_is_given_goes_before_that_of_the_thread() {
        serving(BOB);

        library.get(next, ALICE);

        assertThat(told()).isEqualTo(headersFor(ALICE));
    }

    @Test
    void in_another_thread_the_caller_is_the_one_given_or_nobody() throws Exception {
        serving(ALICE);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            other.submit(() -> library.get(next, null)).get();
            assertThat(told()).isEmpty();
            other.submit(() -> library.get(next, ALICE)).get();
            assertThat(told()).isEqualTo(headersFor(ALICE));
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    void a_request_that_is_over_has_no_caller_any_more() {
        serving(ALICE).requestCompleted();

        assertThatThrownBy(() -> library.get(next, null)).isInstanceOf(IllegalStateException.class);
        assertThat(next.received()).isEmpty();
    }

    @Test
    void what_is_no_identity_fails() {
        serving(ALICE);

        assertThatThrownBy(() -> library.get(next, "alice")).hasMessageContaining("expected a ClientIdentity");
        assertThat(next.received()).isEmpty();
    }
}
