package io.mtls.ca;

import static io.mtls.ca.DistinguishedName.attribute;
import static io.mtls.ca.DistinguishedName.rdn;

import io.mtls.ca.IssuedCertificate.Kind;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The CAs of an authority: roots {@code root-1, root-2, ...} and below them {@code issuing-1, issuing-2, ...}. The newest of
 * each is the one in use; those before it go on answering for what they signed.
 *
 * <p>A root's key is needed only to make an issuing CA, another root, or a CRL of its own. Elsewhere it may be encrypted or
 * away.
 */
final class Hierarchy {
    static final String DIRECTORY = "ca/";
    static final String ROOTS = "root.crt";
    static final String ROOT = "root-";
    static final String ISSUING = "issuing-";
    static final String SIGNED_BY = "-by-";

    private static final Duration CROSS_LIFETIME = Duration.ofDays(1825);

    private final Store store;
    private final Ledger ledger;
    private final CaSettings settings;
    private final InstantSource clock;
    private final Credentials credentials;

    /** What was read and checked once. It never changes: another CA has another name. */
    private final Map<String, X509Certificate> certificates = new ConcurrentHashMap<>();

    private final Map<String, KeyPair> issuingKeys = new ConcurrentHashMap<>();

    Hierarchy(Store store, Ledger ledger, CaSettings settings, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.settings = settings;
        this.clock = clock;
        this.credentials = new Credentials(store);
    }

    /** The first root and the first issuing CA. The root's CRL goes with them, since its key may be taken away next. */
    Change create(char @Nullable [] passphrase) {
        HeldCertificate root = newRoot(1);
        HeldCertificate issuing = newIssuing(root, ROOT + 1, 1);
        Change change = new Change();
        writeRoot(change, 1, root, passphrase);
        writeIssuing(change, 1, issuing);
        return change.write(ROOTS, root.certificatePem())
                .append(ledger.lines(clock.instant())
                        .issued(Kind.ROOT, ROOT + 1, ROOT + 1, root.certificate())
                        .issued(Kind.ISSUING, ISSUING + 1, ROOT + 1, issuing.certificate())
                        .toString());
    }

    /** A new issuing CA below the newest root. */
    Change rotateIssuing(char @Nullable [] passphrase) {
        IssuedCertificate newest = newest(Kind.ROOT);
        String root = newest.name();
        if (isOver(newest)) {
            throw new CaException(
                    root + " signs no more: it ended at " + newest.notAfter(),
                    "make a new one: mtls-ca rotate root",
                    null);
        }
        int number = number(newest(Kind.ISSUING)) + 1;
        HeldCertificate issuing = newIssuing(root(root, passphrase), root, number);
        Change change = new Change();
        writeIssuing(change, number, issuing);
        return change.append(ledger.lines(clock.instant())
                .issued(Kind.ISSUING, ISSUING + number, root, issuing.certificate())
                .toString());
    }

    private boolean isOver(IssuedCertificate ca) {
        return clock.instant().isAfter(ca.notAfter());
    }

    /**
     * A new root, an issuing CA below it, and each of the two roots signed by the other: who trusts only the old root accepts
     * the new members, and who trusts only the new root the old ones. An old root that is over signs nothing, and nobody
     * trusts it.
     */
    Change rotateRoot(char @Nullable [] passphrase, char @Nullable [] newPassphrase) {
        IssuedCertificate last = newest(Kind.ROOT);
        String oldName = last.name();
        int number = number(last) + 1;
        String newName = ROOT + number;
        HeldCertificate root = newRoot(number);
        int issuingNumber = number(newest(Kind.ISSUING)) + 1;
        HeldCertificate issuing = newIssuing(root, newName, issuingNumber);

        Change change = new Change();
        writeRoot(change, number, root, newPassphrase);
        writeIssuing(change, issuingNumber, issuing);
        Ledger.Lines lines = ledger.lines(clock.instant()).issued(Kind.ROOT, newName, newName, root.certificate());
        if (!isOver(last)) {
            HeldCertificate old = root(oldName, passphrase);
            HeldCertificate newByOld = crossSigned(root, old, oldName);
            HeldCertificate oldByNew = crossSigned(old, root, newName);
            writeCertificate(change, newName + SIGNED_BY + oldName, newByOld);
            writeCertificate(change, oldName + SIGNED_BY + newName, oldByNew);
            lines.issued(Kind.CROSS, newName + SIGNED_BY + oldName, oldName, newByOld.certificate())
                    .issued(Kind.CROSS, oldName + SIGNED_BY + newName, newName, oldByNew.certificate());
        }
        List<X509Certificate> trusted = new ArrayList<>(List.of(root.certificate()));
        trusted.addAll(trustedRoots());
        return change.write(ROOTS, Pem.chain(trusted))
                .append(lines.issued(Kind.ISSUING, ISSUING + issuingNumber, newName, issuing.certificate())
                        .toString());
    }

