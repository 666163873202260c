package io.mtls;

import io.mtls.identity.CertificateField;
import io.mtls.identity.PrincipalExtractor;
import io.mtls.identity.RoleMapper;
import io.mtls.identity.RoleRule;
import io.mtls.identity.Roles;
import io.mtls.revocation.RevocationPolicy;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whom to trust, and by which rules its certificates become callers: the anchors of one authority, how a certificate
 * names the principal, which roles it carries, and, for a closed group, who its members are.
 *
 * <p>Rules never reach across issuers: a partner's CA cannot give a certificate a role that only the rules of another
 * issuer grant, nor a name that bears another issuer's prefix.
 */
public final class TrustedIssuer {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

    private final String name;
    private final TrustAnchors anchors;
    private final List<X509Certificate> intermediates;
    private final PrincipalExtractor principal;
    private final List<RoleRule> roleRules;
    private final Map<String, Set<String>> rolesByPrincipal;
    private final @Nullable RoleMapper roleMapper;
    private final @Nullable Set<String> members;
    private final @Nullable RevocationPolicy revocation;

    private TrustedIssuer(Builder builder) {
        name = builder.name;
        anchors = builder.anchors;
        intermediates = List.copyOf(builder.intermediates);
        principal = new PrincipalExtractor(builder.principal, builder.principalPrefix);
        roleRules = List.copyOf(builder.roleRules);
        rolesByPrincipal = Map.copyOf(builder.rolesByPrincipal);
        roleMapper = builder.roleMapper;
        members = builder.members == null ? null : Set.copyOf(builder.members);
        revocation = builder.revocation;
    }

    /**
     * Starts with what is required.
     *
     * @param name for configuration, events and {@link ClientIdentity#issuer()}: lower-case letters, digits, hyphens
     */
    public static Builder builder(String name, TrustAnchors anchors) {
        return new Builder(name, anchors);
    }

    public String name() {
        return name;
    }

    public TrustAnchors anchors() {
        return anchors;
    }

    /** Stands before the name of each of its principals; empty for none. */
    public String principalPrefix() {
        return principal.prefix();
    }

    List<X509Certificate> intermediates() {
        return intermediates;
    }

    /** How it is learned whether its certificates are revoked; null where that is not checked. */
    @Nullable
    RevocationPolicy revocation() {
        return revocation;
    }

    boolean hasRoleMapper() {
        return roleMapper != null;
    }

    /** What the user's own role mapper says; throws what that throws. */
    Set<String> mappedRoles(ClientIdentity identity) {
        if (roleMapper == null) {
            return Set.of();
        }
        Set<String> roles = new HashSet<>(
                roleMapper.roles(identity.getName(), identity.path().certificates()));
        roles.forEach(Roles::checked);
        return roles;
    }

    /**
     * Names the caller of a verified path, all but the user's own role mapper applied. A pure function.
     *
     * @param allPrefixes the principal prefixes of all issuers that are trusted beside this one
     */
    ClientAuthentication identify(VerifiedPath path, Collection<String> allPrefixes) {
        X509Certificate certificate = path.certificate();
        return principal
                .extract(certificate)
                .fold(
                        named -> foreignPrefix(named.name(), allPrefixes)
                                ? refused(
                                        RejectionReason.PRINCIPAL_AMBIGUOUS,
                                        path,
                                        "the name begins with another issuer's prefix")
                                : identify(named.name(), path),
                        missing -> refused(RejectionReason.PRINCIPAL_MISSING, path, "no value in " + principal.field()),
                        ambiguous -> refused(
                                RejectionReason.PRINCIPAL_AMBIGUOUS,
                                path,
                                ambiguous.count() + " values in " + principal.field()),
                        invalid -> refused(
                                RejectionReason.PRINCIPAL_INVALID, path, principal.field() + ": " + invalid.why()));
    }

    private ClientAuthentication identify(String principalName, VerifiedPath path) {
        if (!isMember(principalName, path.certificate())) {
            return refused(RejectionReason.NOT_A_MEMBER, path, "not on the list of members of '" + name + "'");
        }
        Set<String> roles = new HashSet<>(rolesByPrincipal.getOrDefault(principalName, Set.of()));
        try {
            for (RoleRule rule : roleRules) {
                roles.addAll(rule.grants(path.certificate()));
            }
        } catch (CertificateParsingException e) {
            return refused(RejectionReason.PRINCIPAL_INVALID, path, "a field that grants roles: " + e.getMessage());
        }
        return new ClientAuthentication.Authenticated(new ClientIdentity(principalName, roles, path));
    }

    /** An issuer without a prefix must not be able to write one into its names. */
    private boolean foreignPrefix(String principalName, Collection<String> allPrefixes) {
        String own = principalPrefix();
        return allPrefixes.stream()
                .anyMatch(prefix -> prefix.length() > own.length() && principalName.startsWith(prefix));
    }

