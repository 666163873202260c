package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CaServer;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServeTest {
    private static final Pattern URL = Pattern.compile(" at (http://\\S+), until you stop it");

    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca_with_alice() {
        shell = Shell.withCa(home);
        shell.done("issue", "client", "alice");
    }

    @Test
    void a_revocation_is_in_the_next_list_until_the_process_is_ended() throws Exception {
        CompletableFuture<String> said = new CompletableFuture<>();
        StringWriter out = new StringWriter() {
            @Override
            public void flush() {
                said.complete(toString());
            }
        };
        Surroundings surroundings = new Surroundings(
                new PrintWriter(out), new PrintWriter(new StringWriter()), shell.clock, Map.of(), home, null);
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        Thread process = new Thread(
                () -> exitCode.complete(MtlsCa.commandLine(surroundings).execute("serve", "--port", "0")));
        process.start();
        Matcher url = URL.matcher(said.get(30, TimeUnit.SECONDS));
        assertThat(url.find()).as(said.get()).isTrue();
        URI crl = URI.create(url.group(1) + "/crl/issuing-1.crl");

        assertThat(read(crl).getRevokedCertificates()).isNull();
        shell.done("revoke", "alice");
        assertThat(read(crl).getRevokedCertificates()).hasSize(1);

        process.interrupt();
        assertThat(exitCode.get(30, TimeUnit.SECONDS)).isZero();
        assertThat(said.get()).contains("Certificates say that this is at http://localhost:8889", "openssl ocsp -url");
    }

    @Test
    void a_port_that_is_taken_is_told() {
        try (CaServer other = CaServer.start(shell.ca(), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            String port = String.valueOf(other.url().getPort());

            assertThat(shell.refused("serve", "--bind", "127.0.0.1", "--port", port))
                    .contains("cannot listen on", "a free port");
        }
    }

    @Test
    void an_address_that_is_none_is_told() {
        assertThat(shell.refused("serve", "--bind", "nowhere.invalid")).contains("no address \"nowhere.invalid\"");
        assertThat(shell.wrong("serve", "--port", "70000")).contains("port out of range");
        assertThat(shell.wrong("serve", "--port", "http")).contains("'http' is not an int");
    }

    private static X509CRL read(URI uri) throws Exception {
        try (InputStream in = uri.toURL().openStream()) {
            return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(in);
        }
    }
}
