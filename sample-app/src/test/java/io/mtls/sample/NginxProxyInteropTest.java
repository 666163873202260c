package io.mtls.sample;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.springframework.test.context.TestPropertySource;

/** nginx, as {@code ForwardedCertificates.nginx} says. */
@TestPropertySource(
        properties = {
            "mtls.proxies.format=nginx",
            "mtls.proxies.headers=X-Client-Cert",
            "mtls.issuers.members.intermediates-bundle=issuing"
        })
class NginxProxyInteropTest extends ProxyInteropContract {

    @Override
    public String tool() {
        return "nginx";
    }

    @Override
    public List<String> command(String configuration) {
        return List.of("nginx", "-e", "stderr", "-p", ".", "-c", configuration);
    }

    @Override
    public String configuration(ForeignProxy.Site site) {
        return """
                daemon off;
                master_process off;
                error_log stderr info;
                pid nginx.pid;
                events {}
                http {
                  access_log off;
                  client_body_temp_path body;
                  proxy_temp_path proxy;
                  fastcgi_temp_path fastcgi;
                  scgi_temp_path scgi;
                  uwsgi_temp_path uwsgi;
                  upstream application {
                    server 127.0.0.1:%2$d;
                    keepalive 1;
                  }
                  server {
                    listen 127.0.0.1:%1$d ssl http2;
                    ssl_certificate server.pem;
                    ssl_certificate_key server.pem;
                    ssl_client_certificate root.crt;
                    ssl_verify_client optional_no_ca;
                    add_header X-Edge "$remote_port $ssl_session_reused" always;
                    location / {
                      proxy_pass https://application;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_set_header Host $host;
                      proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
                      proxy_ssl_certificate edge.pem;
                      proxy_ssl_certificate_key edge.pem;
                      proxy_ssl_trusted_certificate root.crt;
                      proxy_ssl_verify on;
                      proxy_ssl_verify_depth 2;
                      proxy_ssl_name localhost;
                      proxy_ssl_server_name on;
                    }
                  }
                }
                """.formatted(site.port(), site.application());
    }

    @Override
    List<String> headers() {
        return List.of("X-Client-Cert");
    }

    @Override
    String value(X509Certificate certificate) throws CertificateEncodingException {
        String pem = "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
        return URLEncoder.encode(pem, UTF_8).replace("+", "%20");
    }
}
