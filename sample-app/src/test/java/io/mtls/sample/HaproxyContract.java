package io.mtls.sample;

import java.util.List;
import org.junit.jupiter.api.Test;

/** HAProxy, which tells its client certificates by rules. */
abstract class HaproxyContract extends ProxyInteropContract {

    @Override
    public String tool() {
        return "haproxy";
    }

    @Override
    public List<String> command(String configuration) {
        return List.of("haproxy", "-db", "-f", configuration);
    }

    @Override
    public String configuration(ForeignProxy.Site site) {
        return """
                defaults
                  mode http
                  timeout connect 20s
                  timeout client 20s
                  timeout server 20s
                frontend edge
                  bind 127.0.0.1:%d ssl alpn h2,http/1.1 crt server.pem verify optional ca-file root.crt ca-ignore-err all crt-ignore-err all
                %s
                  http-response set-header X-Edge "%%[src_port] %%[ssl_fc_is_resumed]"
                  default_backend application
                backend application
                  server application 127.0.0.1:%d ssl crt edge.pem verify required ca-file root.crt sni str(localhost) verifyhost localhost
                """.formatted(site.port(), rules().indent(2).stripTrailing(), site.application());
    }

    /** Told to ignore errors, it ignores all of them, where others do so for unknown issuers only. */
    @Test
    void whatever_is_wrong_with_a_certificate_that_the_proxy_lets_pass_is_found() throws Exception {
        assertProblem("certificate-expired", byProxy(Certificates.EXPIRED).get("/api/me"));
        assertProblem(
                "extended-key-usage-refused",
                byProxy(Certificates.FOR_SERVERS_ONLY).get("/api/me"));
    }

    /** How the certificate gets into headers. */
    abstract String rules();
}
