package io.mtls.ca;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mtls.ca.IssuedCertificate.Kind;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/**
 * Certifies members, and keeps their files. {@link CertificateAuthority} says what each method promises.
 */
final class Members {
    static final String CERTIFICATES = "certificates/";
    static final String SERVER = "server/";
    static final String CLIENTS = "clients/";

    private final Store store;
    private final Ledger ledger;
    private final Hierarchy hierarchy;
    private final CaSettings settings;
    private final InstantSource clock;
    private final Credentials credentials;

    Members(Store store, Ledger ledger, Hierarchy hierarchy, CaSettings settings, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.hierarchy = hierarchy;
        this.settings = settings;
        this.clock = clock;
        this.credentials = new Credentials(store);
    }

    HeldCertificate issue(Member member) {
        KeyPair keys = member.newKey(); // may take seconds: not while others wait
        return store.locked(() -> {
            refuseIfMember(member);
            return store(member.kind(), member.name(), build(member, keys), Secrets.KEY);
        });
    }

    IssuedCertificate issue(Member member, CertificationRequest request) {
        return store.locked(() -> {
            refuseIfMember(member);
            return certified(member.kind(), member.name(), build(member, withoutPrivate(request.publicKey())));
        });
    }

    private void refuseIfMember(Member member) {
        refuseIfConfusable(member);
        Instant now = clock.instant();
        for (IssuedCertificate issued : named(member.name())) {
            boolean inUse = issued.revocation().isEmpty() || issued.isOnHold();
            if (inUse && !now.isAfter(issued.notAfter())) {
                throw new CaException(
                        member + " has a certificate until " + issued.notAfter()
                                + (issued.isOnHold() ? ", which is on hold" : ""),
                        "renew it (mtls-ca renew " + member.name() + "), or revoke it first",
                        null);
            }
        }
    }

    /** A name is of one member, whose files it names. */
    private void refuseIfConfusable(Member member) {
        ledger.spelling(member.name())
                .filter(name -> !name.equals(member.name()))
                .ifPresent(name -> {
                    throw new CaException(
                            "there is a member " + name + ", whose files have the same names as those of "
                                    + member.name() + " on many disks",
                            "choose another name, or write it " + name,
                            null);
                });
        for (IssuedCertificate issued : named(member.name())) {
            if (issued.kind() != member.kind()) {
                throw new CaException(
                        member.name() + " is a " + issued.kind().text() + " already",
                        "choose another name for the " + member.kind().text(),
                        null);
            }
        }
    }

    private HeldCertificate build(Member member, KeyPair keys) {
        refuseSubjectOfAuthority(member);
        HeldCertificate issuing = usableIssuing();
        CertificateBuilder builder = member.issuedBy(issuing);
        Duration lifetime = member.lifetime();
        if (lifetime != null) {
            refuseToOutlive(lifetime);
        }
        return build(builder, keys, lifetime == null ? settings.memberLifetime() : lifetime);
    }

    /** RFC 5280 section 4.1.2.6: the name of a CA is of that CA alone. A member of that name would look self-issued. */
    private void refuseSubjectOfAuthority(Member member) {
        X500Principal subject = new X500Principal(member.subject().encoded());
        if (member.subject().isEmpty() && !member.hasAlternativeNames()) {
            throw new CaException(member + " has neither a subject nor another name", "give it one of them", null);
        }
        for (String ca : hierarchy.names()) {
            if (hierarchy.certificate(ca).getSubjectX500Principal().equals(subject)) {
                throw new CaException("the subject of " + member + " is that of " + ca, "choose another subject", null);
            }
        }
    }

    private HeldCertificate build(CertificateBuilder builder, KeyPair keys, Duration lifetime) {
        if (ledger.isCompromised(keys.getPublic())) {
            throw new CaException(
                    "this key was revoked because somebody else may have it", "have a new key made", null);
        }
        if (ledger.isOfAuthority(keys.getPublic())) {
            throw new CaException("this is a key of the CA itself", "have a new key made", null);
        }
        return Publication.ofMember(settings, issuingName())
                .addTo(builder)
                .keyPair(keys)
                .lifetime(lifetime)
                .build();
    }

    private HeldCertificate usableIssuing() {
        IssuedCertificate issuing = hierarchy.newest(Kind.ISSUING);
        if (clock.instant().isBefore(issuing.notBefore())) {
            throw new CaException(
                    issuing.name() + " signs from " + issuing.notBefore() + " on, and here it is " + clock.instant(),
                    "set the clock",
                    null);
        }
        if (!issuing.isValidAt(clock.instant())) {
            throw new CaException(
                    issuing.name() + " signs no more: it "
                            + (issuing.revocation().isPresent() ? "is revoked" : "ended at " + issuing.notAfter()),
                    "make a new one: mtls-ca rotate issuing",
                    null);
        }
        return hierarchy.issuing(issuing.name());
    }

