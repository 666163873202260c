package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.ClientCertificateVerifier;
import io.mtls.TrustedProxies;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.proxy.ForwardedCertificates.Dialect;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whom the properties, or a bean of the user's own, let say whose certificate they saw. */
final class Proxies {

    private Proxies() {}

    /**
     * Null where there are none.
     *
     * @param ofUser a bean that replaces what the properties say
     * @param callers who may hold what is forwarded
     * @param certificates who may be a proxy; null where no issuer of proxies' certificates is named
     */
    static @Nullable TrustedProxies of(
            MtlsProperties.Proxies properties,
            @Nullable TrustedProxies ofUser,
            Supplier<ClientCertificateVerifier> callers,
            @Nullable Supplier<ClientCertificateVerifier> certificates) {
        if (properties.sayNothing()) {
            return ofUser;
        }
        if (ofUser != null) {
            throw new MtlsConfigurationException(
                    "A bean of TrustedProxies says which proxies are believed, so that what stands below 'mtls.proxies' is not"
                            + " in force.",
                    "Remove the bean, or remove 'mtls.proxies'.");
        }
        TrustedProxies.Builder builder = TrustedProxies.builder(format(properties), callers);
        if (properties.addresses().isEmpty() && certificates == null) {
            throw new MtlsConfigurationException(
                    "'mtls.proxies.format' is set, but not by what proxies are known: whoever sends a certificate in a header"
                            + " would be believed.",
                    "Set 'mtls.proxies.addresses', or 'mtls.proxies.issuers.<name>.bundle' with '.members', or both.");
        }
        checked(
                "mtls.proxies.addresses",
                () -> builder.addresses(properties.addresses().toArray(String[]::new)));
        if (certificates != null) {
            builder.certificates(certificates);
        }
        if (properties.ignoreFromOthers()) {
            builder.ignoreFromOthers();
        }
        return checked("mtls.proxies.format", builder::build);
    }

    private static ForwardedCertificates format(MtlsProperties.Proxies properties) {
        Dialect format = properties.format();
        if (format == null) {
            throw new MtlsConfigurationException(
                    "What stands below 'mtls.proxies' is not in force, since 'mtls.proxies.format' does not say how"
                            + " certificates are forwarded.",
                    "Set 'mtls.proxies.format' to one of " + List.of(Dialect.values()) + ", or remove 'mtls.proxies'.");
        }
        return checked("mtls.proxies.headers", () -> ForwardedCertificates.of(format, properties.headers()));
    }
}
