package io.mtls.sample;

import java.net.http.HttpResponse;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.springframework.test.context.TestPropertySource;

/** HAProxy in its own dialect, with the chain, as {@code ForwardedCertificates.haproxy} says. */
@TestPropertySource(
        properties = {"mtls.proxies.format=haproxy", "mtls.proxies.headers=X-Client-Cert, X-Client-Cert-Chain"})
class HaproxyProxyInteropTest extends HaproxyContract {

    /** Who names no intermediates locks out members that resume. */
    @Override
    void assertOnResumedSession(HttpResponse<String> answer) {
        assertProblem("issuer-unknown", answer);
    }

    @Override
    List<String> headers() {
        return List.of("X-Client-Cert", "X-Client-Cert-Chain");
    }

    @Override
    String value(X509Certificate certificate) throws CertificateEncodingException {
        return base64(certificate);
    }

    @Override
    String rules() {
        return """
                http-request del-header X-Client-Cert
                http-request set-header X-Client-Cert %[ssl_c_der,base64] if { ssl_c_used }
                http-request del-header X-Client-Cert-Chain
                http-request set-header X-Client-Cert-Chain %[ssl_c_chain_der,base64] if { ssl_c_used }
                """;
    }
}