    private boolean isMember(String principalName, X509Certificate certificate) {
        if (members == null) {
            return true;
        }
        // A name that looks like a fingerprint is a name: fingerprints are public, and a name is what its CA makes it.
        if (!principalName.startsWith(Builder.FINGERPRINT_PREFIX) && members.contains(principalName)) {
            return true;
        }
        try {
            String fingerprint =
                    CertificateField.sha256Fingerprint().values(certificate).get(0);
            return members.contains(Builder.FINGERPRINT_PREFIX + fingerprint);
        } catch (CertificateParsingException e) {
            return false;
        }
    }

    private static ClientAuthentication refused(RejectionReason reason, VerifiedPath path, String why) {
        return new ClientAuthentication.Refused(reason, Certificates.describe(path.certificate()) + ": " + why, false);
    }

    /** Defaults: the principal is the one CN of the subject; no roles; everybody with a certificate is a member. */
    public static final class Builder {
        static final String FINGERPRINT_PREFIX = "sha256:";
        private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");

        private final String name;
        private final TrustAnchors anchors;
        private final List<X509Certificate> intermediates = new ArrayList<>();
        private CertificateField principal = CertificateField.subject("CN");
        private String principalPrefix = "";
        private final List<RoleRule> roleRules = new ArrayList<>();
        private final Map<String, Set<String>> rolesByPrincipal = new HashMap<>();
        private @Nullable RoleMapper roleMapper;
        private @Nullable Set<String> members;
        private @Nullable RevocationPolicy revocation;

        private Builder(String name, TrustAnchors anchors) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("Issuer name '" + name
                        + "': expected lower-case letters, digits and hyphens, at most 64, not a hyphen first");
            }
            this.name = name;
            this.anchors = anchors;
        }

        /** Intermediates that clients need not present. They are hints: trusted only where an anchor vouches for them. */
        public Builder intermediates(Collection<X509Certificate> certificates) {
            intermediates.addAll(certificates);
            return this;
        }

        /** The same, from a PEM file. */
        public Builder intermediatesFromPem(Path file) {
            return intermediates(TrustAnchors.certificatesIn(file));
        }

        /** Where the principal's name stands; exactly one value is accepted. Default: the subject's CN. */
        public Builder principal(CertificateField field) {
            principal = field;
            return this;
        }

        /** Put before each name, such as {@code partner:}. Required for all but one of several issuers. */
        public Builder principalPrefix(String prefix) {
            if (prefix.startsWith(FINGERPRINT_PREFIX)) {
                throw new IllegalArgumentException("Principal prefix '" + prefix
                        + "' would make names look like fingerprints in a list of members: choose another");
            }
            principalPrefix = prefix;
            return this;
        }

        /** Grants roles by a field of the certificate; what several rules grant adds up. */
        public Builder roleRule(RoleRule rule) {
            roleRules.add(rule);
            return this;
        }

        /** Grants roles to a principal by its name, with the prefix. */
        public Builder roles(String principalName, String... roles) {
            Set<String> granted = rolesByPrincipal.computeIfAbsent(principalName, unused -> new LinkedHashSet<>());
            for (String role : roles) {
                granted.add(Roles.checked(role));
            }
            return this;
        }

        /** Grants roles by the user's own code, asked on every request. If it throws, the request gets a 503. */
        public Builder roleMapper(RoleMapper mapper) {
            roleMapper = mapper;
            return this;
        }

        /**
         * Only these are let in.
         *
         * @param namesOrFingerprints principal names with the prefix, or {@code sha256:} and the lower-case hexadecimal
         *     fingerprint of a certificate. Empty lets nobody in
         */
        public Builder members(Collection<String> namesOrFingerprints) {
            for (String member : namesOrFingerprints) {
                if (member.startsWith(FINGERPRINT_PREFIX)
                        && !FINGERPRINT
                                .matcher(member.substring(FINGERPRINT_PREFIX.length()))
                                .matches()) {
                    throw new IllegalArgumentException("Member '" + member
                            + "': expected sha256: and 64 lower-case hexadecimal digits, no colons");
                }
            }
            if (members == null) {
                members = new HashSet<>();
            }
            members.addAll(namesOrFingerprints);
            return this;
        }

        /** How it is learned whether a certificate is revoked. Without it, revocation is <em>not</em> checked. */
        public Builder revocation(RevocationPolicy policy) {
            revocation = policy;
            return this;
        }

        /**
         * The issuer.
         *
         * @throws IllegalArgumentException if revocation is to be checked of certificates that only proxies have verified
         */
        public TrustedIssuer build() {
            if (anchors.areVerifiedByProxy() && revocation != null) {
                throw new IllegalArgumentException(
                        "Whether certificates of '" + name + "' are revoked cannot be learned"
                                + " here, since only proxies know who issued them: say that it is not checked, and have the proxies"
                                + " check it, or give the issuer anchors");
            }
            return new TrustedIssuer(this);
        }
    }
}
