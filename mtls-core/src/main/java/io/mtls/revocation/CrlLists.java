package io.mtls.revocation;

import io.mtls.revocation.SignerPaths.SignerPath;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The revocation lists in memory: of each series the newest whose signature was verified; and those that wait for somebody
 * who could have signed them.
 *
 * <p>A series that no place gives any more, because a CA has a new key there or the place is gone, is kept as a rule until
 * some time after its end: whom it revokes stays revoked.
 *
 * <p>A signature is verified with the key of any certificate of the right name, once. Whether that key may speak for a
 * certificate is another question, which {@link CrlAnswer} asks of each certificate.
 */
final class CrlLists {

    /** Who makes us try more keys than this on one list is no honest CA. Each try reads the whole list. */
    private static final int MAX_KEYS = 8;

    /** So long after its end a list is forgotten, in memory and in the storage, unless it is the last from its place. */
    static final Duration KEPT_AFTER_EXPIRY = Duration.ofDays(30);

    /** Lists that no place gives any more; with more, those that end first are forgotten. As many as there are addresses. */
    private static final int MAX_LEFT = CrlDownloads.MAX_ADDRESSES;

    /** Under which questions remember what they know of these lists, which do not keep the lists in memory. */
    private final Object key = new Object();

    private final InstantSource clock;
    private final Set<String> allowedAlgorithms;
    private final Set<X509Certificate> issuers = ConcurrentHashMap.newKeySet();
    private final Map<Object, Unverified> unverified = new ConcurrentHashMap<>();
    private final Map<Crl.Series, Crl> bySeries = new HashMap<>();

    /** What each place, a file or an address, gave last. */
    private final Map<Object, Crl.Series> given = new HashMap<>();

    private final int maxLeft;
    private volatile Snapshot snapshot = new Snapshot(Map.of(), new Object());

    /** @param allowedAlgorithms that signatures may have beside what is usual, as object identifiers */
    CrlLists(InstantSource clock, Set<String> allowedAlgorithms) {
        this(clock, allowedAlgorithms, MAX_LEFT);
    }

    /** For tests, which cannot sign a thousand lists. */
    CrlLists(InstantSource clock, Set<String> allowedAlgorithms, int maxLeft) {
        this.maxLeft = maxLeft;
        this.clock = clock;
        this.allowedAlgorithms = Set.copyOf(allowedAlgorithms);
    }

    /** A list that nobody who is known could have signed. */
    private record Unverified(
            CrlFile file,
            CrlHead head,
            Set<PublicKey> tried,
            Consumer<Crl> onVerified,
            Consumer<CrlException> onRefused) {}

    /**
     * All that is in force at one moment.
     *
     * @param version an object that no other snapshot has: for whoever must know them apart without holding the lists
     */
    record Snapshot(Map<X500Principal, List<Crl>> byIssuer, Object version) {}

    Snapshot snapshot() {
        return snapshot;
    }

    /** What a question carries for these lists. */
    CrlLookup lookup(RevocationQuery query) {
        return query.crlLookup(key);
    }

    private List<Crl> ofIssuer(X500Principal name) {
        return snapshot.byIssuer().getOrDefault(name, List.of());
    }

    /** These may have signed lists. Tries them on those that wait. */
    void know(Iterable<X509Certificate> more) {
        more.forEach(issuers::add);
        unverified.forEach((origin, waiting) -> tryOn(origin, waiting, known(waiting.head)));
    }

    /** Lets a list wait, in place of what waited from there before. */
    void await(Object origin, CrlFile file, CrlHead head, Consumer<Crl> onVerified, Consumer<CrlException> onRefused) {
        unverified.put(origin, new Unverified(file, head, ConcurrentHashMap.newKeySet(), onVerified, onRefused));
    }

    boolean isWaiting(Object origin) {
        return unverified.containsKey(origin);
    }

    /** What waited from there has been replaced. */
    void forget(Object origin) {
        unverified.remove(origin);
    }

    /** There is no such place any more. What it gave last is kept for a while. */
    void left(Object origin) {
        forget(origin);
        synchronized (this) {
            if (given.remove(origin) != null && prune()) {
                publish();
            }
        }
    }

