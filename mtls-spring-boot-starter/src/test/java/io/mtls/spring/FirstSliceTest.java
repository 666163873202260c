package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;

import io.mtls.spring.Application.Server;
import java.security.Principal;
import javax.net.ssl.SSLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

class FirstSliceTest {

    @ParameterizedTest
    @EnumSource
    void a_member_gets_in_and_a_stranger_does_not(Server server) {
        try (Application application =
                Application.of(server, App.class).withoutSecurity().start()) {
            Client.by(Pki.alice(), application.port())
                    .get("/whoami")
                    .then()
                    .statusCode(200)
                    .body(equalTo("alice"));
            assertThatThrownBy(
                            () -> Client.by(Pki.stranger(), application.port()).get("/whoami"))
                    .isInstanceOf(SSLException.class);
        }
    }

    @EnableAutoConfiguration
    @RestController
    static class App {
        @GetMapping("/whoami")
        String whoami(Principal principal) {
            return principal.getName();
        }
    }
}