    private HeldCertificate newRoot(int number) {
        return HeldCertificate.root(name("root", number))
                .keyType(settings.caKeyType())
                .clock(clock)
                .build();
    }

    private HeldCertificate newIssuing(HeldCertificate root, String rootName, int number) {
        CertificateBuilder builder = root.issueCa(name("issuing CA", number))
                .keyType(settings.caKeyType())
                .maxPathLength(0);
        return Publication.ofCa(settings, rootName).addTo(builder).build();
    }

    private HeldCertificate crossSigned(HeldCertificate subject, HeldCertificate issuer, String issuerName) {
        Duration left = Duration.between(
                clock.instant(), subject.certificate().getNotAfter().toInstant());
        CertificateBuilder builder =
                subject.crossSign(issuer).lifetime(left.compareTo(CROSS_LIFETIME) < 0 ? left : CROSS_LIFETIME);
        return Publication.ofCa(settings, issuerName).addTo(builder).build();
    }

    private DistinguishedName name(String role, int number) {
        String suffix = number == 1 ? "" : " " + number;
        return DistinguishedName.of(rdn(attribute("CN", settings.name() + " " + role + suffix)));
    }

    private static void writeRoot(Change change, int number, HeldCertificate root, char @Nullable [] passphrase) {
        writeCertificate(change, ROOT + number, root);
        change.writeSecret(
                DIRECTORY + ROOT + number + Credentials.KEY,
                passphrase == null ? root.privateKeyPem() : EncryptedKey.pem(root.keyPair(), passphrase));
        RevocationLists.writeFirst(change, ROOT + number, root);
    }

    private static void writeIssuing(Change change, int number, HeldCertificate issuing) {
        writeCertificate(change, ISSUING + number, issuing);
        change.writeSecret(DIRECTORY + ISSUING + number + Credentials.KEY, issuing.privateKeyPem());
    }

    private static void writeCertificate(Change change, String name, HeldCertificate held) {
        change.write(DIRECTORY + name + Credentials.CRT, held.certificatePem());
    }