    /**
     * Verifies a list and puts it in force.
     *
     * @param origin the place that it comes from
     * @param query whose certificates may help
     * @return empty if nobody who is known has the name of its issuer
     * @throws CrlException if it cannot be used; then nothing has changed
     */
    Optional<Crl> load(Object origin, CrlFile file, CrlHead head, @Nullable RevocationQuery query) throws CrlException {
        List<CrlSigner> candidates = known(head);
        if (query != null && CrlSigner.issuerOf(query).mayBeOf(head)) {
            candidates.add(CrlSigner.issuerOf(query));
        }
        Set<PublicKey> tried = new LinkedHashSet<>();
        CrlException failure = null;
        for (int round = 0; round < 2; round++) {
            for (CrlSigner candidate : candidates) {
                if (tried.size() < MAX_KEYS && tried.add(candidate.key())) {
                    try {
                        return Optional.of(verified(origin, file, head, candidate));
                    } catch (CrlException e) {
                        failure = failure == null ? e : failure;
                    }
                }
            }
            if (query != null) {
                candidates = signersOf(query, head.issuer());
            }
        }
        if (failure != null) {
            throw failure;
        }
        return Optional.empty();
    }

    private Crl verified(Object origin, CrlFile file, CrlHead head, CrlSigner signer) throws CrlException {
        if (head.thisUpdate().isAfter(clock.instant().plus(CrlAnswer.CLOCK_SKEW))) {
            throw CrlException.unverifiable("it is from the future, " + head.thisUpdate());
        }
        Crl crl = new Crl(head, file.index(signer.key(), allowedAlgorithms), signer);
        publish(origin, crl);
        return crl;
    }

    private synchronized void publish(Object origin, Crl crl) throws CrlException {
        Crl.Series series = crl.series();
        Crl before = bySeries.get(series);
        if (before != null && crl.head().isOlderThan(before.head())) {
            throw CrlException.unverifiable(
                    "it is older than the one in force: of " + crl.head().thisUpdate() + ", number "
                            + crl.head().number() + ", after "
                            + before.head().thisUpdate() + ", number "
                            + before.head().number());
        }
        bySeries.put(series, crl);
        given.put(origin, series);
        prune();
        publish();
    }

    /** Whether something was forgotten. */
    private boolean prune() {
        Set<Crl.Series> last = new HashSet<>(given.values());
        List<Crl.Series> left = bySeries.keySet().stream()
                .filter(series -> !last.contains(series))
                .sorted(Comparator.comparing(this::end).reversed())
                .toList();
        Instant longAgo = clock.instant().minus(KEPT_AFTER_EXPIRY);
        for (int i = 0; i < left.size(); i++) {
            if (i >= maxLeft || end(left.get(i)).isBefore(longAgo)) {
                left.subList(i, left.size()).forEach(bySeries::remove);
                return true;
            }
        }
        return false;
    }

    private Instant end(Crl.Series series) {
        return Objects.requireNonNull(bySeries.get(series)).head().until();
    }

    private void publish() {
        Map<X500Principal, List<Crl>> changed = new HashMap<>();
        for (Crl one : bySeries.values()) {
            changed.computeIfAbsent(one.head().issuer(), name -> new ArrayList<>())
                    .add(one);
        }
        changed.replaceAll((name, lists) -> List.copyOf(lists));
        snapshot = new Snapshot(Map.copyOf(changed), new Object());
    }

    /** Those who signed such a list before, and those who were named at the start; likeliest first. */
    private List<CrlSigner> known(CrlHead head) {
        Set<CrlSigner> known = new LinkedHashSet<>();
        ofIssuer(head.issuer()).forEach(crl -> known.add(crl.signer()));
        issuers.stream()
                .map(CrlSigner::of)
                .filter(signer -> signer.mayBeOf(head))
                .forEach(known::add);
        List<CrlSigner> sorted = new ArrayList<>(known);
        sorted.sort((one, other) -> Boolean.compare(one.isOtherThanNamedBy(head), other.isOtherThanNamedBy(head)));
        return sorted;
    }

