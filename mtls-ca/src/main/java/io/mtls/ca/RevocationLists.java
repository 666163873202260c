package io.mtls.ca;

import io.mtls.ca.IssuedCertificate.Revocation;
import java.io.IOException;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.CertException;
import org.bouncycastle.cert.X509CRLEntryHolder;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

/**
 * The CRLs of an authority, each signed anew when something was revoked or half of its validity is over.
 *
 * <p>A complete list and a delta CRL are always made together and have the same number (RFC 5280 section 5.2.4). The delta's
 * base is a complete list of before that is kept for as long as it is valid, so that whoever has that one or a later one can
 * use the delta. Numbers go up even if the files are lost: they are at least the seconds since 1970.
 */
final class RevocationLists {
    static final String DIRECTORY = "crl/";
    private static final String FULL = ".crl";
    private static final String DELTA = "-delta.crl";
    private static final String BASE = "-base.crl";

    /** A root's key is away: somebody has to fetch it once a year. */
    static final Duration ROOT_VALIDITY = Duration.ofDays(365);

    private final Store store;
    private final Ledger ledger;
    private final CaSettings settings;
    private final InstantSource clock;
    private final Function<String, X509Certificate> certificates;

    /** The latest of each, with what the ledger had counted when it was made. */
    private final Map<String, Current> current = new ConcurrentHashMap<>();

    RevocationLists(
            Store store,
            Ledger ledger,
            CaSettings settings,
            InstantSource clock,
            Function<String, X509Certificate> certificates) {
        this.certificates = certificates;
        this.store = store;
        this.ledger = ledger;
        this.settings = settings;
        this.clock = clock;
    }

    /** The list that a new root begins with. */
    static void writeFirst(Change change, String root, HeldCertificate held) {
        Instant now = now(held.clock());
        change.write(
                DIRECTORY + root + FULL,
                CrlBuilder.issuedBy(held)
                        .number(now.getEpochSecond())
                        .thisUpdate(now)
                        .nextUpdate(now.plus(ROOT_VALIDITY))
                        .der());
    }

    /** The list of a root as it was signed last. */
    byte[] ofRoot(String root) {
        return published(root, FULL)
                .map(list -> list.der.clone())
                .orElseThrow(() -> new CaException(
                        store.describe(DIRECTORY + root + FULL)
                                + (store.exists(DIRECTORY + root + FULL) ? " is damaged" : " is missing"),
                        "have it signed anew: mtls-ca crl --renew --authority " + root,
                        null));
    }

    /** When the list of a root ends to be good; the beginning of time if it is damaged. */
    Instant endOfRoot(String root) {
        return published(root, FULL).map(list -> list.nextUpdate).orElse(Instant.EPOCH);
    }

    /** A new list of a root, with what is about to be revoked. */
    void signRoot(Change change, String root, HeldCertificate held, Map<BigInteger, Revocation> revoked) {
        Instant now = now(clock);
        long number = Math.max(
                now.getEpochSecond(),
                published(root, FULL).map(list -> list.number).orElse(0L) + 1);
        CrlBuilder list =
                CrlBuilder.issuedBy(held).number(number).thisUpdate(now).nextUpdate(now.plus(ROOT_VALIDITY));
        revoked.forEach((serial, revocation) -> list.revoked(serial, revocation.at(), revocation.reason()));
        change.write(DIRECTORY + root + FULL, list.der());
    }

    /** @param issuing is asked only if something has to be signed */
    byte[] full(String authority, Supplier<HeldCertificate> issuing) {
        return current(authority, issuing).full().der.clone();
    }

    byte[] delta(String authority, Supplier<HeldCertificate> issuing) {
        return current(authority, issuing).delta().der.clone();
    }

