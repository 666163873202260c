package io.mtls.spring;

import io.mtls.revocation.RevocationPolicy;
import java.net.InetAddress;
import java.util.List;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.server.servlet.context.ServletWebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Development mode: certificates for the server and its clients from a certificate authority of the application's own.
 *
 * <p>It is no more than an SSL bundle for the server, a loopback address to bind to, and a list of members with their
 * roles; what decides is the same as ever.
 */
@AutoConfiguration(before = {MtlsAutoConfiguration.class, SslAutoConfiguration.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty(prefix = "mtls.dev", name = "enabled", havingValue = "true")
@EnableConfigurationProperties(MtlsProperties.class)
public final class MtlsDevelopmentAutoConfiguration {

    private static final String BUNDLE = "mtls-dev";

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("io.mtls.ca.CertificateAuthority")
    static class WithoutAuthority {

        WithoutAuthority() {
            throw new MtlsConfigurationException(
                    "Development mode is on (mtls.dev.enabled), but the certificate authority that it needs is not on the"
                            + " class path.",
                    "Add the dependency io.mtls:mtls-ca, for development only; or remove mtls.dev.enabled.");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "io.mtls.ca.CertificateAuthority")
    static class WithAuthority {

        @Bean
        DevelopmentAuthority mtlsDevelopmentAuthority(MtlsProperties properties) {
            return new DevelopmentAuthority(properties.dev());
        }

        @Bean
        SslBundleRegistrar mtlsDevelopmentBundle(DevelopmentAuthority authority) {
            return registry -> registry.registerBundle(BUNDLE, authority.serverBundle());
        }

        /** Where nothing is said of revocation, the authority is asked itself: a member revoked on its command line is out. */
        @Bean
        @ConditionalOnMissingBean
        @Nullable
        RevocationPolicy mtlsDevelopmentRevocation(DevelopmentAuthority authority, MtlsProperties properties) {
            return properties.revocation().equals(MtlsProperties.Revocation.DEFAULTS) ? authority.revocation() : null;
        }

        @Bean
        static BeanPostProcessor mtlsDevelopmentServer(ObjectProvider<MtlsProperties> properties) {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String beanName) {
                    if (bean instanceof ServerProperties server) {
                        configure(server, properties.getObject());
                    }
                    return bean;
                }
            };
        }

        /** Once the port is known. */
        @Bean
        ApplicationListener<ServletWebServerInitializedEvent> mtlsDevelopmentInstructions(
                DevelopmentAuthority authority, ServerProperties server) {
            return event -> {
                if (event.getApplicationContext().getServerNamespace() == null) {
                    String path = server.getServlet().getContextPath();
                    List<String> lines =
                            authority.curlLines(event.getWebServer().getPort(), path == null ? "/" : path + "/");
                    LogFactory.getLog(MtlsDevelopmentAutoConfiguration.class)
                            .warn("Development mode of mtls: not for production. Its clients:"
                                    + (lines.isEmpty() ? " none, name some by mtls.dev.members" : "")
                                    + lines.stream()
                                            .map(line -> System.lineSeparator() + "    " + line)
                                            .reduce("", String::concat));
                }
            };
        }

        private static void configure(ServerProperties server, MtlsProperties properties) {
            Ssl ssl = server.getSsl();
            if (ssl != null) {
                requireNoKeys(ssl);
            } else {
                ssl = new Ssl();
                server.setSsl(ssl);
            }
            ssl.setBundle(BUNDLE);
            properties.issuers().forEach(WithAuthority::requireNoAnchors);
            server.setAddress(address(server.getAddress(), properties.dev(), "server.address"));
        }

        private static void requireNoKeys(Ssl ssl) {
            boolean keys = ssl.getBundle() != null
                    || ssl.getKeyStore() != null
                    || ssl.getCertificate() != null
                    || ssl.getTrustStore() != null
                    || ssl.getTrustCertificate() != null
                    || !ssl.getServerNameBundles().isEmpty();
            if (keys || !ssl.isEnabled()) {
                throw new MtlsConfigurationException(
                        "Development mode is on (mtls.dev.enabled), but server.ssl "
                                + (keys ? "names keys or trusted certificates" : "turns TLS off")
                                + ", as for production.",
                        "Remove mtls.dev.enabled; or move what stands below server.ssl to a profile that is not active"
                                + " in development.");
            }
        }

        private static void requireNoAnchors(String name, MtlsProperties.Issuer issuer) {
            if (issuer.bundle() != null || issuer.pinnedBundle() != null || issuer.verifiedByProxy()) {
                throw new MtlsConfigurationException(
                        "Development mode is on (mtls.dev.enabled), but mtls.issuers." + name
                                + " says whom to trust, as for production.",
                        "Remove mtls.dev.enabled; or move mtls.issuers." + name
                                + " to a profile that is not active in development.");
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ManagementServerProperties.class)
    static class WithManagement {

        @Bean
        static BeanPostProcessor mtlsDevelopmentManagementServer(ObjectProvider<MtlsProperties> properties) {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String beanName) {
                    if (bean instanceof ManagementServerProperties management && management.getPort() != null) {
                        management.setAddress(address(
                                management.getAddress(), properties.getObject().dev(), "management.server.address"));
                    }
                    return bean;
                }
            };
        }
    }

    private static @Nullable InetAddress address(
            @Nullable InetAddress configured, MtlsProperties.Dev dev, String property) {
        if (dev.allowRemote()) {
            return configured;
        }
        if (configured != null && !configured.isLoopbackAddress()) {
            throw new MtlsConfigurationException(
                    "Development mode is on (mtls.dev.enabled), but '" + property + "' is "
                            + configured.getHostAddress() + ", where others can connect.",
                    "Remove '" + property + "'; or set mtls.dev.allow-remote=true if that is what you want.");
        }
        return InetAddress.getLoopbackAddress();
    }
}
