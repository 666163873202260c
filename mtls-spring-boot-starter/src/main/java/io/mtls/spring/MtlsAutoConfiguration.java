package io.mtls.spring;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.TrustedProxies;
import io.mtls.identity.RoleMapper;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.servlet.MtlsFilter;
import jakarta.servlet.DispatcherType;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.server.servlet.ConfigurableServletWebServerFactory;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.util.pattern.PathPatternParser;

/** Verifier, authenticator, filter, and the server's TLS. */
@AutoConfiguration(
        after = SslAutoConfiguration.class,
        beforeName = {
            "org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration",
            "org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration"
        })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@EnableConfigurationProperties({MtlsProperties.class, ServerProperties.class})
public final class MtlsAutoConfiguration {

    @Bean
    PathPatternRules mtlsPathRules(MtlsProperties properties) {
        return new PathPatternRules(properties.paths());
    }

    /** Spring MVC's parser is made late, and the rules are needed early: its options are taken over before serving. */
    @Bean
    SmartInitializingSingleton mtlsPathRulesOptions(
            PathPatternRules rules, ObjectProvider<PathPatternParser> ofSpringMvc) {
        return () -> ofSpringMvc.ifUnique(rules::matchAs);
    }

    @Bean
    Bundles mtlsBundles(SslBundles bundles, ServerProperties server) {
        return new Bundles(bundles, server.getSsl());
    }

    @Bean
    Revocations mtlsRevocations(
            MtlsProperties properties,
            ObjectProvider<RevocationPolicy> ofUser,
            ObjectProvider<MtlsListener> listeners) {
        return new Revocations(properties, ofUser.getIfAvailable(), InstantSource.system(), all(listeners));
    }

    /** For code of the user's own to deny whom it must, at once. Not where it would not be asked. */
    @Bean
    @ConditionalOnMissingBean({DenyList.class, ClientCertificateVerifier.class, ClientAuthenticator.class})
    DenyList mtlsDenyList(Revocations revocations) {
        return revocations.denyList();
    }

    @Bean
    @ConditionalOnMissingBean
    ClientAuthenticator mtlsClientAuthenticator(
            ObjectProvider<ClientCertificateVerifier> ofUser,
            MtlsProperties properties,
            Bundles bundles,
            Revocations revocations,
            ObjectProvider<DenyList> denyList,
            ObjectProvider<RoleMapper> roleMapper,
            ObjectProvider<TrustedProxies> proxies,
            ObjectProvider<MtlsListener> listeners) {
        MtlsListener listener = all(listeners);
        ClientCertificateVerifier fixed = ofUser.getIfAvailable();
        Supplier<ClientCertificateVerifier> callers;
        Supplier<ClientCertificateVerifier> certificatesOfProxies = null;
        if (fixed != null) {
            if (!properties.proxies().issuers().isEmpty()) {
                throw new MtlsConfigurationException(
                        "A bean of ClientCertificateVerifier says whom to trust, so that 'mtls.proxies.issuers' is not in"
                                + " force.",
                        "Remove the bean, or replace 'mtls.proxies' by a bean of TrustedProxies.");
            }
            callers = () -> fixed;
        } else {
            DenyList denied = denyList.getObject();
            Issuers issuers = Issuers.ofCallers(properties, bundles, revocations, denied, roleMapper.getIfAvailable());
            Issuers ofProxies = Issuers.ofProxies(properties, bundles, revocations, denied);
            if (issuers.haveTheirOwnRevocation() && ofProxies.haveTheirOwnRevocation()) {
                revocations.requireNothingForAll();
            }
            callers = issuers.reloadable("trust anchors", listener);
            certificatesOfProxies =
                    ofProxies.isEmpty() ? null : ofProxies.reloadable("trust anchors of proxies", listener);
        }
        TrustedProxies trusted =
                Proxies.of(properties.proxies(), proxies.getIfAvailable(), callers, certificatesOfProxies);
        if (trusted == null) {
            properties.issuers().forEach((name, issuer) -> requireProxies(name, issuer));
        }
        ClientAuthenticator strict = new ClientAuthenticator(callers, InstantSource.system(), listener);
        ClientAuthenticator direct = properties.allowMisdirectedRequests() ? strict.allowMisdirectedRequests() : strict;
        return trusted == null ? direct : direct.behind(trusted);
    }

    private static void requireProxies(String name, MtlsProperties.Issuer issuer) {
        if (issuer.verifiedByProxy()) {
            throw new MtlsConfigurationException(
                    "'mtls.issuers." + name + ".verified-by-proxy' is set, but there are no proxies.",
                    "Say which proxies are believed by 'mtls.proxies', or name the CA by 'mtls.issuers." + name
                            + ".bundle'.");
        }
    }

