package io.mtls.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.spring.Application.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

/** A request for another host than its TLS connection, beyond what the contract says of each adapter. */
class MisdirectedRequestTest {

    @Test
    void is_served_where_that_is_allowed() throws Exception {
        try (Application strict = Application.of(Server.JETTY, ProxiesTest.App.class)
                        .withoutSecurity()
                        .start();
                Application allowing = Application.of(Server.JETTY, ProxiesTest.App.class)
                        .withoutSecurity()
                        .with("mtls.allow-misdirected-requests", "true")
                        .start()) {
            assertThat(statusOfLocalhostBy("other.example.org", strict)).isEqualTo(421);
            assertThat(statusOfLocalhostBy("other.example.org", allowing)).isEqualTo(200);
        }
    }

    /** It does not tell us the name, and looks itself. */
    @Test
    void is_refused_by_tomcat_where_the_two_names_have_different_settings() throws Exception {
        try (Application application = Application.of(Server.TOMCAT, ProxiesTest.App.class)
                .withoutSecurity()
                .with("server.ssl.server-name-bundles[0].server-name", "other.example.org")
                .with("server.ssl.server-name-bundles[0].bundle", "server")
                .start()) {
            assertThat(statusOfLocalhostBy("other.example.org", application)).isEqualTo(400);
            assertThat(statusOfLocalhostBy("localhost", application)).isEqualTo(200);
        }
    }

    private static int statusOfLocalhostBy(String serverName, Application application) throws IOException {
        try (SSLSocket socket =
                (SSLSocket) Pki.alice().getSocketFactory().createSocket("localhost", application.port())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(serverName)));
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write("GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
            String statusLine = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine();
            return Integer.parseInt(statusLine.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        }
    }
}
