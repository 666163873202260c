package io.mtls.revocation;

import io.mtls.revocation.RevocationEvent.Kind;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Certificate revocation lists (RFC 5280 section 6.3): from files and directories, from configured addresses, and from the
 * distribution points that certificates name. Complete, delta and indirect ones, partitioned by distribution point, by kind
 * of certificate, or by reason.
 *
 * <p>A list is read once, when it is loaded or has changed: its signature is verified then, and only an index of it stays in
 * memory. A new version takes the place of the old one if its signature is good and neither its CRL number nor its
 * thisUpdate is lower; anything else changes nothing, and an event says so. A file that was deleted changes nothing either,
 * as long as the list is in force, and as a rule until 30 days after.
 *
 * <p>A list counts until its nextUpdate, judged at each request; after that the answer is {@link Why#EXPIRED}, but who is on
 * it stays revoked. A list without nextUpdate counts for a day. A certificate is good if the lists in force, taken together,
 * would name it for every reason and none does. Who is on one list stays revoked, whatever another one of the same CA leaves
 * out: one by a new key of it, say, which therefore lifts no hold of the old. A list counts for a certificate if the key of the certificate's issuer has
 * signed it, or that of another certificate of the CRL issuer's name which leads to the same trust anchor and is not revoked
 * itself.
 *
 * <p>A changed file is in force one second after it was written, plus the time to load it. Replace a file by renaming
 * another over it. A downloaded list is looked at again after half of its remaining lifetime, an hour at the most.
 *
 * <p>Not done: LDAP; redirects; delta CRLs are used where they are known, but a complete list in force is enough. What a
 * certificate names is fetched only if {@link Builder#distributionPoints} says so, only over http and https, and only after
 * its path was verified and its client has proved that it holds the key.
 *
 * <p>Safe for use by many threads. To be closed when it is not needed any more.
 */
public final class CrlSource implements RevocationSource, AutoCloseable {

    /** A list of a million entries has about 50 MB. */
    private static final long DEFAULT_MAX_BYTES = 256L << 20;

    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

    /** A list signed by somebody whose own certificate is on a list signed by somebody, and so on: an honest CA has one. */
    private static final int MAX_SIGNER_DEPTH = 3;

    /** Questions that wait for lists to be read or fetched; a further one has its answer at once. */
    private static final int MAX_WAITING = 64;

    private static final int MAX_WORKERS = 2;
    private static final CompletableFuture<?> DONE = CompletableFuture.completedFuture(null);

    private final InstantSource clock;
    private final Consumer<RevocationEvent> events;
    private final CrlLists lists;
    private final @Nullable CrlDownloads downloads;
    private final Map<Path, CrlFile> unread = new LinkedHashMap<>();
    private final Map<Path, Object> states = new ConcurrentHashMap<>();
    private final Set<Path> configuredFiles;
    private final @Nullable FileWatch watch;
    private final Semaphore room = new Semaphore(MAX_WAITING);
    private final ThreadPoolExecutor workers;
    private final CrlAnswer.StatusOfSigner statusOfSigner = this::known;

    private CrlSource(Builder builder) {
        clock = builder.clock;
        events = RevocationEvent.contained(builder.events);
        lists = new CrlLists(clock, builder.signatureAlgorithms);
        configuredFiles = Set.copyOf(builder.files);
        Map<Path, Object> watched = new LinkedHashMap<>();
        for (Path directory : builder.directories) {
            watched.put(directory, FileWatch.stateOf(directory));
            filesOf(directory).forEach(this::readFirst);
        }
        for (Path file : builder.files) {
            watched.put(file, FileWatch.stateOf(file));
            readFirst(file);
        }
        boolean downloading = !builder.urls.isEmpty() || builder.distributionPoints;
        CrlStore store =
                !downloading ? null : builder.storage == null ? CrlStore.temporary() : CrlStore.in(builder.storage);
        workers = new ThreadPoolExecutor(
                MAX_WORKERS, MAX_WORKERS, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "mtls-crl");
                    thread.setDaemon(true);
                    return thread;
                });
        workers.allowCoreThreadTimeOut(true);
        downloads = store == null
                ? null
                : new CrlDownloads(
                        lists,
                        store,
                        builder.urls,
                        builder.distributionPoints,
                        workers,
                        builder.maxBytes,
                        builder.maxAddresses,
                        builder.deadline,
                        clock,
                        events);
        watch = watched.isEmpty() ? null : new FileWatch("mtls-crl-files");
        if (watch != null) {
            FileWatch watching = watch;
            watched.forEach((path, state) -> watching.watch(path, state, () -> lookAgain(path)));
        }
    }

    /** Starts with nothing: at least one place to look is to be named. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public RevocationStatus known(RevocationQuery query, Instant at) {
        return known(query, at, 0);
    }

    private RevocationStatus known(RevocationQuery query, Instant at, int depth) {
        if (depth > MAX_SIGNER_DEPTH) {
            return new Unknown(Why.UNVERIFIABLE, "more than " + MAX_SIGNER_DEPTH + " CRL issuers sign for each other");
        }
        CrlAnswer answer = answer(query);
        List<CrlAddress> addresses = answer.addresses();
        for (int i = 0; i < addresses.size(); i++) {
            addresses.get(i).asked(at);
        }
        RevocationStatus status = answer.at(at, depth, statusOfSigner);
        if (status instanceof Unknown && !answer.hasParts()) {
            for (CrlAddress address : addresses) {
                CrlAddress.Failure failure = address.failure;
                if (failure != null) {
                    return new Unknown(failure.why(), address.uri + ": " + failure.detail());
                }
            }
            if (lists.wasTriedInVain(query)) {
                return new Unknown(Why.UNVERIFIABLE, "who signed its CRL may not do so for its issuer");
            }
        }
        return status;
    }

    private CrlAnswer answer(RevocationQuery query) {
        CrlLookup lookup = lists.lookup(query);
        CrlAnswer answer = lookup.answer;
        CrlLists.Snapshot snapshot = lists.snapshot();
        if (answer == null || !answer.isOf(snapshot, lookup.signers())) {
            answer = CrlAnswer.of(query, lookup, snapshot);
            if (downloads != null) {
                answer = answer.with(downloads.known(query, answer));
            }
            lookup.answer = answer;
        }
        return answer;
    }

    @Override
    public CompletionStage<?> refresh(RevocationQuery query) {
        Instant now = clock.instant();
        if (!hasSomethingToDo(query, now, 0) || !room.tryAcquire()) {
            return DONE;
        }
        return refresh(query, now, 0).whenComplete((done, failure) -> room.release());
    }

    private boolean hasSomethingToDo(RevocationQuery query, Instant now, int depth) {
        return depth <= MAX_SIGNER_DEPTH
                && known(query, now) instanceof Unknown
                && (lists.hasSomethingToTry(query)
                        || (downloads != null && downloads.hasSomethingToFetch(query, now))
                        || answer(query).signerQueries().stream()
                                .anyMatch(ofSigner -> hasSomethingToDo(ofSigner, now, depth + 1)));
    }

    /** What waits for a key; what is on the network; and the same for those who signed it. */
    private CompletableFuture<?> refresh(RevocationQuery query, Instant now, int depth) {
        return verify(query).thenCompose(done -> fetch(query, now)).thenCompose(done -> {
            lists.lookup(query).answer = null; // Its addresses may be new.
            return CompletableFuture.allOf(answer(query).signerQueries().stream()
                    .filter(ofSigner -> hasSomethingToDo(ofSigner, now, depth + 1))
                    .map(ofSigner -> refresh(ofSigner, now, depth + 1))
                    .toArray(CompletableFuture[]::new));
        });
    }

    private CompletableFuture<?> verify(RevocationQuery query) {
        if (!lists.hasSomethingToTry(query)) {
            return DONE;
        }
        try {
            return CompletableFuture.runAsync(() -> lists.verify(query), workers);
        } catch (RejectedExecutionException e) {
            return DONE; // All is closed.
        }
    }

    private CompletableFuture<?> fetch(RevocationQuery query, Instant now) {
        return downloads == null || !(known(query, now) instanceof Unknown) ? DONE : downloads.fetch(query);
    }

    /**
     * Verifies what these issuers signed, and fetches from the configured addresses, waiting at most for their deadline. What
     * cannot be fetched stops nothing: it is tried again in the background.
     *
     * @throws IllegalArgumentException if a configured file is one of these issuers' and its signature is not
     */
    @Override
    public void prepare(Iterable<X509Certificate> issuers) {
        lists.know(issuers);
        synchronized (unread) {
            unread.forEach((path, file) -> loadFirst(path, file, issuers));
            unread.clear();
        }
        if (downloads != null) {
            downloads.prepare();
        }
    }

    /** What happens in the background twice a second: fetches what is too old soon, and where fetching failed. */
    void look() {
        if (downloads != null) {
            downloads.look();
        }
    }

    private void readFirst(Path path) {
        try {
            states.put(path, FileWatch.stateOf(path));
            CrlFile file = CrlFile.open(path);
            CrlHead.of(file);
            unread.put(path, file);
        } catch (CrlException e) {
            throw new IllegalArgumentException(
                    path + ": no CRL can be read from it (" + e.getMessage()
                            + "). Expected a certificate revocation list in PEM or DER",
                    e);
        }
    }

    private void loadFirst(Path path, CrlFile file, Iterable<X509Certificate> issuers) {
        try {
            CrlHead head = CrlHead.of(file);
            try {
                if (lists.load(path, file, head, null).isEmpty()) {
                    await(path, file, head);
                }
            } catch (CrlException e) {
                if (lists.hasNewerThan(head)) {
                    refused(path, e); // An old one that was left lying in a directory.
                    return;
                }
                for (X509Certificate issuer : issuers) {
                    if (lists.isExpectedOf(head, issuer)) {
                        throw e;
                    }
                }
                await(path, file, head); // Another key of that CA, which a client will bring.
            }
        } catch (CrlException e) {
            throw new IllegalArgumentException(
                    path + ": the CRL cannot be used (" + e.getMessage()
                            + "). Expected one that a trusted issuer has signed; get it anew from the CA",
                    e);
        }
    }

    private void await(Path path, CrlFile file, CrlHead head) {
        lists.await(
                path,
                file,
                head,
                crl -> events.accept(new RevocationEvent(Kind.LOADED, path.toString(), describe(crl))),
                failure -> refused(path, failure));
    }

    private void refused(Path path, CrlException failure) {
        events.accept(new RevocationEvent(
                Kind.LOAD_FAILED,
                path.toString(),
                failure.getMessage() + "; what is in force stays, until it expires"));
    }

    /** In the watching thread. */
    private void lookAgain(Path path) {
        if (!Files.isDirectory(path)) {
            load(path);
            return;
        }
        List<Path> files;
        try {
            files = filesOf(path);
        } catch (IllegalArgumentException e) {
            events.accept(new RevocationEvent(Kind.LOAD_FAILED, path.toString(), "the directory cannot be listed"));
            return;
        }
        for (Path file : List.copyOf(states.keySet())) {
            if (path.equals(file.getParent()) && !files.contains(file) && !configuredFiles.contains(file)) {
                states.remove(file);
                lists.left(file);
            }
        }
        for (Path file : files) {
            Object state = FileWatch.stateOf(file);
            if (!state.equals(states.put(file, state))) {
                load(file);
            }
        }
    }

    private void load(Path path) {
        try {
            CrlFile file = CrlFile.open(path);
            CrlHead head = CrlHead.of(file);
            lists.forget(path);
            try {
                var crl = lists.load(path, file, head, null);
                if (crl.isPresent()) {
                    events.accept(new RevocationEvent(Kind.LOADED, path.toString(), describe(crl.get())));
                } else {
                    await(path, file, head);
                }
            } catch (CrlException e) {
                refused(path, e);
                await(path, file, head); // It may be of another key of that CA, which a client will bring.
            }
        } catch (CrlException e) {
            refused(path, e);
        }
    }

    private static List<Path> filesOf(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
                        return (name.endsWith(".crl") || name.endsWith(".pem") || name.endsWith(".der"))
                                && Files.isRegularFile(file);
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    directory + ": the directory cannot be listed ("
                            + e.getClass().getSimpleName()
                            + "). Expected one with revocation lists in files that end with .crl, .pem or .der",
                    e);
        }
    }

    static String describe(Crl crl) {
        CrlHead head = crl.head();
        return (head.isDelta() ? "delta CRL of " : "CRL of ") + head.issuer().getName() + ", number " + head.number()
                + ", " + crl.index().size() + " entries, until " + head.until()
                + (crl.isUnderstood() ? "" : "; it has critical extensions that are not known, so it only revokes");
    }

    /** Ends its threads and deletes what is temporary. What is known stays known. */
    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
        if (downloads != null) {
            downloads.close();
        }
        workers.shutdownNow();
    }

    /** Where to look, and the rest with defaults. */
    public static final class Builder {
        private final List<Path> files = new ArrayList<>();
        private final List<Path> directories = new ArrayList<>();
        private final List<URI> urls = new ArrayList<>();
        private final Set<String> signatureAlgorithms = new HashSet<>();
        private boolean distributionPoints;
        private @Nullable Path storage;
        private long maxBytes = DEFAULT_MAX_BYTES;
        private Duration deadline = DEFAULT_DEADLINE;
        private int maxAddresses = CrlDownloads.MAX_ADDRESSES;
        private InstantSource clock = InstantSource.system();
        private Consumer<RevocationEvent> events = event -> System.getLogger("io.mtls")
                .log(event.kind().level(), event.kind() + " " + event.source() + ": " + event.detail());

        private Builder() {}

        /** A file with one list, in PEM or DER. */
        public Builder file(Path file) {
            files.add(file);
            return this;
        }

        /** Every regular file in it whose name ends with .crl, .pem or .der; also those that come later. */
        public Builder directory(Path directory) {
            directories.add(directory);
            return this;
        }

        /**
         * An address with one list.
         *
         * @throws IllegalArgumentException if it is none of http or https
         */
        public Builder url(URI url) {
            if (!HttpFetcher.isAllowed(url)) {
                throw new IllegalArgumentException(
                        url + ": expected an http or https address without a user, such as http://ca.example/ca.crl");
            }
            urls.add(url);
            return this;
        }

        /**
         * Also the addresses that certificates (and the lists they lead to, for deltas) name. Risk: a trusted CA decides
         * where this server connects to.
         */
        public Builder distributionPoints() {
            distributionPoints = true;
            return this;
        }

        /**
         * Where downloads are kept for the next start; a directory of this process's own. Everything in it is verified again
         * when it is read. Default: a temporary one, deleted on close.
         */
        public Builder storage(Path directory) {
            storage = directory;
            return this;
        }

        /** The longest list that is downloaded. Default: 256 MiB. */
        public Builder maxBytes(long maxBytes) {
            if (maxBytes < 1) {
                throw new IllegalArgumentException("maxBytes is " + maxBytes + ": expected 1 or more");
            }
            this.maxBytes = maxBytes;
            return this;
        }

        /** How long one download may take, from connecting to the last byte. Default: 30 seconds. */
        public Builder deadline(Duration deadline) {
            if (deadline.isNegative() || deadline.isZero()) {
                throw new IllegalArgumentException("deadline is " + deadline + ": expected a positive one");
            }
            this.deadline = deadline;
            return this;
        }

        /**
         * Accepts lists signed with this algorithm, too. Default: RSA, RSASSA-PSS and ECDSA with SHA-2, Ed25519 and Ed448.
         * Risk: with SHA-1, a list that the CA never saw may have its signature.
         *
         * @param oid such as 1.2.840.113549.1.1.5
         */
        public Builder allowSignatureAlgorithm(String oid) {
            signatureAlgorithms.add(oid);
            return this;
        }

        /** For tests, which cannot serve a thousand lists. */
        Builder maxAddresses(int maxAddresses) {
            this.maxAddresses = maxAddresses;
            return this;
        }

        /** By which lists are judged when they are loaded. Default: the system's clock. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /** Told of what is loaded and what fails, from threads of this source. Default: the log. */
        public Builder events(Consumer<RevocationEvent> events) {
            this.events = events;
            return this;
        }

        /**
         * Reads what is configured; nothing counts before {@link CrlSource#prepare}, or a question, brings an issuer.
         *
         * @throws IllegalArgumentException if there is no place to look, or a configured file is missing or no CRL
         */
        public CrlSource build() {
            if (files.isEmpty() && directories.isEmpty() && urls.isEmpty() && !distributionPoints) {
                throw new IllegalArgumentException("No revocation list would ever be found, so that everybody would be"
                        + " refused: name a file, a directory or a URL, or call distributionPoints()");
            }
            return new CrlSource(this);
        }
    }
}
