package io.mtls;

import io.mtls.identity.CertificateField;
import io.mtls.identity.NearMiss;
import io.mtls.identity.RoleRule;
import io.mtls.identity.SafeText;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A file that says whom to trust: read entry by entry, with the place in what is said of a mistake. The keys are told at {@link MtlsConfiguration}. */
final class ConfigurationFile {
    /** Larger than any file that a person wrote; a member list of ten thousand fingerprints fits. */
    private static final int MAX_FILE_BYTES = 1 << 20;

    private static final List<String> SECTIONS =
            List.of("issuer", "policy", "path", "revocation", "proxies", "deny-list", "allow-misdirected-requests");
    private static final List<String> ISSUER_SETTINGS = List.of(
            "anchors",
            "pinned",
            "verified-by-proxy",
            "intermediates",
            "principal",
            "principal-prefix",
            "members",
            "roles",
            "role-rule",
            "revocation");
    private static final List<String> PROXY_ISSUER_SETTINGS =
            List.of("anchors", "pinned", "intermediates", "principal", "members", "revocation");
    private static final List<String> POLICY_SETTINGS = List.of(
            "max-intermediates",
            "max-lifetime",
            "min-rsa-bits",
            "require-policies",
            "allow-missing-extended-key-usage",
            "allow-any-extended-key-usage",
            "allow-small-rsa-keys",
            "allow-ca-as-client",
            "allow-dsa-keys",
            "allow-signature-algorithms");

    private static final Pattern ISSUER_KEY = Pattern.compile("([^.]+)\\.([^.]+)(?:\\.(.+))?");
    private static final Pattern ROLE_RULE = Pattern.compile("(\\S.*?)(?:\\s+([=~])\\s+(.*?))?\\s*->\\s*([^>]*)");

    /** Below {@code revocation.}, where data is kept: the same for all issuers. */
    private static final String STORAGE = "revocation.storage";

    private static final String DENY_LIST = "deny-list";
    private static final String ALLOW_MISDIRECTED = "allow-misdirected-requests";

    private static final String ISSUER = "issuer.";
    private static final String PROXIES = "proxies.";
    private static final String PROXY_ISSUER = PROXIES + ISSUER;

    private final Path file;
    private final InstantSource clock;
    private final MtlsListener listener;
    private final Map<String, String> entries = new LinkedHashMap<>();
    private final List<AutoCloseable> sources = new ArrayList<>();
    private final RevocationSettings revocationOfAll = new RevocationSettings();
    private @Nullable RevocationPolicy policyOfAll;
    private boolean revocationOfAllMade;

    ConfigurationFile(Path file, InstantSource clock, MtlsListener listener) {
        this.file = file;
        this.clock = clock;
        this.listener = listener;
    }

    MtlsConfiguration read() {
        try {
            return readAndSetToWork();
        } catch (RuntimeException e) {
            MtlsConfiguration.closeAll(sources);
            throw e;
        }
    }

