package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.PathPolicy;
import io.mtls.Reloadable;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleMapper;
import io.mtls.identity.RoleRule;
import io.mtls.revocation.DenyList;
import io.mtls.revocation.RevocationPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes a verifier, of callers or of proxies, of the properties and of what the bundles hold at that moment. */
final class Issuers {

    /** The name of the one issuer where none is configured. */
    static final String DEFAULT = "members";

    /** Whose certificates they issue. */
    enum Kind {
        CALLERS("mtls.issuers", "issuer-", "issuer"),
        PROXIES("mtls.proxies.issuers", "proxies-issuer-", "proxies' issuer");

        private final String property;
        private final String storage;
        private final String description;

        Kind(String property, String storage, String description) {
            this.property = property;
            this.storage = storage;
            this.description = description;
        }

        /** Below which they stand, by their names. */
        String property() {
            return property;
        }

        /** Before an issuer's name, the directory of what is known of its certificates. */
        String storage() {
            return storage;
        }

        String describe(String issuer) {
            return description + " '" + issuer + "'";
        }
    }

    private final Kind kind;
    private final Map<String, MtlsProperties.Issuer> issuers;
    private final MtlsProperties.Policy policy;
    private final Bundles bundles;
    private final Revocations revocations;
    private final DenyList denyList;
    private final @Nullable RoleMapper roleMapper;

    private Issuers(
            Kind kind,
            Map<String, MtlsProperties.Issuer> issuers,
            MtlsProperties.Policy policy,
            Bundles bundles,
            Revocations revocations,
            DenyList denyList,
            @Nullable RoleMapper roleMapper) {
        this.kind = kind;
        this.issuers = issuers;
        this.policy = policy;
        this.bundles = bundles;
        this.revocations = revocations;
        this.denyList = denyList;
        this.roleMapper = roleMapper;
    }

    /** Whom to trust as callers; never empty. */
    static Issuers ofCallers(
            MtlsProperties properties,
            Bundles bundles,
            Revocations revocations,
            DenyList denyList,
            @Nullable RoleMapper roleMapper) {
        Map<String, MtlsProperties.Issuer> issuers = new LinkedHashMap<>(properties.issuers());
        if (issuers.isEmpty()) {
            issuers.put(DEFAULT, MtlsProperties.Issuer.defaults());
        }
        if (properties.dev().enabled()) {
            issuers.replaceAll((name, issuer) -> ofDevelopment(issuer, properties.dev()));
        }
        return new Issuers(Kind.CALLERS, issuers, properties.policy(), bundles, revocations, denyList, roleMapper);
    }

    /** Whom to trust as proxies; empty where their certificates do not count. */
    static Issuers ofProxies(MtlsProperties properties, Bundles bundles, Revocations revocations, DenyList denyList) {
        Map<String, MtlsProperties.ProxyIssuer> configured =
                properties.proxies().issuers();
        Map<String, MtlsProperties.Issuer> issuers = new LinkedHashMap<>();
        configured.forEach((name, issuer) ->
                issuers.put(name, ofProxies(name, issuer, configured.size() > 1 ? name + ":" : "")));
        return new Issuers(Kind.PROXIES, issuers, properties.policy(), bundles, revocations, denyList, null);
    }

    /** @param prefix tells the names of several issuers apart: what another has issued is no member of this one */
    private static MtlsProperties.Issuer ofProxies(String name, MtlsProperties.ProxyIssuer issuer, String prefix) {
        String property = Kind.PROXIES.property + "." + name;
        if (issuer.bundle() == null && issuer.pinnedBundle() == null) {
            throw new MtlsConfigurationException(
                    "'" + property + "' names no SSL bundle with the CA of the proxies' certificates.",
                    "Set '" + property + ".bundle', or '" + property + ".pinned-bundle' for the very certificates.");
        }
        List<String> members = issuer.members();
        if (issuer.bundle() != null && members == null) {
            throw new MtlsConfigurationException(
                    "'" + property + ".members' is missing, so that everybody who has a certificate of that CA would be"
                            + " believed as a proxy, and could speak as anybody.",
                    "Name the proxies by '" + property + ".members'.");
        }
        return new MtlsProperties.Issuer(
                issuer.bundle(),
                issuer.pinnedBundle(),
                false,
                issuer.intermediatesBundle(),
                issuer.principal(),
                prefix,
                Map.of(),
                List.of(),
                members == null
                        ? null
                        : members.stream()
                                .map(member -> member.startsWith("sha256:") ? member : prefix + member)
                                .toList(),
                issuer.revocation());
    }

