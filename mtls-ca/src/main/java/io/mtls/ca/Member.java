package io.mtls.ca;

import static io.mtls.ca.DistinguishedName.attribute;
import static io.mtls.ca.DistinguishedName.rdn;

import io.mtls.ca.DistinguishedName.Rdn;
import io.mtls.ca.IssuedCertificate.Kind;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whom a {@link CertificateAuthority} is to certify, and what the certificate is to say.
 *
 * <pre>{@code
 * ca.issue(Member.client("alice").roles("auditor").with(GeneralName.email("alice@example.com")));
 * ca.issue(Member.server("api.example.com", "localhost", "127.0.0.1"));
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Member {
    /** Also the name of a file: nothing that leads out of the directory or hides in it. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?");

    private static final String WILDCARD = "*.";

    private final Kind kind;
    private final String name;
    private final DistinguishedName subject;
    private final List<GeneralName> alternativeNames;
    private final @Nullable Duration lifetime;
    private final KeyType keyType;

    private Member(
            Kind kind,
            String name,
            DistinguishedName subject,
            List<GeneralName> alternativeNames,
            @Nullable Duration lifetime,
            KeyType keyType) {
        this.kind = kind;
        this.name = name;
        this.subject = subject;
        this.alternativeNames = alternativeNames;
        this.lifetime = lifetime;
        this.keyType = keyType;
    }

    /**
     * A TLS client, whose common name this is.
     *
     * @param name also the name of the files
     * @throws IllegalArgumentException when {@code name} cannot name a file
     */
    public static Member client(String name) {
        return new Member(
                Kind.CLIENT,
                checkedName(name),
                DistinguishedName.of(rdn(attribute("CN", name))),
                List.of(),
                null,
                KeyType.P256);
    }

    /**
     * A TLS server.
     *
     * @param host the common name, the first subject alternative name, and the name of the files; therefore no IPv6
     *     address. The files of {@code *.example.com} are those of {@code _wildcard.example.com}
     * @param hosts further DNS names and literal addresses
     * @throws IllegalArgumentException when {@code host} cannot name a file, or a host is not ASCII
     */
    public static Member server(String host, String... hosts) {
        String file = host.startsWith(WILDCARD) ? "_wildcard." + host.substring(WILDCARD.length()) : host;
        return new Member(
                Kind.SERVER,
                checkedName(file),
                DistinguishedName.of(rdn(attribute("CN", host))),
                Stream.concat(Stream.of(host), Stream.of(hosts))
                        .map(GeneralName::host)
                        .toList(),
                null,
                KeyType.P256);
    }

    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    private static String checkedName(String name) {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" cannot name a member, because it also names a file: up to 64 "
                            + "ASCII letters and digits, with . _ @ - between them");
        }
        return name;
    }

    /**
     * One organizational unit for each, beside the common name.
     *
     * @throws IllegalArgumentException when a role is blank
     */
    public Member roles(List<String> roles) {
        List<Rdn> rdns = new ArrayList<>();
        rdns.add(rdn(attribute("CN", name)));
        for (String role : roles) {
            if (role.isBlank()) {
                throw new IllegalArgumentException("a role of " + name + " is blank");
            }
            rdns.add(rdn(attribute("OU", role)));
        }
        Collections.reverse(rdns);
        return subject(DistinguishedName.of(rdns.toArray(Rdn[]::new)));
    }

    /** See {@link #roles(List)}. */
    public Member roles(String... roles) {
        return roles(List.of(roles));
    }

    /** Another subject, in place of the common name and the roles. It may be empty if there are alternative names. */
    public Member subject(DistinguishedName subject) {
        return new Member(kind, name, subject, alternativeNames, lifetime, keyType);
    }

    /** One more subject alternative name. */
    public Member with(GeneralName alternativeName) {
        List<GeneralName> more = new ArrayList<>(alternativeNames);
        more.add(alternativeName);
        return new Member(kind, name, subject, List.copyOf(more), lifetime, keyType);
    }

    /** From now for this long; {@link CertificateAuthority#issue} refuses what would outlive its issuer. */
    public Member lifetime(Duration lifetime) {
        return new Member(kind, name, subject, alternativeNames, lifetime, keyType);
    }

    /** What key is made, P-256 by default. */
    public Member keyType(KeyType keyType) {
        return new Member(kind, name, subject, alternativeNames, lifetime, keyType);
    }

    String name() {
        return name;
    }

    Kind kind() {
        return kind;
    }

    DistinguishedName subject() {
        return subject;
    }

    boolean hasAlternativeNames() {
        return !alternativeNames.isEmpty();
    }

    @Nullable
    Duration lifetime() {
        return lifetime;
    }

    KeyPair newKey() {
        return keyType.generate();
    }

    /** Everything but key, lifetime and addresses. */
    CertificateBuilder issuedBy(HeldCertificate issuer) {
        CertificateBuilder builder = issuer.issueClient(subject)
                .endEntity(kind == Kind.SERVER ? KeyPurpose.SERVER_AUTH : KeyPurpose.CLIENT_AUTH);
        alternativeNames.forEach(builder::subjectAlternativeName);
        return builder;
    }

    /** Kind and name. */
    @Override
    public String toString() {
        return kind.text() + " " + name;
    }
}