    private MtlsConfiguration readAndSetToWork() {
        load();
        Map<String, List<String>> issuers = new LinkedHashMap<>();
        Map<String, List<String>> proxyIssuers = new LinkedHashMap<>();
        ProxySettings proxies = new ProxySettings();
        PathPolicy.Builder policy = PathPolicy.builder();
        PathRules.Builder paths = PathRules.builder();
        entries.forEach((key, value) -> {
            boolean alone = key.equals(DENY_LIST) || key.equals(ALLOW_MISDIRECTED);
            String section = alone ? key : key.substring(0, Math.max(0, key.indexOf('.')));
            switch (section) {
                case "issuer" -> sortIn(key, ISSUER, ISSUER_SETTINGS, issuers);
                case "policy" -> at(key, () -> set(policy, key.substring("policy.".length()), value));
                case "path" -> at(key, () -> paths.rule(key.substring("path.".length()), accessRule(value)));
                case "revocation" -> {
                    if (!key.equals(STORAGE)) {
                        at(key, () -> revocationOfAll.put(key.substring("revocation.".length()), value));
                    }
                }
                case "proxies" -> {
                    if (key.startsWith(PROXY_ISSUER)) {
                        sortIn(key, PROXY_ISSUER, PROXY_ISSUER_SETTINGS, proxyIssuers);
                    } else {
                        at(key, () -> proxies.put(key.substring(PROXIES.length()), value));
                    }
                }
                case DENY_LIST, ALLOW_MISDIRECTED -> {}
                default -> throw unknown(key, section.isEmpty() ? key : section, SECTIONS);
            }
        });
        if (issuers.isEmpty()) {
            throw new IllegalArgumentException(file + " names no trusted issuer: write"
                    + " 'issuer.<name>.anchors = <PEM file of the CA whose certificates are accepted>'");
        }
        if (entries.containsKey("policy.min-rsa-bits") && entries.containsKey("policy.allow-small-rsa-keys")) {
            throw new IllegalArgumentException(
                    file + ": policy.min-rsa-bits and policy.allow-small-rsa-keys contradict each other: keep one");
        }
        List<TrustedIssuer> trusted = new ArrayList<>();
        issuers.forEach((name, keys) -> trusted.add(issuer(name, keys)));
        List<TrustedIssuer> trustedForProxies = new ArrayList<>();
        proxyIssuers.forEach((name, keys) -> trustedForProxies.add(proxyIssuer(name, keys, proxyIssuers.size() > 1)));
        boolean behindProxies = !proxies.isEmpty() || !proxyIssuers.isEmpty();
        if (behindProxies) {
            boolean byCertificate = !trustedForProxies.isEmpty();
            Runnable check = () -> proxies.check(byCertificate, (setting, reading) -> at(PROXIES + setting, reading));
            at(PROXIES + "*", check);
        } else {
            trusted.stream()
                    .filter(issuer -> issuer.anchors().areVerifiedByProxy())
                    .forEach(issuer -> {
                        throw new IllegalArgumentException(at(ISSUER + issuer.name() + ".verified-by-proxy")
                                + "there are no proxies: say which by 'proxies.', or name the CA by '" + ISSUER
                                + issuer.name() + ".anchors'");
                    });
        }
        requireRevocationOfAllIsRead();
        String denied = entries.get(DENY_LIST);
        DenyList denyList = denied == null
                ? null
                : at(DENY_LIST, () -> DenyList.watching(file.resolveSibling(denied), listener.ofRevocation()));
        if (denyList != null) {
            sources.add(denyList);
        }
        MtlsConfiguration configuration = new MtlsConfiguration(
                trusted,
                policy.build(),
                paths.build(),
                denyList,
                behindProxies ? proxies : null,
                trustedForProxies,
                at(ALLOW_MISDIRECTED, () -> SettingValue.isTrue(entries.getOrDefault(ALLOW_MISDIRECTED, "false"))),
                clock,
                listener,
                sources);
        at("issuer.*", configuration::verifier); // What issuers contradict each other in is to be heard of now.
        if (!trustedForProxies.isEmpty()) {
            at(PROXY_ISSUER + "*", () -> configuration.verifierOf(trustedForProxies));
        }
        at(PROXIES + "*", configuration::authenticator);
        return configuration;
    }

