package io.mtls;

import io.mtls.identity.CertificateField;
import io.mtls.identity.NearMiss;
import io.mtls.identity.RoleRule;
import io.mtls.identity.SafeText;
import io.mtls.proxy.ForwardedCertificates;
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

/**
 * Whom to trust and which paths to guard, read from a properties file in UTF-8.
 *
 * <pre>
 * issuer.acme.anchors                = acme-root.crt
 * revocation.sources                 = ocsp, crl
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
 * <table>
 * <caption>After {@code revocation.}, for all issuers, or after {@code issuer.<name>.revocation.}, for one and instead of
 * those for all. One of the first two is required; what is said for all and read by no issuer is refused</caption>
 * <tr><td>{@code sources}</td><td>{@code ocsp}, {@code crl} or both, in the order in which they are asked</td></tr>
 * <tr><td>{@code allow-unchecked}</td><td>{@code true}: revoked certificates are accepted</td></tr>
 * <tr><td>{@code grace}, {@code allow-unknown}, {@code allow-unchecked-issuers}</td><td>as {@link RevocationPolicy.Builder}
 * has them; what may be unknown is any of {@code no-answer, unreachable, expired, unverifiable,
 * unknown-to-responder}</td></tr>
 * <tr><td>{@code ocsp.responders}, {@code ocsp.aia}, {@code ocsp.nonce}, {@code ocsp.deadline}</td><td>as {@link
 * io.mtls.revocation.OcspSource.Builder} has them; {@code aia = false} leaves out the addresses in certificates</td></tr>
 * <tr><td>{@code crl.files}, {@code crl.directories}, {@code crl.urls}, {@code crl.distribution-points}, {@code
 * crl.deadline}, {@code crl.max-bytes}</td><td>as {@link io.mtls.revocation.CrlSource.Builder} has them; distribution
 * points are used unless others are named</td></tr>
 * <tr><td>{@code storage}</td><td>a directory in which answers and lists outlive a restart; for all issuers
 * only</td></tr>
 * </table>
 *
 * <table>
 * <caption>After {@code proxies.}, where callers come by proxies that terminate TLS ({@link TrustedProxies}). What they
 * forward is verified by the issuers above</caption>
 * <tr><td>{@code format}</td><td>a {@link ForwardedCertificates.Dialect}: {@code rfc9440}, {@code nginx}... Nothing is read
 * without it</td></tr>
 * <tr><td>{@code headers}</td><td>the names of the headers, where the format leaves them to the proxy's
 * configuration</td></tr>
 * <tr><td>{@code addresses}</td><td>addresses and ranges from which proxies connect; this or {@code issuer} is required,
 * and both hold where both are given</td></tr>
 * <tr><td>{@code issuer.<name>.<setting>}</td><td>whose certificates proxies present: {@code anchors}, {@code pinned},
 * {@code intermediates}, {@code principal} and {@code revocation} as above; and {@code members}, which is required beside
 * {@code anchors}, since who is a proxy can speak as anybody</td></tr>
 * <tr><td>{@code ignore-from-others}</td><td>{@code true}: such headers of others are ignored and not refused</td></tr>
 * </table>
 *
 * <p>{@code deny-list} names a file of certificates that are refused at once ({@link DenyList}).
 *
 * <p>After {@code path.} stands a pattern of {@link PathRules}, and the value is {@code none}, {@code want} or {@code
 * need}, with roles after the latter two. Files are relative to the directory of the properties file. In a key, write
 * {@code \:} for a colon, {@code \=} for an equals sign and {@code \ } for a space, as always in such files.
 *
 * <p>What is unknown, given twice, or cannot be read is an {@link IllegalArgumentException} that names the file, the key,
 * what was found and what is expected: a typing mistake must not be a hole. Not done: environment variables; looking at this
 * file again when it changes (the CRLs and the deny list that it names are looked at).
 */
public final class MtlsConfiguration implements AutoCloseable {

    /** Larger than any file that a person wrote; a member list of ten thousand fingerprints fits. */
    private static final int MAX_FILE_BYTES = 1 << 20;

    private final List<TrustedIssuer> issuers;
    private final PathPolicy policy;
    private final PathRules pathRules;
    private final @Nullable DenyList denyList;
    private final @Nullable ProxySettings proxies;
    private final List<TrustedIssuer> proxyIssuers;
    private final InstantSource clock;
    private final MtlsListener listener;
    private final List<AutoCloseable> sources;

    private MtlsConfiguration(
            List<TrustedIssuer> issuers,
            PathPolicy policy,
            PathRules pathRules,
            @Nullable DenyList denyList,
            @Nullable ProxySettings proxies,
            List<TrustedIssuer> proxyIssuers,
            InstantSource clock,
            MtlsListener listener,
            List<AutoCloseable> sources) {
        this.issuers = List.copyOf(issuers);
        this.policy = policy;
        this.pathRules = pathRules;
        this.denyList = denyList;
        this.proxies = proxies;
        this.proxyIssuers = List.copyOf(proxyIssuers);
        this.clock = clock;
        this.listener = listener;
        this.sources = List.copyOf(sources);
    }

