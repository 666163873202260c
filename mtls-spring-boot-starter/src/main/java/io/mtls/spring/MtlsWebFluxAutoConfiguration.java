package io.mtls.spring;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;

/** A reactive application would believe itself protected. */
@AutoConfiguration
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
public final class MtlsWebFluxAutoConfiguration {

    MtlsWebFluxAutoConfiguration() {
        throw new MtlsConfigurationException(
                "This is a reactive web application, which mtls-spring-boot-starter does not protect.",
                "Use Spring MVC (spring-boot-starter-webmvc, and spring.main.web-application-type=servlet where both are"
                        + " on the class path), or remove mtls-spring-boot-starter.");
    }
}
