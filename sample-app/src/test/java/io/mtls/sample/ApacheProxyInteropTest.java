package io.mtls.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** Apache httpd, with a chain of two, as {@code ForwardedCertificates.apache} says; where Debian has it. */
@TestPropertySource(properties = {"mtls.proxies.format=apache", "mtls.proxies.headers=X-Client-Cert, X-Client-Chain-0"})
class ApacheProxyInteropTest extends ProxyInteropContract {

    @Override
    public String tool() {
        return "apache2";
    }

    @Override
    public List<String> command(String configuration) {
        return List.of("apache2", "-X", "-f", configuration);
    }

    @Override
    public String configuration(ForeignProxy.Site site) {
        return """
                ServerRoot "%3$s"
                DefaultRuntimeDir "%3$s"
                PidFile httpd.pid
                ErrorLog /dev/stderr
                # Who does not run it as root needs no other user.
                User "#65534"
                Group "#65534"
                LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
                LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
                LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
                LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
                LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
                LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
                LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
                LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
                Listen 127.0.0.1:%1$d
                ServerName localhost
                Protocols h2 http/1.1
                SSLEngine on
                SSLCertificateFile server.pem
                SSLCACertificateFile root.crt
                SSLVerifyClient optional_no_ca
                SSLVerifyDepth 2
                SSLSessionCache shmcb:sessions(512000)
                SSLOptions +ExportCertData
                RequestHeader set X-Client-Cert "%%{SSL_CLIENT_CERT}s"
                RequestHeader set X-Client-Chain-0 "%%{SSL_CLIENT_CERT_CHAIN_0}s"
                Header always set X-Edge "expr=%%{REMOTE_PORT} %%{SSL:SSL_SESSION_RESUMED}"
                SSLProxyEngine on
                SSLProxyMachineCertificateFile edge.pem
                SSLProxyCACertificateFile root.crt
                SSLProxyVerify require
                SSLProxyVerifyDepth 2
                ProxyPass / https://localhost:%2$d/
                """.formatted(site.port(), site.application(), site.directory());
    }

    /** It removes the headers that the client's Connection names after it has written its own. */
    @Test
    void a_client_that_has_headers_of_the_proxy_removed_gets_nowhere() throws Exception {
        ForeignClient.Answer certificate = byProxyWithCurl(
                Certificates.ALICE, "Connection: close, " + headers().get(0));
        ForeignClient.Answer all =
                byProxyWithCurl(Certificates.ALICE, "Connection: close, " + String.join(", ", headers()));

        assertThat(certificate.status()).as(certificate.transcript()).isEqualTo(403);
        assertThat(certificate.transcript()).contains("forwarded-certificate-malformed");
        assertThat(all.status()).as(all.transcript()).isEqualTo(403);
        assertThat(all.transcript()).contains("certificate-required");
    }

    /** Who names no intermediates locks out members that resume. */
    @Override
    void assertOnResumedSession(HttpResponse<String> answer) {
        assertProblem("issuer-unknown", answer);
    }

    @Override
    List<String> headers() {
        return List.of("X-Client-Cert", "X-Client-Chain-0");
    }

    @Override
    String value(X509Certificate certificate) throws CertificateEncodingException {
        return "-----BEGIN CERTIFICATE----- "
                + Base64.getMimeEncoder(64, new byte[] {' '}).encodeToString(certificate.getEncoded())
                + " -----END CERTIFICATE----- ";
    }
}
