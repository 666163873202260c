package io.mtls.spring;

import static io.restassured.RestAssured.given;

import io.restassured.config.RestAssuredConfig;
import io.restassured.config.SSLConfig;
import io.restassured.specification.RequestSpecification;
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
}
