package io.mtls.spring;

import static org.springframework.security.config.Customizer.withDefaults;

import io.mtls.ClientAuthenticator;
import io.mtls.servlet.Refusals;
import jakarta.servlet.DispatcherType;
import org.springframework.aop.Advisor;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.security.autoconfigure.web.servlet.ConditionalOnDefaultServletWebSecurity;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.ProviderNotFoundException;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authorization.method.AuthorizationManagerBeforeMethodInterceptor;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;

/** Callers by certificate in Spring Security. */
@AutoConfiguration(
        after = MtlsAutoConfiguration.class,
        before = MtlsMvcAutoConfiguration.class,
        beforeName = {
            "org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
            "org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
            "org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration"
        })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({HttpSecurity.class, SecurityFilterProperties.class})
@ConditionalOnBean(ClientAuthenticator.class)
public final class MtlsSecurityAutoConfiguration {

    /** Applied to each chain that is built from the bean, a user's own included. */
    @Bean
    Customizer<HttpSecurity> mtlsClientCertificates() {
        return http -> http.with(ClientCertificateConfigurer.clientCertificates(), withDefaults());
    }

    /** Without a chain of the user's own: the path rules decide, and nobody logs in by any other means. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnDefaultServletWebSecurity
    static class DefaultChain {

        @Bean
        @Order(SecurityFilterProperties.BASIC_AUTH_ORDER)
        SecurityFilterChain mtlsSecurityFilterChain(HttpSecurity http, ClientAuthenticator authenticator) {
            SecurityRefusals refusals = new SecurityRefusals(new Refusals(authenticator));
            AuthorizationManager<RequestAuthorizationContext> byPathRules = (authentication, context) ->
                    new AuthorizationDecision(PathPatternRules.haveDecidedOn(context.getRequest()));
            http.authorizeHttpRequests(requests -> {
                requests.dispatcherTypeMatchers(DispatcherType.ERROR).permitAll(); // The error page.
                ManagementPort.permitHealth(requests);
                requests.anyRequest().access(byPathRules);
            });
            http.sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS));
            http.csrf(csrf -> csrf.requireCsrfProtectionMatcher(new CrossSiteRequestMatcher())
                    .csrfTokenRepository(new CookieCsrfTokenRepository()));
            http.exceptionHandling(
                    denials -> denials.accessDeniedHandler(refusals).authenticationEntryPoint(refusals));
            http.logout(AbstractHttpConfigurer::disable);
            http.requestCache(AbstractHttpConfigurer::disable);
            return http.build();
        }

        /** So that no user with a generated password is made, whom nothing would ever ask for it. */
        @Bean
        @ConditionalOnMissingBean
        AuthenticationManager mtlsNoOtherAuthentication() {
            return authentication -> {
                throw new ProviderNotFoundException("Callers are known by their certificates only");
            };
        }
    }

    /** {@code @CertificateRoles} on beans that are no controllers. */
    @Configuration(proxyBeanMethods = false)
    static class CertificateRolesOnMethods {

        @Bean(CertificateRolesMethods.BEAN)
        @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
        static Advisor mtlsCertificateRolesMethodInterceptor() {
            return new AuthorizationManagerBeforeMethodInterceptor(
                    new CertificateRolesMethods.Pointcut(), new CertificateRolesMethods());
        }
    }

    /** {@code @PreAuthorize} and its companions, unless the user has turned them on. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(name = "preAuthorizeAuthorizationMethodInterceptor")
    @EnableMethodSecurity
    static class PrePostAnnotations {}

    /** {@code @RolesAllowed} and its companions: Spring Security leaves them off, and they must not be ignored. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(name = "jsr250AuthorizationMethodInterceptor")
    @EnableMethodSecurity(prePostEnabled = false, jsr250Enabled = true)
    static class Jsr250Annotations {}
}
