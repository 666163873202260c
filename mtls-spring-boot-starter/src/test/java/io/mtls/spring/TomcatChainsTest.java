package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.spring.Application.Server;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What an application sees of the chain does not depend on whether a request was the first of its connection. */
class TomcatChainsTest {

    private static final String CHAIN = "jakarta.servlet.request.X509Certificate";

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void open_connections_of_different_callers_keep_each_its_own_chain(String protocol) throws Exception {
        try (Application application = application().start()) {
            List<Connection> connections = new ArrayList<>();
            try {
                for (int i = 0; i < 10; i++) {
                    connections.add(new Connection(i % 2 == 0 ? Pki.alice() : Pki.bob(), application.port(), protocol));
                }
                for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < connections.size(); i++) {
                        String caller = i % 2 == 0 ? "alice" : "bob";
                        assertThat(connections.get(i).get("/chain"))
                                .startsWith(caller + " CN=" + caller)
                                .endsWith(protocol);
                    }
                }
            } finally {
                for (Connection connection : connections) {
                    connection.close();
                }
            }
        }
    }

    @Test
    void a_chain_that_was_not_accepted_is_taken_out_of_later_requests_too() throws Exception {
        try (Application application = application()
                        .with("mtls.handshake", "defer")
                        .with("mtls.paths[0].pattern", "/**")
                        .with("mtls.paths[0].client-auth", "none")
                        .start();
                Connection stranger = new Connection(Pki.stranger(), application.port(), "TLSv1.3")) {
            for (int i = 0; i < 3; i++) {
                assertThat(stranger.get("/unwrapped")).isEqualTo("nobody nothing");
            }
        }
    }

    /** Such as one that takes callers' certificates from a header: the connection is not the caller's own then. */
    @Test
    void an_attribute_that_was_set_at_the_request_is_neither_replaced_nor_kept() throws Exception {
        try (Application application =
                        Application.of(Server.TOMCAT, App.class, ByHeader.class).start();
                Connection alice = new Connection(Pki.alice(), application.port(), "TLSv1.3")) {
            assertThat(alice.get("/chain", "Caller: bob")).startsWith("bob CN=bob");
            assertThat(alice.get("/chain")).startsWith("alice CN=alice");
            assertThat(alice.get("/chain", "Caller: bob")).startsWith("bob CN=bob");
        }
    }

    private static Application.Builder application() {
        return Application.of(Server.TOMCAT, App.class);
    }

    /** HTTP/1.1 on one connection that stays open. */
    private static final class Connection implements AutoCloseable {
        private final SSLSocket socket;
        private final BufferedReader answers;

        Connection(SSLContext context, int port, String protocol) throws IOException {
            socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port);
            socket.setSoTimeout(10_000);
            socket.setEnabledProtocols(new String[] {protocol});
            answers = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        }

        /** The body of the answer. */
        String get(String path, String... headers) throws IOException {
            String more = String.join(
                    "", Arrays.stream(headers).map(header -> header + "\r\n").toList());
            String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(answers.readLine()).startsWith("HTTP/1.1 200");
            int length = 0;
            for (String line = answers.readLine(); line != null && !line.isEmpty(); line = answers.readLine()) {
                if (line.startsWith("Content-Length: ")) {
                    length = Integer.parseInt(line.substring("Content-Length: ".length()));
                }
            }
            char[] body = new char[length];
            assertThat(answers.read(body)).isEqualTo(length);
            return new String(body);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/chain")
        String chain(HttpServletRequest request) {
            String answer =
                    callerAndChain(request) + " " + request.getAttribute("jakarta.servlet.request.secure_protocol");
            Arrays.fill((Object[]) request.getAttribute(CHAIN), Pki.ROOT.certificate()); // No other request sees that.
            return answer;
        }

        /** As the container's own request has it, in an asynchronous dispatch. */
        @GetMapping("/unwrapped")
        Callable<String> unwrapped(HttpServletRequest request) {
            ServletRequest innermost = request;
            while (innermost instanceof ServletRequestWrapper wrapper) {
                innermost = wrapper.getRequest();
            }
            HttpServletRequest containers = (HttpServletRequest) innermost;
            return () -> callerAndChain(containers);
        }
    }

    private static String callerAndChain(HttpServletRequest request) {
        String caller = request.getRemoteUser();
        return (caller == null ? "nobody" : caller) + " "
                + (request.getAttribute(CHAIN) instanceof X509Certificate[] chain && chain.length > 0
                        ? chain[0].getSubjectX500Principal().getName()
                        : "nothing");
    }

    @Configuration(proxyBeanMethods = false)
    static class ByHeader {
        @Bean
        WebServerFactoryCustomizer<TomcatServletWebServerFactory> byHeader() {
            return factory -> factory.addEngineValves(new ValveBase(true) {
                @Override
                public void invoke(Request request, Response response) throws IOException, ServletException {
                    if ("bob".equals(request.getHeader("Caller"))) {
                        request.setAttribute(CHAIN, Pki.BOB.chain().toArray(X509Certificate[]::new));
                    }
                    getNext().invoke(request, response);
                }
            });
        }
    }
}