    boolean isEmpty() {
        return issuers.isEmpty();
    }

    /** Whether none of them reads what is said of revocation for all. */
    boolean haveTheirOwnRevocation() {
        return issuers.values().stream().allMatch(issuer -> issuer.revocation() != null);
    }

    /** The verifier, made anew whenever one of the bundles is replaced. */
    Reloadable<ClientCertificateVerifier> reloadable(String what, MtlsListener listener) {
        Reloadable<ClientCertificateVerifier> verifier = new Reloadable<>(what, verifier(), listener);
        bundleNames().forEach(name -> bundles.onUpdate(name, updated -> verifier.reload(this::verifier)));
        return verifier;
    }

    /** The same rules for the members of development mode, and nobody else. */
    private static MtlsProperties.Issuer ofDevelopment(MtlsProperties.Issuer issuer, MtlsProperties.Dev dev) {
        Map<String, List<String>> roles = new LinkedHashMap<>(issuer.roles());
        List<String> members = new ArrayList<>();
        dev.members().forEach((member, granted) -> {
            String name = issuer.principalPrefix() + member;
            members.add(name);
            List<String> union = new ArrayList<>(roles.getOrDefault(name, List.of()));
            union.addAll(granted);
            roles.put(name, union);
        });
        return new MtlsProperties.Issuer(
                issuer.bundle(),
                issuer.pinnedBundle(),
                issuer.verifiedByProxy(),
                issuer.intermediatesBundle(),
                "subject:CN",
                issuer.principalPrefix(),
                roles,
                issuer.roleRules(),
                members,
                issuer.revocation());
    }

    /** Reads the bundles anew. */
    private ClientCertificateVerifier verifier() {
        List<TrustedIssuer> trusted = new ArrayList<>();
        issuers.forEach((name, issuer) -> trusted.add(issuer(name, issuer)));
        return checked(
                kind.property,
                () -> ClientCertificateVerifier.builder(trusted)
                        .policy(policy())
                        .denyList(denyList)
                        .build());
    }

    /** The bundles that hold any of it, those with a name, that is: others cannot be replaced. */
    private Set<String> bundleNames() {
        Set<String> names = new LinkedHashSet<>();
        for (MtlsProperties.Issuer issuer : issuers.values()) {
            Stream.of(issuer.bundle(), issuer.pinnedBundle(), issuer.intermediatesBundle())
                    .filter(Objects::nonNull)
                    .forEach(names::add);
            String ofServer = bundles.nameOfServer();
            if (isOfServer(issuer) && ofServer != null) {
                names.add(ofServer);
            }
        }
        return names;
    }

    private TrustedIssuer issuer(String name, MtlsProperties.Issuer issuer) {
        String property = kind.property + "." + name;
        return checked(property, () -> {
            TrustedIssuer.Builder builder = TrustedIssuer.builder(name, anchors(name, issuer, property))
                    .principal(field(property + ".principal", issuer.principal()))
                    .principalPrefix(issuer.principalPrefix());
            String intermediates = issuer.intermediatesBundle();
            if (intermediates != null) {
                builder.intermediates(bundles.trustedBy(intermediates, property + ".intermediates-bundle"));
            }
            issuer.roles()
                    .forEach((principal, roles) -> checked(
                            property + ".roles." + principal,
                            () -> builder.roles(principal, roles.toArray(String[]::new))));
            for (int i = 0; i < issuer.roleRules().size(); i++) {
                builder.roleRule(roleRule(
                        property + ".role-rules[" + i + "]", issuer.roleRules().get(i)));
            }
            List<String> members = issuer.members();
            if (members != null) {
                checked(property + ".members", () -> builder.members(members));
            }
            RevocationPolicy revocation = revocations.of(kind, name, issuer.revocation());
            if (revocation != null) {
                builder.revocation(revocation);
            }
            return roleMapper == null
                    ? builder.build()
                    : builder.roleMapper(roleMapper).build();
        });
    }