    private void load() {
        Properties ordered = new Properties() {
            private static final long serialVersionUID = 1;

            @Override
            public synchronized @Nullable Object put(Object key, Object value) {
                if (entries.putIfAbsent((String) key, ((String) value).strip()) != null) {
                    throw new IllegalArgumentException("key '" + key + "' is given twice: keep one of them");
                }
                return null;
            }
        };
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new IllegalArgumentException("more than " + MAX_FILE_BYTES + " bytes");
            }
            try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                ordered.load(reader);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot read " + file + ": " + e, e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private void sortIn(String key, String prefix, List<String> settings, Map<String, List<String>> issuers) {
        Matcher matcher = ISSUER_KEY.matcher(key.substring(prefix.length()));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    at(key) + "expected '" + prefix + "<name>.<setting>', with one of " + settings);
        }
        String setting = matcher.group(2);
        boolean takesMore = setting.equals("roles") || setting.equals("role-rule") || setting.equals("revocation");
        if (!settings.contains(setting)) {
            throw unknown(key, setting, settings);
        }
        if (takesMore != (matcher.group(3) != null)) {
            throw new IllegalArgumentException(at(key)
                    + (takesMore
                            ? "expected a "
                                    + switch (setting) {
                                        case "roles" -> "principal";
                                        case "revocation" -> "setting";
                                        default -> "number";
                                    }
                                    + " behind it, as in '" + key
                                    + (setting.equals("revocation") ? ".sources'" : ".1'")
                            : "expected nothing behind '" + setting + "'"));
        }
        issuers.computeIfAbsent(matcher.group(1), unused -> new ArrayList<>()).add(key);
    }

    private TrustedIssuer issuer(String name, List<String> keys) {
        return issuer(name, ISSUER + name + ".", "issuer-" + name, keys, "");
    }

    /** Those of several get names that are told apart: what another has issued is no member of this one. */
    private TrustedIssuer proxyIssuer(String name, List<String> keys, boolean several) {
        String prefix = PROXY_ISSUER + name + ".";
        if (entries.containsKey(prefix + "anchors") && !entries.containsKey(prefix + "members")) {
            throw new IllegalArgumentException(file + ": '" + prefix + "members' is missing: name the proxies, since"
                    + " everybody else who has a certificate of this issuer could speak as anybody");
        }
        return issuer(name, prefix, "proxies-issuer-" + name, keys, several ? name + ":" : "");
    }

    /**
     * @param prefix of its keys
     * @param storageBelow the directory of the storage for sources of its own
     * @param principalPrefix stands before each name, and is not written in the list of members
     */
    private TrustedIssuer issuer(
            String name, String prefix, String storageBelow, List<String> keys, String principalPrefix) {
        TrustAnchors anchors = anchors(prefix);
        TrustedIssuer.Builder builder =
                at(prefix + "*", () -> TrustedIssuer.builder(name, anchors).principalPrefix(principalPrefix));
        RevocationSettings own = new RevocationSettings();
        for (String key : keys) {
            String value = valueOf(key);
            String setting = key.substring(prefix.length());
            if (setting.startsWith("revocation.")) {
                at(key, () -> own.put(setting.substring("revocation.".length()), value));
            } else {
                at(key, () -> set(builder, setting, value, principalPrefix));
            }
        }
        RevocationPolicy revocation =
                own.isEmpty() ? revocationOfAll() : revocation(own, prefix + "revocation.", storageBelow);
        if (revocation != null) {
            builder.revocation(revocation);
        }
        return at(prefix + "*", builder::build);
    }

    /** Made once: its sources serve all issuers that say nothing of their own. */
    private @Nullable RevocationPolicy revocationOfAll() {
        if (!revocationOfAllMade) {
            policyOfAll = revocation(revocationOfAll, "revocation.", "");
            revocationOfAllMade = true;
        }
        return policyOfAll;
    }

    /** What nobody reads is not in force, and its mistakes are not found. */
    private void requireRevocationOfAllIsRead() {
        if (!revocationOfAllMade && !revocationOfAll.isEmpty()) {
            throw new IllegalArgumentException(at("revocation." + revocationOfAll.first())
                    + "not in force, since every issuer has a revocation of its own. Remove what stands after"
                    + " 'revocation.' (except 'storage'), or what stands after 'issuer.<name>.revocation.' of an"
                    + " issuer that is to follow it");
        }
    }

    /** @param storageBelow the directory of the storage for these sources, since each belongs to one */
    private @Nullable RevocationPolicy revocation(RevocationSettings settings, String prefix, String storageBelow) {
        String storage = entries.get(STORAGE);
        RevocationSettings.Surroundings surroundings = new RevocationSettings.Surroundings(
                Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file),
                storage == null ? null : file.resolveSibling(storage).resolve(storageBelow),
                clock,
                listener,
                sources::add);
        return at(
                prefix + "*", () -> settings.policy(surroundings, (setting, reading) -> at(prefix + setting, reading)));
    }

    private TrustAnchors anchors(String prefix) {
        String authorities = entries.get(prefix + "anchors");
        String pinned = entries.get(prefix + "pinned");
        boolean byProxy = at(
                prefix + "verified-by-proxy",
                () -> SettingValue.isTrue(entries.getOrDefault(prefix + "verified-by-proxy", "false")));
        if (byProxy && (authorities != null || pinned != null || entries.containsKey(prefix + "intermediates"))) {
            throw new IllegalArgumentException(at(prefix + "verified-by-proxy")
                    + "the CA is not known here then: remove 'anchors', 'pinned' and 'intermediates', or make two issuers"
                    + " of it");
        }
        if (byProxy) {
            return TrustAnchors.verifiedByProxy();
        }
        if (authorities == null && pinned == null) {
            throw new IllegalArgumentException(file + ": '" + prefix + "anchors' is missing: name the PEM file of the"
                    + " CA whose certificates are accepted");
        }
        TrustAnchors both = null;
        if (authorities != null) {
            both = at(prefix + "anchors", () -> TrustAnchors.of(certificates(authorities)));
        }
        if (pinned != null) {
            TrustAnchors endEntities =
                    at(prefix + "pinned", () -> TrustAnchors.pinnedEndEntities(certificates(pinned)));
            both = both == null ? endEntities : both.and(endEntities);
        }
        return Objects.requireNonNull(both);
    }

    private TrustedIssuer.Builder set(
            TrustedIssuer.Builder builder, String setting, String value, String prefixOfMembers) {
        if (setting.startsWith("roles.")) {
            return builder.roles(setting.substring("roles.".length()), SettingValue.list(value));
        }
        if (setting.startsWith("role-rule.")) {
            return builder.roleRule(roleRule(value));
        }
        return switch (setting) {
            case "intermediates" -> builder.intermediates(certificates(value));
            case "principal" -> builder.principal(CertificateField.parse(value));
            case "principal-prefix" -> builder.principalPrefix(value);
            case "members" -> builder.members(value.isEmpty() ? List.of() : members(value, prefixOfMembers));
            default -> builder; // The anchors, which are in it already.
        };
    }

    private static List<String> members(String value, String prefix) {
        return Stream.of(SettingValue.list(value))
                .map(member -> member.startsWith(TrustedIssuer.Builder.FINGERPRINT_PREFIX) ? member : prefix + member)
                .toList();
    }

    private PathPolicy.Builder set(PathPolicy.Builder policy, String setting, String value) {
        return switch (setting) {
            case "max-intermediates" -> policy.maxIntermediates(SettingValue.number(value));
            case "max-lifetime" -> policy.maxLifetime(SettingValue.duration(value));
            case "min-rsa-bits" -> policy.minRsaBits(SettingValue.number(value));
            case "require-policies" -> policy.requirePolicies(Set.of(SettingValue.list(value)));
            case "allow-missing-extended-key-usage" ->
                SettingValue.isTrue(value) ? policy.allowMissingExtendedKeyUsage() : policy;
            case "allow-any-extended-key-usage" ->
                SettingValue.isTrue(value) ? policy.allowAnyExtendedKeyUsage() : policy;
            case "allow-small-rsa-keys" -> policy.allowSmallRsaKeys(SettingValue.number(value));
            case "allow-ca-as-client" -> SettingValue.isTrue(value) ? policy.allowCaAsClient() : policy;
            case "allow-dsa-keys" -> SettingValue.isTrue(value) ? policy.allowDsaKeys() : policy;
            case "allow-signature-algorithms" -> {
                for (String oid : SettingValue.list(value)) {
                    policy.allowSignatureAlgorithm(oid);
                }
                yield policy;
            }
            default ->
                throw new IllegalArgumentException(
                        "not known" + NearMiss.hint(setting, POLICY_SETTINGS) + "; expected one of " + POLICY_SETTINGS);
        };
    }

    private static AccessRule accessRule(String value) {
        String[] words = value.split("\\s+", 2);
        ClientAuth clientAuth = switch (words[0].toLowerCase(Locale.ROOT)) {
            case "none" -> ClientAuth.NONE;
            case "want" -> ClientAuth.WANT;
            case "need" -> ClientAuth.NEED;
            default ->
                throw new IllegalArgumentException(
                        "expected none, want or need, then perhaps roles, such as" + " 'need operator, auditor'");
        };
        RequiredRoles roles = words.length == 1
                ? RequiredRoles.none()
                : RequiredRoles.byCertificate(Set.of(SettingValue.list(words[1])));
        return new AccessRule(clientAuth, roles);
    }

    private static RoleRule roleRule(String value) {
        Matcher matcher = ROLE_RULE.matcher(value);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("expected 'subject:OU = Audit -> auditor', 'subject:OU ~ build-* ->"
                    + " builder' or 'subject:OU -> auditor, builder'");
        }
        CertificateField field = CertificateField.parse(matcher.group(1));
        String operator = matcher.group(2);
        String operand = matcher.group(3);
        String[] roles = SettingValue.list(matcher.group(4));
        if (operator == null || operand == null) {
            return RoleRule.sameName(field, roles);
        }
        return operator.equals("=") ? RoleRule.equal(field, operand, roles) : RoleRule.glob(field, operand, roles);
    }

    private List<X509Certificate> certificates(String files) {
        List<X509Certificate> all = new ArrayList<>();
        for (String name : SettingValue.list(files)) {
            all.addAll(TrustAnchors.certificatesIn(file.resolveSibling(name)));
        }
        return all;
    }

    private <T> T at(String key, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw new IllegalArgumentException(at(key) + e.getMessage(), e);
        }
    }

    private void at(String key, Runnable reading) {
        at(key, () -> {
            reading.run();
            return Boolean.TRUE;
        });
    }

    private String at(String key) {
        String value = entries.get(key);
        return file + ": " + key + (value == null ? "" : " = '" + SafeText.of(value) + "'") + ": ";
    }

    private IllegalArgumentException unknown(String key, String word, List<String> known) {
        return new IllegalArgumentException(
                at(key) + "'" + word + "' is not known" + NearMiss.hint(word, known) + "; expected one of " + known);
    }

    private String valueOf(String key) {
        return Objects.requireNonNull(entries.get(key));
    }
}