    private Current current(String authority, Supplier<HeldCertificate> issuing) {
        Current known = current.get(authority);
        if (known != null && known.changes() == ledger.revocationChanges(authority) && isFresh(known.full())) {
            return known;
        }
        return store.locked(() -> {
            int changes = ledger.revocationChanges(authority);
            Map<BigInteger, Revocation> revoked = revoked(authority);
            Current latest = stored(authority, changes, revoked)
                    .orElseGet(() -> sign(authority, issuing.get(), changes, revoked));
            current.put(authority, latest);
            return latest;
        });
    }

    private boolean isFresh(Published list) {
        Instant now = now(clock);
        return !now.isBefore(list.thisUpdate) && now.isBefore(list.thisUpdate.plus(halfValidity()));
    }

    private Duration halfValidity() {
        return settings.crlValidity().dividedBy(2);
    }

    /** RFC 5280 section 3.3: a certificate stays on the list for one list beyond its expiry. */
    private Map<BigInteger, Revocation> revoked(String authority) {
        Instant since = clock.instant().minus(settings.crlValidity());
        Map<BigInteger, Revocation> revoked = new HashMap<>();
        for (IssuedCertificate issued : ledger.revokedBy(authority)) {
            if (issued.notAfter().isAfter(since)) {
                issued.revocation().ifPresent(revocation -> revoked.put(issued.serial(), revocation));
            }
        }
        return revoked;
    }

    /** What this or another process signed last, if that is still right. */
    private Optional<Current> stored(String authority, int changes, Map<BigInteger, Revocation> revoked) {
        Optional<Published> full = published(authority, FULL).filter(this::isFresh);
        Optional<Published> delta = published(authority, DELTA);
        if (full.isEmpty() || delta.isEmpty() || full.get().number != delta.get().number) {
            return Optional.empty();
        }
        return full.get().revoked.equals(revoked)
                ? Optional.of(new Current(changes, full.get(), delta.get()))
                : Optional.empty();
    }

    private Current sign(String authority, HeldCertificate issuing, int changes, Map<BigInteger, Revocation> revoked) {
        Instant now = now(clock);
        Instant nextUpdate = now.plus(settings.crlValidity());
        Optional<Published> before = published(authority, FULL);
        before.ifPresent(list -> refuseIfForgotten(authority, list));
        // Also of what a process that was killed had begun to publish.
        long last = Stream.of(before, published(authority, DELTA), published(authority, BASE))
                .flatMap(Optional::stream)
                .mapToLong(list -> list.number)
                .max()
                .orElse(0);
        long number = Math.max(now.getEpochSecond(), last + 1);

        CrlBuilder full =
                CrlBuilder.issuedBy(issuing).number(number).thisUpdate(now).nextUpdate(nextUpdate);
        if (settings.url() != null) {
            full.freshestCrl(settings.url() + Publication.CRL + authority + Publication.DELTA_SUFFIX);
        }
        revoked.forEach((serial, revocation) -> full.revoked(serial, revocation.at(), revocation.reason()));
        Published signed = new Published(number, now, nextUpdate, revoked, full.der());

        Published base = published(authority, BASE)
                .filter(list -> list.nextUpdate.isAfter(now))
                .or(() -> before.filter(list -> list.nextUpdate.isAfter(now)))
                .orElse(signed);
        Published delta = delta(issuing, signed, base, ledger.releasedBy(authority));
        store.commit(new Change()
                .write(DIRECTORY + authority + BASE, base.der)
                .write(DIRECTORY + authority + DELTA, delta.der)
                .write(DIRECTORY + authority + FULL, signed.der));
        return new Current(changes, signed, delta);
    }

