package io.mtls.spring;

import io.mtls.ClientAuthenticator;
import io.mtls.servlet.Refusals;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.handler.MappedInterceptor;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;

/** Annotations and arguments of controllers. */
@AutoConfiguration(
        after = MtlsAutoConfiguration.class,
        beforeName = "org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration")
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({DispatcherServlet.class, WebMvcConfigurer.class})
@ConditionalOnBean(ClientAuthenticator.class)
public final class MtlsMvcAutoConfiguration {

    @Bean
    CertificateRolesInterceptor mtlsCertificateRolesInterceptor(ClientAuthenticator authenticator) {
        return new CertificateRolesInterceptor(new Refusals(authenticator));
    }

    /** As a bean of this type it gets into every mapping, those of {@code WebMvcConfigurationSupport} and a user's own too. */
    @Bean
    MappedInterceptor mtlsMappedInterceptor(CertificateRolesInterceptor interceptor) {
        return new MappedInterceptor(null, interceptor);
    }

    @Bean
    AnnotatedHandlers mtlsAnnotatedHandlers(ListableBeanFactory beans, CertificateRolesInterceptor interceptor) {
        return new AnnotatedHandlers(beans, interceptor, beans.containsBean(CertificateRolesMethods.BEAN));
    }

    @Bean
    ClientCertificateArgumentResolver mtlsArgumentResolver(ClientAuthenticator authenticator) {
        return new ClientCertificateArgumentResolver(new Refusals(authenticator));
    }

    /** Before Spring's own, which takes whatever is a {@code Principal} to be the request's. */
    @Bean
    SmartInitializingSingleton mtlsArgumentsFirst(
            ObjectProvider<RequestMappingHandlerAdapter> adapters, ClientCertificateArgumentResolver arguments) {
        return () -> adapters.forEach(adapter -> {
            List<HandlerMethodArgumentResolver> resolvers = new ArrayList<>(List.of(arguments));
            resolvers.addAll(Objects.requireNonNullElse(adapter.getArgumentResolvers(), List.of()));
            adapter.setArgumentResolvers(resolvers);
        });
    }

    @Bean
    WebMvcConfigurer mtlsWebMvcConfigurer(ClientCertificateArgumentResolver arguments) {
        return new WebMvcConfigurer() {
            @Override
            public void extendHandlerExceptionResolvers(List<HandlerExceptionResolver> resolvers) {
                resolvers.add(0, arguments);
            }
        };
    }
}
