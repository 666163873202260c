package io.mtls.ca;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mtls.ca.IssuedCertificate.Kind;
import io.mtls.ca.IssuedCertificate.Revocation;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A team's own CA: a root, an issuing CA below it, and everything they signed and revoked, in a directory or in memory.
 *
 * <pre>
 * root.crt                      what servers and clients are to trust; two roots while one replaces the other
 * ca.properties                 name, address and lifetimes ({@link CaSettings})
 * index.txt                     every certificate and every revocation, one line each; only ever appended to
 * ca/root-1.crt .key            the root; its key is under a passphrase and can be kept elsewhere
 * ca/issuing-1.crt .key         the CA that signs members
 * certificates/7e13...ebbe.crt  each certificate by its serial number
 * clients/alice.crt .key        the newest chain and key of a client
 * server/localhost.crt .key     the same of a server
 * crl/issuing-1.crl             the revocation lists
 * </pre>
 *
 * <p>Everything is PEM or text, but the lists, which are DER. Secrets are readable by their owner only, and the directory is
 * refused where others can read them. Whatever a method confirmed by returning is on disk and survives a crash at any point;
 * whatever it refused by a {@link CaException} left nothing behind.
 *
 * <p>Safe for use by several threads, and by several processes on one directory: what one of them revokes the others know at
 * once. It decides nothing about whether a certificate is accepted elsewhere.
 */
public final class CertificateAuthority {
    /** Opens the PKCS #12 files of {@link #obtain}. No secret: it stands here because importers insist on one. */
    public static final String PKCS12_PASSWORD = "changeit";

    private static final String SETTINGS = "ca.properties";

    private static final Duration ROOT_NOTICE = Duration.ofDays(365);
    private static final Duration CRL_NOTICE = Duration.ofDays(60);

    private final Store store;
    private final CaSettings settings;
    private final InstantSource clock;
    private final Ledger ledger;
    private final Hierarchy hierarchy;
    private final RevocationLists lists;
    private final Members members;
    private final Responders responders;
    private final @Nullable Path directory;

    private CertificateAuthority(Store store, CaSettings settings, InstantSource clock, @Nullable Path directory) {
        this.store = store;
        this.settings = settings;
        this.clock = clock;
        this.directory = directory;
        this.ledger = new Ledger(store);
        this.hierarchy = new Hierarchy(store, ledger, settings, clock);
        this.lists = new RevocationLists(store, ledger, settings, clock, hierarchy::certificate);
        this.members = new Members(store, ledger, hierarchy, settings, clock);
        this.responders = new Responders(store, ledger, hierarchy, settings, clock);
    }

    /**
     * Makes a new CA in this directory, which is made too if need be.
     *
     * @param rootPassphrase encrypts the root's key; null leaves it readable for whoever owns the directory, which is for
     *     roots of little worth
     * @throws CaException when there is a CA already, or others can write there
     */
    public static CertificateAuthority create(
            Path directory, CaSettings settings, char @Nullable [] rootPassphrase, InstantSource clock) {
        Store store = store(directory);
        return store.locked(() -> {
            if (store.exists(Store.INDEX)) {
                throw new CaException(
                        directory + " has a CA already",
                        "use it, or name another directory: a CA is never replaced",
                        null);
            }
            refuseRemains(store, directory);
            return create(store, settings, rootPassphrase, clock, directory);
        });
    }

    private static CertificateAuthority create(
            Store store,
            CaSettings settings,
            char @Nullable [] rootPassphrase,
            InstantSource clock,
            @Nullable Path directory) {
        CertificateAuthority authority = new CertificateAuthority(store, settings, clock, directory);
        store.commit(authority.hierarchy.create(rootPassphrase).write(SETTINGS, settings.toProperties()));
        return authority;
    }

    /** An index that is lost must not be replaced by a new CA beside the certificates of the old one. */
    private static void refuseRemains(Store store, Path directory) {
        for (String remains : List.of(Hierarchy.ROOTS, Hierarchy.DIRECTORY + Hierarchy.ROOT + 1 + Credentials.CRT)) {
            if (store.exists(remains)) {
                throw new CaException(
                        directory + " has " + remains + " but no " + Store.INDEX,
                        "restore the whole directory from a backup; or delete it to begin a new CA, which everybody has"
                                + " to be told to trust",
                        null);
            }
        }
    }