    /** Whether one of those who were named at the start should have signed this list. */
    boolean isExpectedOf(CrlHead head, X509Certificate issuer) {
        CrlSigner signer = CrlSigner.of(issuer);
        return signer.mayBeOf(head) && !signer.isOtherThanNamedBy(head);
    }

    /** Whether a later list of the same kind is in force. */
    boolean hasNewerThan(CrlHead head) {
        return ofIssuer(head.issuer()).stream()
                .map(Crl::head)
                .anyMatch(other -> other.scope().equals(head.scope())
                        && other.isDelta() == head.isDelta()
                        && head.isOlderThan(other));
    }

    /** Whether {@link #verify} has something to try for this question. No I/O. */
    boolean hasSomethingToTry(RevocationQuery query) {
        CrlLookup lookup = lookup(query);
        for (X500Principal name : lookup.scope().crlIssuers()) {
            boolean resolved = lookup.signers().containsKey(name);
            for (Unverified waiting : unverified.values()) {
                if (waiting.head.issuer().equals(name)
                        && (!resolved
                                || (CrlSigner.issuerOf(query).mayBeOf(waiting.head)
                                        && !waiting.tried.contains(query.issuerKey())))) {
                    return true;
                }
            }
            if (!resolved && ofIssuer(name).stream().anyMatch(crl -> !crl.isSignedBy(query.issuer()))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a list that is waiting was found not to be signed by anybody who might for this certificate. */
    boolean wasTriedInVain(RevocationQuery query) {
        CrlLookup lookup = lookup(query);
        return unverified.values().stream()
                .anyMatch(waiting -> lookup.signers().containsKey(waiting.head.issuer()) && !waiting.tried.isEmpty());
    }

    /** Tries the certificates of this question's path on the lists that wait. Costs signatures, and reads whole lists. */
    void verify(RevocationQuery query) {
        for (X500Principal name : lookup(query).scope().crlIssuers()) {
            List<CrlSigner> candidates = new ArrayList<>();
            candidates.add(CrlSigner.issuerOf(query));
            candidates.addAll(signersOf(query, name));
            unverified.forEach((origin, waiting) -> {
                if (waiting.head.issuer().equals(name)) {
                    tryOn(origin, waiting, candidates);
                }
            });
        }
    }

    @SuppressWarnings("ReferenceEquality") // Is it still this one that waits?
    private void tryOn(Object origin, Unverified waiting, List<CrlSigner> candidates) {
        synchronized (waiting) { // Another request may bring the same keys.
            CrlException failure = null;
            for (CrlSigner candidate : candidates) {
                if (unverified.get(origin) != waiting) {
                    return;
                }
                if (!candidate.mayBeOf(waiting.head)
                        || waiting.tried.size() >= MAX_KEYS
                        || !waiting.tried.add(candidate.key())) {
                    continue;
                }
                try {
                    Crl crl = verified(origin, waiting.file, waiting.head, candidate);
                    unverified.remove(origin, waiting);
                    waiting.onVerified.accept(crl);
                    return;
                } catch (CrlException e) {
                    failure = failure == null ? e : failure;
                }
            }
            if (failure != null) {
                waiting.onRefused.accept(failure);
            }
        }
    }

    /** Found once for each question and name; the status of their own certificates is asked at each request. */
    private List<CrlSigner> signersOf(RevocationQuery query, X500Principal name) {
        CrlLookup lookup = lookup(query);
        List<SignerPath> signers = lookup.signers().get(name);
        if (signers == null) {
            Instant now = clock.instant();
            signers = query.signers().pathsOf(name, now).stream()
                    .filter(path -> path.signer().getSubjectX500Principal().equals(name))
                    .filter(path -> CrlSigner.maySign(path.signer()))
                    .toList();
            Map<X500Principal, List<SignerPath>> more = new LinkedHashMap<>(lookup.signers());
            more.put(name, signers);
            lookup.signers(more);
        }
        return signers.stream().map(path -> CrlSigner.of(path.signer())).toList();
    }
}