    /** Roots and issuing CAs, oldest first. */
    Set<String> names() {
        return ledger.authorities().stream()
                .filter(issued -> issued.kind() != Kind.CROSS)
                .map(IssuedCertificate::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The newest of this kind. */
    IssuedCertificate newest(Kind kind) {
        return ledger.authorities().stream()
                .filter(issued -> issued.kind() == kind)
                .reduce((earlier, later) -> later)
                .orElseThrow(() -> new CaException(
                        store.describe(Store.INDEX) + " tells of no " + kind.text() + " CA", mend(), null));
    }

    /** The roots to be trusted, newest first. */
    List<X509Certificate> trustedRoots() {
        Instant now = clock.instant();
        return ledger.authorities().stream()
                .filter(issued -> issued.kind() == Kind.ROOT && !now.isAfter(issued.notAfter()))
                .sorted(Comparator.comparingInt(Hierarchy::number).reversed())
                .map(issued -> certificate(issued.name()))
                .toList();
    }

    private static int number(IssuedCertificate ca) {
        return Integer.parseInt(ca.name().substring(ca.name().lastIndexOf('-') + 1));
    }

    /** A root's, an issuing CA's or a cross-certificate. */
    X509Certificate certificate(String name) {
        X509Certificate known = certificates.get(name);
        if (known == null
                || !known.getSerialNumber().equals(listed(name).serial())) { // another index may be in its place
            // Files follow the index: whoever holds the lock has put them in place. No computeIfAbsent: reading one
            // reads others.
            known = store.locked(() -> read(name));
            certificates.put(name, known);
        }
        return known;
    }

    private IssuedCertificate listed(String name) {
        return ledger.authorities().stream()
                .filter(ca -> ca.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new CaException(
                        "there is no CA \"" + name + "\" here", "name one of " + String.join(", ", names()), null));
    }

    private X509Certificate read(String name) {
        IssuedCertificate issued = listed(name);
        X509Certificate certificate = credentials.certificate(DIRECTORY + name, mend());
        refuseUnlessOurs(
                DIRECTORY + name,
                certificate,
                issued,
                issued.authority().equals(name) ? certificate : certificate(issued.authority()));
        return certificate;
    }

    /** A file can be damaged or swapped. The signature proves each byte, which the CRC of the index does not. */
    void refuseUnlessOurs(String entry, X509Certificate certificate, IssuedCertificate issued) {
        refuseUnlessOurs(entry, certificate, issued, certificate(issued.authority()));
    }

    private void refuseUnlessOurs(
            String entry, X509Certificate certificate, IssuedCertificate issued, X509Certificate issuer) {
        String file = store.describe(entry + Credentials.CRT);
        if (!certificate.getSerialNumber().equals(issued.serial())) {
            throw new CaException(
                    file + " is not the certificate that " + store.describe(Store.INDEX) + " tells of", mend(), null);
        }
        try {
            certificate.verify(issuer.getPublicKey());
        } catch (GeneralSecurityException | RuntimeException e) { // the JDK's ECDSA throws both at odd bytes
            throw new CaException(file + " was not signed with the key of its issuer", mend(), e);
        }
    }

    /** An issuing CA with its key, and the chain that its members present. */
    HeldCertificate issuing(String name) {
        X509Certificate certificate = certificate(name);
        KeyPair keys = issuingKeys.get(name);
        if (keys == null || !keys.getPublic().equals(certificate.getPublicKey())) {
            keys = store.locked(() -> credentials.keyPair(
                    DIRECTORY + name,
                    certificate,
                    null,
                    mend() + "; if it is lost, make a new issuing CA: mtls-ca rotate issuing"));
            issuingKeys.put(name, keys);
        }
        List<X509Certificate> chain = new ArrayList<>(List.of(certificate));
        chain.addAll(crossCertificates(listed(name).authority()));
        return HeldCertificate.loaded(certificate, keys, chain, clock);
    }

    /** For who trusts only the root before this one. */
    private List<X509Certificate> crossCertificates(String root) {
        Instant now = clock.instant();
        int number = Integer.parseInt(root.substring(ROOT.length()));
        String byPrevious = root + SIGNED_BY + ROOT + (number - 1);
        return ledger.authorities().stream()
                .filter(ca -> ca.name().equals(byPrevious) && ca.isValidAt(now))
                .map(ca -> certificate(ca.name()))
                .toList();
    }

    /**
     * A root with its key.
     *
     * @throws CaException when the key is not here, or the passphrase is wrong
     */
    HeldCertificate root(String name, char @Nullable [] passphrase) {
        X509Certificate certificate = certificate(name);
        if (!credentials.hasKey(DIRECTORY + name)) {
            throw new CaException(
                    store.describe(DIRECTORY + name + Credentials.KEY) + " is not here",
                    "put it back from where it is kept, for as long as this takes",
                    null);
        }
        KeyPair keys = credentials.keyPair(DIRECTORY + name, certificate, passphrase, mend());
        return HeldCertificate.selfSigned(certificate, keys, clock);
    }

    private static String mend() {
        return "restore it from a backup of this CA";
    }
}