    /**
     * The CA in this directory.
     *
     * @throws CaException when there is none, or what is there is incomplete, damaged, or readable by others. A lost key of an
     *     issuing CA shows when it is to sign
     */
    public static CertificateAuthority open(Path directory, InstantSource clock) {
        if (!Files.isDirectory(directory)) {
            throw new CaException("there is no CA in " + directory, "make one with mtls-ca init", null);
        }
        Store store = store(directory);
        if (!store.exists(Store.INDEX)) {
            refuseRemains(store, directory);
            throw new CaException("there is no CA in " + directory, "make one with mtls-ca init", null);
        }
        return open(store, directory, clock);
    }

    private static CertificateAuthority open(Store store, Path directory, InstantSource clock) {
        CertificateAuthority authority = new CertificateAuthority(store, storedSettings(store), clock, directory);
        authority.hierarchy
                .trustedRoots(); // what is damaged is to show now; a lost key does not keep from replacing it
        return authority;
    }

    private static CaSettings storedSettings(Store store) {
        byte[] properties = store.read(SETTINGS)
                .orElseThrow(() -> new CaException(
                        store.describe(SETTINGS) + " is missing", "restore it from a backup of this CA", null));
        try {
            return CaSettings.parse(new String(properties, UTF_8));
        } catch (IllegalArgumentException e) {
            throw new CaException(store.describe(SETTINGS) + ": " + e.getMessage(), "mend that line", e);
        }
    }

    /**
     * For development: the CA in this directory, or a new one whose root key is not encrypted. An issuing CA that has expired
     * is replaced.
     *
     * @param settings of a new CA; an existing one keeps its own
     * @throws CaException see {@link #open} and {@link #create}
     */
    public static CertificateAuthority openOrCreate(Path directory, CaSettings settings, InstantSource clock) {
        Store store = store(directory);
        boolean exists = store.locked(() -> {
            if (!store.exists(Store.INDEX)) {
                refuseRemains(store, directory);
                create(store, settings, null, clock, directory);
                return false;
            }
            return true;
        });
        CertificateAuthority authority = open(store, directory, clock);
        if (exists && authority.issuingEnd().isBefore(clock.instant())) {
            authority.rotateIssuing(null);
        }
        authority.issuing();
        return authority;
    }

    /** A new CA that is gone when the process ends: no files, no ports. */
    public static CertificateAuthority inMemory(CaSettings settings, InstantSource clock) {
        Store store = new MemoryStore();
        return store.locked(() -> create(store, settings, null, clock, null));
    }

    static Store store(Path directory) {
        return DirectoryStore.open(
                directory,
                List.of(
                        Hierarchy.DIRECTORY,
                        Members.CERTIFICATES,
                        Members.CLIENTS,
                        Members.SERVER,
                        RevocationLists.DIRECTORY),
                Set.of(Credentials.KEY, Credentials.P12));
    }

