package io.mtls.spring;

import io.mtls.CertificateForwarding;
import java.io.IOException;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * {@link CertificateForwarding} for a {@code RestClient} or {@code RestTemplate}. Register it as the last interceptor:
 * what comes behind could add headers again.
 *
 * <p>The caller is that of the request which the thread serves. A thread that serves none speaks for nobody, so in
 * another thread give it: {@code restClient.get().attribute(CertificateForwarding.CALLER, identity)}; that goes before the
 * thread's, too. A thread whose request is over fails.
 *
 * <p>An application whose threads inherit requests from those that started them ({@code threadContextInheritable}, off
 * by default) must always give it: the request may be another caller's.
 *
 * <p>It does not authenticate this application to the next service: that is up to the client's own TLS ({@link
 * ClientSslBundle}).
 */
public final class RestClientCertificateForwarding implements ClientHttpRequestInterceptor {

    private final CertificateForwarding format;

    /** Ready to be registered; as RFC 9440 says. */
    public RestClientCertificateForwarding() {
        this(CertificateForwarding.RFC9440);
    }

    /** @param format what the next service reads */
    public RestClientCertificateForwarding(CertificateForwarding format) {
        this.format = format;
    }

    @Override
    public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
            throws IOException {
        CurrentCaller.replace(request.getHeaders(), format.headers(CurrentCaller.of(request.getAttributes())));
        return execution.execute(request, body);
    }
}