    /** To be right for who has the base and for who has any list after it: also what was on hold in between only. */
    private static Published delta(
            HeldCertificate issuing, Published full, Published base, Map<BigInteger, Instant> released) {
        Set<BigInteger> releasedSince = new HashSet<>();
        released.forEach((serial, at) -> {
            if (!at.isBefore(base.thisUpdate)) {
                releasedSince.add(serial);
            }
        });
        CrlBuilder delta = CrlBuilder.issuedBy(issuing)
                .number(full.number)
                .delta(base.number)
                .thisUpdate(full.thisUpdate)
                .nextUpdate(full.nextUpdate);
        full.revoked.forEach((serial, revocation) -> {
            if (!revocation.equals(base.revoked.get(serial)) || releasedSince.contains(serial)) {
                delta.revoked(serial, revocation.at(), revocation.reason());
            }
        });
        Set<BigInteger> removed = new HashSet<>(base.revoked.keySet());
        removed.addAll(releasedSince);
        removed.removeAll(full.revoked.keySet());
        removed.forEach(serial -> delta.removed(serial, full.thisUpdate));
        return new Published(full.number, full.thisUpdate, full.nextUpdate, Map.of(), delta.der());
    }

    /** An index from an old backup has lost what was revoked since: that must not bring those certificates back. */
    private void refuseIfForgotten(String authority, Published list) {
        list.revoked.forEach((serial, revocation) -> {
            boolean forgotten = ledger.find(serial)
                    .map(issued -> issued.revocation().isEmpty())
                    .orElse(true);
            if (forgotten && !revocation.isHold()) {
                throw new CaException(
                        store.describe(Store.INDEX) + " does not know that " + serial.toString(16)
                                + " was revoked, and " + store.describe(DIRECTORY + authority + FULL) + " does",
                        "restore the whole directory from one backup, and revoke again what was revoked since",
                        null);
            }
        });
    }

    /** A list that is damaged is as good as none: it is signed anew. */
    private Optional<Published> published(String authority, String suffix) {
        return store.read(DIRECTORY + authority + suffix)
                .flatMap(der -> Published.parse(der, certificates.apply(authority)));
    }

    private static Instant now(InstantSource clock) {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    private record Current(int changes, Published full, Published delta) {}

    private static final class Published {
        private final long number;
        private final Instant thisUpdate;
        private final Instant nextUpdate;
        private final Map<BigInteger, Revocation> revoked;
        private final byte[] der;

        Published(
                long number, Instant thisUpdate, Instant nextUpdate, Map<BigInteger, Revocation> revoked, byte[] der) {
            this.number = number;
            this.thisUpdate = thisUpdate;
            this.nextUpdate = nextUpdate;
            this.revoked = revoked;
            this.der = der;
        }

        static Optional<Published> parse(byte[] der, X509Certificate issuer) {
            try {
                X509CRLHolder list = new X509CRLHolder(der);
                if (!list.isSignatureValid(new JcaContentVerifierProviderBuilder().build(issuer.getPublicKey()))) {
                    return Optional.empty();
                }
                Map<BigInteger, Revocation> revoked = new HashMap<>();
                for (Object entry : list.getRevokedCertificates()) {
                    X509CRLEntryHolder holder = (X509CRLEntryHolder) entry;
                    revoked.put(
                            holder.getSerialNumber(),
                            new Revocation(holder.getRevocationDate().toInstant(), reason(holder)));
                }
                return Optional.of(new Published(
                        ASN1Integer.getInstance(
                                        list.getExtension(Extension.cRLNumber).getParsedValue())
                                .longValueExact(),
                        list.getThisUpdate().toInstant(),
                        list.getNextUpdate().toInstant(),
                        revoked,
                        der));
            } catch (IOException | OperatorCreationException | CertException | RuntimeException e) {
                return Optional.empty();
            }
        }

        private static RevocationReason reason(X509CRLEntryHolder entry) {
            Extension reason = entry.getExtension(Extension.reasonCode);
            if (reason == null) {
                return RevocationReason.UNSPECIFIED;
            }
            int code = ASN1Enumerated.getInstance(reason.getParsedValue()).intValueExact();
            for (RevocationReason known : RevocationReason.values()) {
                if (known.code() == code) {
                    return known;
                }
            }
            return RevocationReason.UNSPECIFIED; // removeFromCRL, of a delta
        }
    }
}
