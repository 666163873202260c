package io.mtls;

import io.mtls.identity.CertificateField;
import io.mtls.identity.NearMiss;
import io.mtls.identity.RoleRule;
import io.mtls.identity.SafeText;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.jspecify.annotations.Nullable;

/**
 * Whom to trust and which paths to guard, read from a properties file in UTF-8.
 *
 * <pre>
 * issuer.acme.anchors                = acme-root.crt
 * issuer.acme.roles.alice            = operator
 * issuer.acme.role-rule.1            = subject:OU = Audit -&gt; auditor
 * path./public/*                     = none
 * path./admin/*                      = need operator
 * </pre>
 *
 * <table>
 * <caption>For each issuer, after {@code issuer.} and its name</caption>
 * <tr><td>{@code anchors}</td><td>PEM files of its CA certificates, separated by commas</td></tr>
 * <tr><td>{@code pinned}</td><td>PEM files of end-entity certificates that are trusted by themselves; this or {@code
 * anchors} is required</td></tr>
 * <tr><td>{@code intermediates}</td><td>PEM files of CA certificates that clients may leave out</td></tr>
 * <tr><td>{@code principal}</td><td>where the name stands, as {@link CertificateField#parse} reads it</td></tr>
 * <tr><td>{@code principal-prefix}</td><td>stands before each name</td></tr>
 * <tr><td>{@code members}</td><td>only these are let in: names or {@code sha256:} fingerprints</td></tr>
 * <tr><td>{@code roles.<principal>}</td><td>the roles of one principal, by its name with the prefix</td></tr>
 * <tr><td>{@code role-rule.<any>}</td><td>{@code subject:OU = Audit -> auditor} for an equal value, {@code subject:OU ~
 * build-* -> builder} for a matching one ({@link RoleRule#glob}), {@code subject:OU -> auditor, builder} for values that
 * are the roles' own names</td></tr>
 * </table>
 *
 * <table>
 * <caption>After {@code policy.}, each named like the option of {@link PathPolicy.Builder} that it sets</caption>
 * <tr><td>numbers</td><td>{@code max-intermediates}, {@code min-rsa-bits}, {@code allow-small-rsa-keys}</td></tr>
 * <tr><td>a duration, {@code 90d}, {@code 12h} or ISO 8601</td><td>{@code max-lifetime}</td></tr>
 * <tr><td>OIDs</td><td>{@code require-policies}, {@code allow-signature-algorithms}</td></tr>
 * <tr><td>{@code true} or {@code false}</td><td>{@code allow-missing-extended-key-usage}, {@code
 * allow-any-extended-key-usage}, {@code allow-ca-as-client}, {@code allow-dsa-keys}</td></tr>
 * </table>
 *
 * <p>After {@code path.} stands a pattern of {@link PathRules}, and the value is {@code none}, {@code want} or {@code
 * need}, with roles after the latter two. Files are relative to the directory of the properties file. In a key, write
 * {@code \:} for a colon, {@code \=} for an equals sign and {@code \ } for a space, as always in such files.
 *
 * <p>What is unknown, given twice, or cannot be read is an {@link IllegalArgumentException} that names the file, the key,
 * what was found and what is expected: a typing mistake must not be a hole. Not done: revocation; environment variables;
 * looking at the file again when it changes.
 */
public final class MtlsConfiguration {

    /** Larger than any file that a person wrote; a member list of ten thousand fingerprints fits. */
    private static final int MAX_FILE_BYTES = 1 << 20;

    private final List<TrustedIssuer> issuers;
    private final PathPolicy policy;
    private final PathRules pathRules;

    private MtlsConfiguration(List<TrustedIssuer> issuers, PathPolicy policy, PathRules pathRules) {
        this.issuers = List.copyOf(issuers);
        this.policy = policy;
        this.pathRules = pathRules;
    }

    /**
     * Reads a file, and the certificates that it names.
     *
     * @throws IllegalArgumentException if anything is missing or wrong; the message says where and what to write
     */
    public static MtlsConfiguration read(Path file) {
        return new FileReader(file).read();
    }

    /** In the order of the file; never empty. */
    public List<TrustedIssuer> issuers() {
        return issuers;
    }

    /** {@link PathPolicy#defaults()} where the file says nothing. */
    public PathPolicy policy() {
        return policy;
    }