    private void refuseToOutlive(Duration lifetime) {
        if (lifetime.isNegative() || lifetime.isZero()) {
            throw new CaException("a lifetime of " + lifetime + " is over before it begins", "name a longer one", null);
        }
        if (lifetime.compareTo(Duration.between(clock.instant(), issuingEnd())) > 0) {
            throw new CaException(
                    "a certificate for " + lifetime + " from now on would outlive its issuer, which ends at "
                            + issuingEnd(),
                    "name a shorter lifetime, or make a new issuing CA: mtls-ca rotate issuing",
                    null);
        }
    }

    private HeldCertificate store(Kind kind, String name, HeldCertificate held, Secrets secrets) {
        Change change = change(kind, name, held);
        if (secrets != Secrets.NONE) {
            change.writeSecret(entry(kind, name) + Credentials.KEY, held.privateKeyPem());
        }
        if (secrets == Secrets.KEY_AND_PKCS12) {
            change.writeSecret(
                    entry(kind, name) + Credentials.P12,
                    held.pkcs12(CertificateAuthority.PKCS12_PASSWORD.toCharArray()));
        }
        store.commit(change);
        return held;
    }

    private IssuedCertificate certified(Kind kind, String name, HeldCertificate held) {
        store(kind, name, held, Secrets.NONE);
        return recorded(held);
    }

    private Change change(Kind kind, String name, HeldCertificate held) {
        return new Change()
                .write(
                        CERTIFICATES + IssuedCertificate.hex(held.certificate().getSerialNumber()) + Credentials.CRT,
                        held.certificatePem())
                .write(entry(kind, name) + Credentials.CRT, held.chainPem())
                .append(ledger.lines(clock.instant())
                        .issued(kind, name, issuingName(), held.certificate())
                        .toString());
    }

    private static String entry(IssuedCertificate issued) {
        return entry(issued.kind(), issued.name());
    }

    private static String entry(Kind kind, String name) {
        return (kind == Kind.SERVER ? SERVER : CLIENTS) + name;
    }

    private IssuedCertificate recorded(HeldCertificate held) {
        return ledger.find(held.certificate().getSerialNumber()).orElseThrow();
    }

    private String issuingName() {
        return hierarchy.newest(Kind.ISSUING).name();
    }

    private Instant issuingEnd() {
        return hierarchy.newest(Kind.ISSUING).notAfter();
    }

    private static KeyPair withoutPrivate(PublicKey key) {
        return new KeyPair(key, null);
    }

    HeldCertificate obtain(Member member) {
        return store.locked(() -> obtainAlone(member));
    }

    private HeldCertificate obtainAlone(Member member) {
        refuseIfConfusable(member);
        return named(member.name()).stream()
                .reduce((earlier, later) -> later)
                .filter(issued -> isUsable(issued, member))
                .map(this::restored)
                .orElseGet(() -> store(
                        member.kind(),
                        member.name(),
                        build(member, member.newKey()),
                        member.kind() == Kind.CLIENT ? Secrets.KEY_AND_PKCS12 : Secrets.KEY));
    }

    /** The files that others read are copies of what is known here. */
    private HeldCertificate restored(IssuedCertificate issued) {
        HeldCertificate held = held(issued);
        String entry = entry(issued);
        byte[] chain = held.chainPem().getBytes(UTF_8);
        if (!store.read(entry + Credentials.CRT)
                .filter(file -> Arrays.equals(file, chain))
                .isPresent()) {
            store.commit(new Change().write(entry + Credentials.CRT, chain));
        }
        if (issued.kind() == Kind.CLIENT && !store.exists(entry + Credentials.P12)) {
            store.commit(new Change()
                    .writeSecret(
                            entry + Credentials.P12, held.pkcs12(CertificateAuthority.PKCS12_PASSWORD.toCharArray())));
        }
        return held;
    }

    private boolean isUsable(IssuedCertificate issued, Member member) {
        Instant now = clock.instant();
        Duration leastLeft =
                Duration.between(issued.notBefore(), issued.notAfter()).dividedBy(3);
        return issued.kind() == member.kind()
                && (issued.isOnHold() || issued.isValidAt(now)) // a hold is not to be got around by asking again
                && !now.plus(leastLeft).isAfter(issued.notAfter())
                && issued.authority().equals(issuingName())
                && credentials.hasKeyOf(entry(issued), certificate(issued))
                && member.issuedBy(hierarchy.issuing(issued.authority())).hasNamesOf(certificate(issued));
    }