    /**
     * Reads a file, and the certificates that it names, and sets the sources of revocation data to work.
     *
     * @param clock the time, also for the {@link #authenticator}
     * @param listener told what becomes of these sources, and what the authenticator decides
     * @throws IllegalArgumentException if anything is missing or wrong; the message says where and what to write
     */
    public static MtlsConfiguration read(Path file, InstantSource clock, MtlsListener listener) {
        return new FileReader(file, clock, listener).read();
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

    /** A new verifier for these issuers by this policy, which asks the sources of revocation data that were set to work. */
    public ClientCertificateVerifier verifier() {
        return verifierOf(issuers);
    }

    /** A new authenticator for callers of these issuers, who connect themselves or by the proxies that the file trusts. */
    public ClientAuthenticator authenticator() {
        ClientCertificateVerifier callers = verifier();
        ClientAuthenticator direct = new ClientAuthenticator(() -> callers, clock, listener);
        if (proxies == null) {
            return direct;
        }
        ClientCertificateVerifier ofProxies = proxyIssuers.isEmpty() ? null : verifierOf(proxyIssuers);
        return direct.behind(proxies.proxies(() -> callers, ofProxies == null ? null : () -> ofProxies));
    }

    private ClientCertificateVerifier verifierOf(List<TrustedIssuer> trusted) {
        ClientCertificateVerifier.Builder builder =
                ClientCertificateVerifier.builder(trusted).policy(policy);
        return (denyList == null ? builder : builder.denyList(denyList)).build();
    }

    /** Ends the refreshing of revocation data; verifiers made here then refuse once what is known is too old. */
    @Override
    public void close() {
        closeAll(sources);
    }

    private static void closeAll(List<AutoCloseable> sources) {
        for (AutoCloseable source : sources) {
            try {
                source.close();
            } catch (Exception e) {
                System.getLogger("io.mtls").log(System.Logger.Level.WARNING, "A source could not be closed", e);
            }
        }
    }

    /** Reads one file, and says of each mistake where it is. */
    private static final class FileReader {
        private static final List<String> SECTIONS =
                List.of("issuer", "policy", "path", "revocation", "proxies", "deny-list");
        private static final List<String> ISSUER_SETTINGS = List.of(
                "anchors",
                "pinned",
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

        FileReader(Path file, InstantSource clock, MtlsListener listener) {
            this.file = file;
            this.clock = clock;
            this.listener = listener;
        }

        MtlsConfiguration read() {
            try {
                return readAndSetToWork();
            } catch (RuntimeException e) {
                closeAll(sources);
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
                String section = key.equals(DENY_LIST) ? key : key.substring(0, Math.max(0, key.indexOf('.')));
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
                    case DENY_LIST -> {}
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
            proxyIssuers.forEach(
                    (name, keys) -> trustedForProxies.add(proxyIssuer(name, keys, proxyIssuers.size() > 1)));
            boolean behindProxies = !proxies.isEmpty() || !proxyIssuers.isEmpty();
            if (behindProxies) {
                boolean byCertificate = !trustedForProxies.isEmpty();
                Runnable check =
                        () -> proxies.check(byCertificate, (setting, reading) -> at(PROXIES + setting, reading));
                at(PROXIES + "*", check);
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
                    clock,
                    listener,
                    sources);
            at("issuer.*", configuration::verifier); // What issuers contradict each other in is to be heard of now.
            if (!trustedForProxies.isEmpty()) {
                at(PROXY_ISSUER + "*", () -> configuration.verifierOf(trustedForProxies));
            }
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
            issuers.computeIfAbsent(matcher.group(1), unused -> new ArrayList<>())
                    .add(key);
        }

        private TrustedIssuer issuer(String name, List<String> keys) {
            return issuer(name, ISSUER + name + ".", "issuer-" + name, keys, "");
        }

        /** Those of several get names that are told apart: what another has issued is no member of this one. */
        private TrustedIssuer proxyIssuer(String name, List<String> keys, boolean several) {
            String prefix = PROXY_ISSUER + name + ".";
            if (entries.containsKey(prefix + "anchors") && !entries.containsKey(prefix + "members")) {
                throw new IllegalArgumentException(
                        file + ": '" + prefix + "members' is missing: name the proxies, since"
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
                    prefix + "*",
                    () -> settings.policy(surroundings, (setting, reading) -> at(prefix + setting, reading)));
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
                    .map(member ->
                            member.startsWith(TrustedIssuer.Builder.FINGERPRINT_PREFIX) ? member : prefix + member)
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
            return new IllegalArgumentException(at(key) + "'" + word + "' is not known" + NearMiss.hint(word, known)
                    + "; expected one of " + known);
        }

        private String valueOf(String key) {
            return Objects.requireNonNull(entries.get(key));
        }
    }
}
