package io.mtls.ca;

import static io.mtls.ca.DistinguishedName.attribute;
import static io.mtls.ca.DistinguishedName.rdn;

import io.mtls.ca.DistinguishedName.Rdn;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A root, an issuing CA and their members, kept in a directory or in memory: one line gives a developer certificates.
 *
 * <pre>
 * root.crt root.key            the root; root.crt is what servers and clients trust
 * issuing.crt issuing.key      the CA that signs the members
 * server/localhost.crt .key    the chain that a server presents, and its key
 * clients/alice.crt .key .p12  the same for a client, and both as PKCS #12
 * </pre>
 *
 * <p>Everything is PEM. A member is issued when it is first asked for, and again when less than a third of its life is
 * left or its names are no longer the ones asked for. Keys are readable by their owner only, and are <em>not</em>
 * encrypted: this is for development and for a root of little worth. Several processes may use one directory at once.
 *
 * <p>Safe for use by several threads.
 */
public final class CertificateAuthority {
    /** Opens the PKCS #12 files of {@link #client}. No secret: it stands here because importers insist on one. */
    public static final String PKCS12_PASSWORD = "changeit";

    /** Also the name of a file: nothing that leads out of the directory or hides in it. */
    private static final Pattern MEMBER_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?");

    private final HeldCertificate root;
    private final HeldCertificate issuing;
    private final InstantSource clock;
    private final Members members;
    private final @Nullable Path directory;

    private CertificateAuthority(
            HeldCertificate root,
            HeldCertificate issuing,
            InstantSource clock,
            Members members,
            @Nullable Path directory) {
        this.root = root;
        this.issuing = issuing;
        this.clock = clock;
        this.members = members;
        this.directory = directory;
    }

    /**
     * The CA in this directory, which is made if there is none.
     *
     * @param name begins the common names of a new root and a new issuing CA; an existing CA keeps its own
     * @throws CaDirectoryException when others than the owner can read its keys, or what is there is incomplete, broken or
     *     expired. An existing CA is never replaced
     */
    public static CertificateAuthority openOrCreate(Path directory, String name, InstantSource clock) {
        CaDirectory files = CaDirectory.open(directory);
        return files.locked(() -> {
            if (files.isWithoutCa()) {
                HeldCertificate root = newRoot(name, clock);
                files.create(root, newIssuing(root, name));
            }
            HeldCertificate root = files.root(clock);
            HeldCertificate issuing = files.issuing(root);
            return new CertificateAuthority(
                    root,
                    issuing,
                    clock,
                    (entry, usable, issue) -> files.locked(() -> files.member(entry, issuing, usable, issue)),
                    directory);
        });
    }

    /** A new CA that is gone when the process ends. */
    public static CertificateAuthority inMemory(String name, InstantSource clock) {
        HeldCertificate root = newRoot(name, clock);
        return new CertificateAuthority(root, newIssuing(root, name), clock, Members.inMemory(), null);
    }

    private static HeldCertificate newRoot(String name, InstantSource clock) {
        return HeldCertificate.root(DistinguishedName.of(rdn(attribute("CN", name + " root"))))
                .clock(clock)
                .build();
    }

    private static HeldCertificate newIssuing(HeldCertificate root, String name) {
        return root.issueCa(DistinguishedName.of(rdn(attribute("CN", name + " issuing CA"))))
                .maxPathLength(0)
                .build();
    }

    /** The self-signed CA that others trust. */
    public HeldCertificate root() {
        return root;
    }

    /** The CA that signs the members. */
    public HeldCertificate issuing() {
        return issuing;
    }

    /**
     * Where the files are.
     *
     * @throws IllegalStateException when this CA is in memory
     */
    public Path directory() {
        if (directory == null) {
            throw new IllegalStateException("this certificate authority is in memory and has no directory");
        }
        return directory;
    }

    /**
     * The server certificate for exactly these hosts: the stored one, or a new one.
     *
     * @param host the common name and the name of the files, therefore a plain one: neither an IPv6 address nor a wildcard
     * @param hosts further DNS names and literal addresses
     * @throws IllegalArgumentException when {@code host} cannot name a file
     * @throws CaDirectoryException when what is stored is broken
     */
    public HeldCertificate server(String host, String... hosts) {
        return member(CaDirectory.SERVER + memberName(host), issuing.issueServer(host, hosts));
    }

    /**
     * The client certificate of this member in exactly these roles: the stored one, or a new one. The subject is the common
     * name with one organizational unit per role.
     *
     * @param name also the name of the files
     * @throws IllegalArgumentException when {@code name} cannot name a file, or a role is blank
     * @throws CaDirectoryException when what is stored is broken
     */
    public HeldCertificate client(String name, List<String> roles) {
        List<Rdn> rdns = new ArrayList<>();
        rdns.add(rdn(attribute("CN", memberName(name))));
        for (String role : roles) {
            if (role.isBlank()) {
                throw new IllegalArgumentException("a role of " + name + " is blank");
            }
            rdns.add(rdn(attribute("OU", role)));
        }
        Collections.reverse(rdns);
        return member(CaDirectory.CLIENTS + name, issuing.issueClient(DistinguishedName.of(rdns.toArray(Rdn[]::new))));
    }

    private static String memberName(String name) {
        if (!MEMBER_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" cannot name a member, because it also names a file: up to 64 "
                            + "ASCII letters and digits, with . _ @ - between them");
        }
        return name;
    }

    private HeldCertificate member(String entry, CertificateBuilder wanted) {
        return members.get(entry, held -> isUsable(held, wanted), wanted::build);
    }

    private boolean isUsable(HeldCertificate held, CertificateBuilder wanted) {
        Instant now = clock.instant();
        Instant from = held.certificate().getNotBefore().toInstant();
        Instant to = held.certificate().getNotAfter().toInstant();
        Duration leastLeft = Duration.between(from, to).dividedBy(3);
        return !now.isBefore(from)
                && !now.plus(leastLeft).isAfter(to)
                && wanted.hasNamesOf(held.certificate())
                && isSignedByIssuing(held);
    }

    private boolean isSignedByIssuing(HeldCertificate held) {
        try {
            held.certificate().verify(issuing.certificate().getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Where members are remembered. */
    @FunctionalInterface
    private interface Members {
        /** The one of this name if there is one and it is usable, else the issued one, which is remembered. */
        HeldCertificate get(String entry, Predicate<HeldCertificate> usable, Supplier<HeldCertificate> issue);

        static Members inMemory() {
            Map<String, HeldCertificate> byEntry = Collections.synchronizedMap(new HashMap<>());
            return (entry, usable, issue) ->
                    byEntry.compute(entry, (key, held) -> held != null && usable.test(held) ? held : issue.get());
        }
    }
}
