package io.mtls.spring;

import static io.restassured.RestAssured.given;

import io.mtls.contract.Http2ToTheLetter;
import io.restassured.config.RestAssuredConfig;
import io.restassured.config.SSLConfig;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import org.apache.http.conn.ssl.SSLSocketFactory;

/** REST Assured with a certificate of its own and real trust in the server. */
final class Client {

    private Client() {}

    @SuppressWarnings("deprecation") // REST Assured takes this one only.
    static RequestSpecification by(SSLContext context, int port) {
        SSLConfig ssl = SSLConfig.sslConfig().sslSocketFactory(new SSLSocketFactory(context));
        return given().config(RestAssuredConfig.config().sslConfig(ssl))
                .baseUri("https://localhost")
                .port(port);
    }

    /** The status line of the answer to a target that is sent as it is: clients normalise paths, an attacker does not. */
    static String raw(SSLContext context, int port, String target) throws IOException {
        return answer(context, port, target).lines().findFirst().orElse("");
    }

    /** The same with all that follows. */
    static String answer(SSLContext context, int port, String target) throws IOException {
        try (Socket socket = context.getSocketFactory().createSocket("localhost", port)) {
            socket.setSoTimeout(10_000);
            String request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** The status, where such a target comes over HTTP/2. */
    static int rawHttp2(SSLContext context, int port, String target) throws IOException {
        try (Http2ToTheLetter connection = Http2ToTheLetter.open(context, port)) {
            return connection.status("GET", target);
        }
    }
}
