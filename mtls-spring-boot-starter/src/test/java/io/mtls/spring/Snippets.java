package io.mtls.spring;

import java.net.http.HttpClient;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/** What the documentation shows; here it is compiled. */
final class Snippets {

    private Snippets() {}

    /** README, "On to the next service": the lines between the marks, word for word. */
    static final class NextService {
        // spotless:off
        // begin
        @Bean
        RestClient orders(SslBundles bundles) {
            HttpClient http = HttpClient.newBuilder()               // follows no redirects by default
                    .sslContext(ClientSslBundle.of(bundles, "to-orders").createSslContext())   // who we are
                    .build();
            return RestClient.builder()
                    .baseUrl("https://orders.example.com")
                    .requestFactory(new JdkClientHttpRequestFactory(http))
                    .requestInterceptor(new RestClientCertificateForwarding())         // for whom we ask
                    .build();
        }
        // end
        // spotless:on
    }
}
