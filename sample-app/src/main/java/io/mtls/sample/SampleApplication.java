package io.mtls.sample;

import java.time.InstantSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;

/**
 * The settlement desk of a small clearing group: its members read reports, an operator releases them, an auditor sees who
 * did what. Nobody logs in; the certificate says who it is.
 *
 * <p>Who may call what is said by {@code mtls.paths} in {@code application.yaml} and by {@code @CertificateRoles} on the
 * handlers, and nowhere else.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
public class SampleApplication {

    public static void main(String[] args) {
        SpringApplication.run(SampleApplication.class, args);
    }

    @Bean
    InstantSource clock() {
        return InstantSource.system();
    }
}