    /** A bean of the user's own replaces what the properties say, which must not go unnoticed. */
    @Bean
    SmartInitializingSingleton mtlsNothingIgnored(ListableBeanFactory beans, MtlsProperties properties) {
        return () -> {
            if (properties.denyList() != null
                    && beans.getBeanNamesForType(DenyList.class).length > 0
                    && !beans.containsBean("mtlsDenyList")) {
                throw new MtlsConfigurationException(
                        "A bean of DenyList says which certificates are denied, so that 'mtls.deny-list' is not in force.",
                        "Remove the bean, or remove 'mtls.deny-list' and read that file by DenyList.watching.");
            }
            boolean replaced = !beans.containsBean("mtlsClientAuthenticator")
                    || beans.getBeanNamesForType(ClientCertificateVerifier.class).length > 0;
            boolean ignored = !properties.issuers().isEmpty()
                    || !properties.policy().equals(MtlsProperties.Policy.DEFAULTS)
                    || !properties.revocation().equals(MtlsProperties.Revocation.DEFAULTS)
                    || properties.denyList() != null
                    || properties.dev().enabled()
                    || beans.getBeanNamesForType(RevocationPolicy.class).length > 0
                    || beans.getBeanNamesForType(RoleMapper.class).length > 0;
            boolean proxies =
                    !properties.proxies().sayNothing() || beans.getBeanNamesForType(TrustedProxies.class).length > 0;
            if (proxies && !beans.containsBean("mtlsClientAuthenticator")) {
                throw new MtlsConfigurationException(
                        "A bean of ClientAuthenticator says which proxies are believed, so that what stands below"
                                + " 'mtls.proxies', or a bean of TrustedProxies, is not in force.",
                        "Remove the bean, or have it believe them by ClientAuthenticator.behind, and remove these.");
            }
            if (properties.allowMisdirectedRequests() && !beans.containsBean("mtlsClientAuthenticator")) {
                throw new MtlsConfigurationException(
                        "A bean of ClientAuthenticator says which requests are served, so that"
                                + " 'mtls.allow-misdirected-requests' is not in force.",
                        "Remove it, and use ClientAuthenticator.allowMisdirectedRequests for the bean.");
            }
            if (replaced && ignored) {
                throw new MtlsConfigurationException(
                        "A bean of ClientAuthenticator or ClientCertificateVerifier says whom to trust, so that what stands"
                                + " below mtls.issuers, mtls.policy, mtls.revocation, mtls.deny-list or mtls.dev, or a bean"
                                + " of RoleMapper or RevocationPolicy, is not in force.",
                        "Remove the bean, or remove these.");
            }
        };
    }

    @Bean
    FilterRegistrationBean<MtlsFilter> mtlsFilterRegistration(
            ClientAuthenticator authenticator, PathPatternRules rules) {
        FilterRegistrationBean<MtlsFilter> registration =
                new FilterRegistrationBean<>(new MtlsFilter(authenticator, rules));
        registration.setName(FilterCoverage.FILTER);
        registration.setUrlPatterns(List.of("/*"));
        registration.setDispatcherTypes(EnumSet.allOf(DispatcherType.class));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }

    @Bean
    ServerStaple mtlsServerStaple(MtlsProperties properties, ObjectProvider<MtlsListener> listeners) {
        return new ServerStaple(properties.stapling(), properties.revocation().storage(), all(listeners));
    }

    @Bean
    ServerTls mtlsServerTls(
            ServerProperties server,
            Bundles bundles,
            ClientAuthenticator authenticator,
            PathPatternRules rules,
            MtlsProperties properties,
            ServerStaple staple,
            ObjectProvider<MtlsListener> listeners) {
        return new ServerTls(
                server.getSsl(),
                bundles,
                authenticator,
                rules,
                properties.handshake(),
                properties.proxies().allowPlainHttp(),
                staple,
                all(listeners));
    }

    /** No server is left without. */
    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    WebServerFactoryCustomizer<ConfigurableServletWebServerFactory> mtlsKnownServers(ServerTls tls) {
        return factory -> {
            if (!tls.isApplied()) {
                throw new MtlsConfigurationException(
                        "The web server of " + factory.getClass().getName()
                                + " is none whose client authentication could be turned on.",
                        "Use Tomcat or Jetty: spring-boot-starter-tomcat or spring-boot-starter-jetty.");
            }
        };
    }

    private static MtlsListener all(ObjectProvider<MtlsListener> listeners) {
        return MtlsListener.all(Stream.concat(Stream.of(MtlsListener.logging()), listeners.orderedStream())
                .toArray(MtlsListener[]::new));
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(TomcatServletWebServerFactory.class)
    static class OnTomcat {

        @Bean
        TomcatTls mtlsTomcat(ServerTls tls) {
            return new TomcatTls(tls);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JettyServletWebServerFactory.class)
    static class OnJetty {

        @Bean
        JettyTls mtlsJetty(ServerTls tls) {
            return new JettyTls(tls);
        }
    }
}
