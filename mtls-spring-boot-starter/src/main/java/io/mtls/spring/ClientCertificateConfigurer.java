package io.mtls.spring;

import io.mtls.ClientAuthenticator;
import io.mtls.servlet.Refusals;
import java.time.InstantSource;
import org.springframework.context.ApplicationContext;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.ExceptionHandlingConfigurer;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.web.access.ExceptionTranslationFilter;

/**
 * Lets a filter chain of Spring Security know callers by certificate, beside whatever else it authenticates by.
 *
 * <p>Every chain that is built from the {@code HttpSecurity} bean has it already. A chain of your own says no more than
 * what it wants:
 *
 * <pre>{@code
 * http.authorizeHttpRequests(requests -> requests
 *         .requestMatchers("/admin/**").hasRole("operator")
 *         .anyRequest().authenticated());
 * }</pre>
 *
 * <p>A chain that is not to know certificates takes it out: {@code http.with(clientCertificates(),
 * AbstractHttpConfigurer::disable)}.
 */
public final class ClientCertificateConfigurer
        extends AbstractHttpConfigurer<ClientCertificateConfigurer, HttpSecurity> {

    private ClientCertificateConfigurer() {}

    /** For {@link HttpSecurity#with}. */
    public static ClientCertificateConfigurer clientCertificates() {
        return new ClientCertificateConfigurer();
    }

    @Override
    public void init(HttpSecurity http) {
        ExceptionHandlingConfigurer<HttpSecurity> exceptions = exceptionHandling(http);
        if (exceptions != null) {
            Refusals refusals =
                    new Refusals(http.getSharedObject(ApplicationContext.class).getBean(ClientAuthenticator.class));
            exceptions.defaultDeniedHandlerForMissingAuthority(
                    entryPoints -> entryPoints.defaultEntryPoint(new SecurityRefusals(refusals)),
                    FactorGrantedAuthority.X509_AUTHORITY);
        }
    }

    @Override
    public void configure(HttpSecurity http) {
        ClientCertificateFilter filter =
                new ClientCertificateFilter(getSecurityContextHolderStrategy(), InstantSource.system());
        http.addFilterBefore(postProcess(filter), ExceptionTranslationFilter.class);
    }

    @SuppressWarnings("unchecked")
    private static @org.jspecify.annotations.Nullable ExceptionHandlingConfigurer<HttpSecurity> exceptionHandling(
            HttpSecurity http) {
        return http.getConfigurer(ExceptionHandlingConfigurer.class);
    }
}
