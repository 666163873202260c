package io.mtls;

import io.mtls.identity.NearMiss;
import io.mtls.proxy.ForwardedCertificates;
import io.mtls.proxy.ForwardedCertificates.Dialect;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a properties file says of the proxies in front, but for who issues their certificates. */
final class ProxySettings {

    private static final List<String> KNOWN = List.of("format", "headers", "addresses", "ignore-from-others");

    private final Map<String, String> values = new LinkedHashMap<>();

    /** @throws IllegalArgumentException if there is no setting of that name */
    void put(String setting, String value) {
        if (!KNOWN.contains(setting)) {
            throw new IllegalArgumentException("'" + setting + "' is not known" + NearMiss.hint(setting, KNOWN)
                    + "; expected one of " + KNOWN + ", or issuer.<name>.<setting>");
        }
        values.put(setting, value);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /**
     * Finds what is wrong, before anything is made of it.
     *
     * @param byCertificate whether there are issuers of proxies' certificates
     * @param at runs a reader of one setting, and says of what it throws which setting it was
     */
    void check(boolean byCertificate, BiConsumer<String, Runnable> at) {
        if (!values.containsKey("format")) {
            throw new IllegalArgumentException(
                    "it is not said how they forward certificates: write 'format = ' and one of "
                            + List.of(Dialect.values()));
        }
        at.accept("format", this::dialect);
        at.accept("headers", this::format);
        at.accept("addresses", () -> list("addresses").forEach(TrustedProxies.Builder::range));
        at.accept("ignore-from-others", this::ignoreFromOthers);
        if (!byCertificate && !values.containsKey("addresses")) {
            throw new IllegalArgumentException("whoever sends a certificate in a header would be believed: say which"
                    + " proxies may, by 'addresses', by 'issuer.<name>.anchors' with 'issuer.<name>.members', or both");
        }
    }

    /**
     * The proxies.
     *
     * @param forwarded who may hold what is forwarded
     * @param certificates who may be a proxy; null where addresses alone say it
     */
    TrustedProxies proxies(
            Supplier<ClientCertificateVerifier> forwarded, @Nullable Supplier<ClientCertificateVerifier> certificates) {
        TrustedProxies.Builder builder = TrustedProxies.builder(format(), forwarded)
                .addresses(list("addresses").toArray(String[]::new));
        if (certificates != null) {
            builder.certificates(certificates);
        }
        return (ignoreFromOthers() ? builder.ignoreFromOthers() : builder).build();
    }

    private Dialect dialect() {
        String name = values.getOrDefault("format", "");
        List<String> known = Stream.of(Dialect.values()).map(Dialect::toString).toList();
        return Stream.of(Dialect.values())
                .filter(dialect -> dialect.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("expected one of " + known + NearMiss.hint(name, known)));
    }

    private ForwardedCertificates format() {
        return ForwardedCertificates.of(dialect(), list("headers"));
    }

    private boolean ignoreFromOthers() {
        return SettingValue.isTrue(values.getOrDefault("ignore-from-others", "false"));
    }

    private List<String> list(String setting) {
        String value = values.get(setting);
        return value == null ? List.of() : List.of(SettingValue.list(value));
    }
}