    private TrustAnchors anchors(String name, MtlsProperties.Issuer issuer, String property) {
        if (issuer.verifiedByProxy()) {
            if (issuer.bundle() != null || issuer.pinnedBundle() != null || issuer.intermediatesBundle() != null) {
                throw new MtlsConfigurationException(
                        "Both '" + property + ".verified-by-proxy' and an SSL bundle of that issuer are set.",
                        "Remove the bundle, or remove 'verified-by-proxy': what a proxy verified is an issuer of its own.");
            }
            return TrustAnchors.verifiedByProxy();
        }
        if (isOfServer(issuer)) {
            return checked(property, () -> TrustAnchors.of(bundles.trustedByServer(name)));
        }
        String authorities = issuer.bundle();
        String pinned = issuer.pinnedBundle();
        TrustAnchors anchors = authorities == null
                ? null
                : checked(
                        property + ".bundle",
                        () -> TrustAnchors.of(bundles.trustedBy(authorities, property + ".bundle")));
        TrustAnchors pins = pinned == null
                ? null
                : checked(
                        property + ".pinned-bundle",
                        () -> TrustAnchors.pinnedEndEntities(bundles.trustedBy(pinned, property + ".pinned-bundle")));
        if (anchors == null) {
            return Objects.requireNonNull(pins);
        }
        return pins == null ? anchors : anchors.and(pins);
    }

    private static boolean isOfServer(MtlsProperties.Issuer issuer) {
        return issuer.bundle() == null && issuer.pinnedBundle() == null && !issuer.verifiedByProxy();
    }

    private static CertificateField field(String property, @Nullable String text) {
        if (text == null) {
            throw new MtlsConfigurationException(
                    "The property '" + property + "' is missing.",
                    "Say which field of the certificate is meant, such as 'subject:OU'.");
        }
        return checked(property, () -> CertificateField.parse(text));
    }

    private static RoleRule roleRule(String property, MtlsProperties.RoleRule rule) {
        CertificateField field = field(property + ".field", rule.field());
        String[] roles = rule.roles().toArray(String[]::new);
        String equal = rule.equal();
        String glob = rule.glob();
        int conditions = (equal != null ? 1 : 0) + (glob != null ? 1 : 0) + (rule.sameName() ? 1 : 0);
        if (conditions != 1) {
            throw new MtlsConfigurationException(
                    "The rule '" + property + "' has " + (conditions == 0 ? "none" : "more than one")
                            + " of 'equal', 'glob' and 'same-name'.",
                    "Give it exactly one: 'equal' for one value, 'glob' for a pattern, 'same-name: true' where the field"
                            + " holds the name of a role.");
        }
        return checked(property, () -> {
            if (equal != null) {
                return RoleRule.equal(field, equal, roles);
            }
            return glob != null ? RoleRule.glob(field, glob, roles) : RoleRule.sameName(field, roles);
        });
    }

    private PathPolicy policy() {
        PathPolicy.Builder builder = PathPolicy.builder();
        set("max-intermediates", policy.maxIntermediates(), builder::maxIntermediates);
        set("max-lifetime", policy.maxLifetime(), builder::maxLifetime);
        set("min-rsa-bits", policy.minRsaBits(), builder::minRsaBits);
        set("allow-small-rsa-keys", policy.allowSmallRsaKeys(), builder::allowSmallRsaKeys);
        if (policy.minRsaBits() != null && policy.allowSmallRsaKeys() != null) {
            throw new MtlsConfigurationException(
                    "Both 'mtls.policy.min-rsa-bits' and 'mtls.policy.allow-small-rsa-keys' are set.",
                    "Keep one of them: the second is for keys below 2048 bits.");
        }
        if (!policy.requirePolicies().isEmpty()) {
            set("require-policies", policy.requirePolicies(), builder::requirePolicies);
        }
        if (policy.allowMissingExtendedKeyUsage()) {
            builder.allowMissingExtendedKeyUsage();
        }
        if (policy.allowAnyExtendedKeyUsage()) {
            builder.allowAnyExtendedKeyUsage();
        }
        if (policy.allowCaAsClient()) {
            builder.allowCaAsClient();
        }
        if (policy.allowDsaKeys()) {
            builder.allowDsaKeys();
        }
        policy.allowSignatureAlgorithms().forEach(builder::allowSignatureAlgorithm);
        return builder.build();
    }

    private static <T> void set(
            String name, @Nullable T value, java.util.function.Function<T, PathPolicy.Builder> setter) {
        if (value != null) {
            checked("mtls.policy." + name, () -> setter.apply(value));
        }
    }
}
