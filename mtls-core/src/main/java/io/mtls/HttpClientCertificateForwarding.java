package io.mtls;

import java.net.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * {@link CertificateForwarding} for the JDK's {@link java.net.http.HttpClient}, whose requests are immutable and whose
 * builders cannot remove a header: so a request is built first and then made one on behalf of its caller.
 *
 * <p>It does not authenticate this application to the next service: that is up to the client's own {@code sslContext}
 * ({@link MutualTls#clientContext(java.util.function.Supplier)}). Leave the client's {@code followRedirects} at {@code NEVER}.
 */
public final class HttpClientCertificateForwarding {

    private HttpClientCertificateForwarding() {}

    /** {@link #onBehalfOf(ClientIdentity, HttpRequest, CertificateForwarding)}, as RFC 9440 says. */
    public static HttpRequest onBehalfOf(@Nullable ClientIdentity caller, HttpRequest request) {
        return onBehalfOf(caller, request, CertificateForwarding.RFC9440);
    }

    /**
     * The same request on behalf of this caller. Nothing may be added to it afterwards.
     *
     * @param caller of the request that is being served; null for an anonymous one, for whom headers are only removed
     * @param format what the next service reads
     */
    public static HttpRequest onBehalfOf(
            @Nullable ClientIdentity caller, HttpRequest request, CertificateForwarding format) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(request, (name, value) -> !CertificateForwarding.isStripped(name));
        format.headers(caller).forEach(builder::setHeader);
        return builder.build();
    }
}
