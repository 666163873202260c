package io.mtls.sample;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.springframework.test.context.TestPropertySource;

/** HAProxy in the RFC's dialect, as {@code ForwardedCertificates.rfc9440} says. */
@TestPropertySource(properties = {"mtls.proxies.format=rfc9440", "mtls.issuers.members.intermediates-bundle=issuing"})
class HaproxyRfc9440ProxyInteropTest extends HaproxyContract {

    @Override
    List<String> headers() {
        return List.of("Client-Cert", "Client-Cert-Chain");
    }

    @Override
    String value(X509Certificate certificate) throws CertificateEncodingException {
        return ":" + base64(certificate) + ":";
    }

    @Override
    String rules() {
        return """
                http-request del-header Client-Cert
                http-request del-header Client-Cert-Chain
                http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }
                """;
    }
}
