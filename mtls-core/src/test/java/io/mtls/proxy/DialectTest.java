package io.mtls.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mtls.proxy.ForwardedCertificates.Dialect;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dialects by the names that configuration has for them. */
class DialectTest {

    @ParameterizedTest
    @CsvSource({
        "RFC9440, rfc9440, '', client-cert client-cert-chain",
        "RFC9440, rfc9440, A B, a b",
        "XFCC, xfcc, '', x-forwarded-client-cert",
        "XFCC_APPENDED, xfcc-appended, '', x-forwarded-client-cert",
        "NGINX, nginx, A, a",
        "HAPROXY, haproxy, A, a",
        "HAPROXY, haproxy, A B, a b",
        "APACHE, apache, A, a",
        "APACHE, apache, A B C, a b c",
        "TRAEFIK, traefik, '', x-forwarded-tls-client-cert",
        "AWS_ALB_PASSTHROUGH, aws-alb-passthrough, '', x-amzn-mtls-clientcert",
        "AWS_ALB_VERIFY, aws-alb-verify, '', x-amzn-mtls-clientcert-leaf",
    })
    void each_has_a_name_and_reads_its_headers(Dialect dialect, String name, String headers, String read) {
        assertThat(dialect).hasToString(name);
        assertThat(ForwardedCertificates.of(dialect, split(headers)).headers()).containsExactly(read.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "RFC9440, A, 'rfc9440 takes no headers, or two'",
        "RFC9440, A B C, 'rfc9440 takes no headers, or two'",
        "XFCC, A, xfcc takes no headers",
        "NGINX, '', nginx takes the one header",
        "NGINX, A B, nginx takes the one header",
        "HAPROXY, '', haproxy takes the header",
        "HAPROXY, A B C, haproxy takes the header",
        "APACHE, '', apache takes the header",
        "AWS_ALB_VERIFY, A, aws-alb-verify takes no headers",
    })
    void each_says_how_many_headers_it_takes(Dialect dialect, String headers, String explanation) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForwardedCertificates.of(dialect, split(headers)))
                .withMessageContaining(explanation)
                .withMessageContaining("are named");
    }

    private static List<String> split(String names) {
        return names.isEmpty() ? List.of() : List.of(names.split(" "));
    }
}