    /** How it issues and publishes. */
    public CaSettings settings() {
        return settings;
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

    /** The newest root. */
    public X509Certificate root() {
        return hierarchy.certificate(hierarchy.newest(Kind.ROOT).name());
    }

    /** The roots that are to be trusted, the newest first: more than one while one replaces another. */
    public List<X509Certificate> roots() {
        return hierarchy.trustedRoots();
    }

    /** {@link #roots} in PEM: the content of {@code root.crt}. */
    public String rootsPem() {
        return Pem.chain(roots());
    }

    /** The CA that signs members today, with its key. */
    public HeldCertificate issuing() {
        return hierarchy.issuing(issuingName());
    }

    private String issuingName() {
        return hierarchy.newest(Kind.ISSUING).name();
    }

    private Instant issuingEnd() {
        return hierarchy.newest(Kind.ISSUING).notAfter();
    }

    /** The names of all roots and issuing CAs, oldest first: {@code root-1}, {@code issuing-1}. */
    public Set<String> authorities() {
        return hierarchy.names();
    }

    /**
     * The certificate of a root, an issuing CA, or a cross-certificate such as {@code root-2-by-root-1}.
     *
     * @throws CaException when there is no such CA
     */
    public X509Certificate certificate(String authority) {
        return hierarchy.certificate(authority);
    }

    /** An issuing CA with its key. */
    HeldCertificate issuing(String authority) {
        return hierarchy.issuing(authority);
    }

    /** Everything that was ever signed here, oldest first: members, and the certificates of the CA itself. */
    public List<IssuedCertificate> list() {
        return ledger.all();
    }

    /** What is known of the certificate with this serial number, if it was signed here. */
    public Optional<IssuedCertificate> find(BigInteger serial) {
        return ledger.find(serial);
    }

    /** All certificates of this member, oldest first. */
    public List<IssuedCertificate> named(String name) {
        return members.named(name);
    }

    /**
     * A certificate that was signed here.
     *
     * @throws CaException when there is none with this serial number, or its file is damaged
     */
    public X509Certificate certificate(BigInteger serial) {
        IssuedCertificate issued = known(serial);
        if (issued.kind() == Kind.RESPONDER) {
            throw new CaException(
                    "the certificate " + issued.serialHex() + " of a responder is not kept",
                    "take it from an OCSP answer that it signed",
                    null);
        }
        return issued.kind().isMember() ? members.certificate(issued) : hierarchy.certificate(issued.name());
    }

    /**
     * The newest certificate of a member, with its key.
     *
     * @throws CaException when there is no such member, or its key is not kept here
     */
    public HeldCertificate held(String name) {
        return members.held(name);
    }

    /**
     * The newest chain of a member in PEM, as it presents it.
     *
     * @throws CaException when there is no such member
     */
    public String chainPem(String name) {
        return members.chainPem(name);
    }

    private IssuedCertificate known(BigInteger serial) {
        return find(serial)
                .orElseThrow(() -> new CaException(
                        "no certificate with the serial number " + serial.toString(16) + " was signed here",
                        "see mtls-ca list for those that were",
                        null));
    }

    /**
     * Makes a key, certifies it, and keeps both in the member's files.
     *
     * @throws CaException when the member has a valid certificate already, would outlive the issuing CA, or the issuing CA
     *     can sign no more
     */
    public HeldCertificate issue(Member member) {
        return members.issue(member);
    }

    /**
     * Certifies the key of a request, for members who keep their keys to themselves. What the certificate says comes from
     * {@code member}; the request gives the key and nothing else.
     *
     * @throws CaException see {@link #issue(Member)}; also when that key was revoked as compromised
     */
    public IssuedCertificate issue(Member member, CertificationRequest request) {
        return members.issue(member, request);
    }

    /**
     * For development: the member's certificate if it is stored, says the same, and has more than a third of its life left;
     * else a new one. A client's is also stored as PKCS #12 with {@link #PKCS12_PASSWORD}.
     *
     * @throws CaException when what is stored is damaged
     */
    public HeldCertificate obtain(Member member) {
        return members.obtain(member);
    }

    /**
     * A new certificate that says the same as the member's newest one and lives as long. If the key is kept here a new one is
     * made; else the same key is certified again. The certificate before stays valid until it ends or is revoked.
     *
     * @throws CaException when there is no such member, or its newest certificate is revoked or on hold
     */
    public IssuedCertificate renew(String name) {
        return members.renew(name);
    }

    /** The same for a key that its owner keeps. */
    public IssuedCertificate renew(String name, CertificationRequest request) {
        return members.renew(name, request);
    }

    /**
     * Revokes a member's certificate, from now on and for good, or until {@link #release} with {@link
     * RevocationReason#CERTIFICATE_HOLD}. To revoke again for the same reason changes nothing. A key that is compromised is so
     * in every certificate: others of the same key are revoked with it.
     *
     * @throws CaException when it was not signed here, is revoked for another reason, or is one of the CA itself
     */
    public IssuedCertificate revoke(BigInteger serial, RevocationReason reason) {
        return store.locked(() -> {
            IssuedCertificate issued = known(serial);
            if (!issued.kind().isMember() && issued.kind() != Kind.RESPONDER) {
                throw new CaException(
                        issued.name() + " is a certificate of the CA itself",
                        issued.kind() == Kind.ISSUING
                                ? "revoke it with the root's key: mtls-ca revoke " + issued.name()
                                : "take it out of what servers and clients trust",
                        null);
            }
            if (isRevokedFor(issued, reason)) {
                return issued;
            }
            Ledger.Lines lines = lines().revoked(serial, reason);
            if (reason == RevocationReason.KEY_COMPROMISE) {
                ledger.ofSameKey(serial).stream()
                        .filter(other -> !other.serial().equals(serial))
                        .filter(other -> other.revocation().isEmpty() || other.isOnHold())
                        .forEach(other -> lines.revoked(other.serial(), reason));
            }
            return append(serial, lines);
        });
    }

    private Ledger.Lines lines() {
        return ledger.lines(clock.instant());
    }

    private IssuedCertificate append(BigInteger serial, Ledger.Lines lines) {
        store.commit(new Change().append(lines.toString()));
        return known(serial);
    }

    private static boolean isRevokedFor(IssuedCertificate issued, RevocationReason reason) {
        Revocation revocation = issued.revocation().orElse(null);
        if (revocation == null || (revocation.isHold() && reason != RevocationReason.CERTIFICATE_HOLD)) {
            return false;
        }
        if (revocation.reason() != reason) {
            throw new CaException(
                    issued.name() + " (" + issued.serialHex() + ") is revoked since " + revocation.at() + " for "
                            + revocation.reason().text(),
                    "a revocation is final, so there is nothing to do",
                    null);
        }
        return true;
    }

    /**
     * Ends a hold.
     *
     * @throws CaException when the certificate is not on hold
     */
    public IssuedCertificate release(BigInteger serial) {
        return store.locked(() -> {
            IssuedCertificate issued = known(serial);
            if (!issued.isOnHold()) { // which one of the CA itself never is
                throw new CaException(
                        issued.name() + " (" + issued.serialHex() + ") is not on hold",
                        issued.revocation().isPresent()
                                ? "a revocation is final; issue a new certificate"
                                : "there is nothing to do",
                        null);
            }
            return append(serial, lines().released(serial));
        });
    }

    /**
     * Revokes an issuing CA, and with it everything that it signed, by a new CRL of its root.
     *
     * @param rootPassphrase of the root that signed it; null if its key is not encrypted
     * @throws CaException when there is no such issuing CA, or the root's key is not here
     */
    public IssuedCertificate revokeIssuing(String issuing, RevocationReason reason, char @Nullable [] rootPassphrase) {
        return store.locked(() -> {
            IssuedCertificate issued = ledger.authorities().stream()
                    .filter(ca -> ca.name().equals(issuing) && ca.kind() == Kind.ISSUING)
                    .findFirst()
                    .orElseThrow(() -> new CaException(
                            "there is no issuing CA \"" + issuing + "\"", "name one of " + authorities(), null));
            if (reason == RevocationReason.CERTIFICATE_HOLD) {
                throw new CaException(
                        "an issuing CA is not put on hold", "revoke it for good, or its members one by one", null);
            }
            HeldCertificate root = hierarchy.root(issued.authority(), rootPassphrase);
            if (isRevokedFor(issued, reason)) {
                return issued;
            }
            Map<BigInteger, Revocation> revoked = revokedByRoot(issued.authority());
            revoked.put(issued.serial(), new Revocation(clock.instant().truncatedTo(ChronoUnit.SECONDS), reason));
            Change change =
                    new Change().append(lines().revoked(issued.serial(), reason).toString());
            lists.signRoot(change, issued.authority(), root, revoked);
            store.commit(change);
            return known(issued.serial());
        });
    }

    /**
     * Signs the CRL of a root anew, which is to be done once a year.
     *
     * @throws CaException when there is no such root, its key is not here, or the passphrase is wrong
     */
    public byte[] renewRootCrl(String root, char @Nullable [] rootPassphrase) {
        return store.locked(() -> {
            Change change = new Change();
            lists.signRoot(change, root, hierarchy.root(root, rootPassphrase), revokedByRoot(root));
            store.commit(change);
            return lists.ofRoot(root);
        });
    }

    private Map<BigInteger, Revocation> revokedByRoot(String root) {
        Map<BigInteger, Revocation> revoked = new HashMap<>();
        for (IssuedCertificate issued : ledger.revokedBy(root)) {
            issued.revocation().ifPresent(revocation -> revoked.put(issued.serial(), revocation));
        }
        return revoked;
    }

    /**
     * The complete CRL of a CA, in DER: of an issuing CA it has everything that is revoked at this moment, of a root what was
     * revoked when it was signed.
     *
     * @throws CaException when there is no such CA
     */
    public byte[] crl(String authority) {
        return isRoot(authority) ? lists.ofRoot(authority) : lists.full(authority, () -> issuing(authority));
    }

    /**
     * What has changed since a complete CRL of before, in DER (RFC 5280 section 5.2.4).
     *
     * @throws CaException when there is no such CA, or it is a root, which has none
     */
    public byte[] deltaCrl(String authority) {
        if (isRoot(authority)) {
            throw new CaException("a root publishes no delta CRL", "take the complete one", null);
        }
        return lists.delta(authority, () -> issuing(authority));
    }

    private boolean isRoot(String authority) {
        if (!authorities().contains(authority)) {
            throw new CaException(
                    "there is no CA \"" + authority + "\" here",
                    "name one of " + String.join(", ", authorities()),
                    null);
        }
        return authority.startsWith(Hierarchy.ROOT);
    }

    /**
     * A new issuing CA below the newest root, which signs members from now on. The one before goes on answering for its own.
     *
     * @param rootPassphrase null if the root's key is not encrypted
     * @throws CaException when the root's key is not here, or the passphrase is wrong
     */
    public HeldCertificate rotateIssuing(char @Nullable [] rootPassphrase) {
        return rotate(() -> hierarchy.rotateIssuing(rootPassphrase));
    }

    /**
     * A new root with an issuing CA below it, and each of the two roots signed by the other. {@link #roots} has both until the
     * old one ends: hand it to servers and clients in the meantime.
     *
     * @param rootPassphrase of the root until now; null if its key is not encrypted
     * @param newPassphrase of the new one; null to leave its key unencrypted
     * @throws CaException when the root's key is not here, or the passphrase is wrong
     */
    public HeldCertificate rotateRoot(char @Nullable [] rootPassphrase, char @Nullable [] newPassphrase) {
        return rotate(() -> hierarchy.rotateRoot(rootPassphrase, newPassphrase));
    }

    private HeldCertificate rotate(Supplier<Change> rotation) {
        return store.locked(() -> {
            store.commit(rotation.get());
            return issuing();
        });
    }

    /**
     * What a person should do soon, lest something comes to its end: sentences to show, each with the command that does it.
     * None most of the time.
     */
    public List<String> reminders() {
        Instant now = clock.instant();
        List<String> reminders = new ArrayList<>();
        IssuedCertificate root = hierarchy.newest(Kind.ROOT);
        IssuedCertificate issuing = hierarchy.newest(Kind.ISSUING);
        if (!now.plus(ROOT_NOTICE).isBefore(root.notAfter())) {
            reminders.add("The root ends at " + root.notAfter()
                    + ", and members need time to trust another: mtls-ca rotate root");
        } else if (!now.plus(settings.memberLifetime().multipliedBy(2)).isBefore(issuing.notAfter())) {
            reminders.add(issuing.name() + " ends at " + issuing.notAfter()
                    + ", and so do the certificates that it signs:" + " mtls-ca rotate issuing");
        }
        for (IssuedCertificate each : ledger.authorities()) {
            if (each.kind() == Kind.ROOT && now.isBefore(each.notAfter())) {
                Instant end = lists.endOfRoot(each.name());
                if (!now.plus(CRL_NOTICE).isBefore(end)) {
                    reminders.add("The revocation list of " + each.name()
                            + (end.equals(Instant.EPOCH) ? " is missing or damaged" : " ends at " + end)
                            + ": mtls-ca crl --renew --authority " + each.name());
                }
            }
        }
        return reminders;
    }

    /** Who answers OCSP requests for an issuing CA: a delegated responder, whose key is never stored. */
    HeldCertificate responder(String authority) {
        return responders.of(authority);
    }

    /** A root or an issuing CA with its key: a CRL that is wrong needs one. */
    HeldCertificate signer(String authority) {
        return isRoot(authority) ? hierarchy.root(authority, null) : issuing(authority);
    }

    InstantSource clock() {
        return clock;
    }

    /** The name, and where it is. */
    @Override
    public String toString() {
        return settings.name() + " in " + (directory == null ? "memory" : directory.toString());
    }
}
