package io.mtls;

import java.net.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * {@link CertificateForwarding} for the JDK's {@link java.net.http.HttpClient}, whose requests are immutable and whose
 * builders cannot remove a header: so a request is built first and then made one on behalf of its caller.
 *
 * <p>It does not authenticate this application to the next service: that is up to the client's own {@code sslContext}.
 * Leave the client's {@code followRedirects} at {@code NEVER}.
 */
public final class HttpClientCertificateForwarding {

    private HttpClientCertificateForwarding() {}

    /**
     * The same request on behalf of this caller. Nothing may be added to it afterwards.
     *
     * @param caller of the request that is being served; null for an anonymous one, for whom headers are only removed
     */
    public static HttpRequest onBehalfOf(@Nullable ClientIdentity caller, HttpRequest request) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(request, (name, value) -> !CertificateForwarding.isStripped(name));
        CertificateForwarding.headers(caller).forEach(builder::setHeader);
        return builder.build();
    }
}
