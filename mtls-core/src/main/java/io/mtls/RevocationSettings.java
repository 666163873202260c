package io.mtls;

import io.mtls.identity.NearMiss;
import io.mtls.revocation.CrlSource;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationSource;
import io.mtls.revocation.RevocationStatus.Why;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a properties file says of one issuer's revocation, or of that of all which say nothing themselves. */
final class RevocationSettings {

    private static final Set<String> GENERAL = Set.of("sources", "grace", "allow-unknown", "allow-unchecked-issuers");
    private static final String UNCHECKED = "allow-unchecked";
    private static final Set<String> OF_OCSP = Set.of("ocsp.responders", "ocsp.aia", "ocsp.nonce", "ocsp.deadline");
    private static final Set<String> OF_CRL = Set.of(
            "crl.files", "crl.directories", "crl.urls", "crl.distribution-points", "crl.deadline", "crl.max-bytes");
    private static final List<String> WHYS =
            List.of("no-answer", "unreachable", "expired", "unverifiable", "unknown-to-responder");

    private final Map<String, String> values = new LinkedHashMap<>();

    /** @throws IllegalArgumentException if there is no setting of that name */
    void put(String setting, String value) {
        List<String> known = new ArrayList<>(GENERAL);
        known.add(UNCHECKED);
        known.addAll(OF_OCSP);
        known.addAll(OF_CRL);
        if (!known.contains(setting)) {
            throw new IllegalArgumentException("'" + setting + "' is not known" + NearMiss.hint(setting, known)
                    + "; expected one of " + known.stream().sorted().toList());
        }
        values.put(setting, value);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /** The setting that was put first. */
    String first() {
        return values.keySet().iterator().next();
    }

    /** Where the sources are made, and what they have in common. */
    record Surroundings(
            Path base,
            @Nullable Path storage,
            InstantSource clock,
            MtlsListener listener,
            Consumer<AutoCloseable> made) {}

    /**
     * The policy, or null where it is said that revocation is not to be checked.
     *
     * @param at runs a reader of one setting, and says of what it throws which setting it was
     */
    @Nullable
    RevocationPolicy policy(Surroundings surroundings, BiConsumer<String, Runnable> at) {
        if (values.containsKey(UNCHECKED) && SettingValue.isTrue(value(UNCHECKED))) {
            if (values.size() > 1) {
                throw new IllegalArgumentException("'" + UNCHECKED + "' stands beside settings that check: keep one");
            }
            return null;
        }
        String sources = values.get("sources");
        if (sources == null) {
            throw new IllegalArgumentException(
                    "it is not said how it is learned whether a certificate is revoked: write"
                            + " 'sources = ocsp', 'sources = crl' or both in the order in which they are asked; or 'allow-unchecked"
                            + " = true' if revoked certificates are to be accepted");
        }
        List<RevocationSource> inOrder = new ArrayList<>();
        at.accept("sources", () -> {
            for (String source : SettingValue.list(sources)) {
                inOrder.add(
                        switch (source) {
                            case "ocsp" -> ocsp(surroundings, at);
                            case "crl" -> crl(surroundings, at);
                            default -> throw new IllegalArgumentException("expected ocsp, crl or both");
                        });
            }
        });
        requireNoneInVain("ocsp", OF_OCSP, sources);
        requireNoneInVain("crl", OF_CRL, sources);
        RevocationPolicy.Builder policy = RevocationPolicy.builder(inOrder);
        set("grace", at, value -> policy.grace(SettingValue.duration(value)));
        set("allow-unknown", at, value -> {
            for (String why : SettingValue.list(value)) {
                if (!WHYS.contains(why)) {
                    throw new IllegalArgumentException("expected one or more of " + WHYS);
                }
                policy.allowUnknown(Why.valueOf(why.replace('-', '_').toUpperCase(Locale.ROOT)));
            }
        });
        set("allow-unchecked-issuers", at, value -> {
            if (SettingValue.isTrue(value)) {
                policy.allowUncheckedIssuers();
            }
        });
        return policy.build();
    }

    private void requireNoneInVain(String source, Set<String> settings, String sources) {
        if (!List.of(SettingValue.list(sources)).contains(source)) {
            values.keySet().stream().filter(settings::contains).findFirst().ifPresent(setting -> {
                throw new IllegalArgumentException(
                        "'" + setting + "' has no effect, since '" + source + "' is not among the sources: " + sources);
            });
        }
    }

    private RevocationSource ocsp(Surroundings surroundings, BiConsumer<String, Runnable> at) {
        OcspSource.Builder builder =
                OcspSource.builder().clock(surroundings.clock).events(surroundings.listener.ofRevocation());
        set("ocsp.responders", at, value -> addresses(value).forEach(builder::responder));
        set("ocsp.aia", at, value -> {
            if (!SettingValue.isTrue(value)) {
                builder.withoutAia();
            }
        });
        set("ocsp.nonce", at, value -> builder.nonce(nonce(value)));
        set("ocsp.deadline", at, value -> builder.deadline(SettingValue.duration(value)));
        if (surroundings.storage != null) {
            builder.storage(surroundings.storage.resolve("ocsp"));
        }
        OcspSource source = builder.build();
        surroundings.made.accept(source);
        return source;
    }

    private RevocationSource crl(Surroundings surroundings, BiConsumer<String, Runnable> at) {
        CrlSource.Builder builder =
                CrlSource.builder().clock(surroundings.clock).events(surroundings.listener.ofRevocation());
        set("crl.files", at, value -> each(value, file -> builder.file(surroundings.base.resolve(file))));
        set("crl.directories", at, value -> each(value, file -> builder.directory(surroundings.base.resolve(file))));
        set("crl.urls", at, value -> addresses(value).forEach(builder::url));
        set("crl.deadline", at, value -> builder.deadline(SettingValue.duration(value)));
        set("crl.max-bytes", at, value -> builder.maxBytes(SettingValue.number(value)));
        String distributionPoints = values.get("crl.distribution-points");
        boolean named = values.containsKey("crl.files")
                || values.containsKey("crl.directories")
                || values.containsKey("crl.urls");
        if (distributionPoints == null ? !named : SettingValue.isTrue(distributionPoints)) {
            builder.distributionPoints();
        }
        if (surroundings.storage != null) {
            builder.storage(surroundings.storage.resolve("crl"));
        }
        CrlSource source = builder.build();
        surroundings.made.accept(source);
        return source;
    }

    private static OcspSource.Nonce nonce(String value) {
        return switch (value) {
            case "off" -> OcspSource.Nonce.OFF;
            case "optional" -> OcspSource.Nonce.OPTIONAL;
            case "required" -> OcspSource.Nonce.REQUIRED;
            default -> throw new IllegalArgumentException("expected off, optional or required");
        };
    }

    private static List<URI> addresses(String value) {
        List<URI> addresses = new ArrayList<>();
        each(value, address -> {
            try {
                addresses.add(new URI(address));
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException("expected addresses such as http://ocsp.example.org", e);
            }
        });
        return addresses;
    }

    private static void each(String value, Consumer<String> item) {
        for (String one : SettingValue.list(value)) {
            item.accept(one);
        }
    }

    private void set(String setting, BiConsumer<String, Runnable> at, Consumer<String> setter) {
        String value = values.get(setting);
        if (value != null) {
            at.accept(setting, () -> setter.accept(value));
        }
    }

    private String value(String setting) {
        return values.getOrDefault(setting, "");
    }
}