    /** Every path {@link AccessRule#STRICTEST} where the file says nothing. */
    public PathRules pathRules() {
        return pathRules;
    }

    /** A new verifier for these issuers by this policy; without revocation. */
    public ClientCertificateVerifier verifier() {
        return ClientCertificateVerifier.builder(issuers).policy(policy).build();
    }

    /** Reads one file, and says of each mistake where it is. */
    private static final class FileReader {
        private static final List<String> SECTIONS = List.of("issuer", "policy", "path");
        private static final List<String> ISSUER_SETTINGS = List.of(
                "anchors", "pinned", "intermediates", "principal", "principal-prefix", "members", "roles", "role-rule");
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

        private static final Pattern ISSUER_KEY = Pattern.compile("issuer\\.([^.]+)\\.([^.]+)(?:\\.(.+))?");
        private static final Pattern ROLE_RULE = Pattern.compile("(\\S.*?)(?:\\s+([=~])\\s+(.*?))?\\s*->\\s*([^>]*)");
        private static final Pattern SHORT_DURATION = Pattern.compile("(\\d{1,9})([dh])");

        private final Path file;
        private final Map<String, String> entries = new LinkedHashMap<>();

        FileReader(Path file) {
            this.file = file;
        }

        MtlsConfiguration read() {
            load();
            Map<String, List<String>> issuers = new LinkedHashMap<>();
            PathPolicy.Builder policy = PathPolicy.builder();
            PathRules.Builder paths = PathRules.builder();
            entries.forEach((key, value) -> {
                String section = key.substring(0, Math.max(0, key.indexOf('.')));
                switch (section) {
                    case "issuer" -> sortIn(key, issuers);
                    case "policy" -> at(key, () -> set(policy, key.substring("policy.".length()), value));
                    case "path" -> at(key, () -> paths.rule(key.substring("path.".length()), accessRule(value)));
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
            MtlsConfiguration configuration = new MtlsConfiguration(trusted, policy.build(), paths.build());
            at("issuer.*", configuration::verifier); // What issuers contradict each other in is to be heard of now.
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

        private void sortIn(String key, Map<String, List<String>> issuers) {
            Matcher matcher = ISSUER_KEY.matcher(key);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        at(key) + "expected 'issuer.<name>.<setting>', with one of " + ISSUER_SETTINGS);
            }
            String setting = matcher.group(2);
            boolean takesMore = setting.equals("roles") || setting.equals("role-rule");
            if (!ISSUER_SETTINGS.contains(setting)) {
                throw unknown(key, setting, ISSUER_SETTINGS);
            }
            if (takesMore != (matcher.group(3) != null)) {
                throw new IllegalArgumentException(at(key)
                        + (takesMore
                                ? "expected a " + (setting.equals("roles") ? "principal" : "number")
                                        + " behind it, as in '" + key + ".1'"
                                : "expected nothing behind '" + setting + "'"));
            }
            issuers.computeIfAbsent(matcher.group(1), unused -> new ArrayList<>())
                    .add(key);
        }

        private TrustedIssuer issuer(String name, List<String> keys) {
            String prefix = "issuer." + name + ".";
            TrustAnchors anchors = anchors(prefix);
            TrustedIssuer.Builder builder = at(prefix + "*", () -> TrustedIssuer.builder(name, anchors));
            for (String key : keys) {
                String value = valueOf(key);
                at(key, () -> set(builder, key.substring(prefix.length()), value));
            }
            return at(prefix + "*", builder::build);
        }

        private TrustAnchors anchors(String prefix) {
            String authorities = entries.get(prefix + "anchors");
            String pinned = entries.get(prefix + "pinned");
            if (authorities == null && pinned == null) {
                throw new IllegalArgumentException(file + ": '" + prefix
                        + "anchors' is missing: name the PEM file of the" + " CA whose certificates are accepted");
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

        private TrustedIssuer.Builder set(TrustedIssuer.Builder builder, String setting, String value) {
            if (setting.startsWith("roles.")) {
                return builder.roles(setting.substring("roles.".length()), list(value));
            }
            if (setting.startsWith("role-rule.")) {
                return builder.roleRule(roleRule(value));
            }
            return switch (setting) {
                case "intermediates" -> builder.intermediates(certificates(value));
                case "principal" -> builder.principal(CertificateField.parse(value));
                case "principal-prefix" -> builder.principalPrefix(value);
                case "members" -> builder.members(value.isEmpty() ? List.of() : List.of(list(value)));
                default -> builder; // The anchors, which are in it already.
            };
        }

        private PathPolicy.Builder set(PathPolicy.Builder policy, String setting, String value) {
            return switch (setting) {
                case "max-intermediates" -> policy.maxIntermediates(number(value));
                case "max-lifetime" -> policy.maxLifetime(duration(value));
                case "min-rsa-bits" -> policy.minRsaBits(number(value));
                case "require-policies" -> policy.requirePolicies(Set.of(list(value)));
                case "allow-missing-extended-key-usage" ->
                    isTrue(value) ? policy.allowMissingExtendedKeyUsage() : policy;
                case "allow-any-extended-key-usage" -> isTrue(value) ? policy.allowAnyExtendedKeyUsage() : policy;
                case "allow-small-rsa-keys" -> policy.allowSmallRsaKeys(number(value));
                case "allow-ca-as-client" -> isTrue(value) ? policy.allowCaAsClient() : policy;
                case "allow-dsa-keys" -> isTrue(value) ? policy.allowDsaKeys() : policy;
                case "allow-signature-algorithms" -> {
                    for (String oid : list(value)) {
                        policy.allowSignatureAlgorithm(oid);
                    }
                    yield policy;
                }
                default ->
                    throw new IllegalArgumentException("not known" + NearMiss.hint(setting, POLICY_SETTINGS)
                            + "; expected one of " + POLICY_SETTINGS);
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
            RequiredRoles roles =
                    words.length == 1 ? RequiredRoles.none() : RequiredRoles.byCertificate(Set.of(list(words[1])));
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
            String[] roles = list(matcher.group(4));
            if (operator == null || operand == null) {
                return RoleRule.sameName(field, roles);
            }
            return operator.equals("=") ? RoleRule.equal(field, operand, roles) : RoleRule.glob(field, operand, roles);
        }

        private List<X509Certificate> certificates(String files) {
            List<X509Certificate> all = new ArrayList<>();
            for (String name : list(files)) {
                all.addAll(TrustAnchors.certificatesIn(file.resolveSibling(name)));
            }
            return all;
        }

        private static String[] list(String value) {
            String[] items = value.split(",", -1);
            for (int i = 0; i < items.length; i++) {
                items[i] = items[i].strip();
            }
            if (Arrays.asList(items).contains("")) {
                throw new IllegalArgumentException(
                        "expected one or more values separated by commas, none of them empty");
            }
            if (Set.copyOf(Arrays.asList(items)).size() < items.length) {
                throw new IllegalArgumentException("expected each value once");
            }
            return items;
        }

        private static int number(String value) {
            try {
                return Integer.parseInt(value);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("expected a number", e);
            }
        }

        private static Duration duration(String value) {
            Matcher matcher = SHORT_DURATION.matcher(value);
            if (matcher.matches()) {
                long amount = Long.parseLong(matcher.group(1));
                return matcher.group(2).equals("d") ? Duration.ofDays(amount) : Duration.ofHours(amount);
            }
            try {
                return Duration.parse(value);
            } catch (DateTimeException e) {
                throw new IllegalArgumentException("expected a duration such as 90d, 12h or P90D", e);
            }
        }

        private static boolean isTrue(String value) {
            return switch (value) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("expected true or false");
            };
        }

        private <T> T at(String key, Supplier<T> reading) {
            try {
                return reading.get();
            } catch (IllegalArgumentException | UncheckedIOException e) {
                throw new IllegalArgumentException(at(key) + e.getMessage(), e);
            }
        }

        private String at(String key) {
            String value = entries.get(key);
            return file + ": " + key + (value == null ? "" : " = '" + SafeText.of(value) + "'") + ": ";
        }

        private IllegalArgumentException unknown(String key, String word, List<String> known) {
            return new IllegalArgumentException(at(key) + "'" + word + "' is not known" + NearMiss.hint(word, known)
                    + "; expected one of " + known);
        }

        private String valueOf(String key) {
            return Objects.requireNonNull(entries.get(key));
        }
    }
}
