package io.mtls.spring;

import io.mtls.CertificateForwarding;
import java.util.Map;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;

/**
 * {@link CertificateForwarding} for a {@code WebClient}. Register it as the last filter: what comes behind could add
 * headers again.
 *
 * <p>The caller is the one given with the request: {@code webClient.get().attribute(CertificateForwarding.CALLER,
 * identity)}. Else it is that of the request which the thread serves that subscribes, as {@code block()} and a controller
 * that returns the {@code Mono} do. Operators that go on in another thread ({@code subscribeOn}, a retry after a delay, the
 * second of two calls) speak for nobody unless it is given; a thread whose request is over fails.
 *
 * <p>An application whose threads inherit requests from those that started them ({@code threadContextInheritable}, off
 * by default) must always give it: the request may be another caller's.
 *
 * <p>It does not authenticate this application to the next service: that is up to the client's own TLS ({@link
 * ClientSslBundle}).
 */
public final class WebClientCertificateForwarding implements ExchangeFilterFunction {

    private final CertificateForwarding format;

    /** Ready to be registered; as RFC 9440 says. */
    public WebClientCertificateForwarding() {
        this(CertificateForwarding.RFC9440);
    }

    /** @param format what the next service reads */
    public WebClientCertificateForwarding(CertificateForwarding format) {
        this.format = format;
    }

    @Override
    public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
        Map<String, String> told = format.headers(CurrentCaller.of(request.attributes()));
        return next.exchange(ClientRequest.from(request)
                .headers(headers -> CurrentCaller.replace(headers, told))
                .build());
    }
}
