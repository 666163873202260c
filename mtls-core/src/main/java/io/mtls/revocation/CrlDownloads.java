package io.mtls.revocation;

import io.mtls.revocation.CrlAddress.Failure;
import io.mtls.revocation.CrlStore.Validators;
import io.mtls.revocation.HttpFetcher.FetchException;
import io.mtls.revocation.RevocationEvent.Kind;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gets revocation lists from the network, keeps them for the next start, and gets them anew before they expire.
 *
 * <p>One exchange at a time with an address; after a failure none until some seconds have passed, more each time.
 */
final class CrlDownloads implements AutoCloseable {

    /**
     * Addresses that certificates name; with more, the one that was not asked for the longest is forgotten, and what was
     * stored of it.
     */
    static final int MAX_ADDRESSES = 1024;

    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(2);
    private static final Duration SHORTEST_REFRESH = Duration.ofSeconds(10);
    private static final long MILLIS_BETWEEN_LOOKS = 500;

    private final CrlLists lists;
    private final CrlStore store;
    private final HttpFetcher fetcher = new HttpFetcher("mtls-crl-http");
    private final Executor workers;
    private final long maxBytes;
    private final int maxAddresses;
    private final Duration deadline;
    private final InstantSource clock;
    private final Consumer<RevocationEvent> events;
    private final Map<URI, CrlAddress> addresses = new ConcurrentHashMap<>();
    private final List<CrlAddress> configured = new ArrayList<>();
    private final boolean ofCertificates;
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "mtls-crl-refresh");
        thread.setDaemon(true);
        return thread;
    });
    private boolean storedRead;

    /**
     * @param urls the configured addresses
     * @param ofCertificates whether those that certificates name are fetched from, too
     * @param workers where lists are read
     */
    CrlDownloads(
            CrlLists lists,
            CrlStore store,
            List<URI> urls,
            boolean ofCertificates,
            Executor workers,
            long maxBytes,
            int maxAddresses,
            Duration deadline,
            InstantSource clock,
            Consumer<RevocationEvent> events) {
        this.lists = lists;
        this.store = store;
        this.ofCertificates = ofCertificates;
        this.workers = workers;
        this.maxBytes = maxBytes;
        this.maxAddresses = maxAddresses;
        this.deadline = deadline;
        this.clock = clock;
        this.events = events;
        for (URI url : urls) {
            CrlAddress address = new CrlAddress(url, true);
            addresses.put(url, address);
            configured.add(address);
        }
        var unused = looking.scheduleWithFixedDelay(
                this::look, MILLIS_BETWEEN_LOOKS, MILLIS_BETWEEN_LOOKS, TimeUnit.MILLISECONDS);
    }

    /** Takes what was stored, and fetches from the configured addresses that gave nothing yet. Waits for them. */
    void prepare() {
        readStored();
        Instant now = clock.instant();
        CompletableFuture<?>[] fetches = configured.stream()
                .filter(address -> address.isWanted(now) && !lists.isWaiting(address))
                .map(address -> fetch(address, null))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(fetches).join();
    }

    private synchronized void readStored() {
        if (storedRead) {
            return;
        }
        storedRead = true;
        for (CrlStore.Stored stored : store.stored()) {
            CrlAddress address = addresses.get(stored.uri());
            if (address == null && ofCertificates && HttpFetcher.isAllowed(stored.uri())) {
                address = addressOf(stored.uri());
            }
            if (address == null) {
                store.delete(stored.crl()); // Of one that was configured once.
            } else {
                readStored(stored, address);
            }
        }
    }

    private void readStored(CrlStore.Stored stored, CrlAddress address) {
        try {
            CrlFile file = CrlFile.open(stored.crl());
            CrlHead head = CrlHead.of(file);
            if (clock.instant().isAfter(head.until().plus(CrlLists.KEPT_AFTER_EXPIRY))) {
                store.delete(stored.crl());
                return;
            }
            if (lists.load(address, file, head, null).isPresent()) {
                took(address, head, stored.validators());
            } else {
                lists.await(address, file, head, crl -> took(address, head, stored.validators()), failure -> {
                    lists.forget(address);
                    drop(stored, failure);
                });
            }
        } catch (CrlException e) {
            drop(stored, e);
        }
    }

    private void drop(CrlStore.Stored stored, CrlException failure) {
        store.delete(stored.crl());
        events.accept(new RevocationEvent(
                Kind.DROPPED,
                stored.uri().toString(),
                "the stored CRL is not used and was deleted: " + failure.getMessage()));
    }

    /** Where lists about this certificate are, as far as somebody asked already. */
    List<CrlAddress> known(RevocationQuery query, CrlAnswer answer) {
        List<CrlAddress> known = new ArrayList<>();
        for (CrlAddress address : configured) {
            CrlHead loaded = address.loaded;
            if (loaded == null || lists.lookup(query).scope().crlIssuers().contains(loaded.issuer())) {
                known.add(address);
            }
        }
        if (ofCertificates) {
            List<List<URI>> uris = new ArrayList<>(lists.lookup(query).scope().addresses());
            answer.heads().forEach(head -> uris.addAll(CertificateScope.bounded(head.deltas())));
            for (List<URI> alternatives : uris) {
                for (URI uri : alternatives) {
                    CrlAddress address = addresses.get(uri);
                    if (address != null) {
                        known.add(address);
                    }
                }
            }
        }
        return known;
    }

    /** Whether {@link #fetch} would do anything. */
    boolean hasSomethingToFetch(RevocationQuery query, Instant now) {
        return configured.stream().anyMatch(address -> isFor(address, query, now))
                || (ofCertificates
                        && lists.lookup(query).scope().addresses().stream()
                                .anyMatch(alternatives -> isWanted(alternatives, now)));
    }

    private boolean isFor(CrlAddress address, RevocationQuery query, Instant now) {
        CrlHead loaded = address.loaded;
        return address.isWanted(now)
                && !lists.isWaiting(address)
                && (loaded == null || lists.lookup(query).scope().crlIssuers().contains(loaded.issuer()));
    }

    /** None of them has a list in force, and one can be asked. */
    private boolean isWanted(List<URI> alternatives, Instant now) {
        boolean wanted = false;
        for (URI uri : alternatives) {
            CrlAddress address = addresses.get(uri);
            CrlHead loaded = address == null ? null : address.loaded;
            if (loaded != null && !now.isAfter(loaded.until())) {
                return false;
            }
            wanted |= address == null || address.isWanted(now);
        }
        return wanted;
    }

    /** Fetches what is missing for this question. Completes when all has come or failed; never exceptionally. */
    CompletableFuture<?> fetch(RevocationQuery query) {
        Instant now = clock.instant();
        List<CompletableFuture<?>> fetches = new ArrayList<>();
        for (CrlAddress address : configured) {
            if (isFor(address, query, now)) {
                fetches.add(fetch(address, query));
            }
        }
        if (ofCertificates) {
            lists.lookup(query).scope().addresses().forEach(alternatives -> fetches.add(fetchOne(alternatives, query)));
        }
        return CompletableFuture.allOf(fetches.toArray(new CompletableFuture<?>[0]));
    }

    /** One of several places for the same list, and then its delta. */
    private CompletableFuture<Void> fetchOne(List<URI> alternatives, RevocationQuery query) {
        Instant now = clock.instant();
        if (alternatives.isEmpty() || !isWanted(alternatives, now)) {
            return CompletableFuture.completedFuture(null);
        }
        CrlAddress address = addressOf(alternatives.get(0));
        List<URI> others = alternatives.subList(1, alternatives.size());
        if (!address.isWanted(now)) {
            return fetchOne(others, query);
        }
        address.asked(now);
        return fetch(address, query).thenCompose(done -> {
            CrlHead loaded = address.loaded;
            if (loaded == null) {
                return fetchOne(others, query);
            }
            CompletableFuture<?>[] deltas = loaded.isDelta()
                    ? new CompletableFuture<?>[0]
                    : CertificateScope.bounded(loaded.deltas()).stream()
                            .map(delta -> fetchOne(delta, query))
                            .toArray(CompletableFuture[]::new);
            return CompletableFuture.allOf(deltas);
        });
    }

    private CrlAddress addressOf(URI uri) {
        CrlAddress address = addresses.get(uri);
        if (address != null) {
            return address;
        }
        if (addresses.size() >= maxAddresses + configured.size()) {
            addresses.values().stream()
                    .filter(one -> !configured.contains(one))
                    .min(Comparator.comparingLong(CrlAddress::askedSecond))
                    .ifPresent(this::forget);
        }
        return addresses.computeIfAbsent(uri, key -> new CrlAddress(key, false));
    }

    private void forget(CrlAddress address) {
        addresses.remove(address.uri, address);
        lists.left(address);
        store.delete(address.uri);
    }

    /** In the background: what is too old soon, and what failed. */
    void look() {
        try {
            Instant now = clock.instant();
            for (CrlAddress address : addresses.values()) {
                if (address.isDueInBackground(now)) {
                    var unused = fetch(address, address.askedBy); // It says itself how it went.
                }
            }
        } catch (RuntimeException | Error e) { // The user's clock, or no memory: the next look comes all the same.
            System.getLogger("io.mtls").log(System.Logger.Level.ERROR, "A look at the CRLs failed", e);
        }
    }

    /** Never completes exceptionally. */
    private CompletableFuture<?> fetch(CrlAddress address, @Nullable RevocationQuery query) {
        CompletableFuture<?> exchange = address.begun();
        if (exchange == null) {
            CompletableFuture<?> joined = address.joined();
            return joined == null ? CompletableFuture.completedFuture(null) : joined;
        }
        if (query != null) {
            address.askedBy = query;
        }
        Path file;
        try {
            file = store.newFile();
        } catch (IOException e) {
            failed(
                    address,
                    Why.UNREACHABLE,
                    "no file can be written: " + e.getClass().getSimpleName());
            address.ended(exchange);
            return exchange;
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(address.uri);
        Validators validators = address.validators;
        if (validators != null && address.loaded != null) {
            if (!validators.etag().isEmpty()) {
                request.setHeader("If-None-Match", validators.etag());
            }
            if (!validators.lastModified().isEmpty()) {
                request.setHeader("If-Modified-Since", validators.lastModified());
            }
        }
        var unused = fetcher.download(request, file, maxBytes, deadline)
                .handleAsync(
                        (response, failure) -> {
                            take(address, query, file, response, failure);
                            return null;
                        },
                        workers)
                .whenComplete((done, failure) -> {
                    if (failure != null) { // A bug, or all is being closed.
                        failed(address, Why.UNVERIFIABLE, "the download failed: " + failure);
                    }
                    if (addresses.get(address.uri) != address) {
                        forget(address); // Once more: it was forgotten while this went on.
                    }
                    address.ended(exchange);
                });
        return exchange;
    }

    private void take(
            CrlAddress address,
            @Nullable RevocationQuery query,
            Path file,
            @Nullable HttpResponse<Path> response,
            @Nullable Throwable failure) {
        boolean keep = false;
        try {
            if (response == null) {
                Throwable cause = failure == null || failure.getCause() == null ? failure : failure.getCause();
                boolean late = cause instanceof FetchException fetch && fetch.deadlinePassed();
                failed(
                        address,
                        late ? Why.NO_ANSWER : Why.UNREACHABLE,
                        cause == null ? "no response" : String.valueOf(cause.getMessage()));
            } else if (response.statusCode() == 304) {
                CrlHead loaded = address.loaded;
                Validators validators = address.validators;
                if (loaded == null || validators == null) {
                    failed(address, Why.UNREACHABLE, "answered with status 304 to a request without conditions");
                } else {
                    took(address, loaded, validators);
                }
            } else if (response.statusCode() != 200) {
                failed(address, Why.UNREACHABLE, "answered with status " + response.statusCode());
            } else {
                keep = take(address, query, file, response);
            }
        } catch (CrlException e) {
            failed(address, e.why(), String.valueOf(e.getMessage()));
        } finally {
            if (!keep) {
                store.delete(file);
            }
        }
    }

    /** Whether the file is still needed. */
    private boolean take(CrlAddress address, @Nullable RevocationQuery query, Path file, HttpResponse<Path> response)
            throws CrlException {
        Validators validators = new Validators(
                response.headers().firstValue("ETag").orElse(""),
                response.headers().firstValue("Last-Modified").orElse(""));
        CrlFile opened = CrlFile.open(file);
        CrlHead head = CrlHead.of(opened);
        Optional<Crl> crl = lists.load(address, opened, head, query);
        if (crl.isPresent()) {
            lists.forget(address);
            waits(address, null);
            store(address, file, validators);
            took(address, head, validators);
            loaded(address, crl.get());
            return false;
        }
        if (query != null) {
            throw CrlException.unverifiable("it is of somebody who signs no CRLs for the certificate's issuer");
        }
        // A configured address, and a CA that only a client will bring.
        lists.await(
                address,
                opened,
                head,
                verified -> {
                    store(address, file, validators);
                    took(address, head, validators);
                    loaded(address, verified);
                },
                refused -> failed(address, refused.why(), String.valueOf(refused.getMessage())));
        waits(address, file);
        address.refreshAt = refreshAt(head, clock.instant());
        return true;
    }

    /** In place of the file that waited before. */
    private void waits(CrlAddress address, @Nullable Path file) {
        Path before = address.waiting;
        address.waiting = file;
        if (before != null) {
            store.delete(before);
        }
    }

    private void store(CrlAddress address, Path file, Validators validators) {
        try {
            store.store(address.uri, file, validators);
        } catch (IOException e) {
            events.accept(new RevocationEvent(
                    Kind.LOAD_FAILED,
                    address.uri.toString(),
                    "it is in force, but could not be stored for the next start: "
                            + e.getClass().getSimpleName()));
        }
    }

    private void loaded(CrlAddress address, Crl crl) {
        events.accept(new RevocationEvent(Kind.LOADED, address.uri.toString(), CrlSource.describe(crl)));
    }

    private void took(CrlAddress address, CrlHead head, Validators validators) {
        Instant now = clock.instant();
        address.validators = validators;
        address.loaded = head;
        address.refreshAt = refreshAt(head, now);
        if (now.isAfter(head.until())) {
            failed(address, Why.EXPIRED, "it has nothing newer than a CRL that expired at " + head.until());
        } else if (address.failure != null) {
            address.failure = null;
            events.accept(new RevocationEvent(Kind.RECOVERED, address.uri.toString(), "it answers again"));
        }
    }

    /** After half of what is left of its lifetime, more or less, so that not all servers come at once. */
    private static Instant refreshAt(CrlHead head, Instant now) {
        long half = Duration.between(now, head.until()).toMillis() / 2;
        long atMost = Math.min(half, CrlAddress.LONGEST_REFRESH.toMillis());
        return now.plusMillis(Math.max(SHORTEST_REFRESH.toMillis(), jittered(atMost)));
    }

    private void failed(CrlAddress address, Why why, String detail) {
        Failure before = address.failure;
        int count = before == null ? 1 : before.count() + 1;
        long backOff =
                Math.min(FIRST_BACK_OFF.toMillis() << Math.min(count - 1, 16), CrlAddress.LONGEST_BACK_OFF.toMillis());
        address.failure = new Failure(why, detail, count, clock.instant().plusMillis(jittered(backOff)));
        if (before == null || !before.detail().equals(detail)) {
            events.accept(new RevocationEvent(
                    Kind.FETCH_FAILED, address.uri.toString(), detail + "; what is in force stays, until it expires"));
        }
    }

    /** Between half of it and all. */
    private static long jittered(long millis) {
        return millis / 2 + ThreadLocalRandom.current().nextLong(Math.max(1, millis / 2 + 1));
    }

    @Override
    public void close() {
        looking.shutdownNow();
        fetcher.close();
        store.close();
    }
}