    IssuedCertificate renew(String name) {
        return store.locked(() -> {
            IssuedCertificate before = renewable(name);
            X509Certificate certificate = certificate(before);
            if (!credentials.hasKeyOf(entry(before), certificate)) {
                return certified(
                        before.kind(), name, renewed(before, certificate, withoutPrivate(certificate.getPublicKey())));
            }
            KeyPair keys = KeyType.like(certificate.getPublicKey()).generate();
            HeldCertificate renewed = renewed(before, certificate, keys);
            boolean pkcs12 = store.exists(entry(before) + Credentials.P12);
            store(before.kind(), name, renewed, pkcs12 ? Secrets.KEY_AND_PKCS12 : Secrets.KEY);
            return recorded(renewed);
        });
    }

    IssuedCertificate renew(String name, CertificationRequest request) {
        return store.locked(() -> {
            IssuedCertificate before = renewable(name);
            X509Certificate certificate = certificate(before);
            return certified(before.kind(), name, renewed(before, certificate, withoutPrivate(request.publicKey())));
        });
    }

    private IssuedCertificate renewable(String name) {
        IssuedCertificate newest = newest(name);
        newest.revocation().ifPresent(revocation -> {
            throw new CaException(
                    name + "'s certificate is " + (newest.isOnHold() ? "on hold" : "revoked") + " since "
                            + revocation.at(),
                    newest.isOnHold() ? "release it first: mtls-ca unhold " + name : "issue a new one: mtls-ca issue",
                    null);
        });
        return newest;
    }

    private HeldCertificate renewed(IssuedCertificate before, X509Certificate certificate, KeyPair keys) {
        CertificateBuilder builder = usableIssuing()
                .issueClient(DistinguishedName.subjectOf(certificate))
                .endEntity(before.kind() == Kind.SERVER ? KeyPurpose.SERVER_AUTH : KeyPurpose.CLIENT_AUTH)
                .alternativeNamesOf(certificate);
        return build(builder, keys, lifetimeOf(before));
    }

    /** As long as before, unless that was cut short because the issuer ended. */
    private Duration lifetimeOf(IssuedCertificate before) {
        boolean cutShort = hierarchy
                .certificate(before.authority())
                .getNotAfter()
                .toInstant()
                .equals(before.notAfter());
        return cutShort
                ? settings.memberLifetime()
                : Duration.between(before.notBefore(), before.notAfter()).minus(CertificateBuilder.BACKDATED);
    }

    /** The certificate of a member, from its file, and surely that one. */
    X509Certificate certificate(IssuedCertificate member) {
        return store.locked(() -> stored(member));
    }

    private X509Certificate stored(IssuedCertificate member) {
        String entry = CERTIFICATES + member.serialHex();
        X509Certificate certificate = credentials.certificate(entry, "restore it from a backup of this CA");
        hierarchy.refuseUnlessOurs(entry, certificate, member);
        return certificate;
    }

    HeldCertificate held(String name) {
        return store.locked(() -> held(newest(name)));
    }

    private HeldCertificate held(IssuedCertificate issued) {
        X509Certificate certificate = certificate(issued);
        if (!credentials.hasKeyOf(entry(issued), certificate)) {
            throw new CaException(
                    "the key of " + issued.name() + " is not here: it was certified by request, or taken away",
                    "whoever made the key has it; export the certificate without it (mtls-ca export --chain)",
                    null);
        }
        KeyPair keys = credentials.keyPair(entry(issued), certificate, null, "renew " + issued.name());
        return HeldCertificate.loaded(certificate, keys, chain(issued, certificate), clock);
    }

    private List<X509Certificate> chain(IssuedCertificate issued, X509Certificate certificate) {
        return hierarchy.issuing(issued.authority()).chainOf(certificate);
    }

    String chainPem(String name) {
        return store.locked(() -> {
            IssuedCertificate issued = newest(name);
            return Pem.chain(chain(issued, certificate(issued)));
        });
    }

    /** All certificates of this member, oldest first. */
    List<IssuedCertificate> named(String name) {
        return ledger.named(name).stream()
                .filter(issued -> issued.kind().isMember())
                .toList();
    }

    private IssuedCertificate newest(String name) {
        return named(name).stream()
                .reduce((earlier, later) -> later)
                .orElseThrow(() -> new CaException(
                        "there is no member \"" + name + "\"", "see mtls-ca list for those that there are", null));
    }

    /** What is stored beside a certificate. */
    private enum Secrets {
        NONE,
        KEY,
        KEY_AND_PKCS12
    }
}
