package io.mtls.revocation;

import io.mtls.revocation.HttpFetcher.FetchException;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;

/**
 * Asks OCSP responders (RFC 6960, 5019, 9654), and keeps what they say until it is out of date.
 *
 * <p>Each answer is verified in full before it counts, wherever it came from: signed by the certificate's issuer or by a
 * responder to whom that issuer has delegated, about this certificate and no other, and in force. An older answer never
 * replaces a newer one. A revocation holds until a newer answer takes it back; everything else until its nextUpdate, with no
 * allowance for wrong clocks. {@code unknown} is not good.
 *
 * <p>Answers for certificates that were seen within a day are fetched anew in the background before they are out of date,
 * and once an hour at least; failures are tried again until they succeed. So a request waits only for a certificate that is
 * new here, never longer than the deadline, and not at all where too many are waiting or the responder is known to be away.
 *
 * <p>Not done: signed requests, responders that are trusted by configuration alone, and redirects. {@link #close} ends its
 * threads, but the JDK's HTTP client keeps one until it is garbage before Java 21.
 */
public final class OcspSource implements RevocationSource, AutoCloseable {

    /** Only who has proved its key and has a trusted path takes a place here. About 10 KiB each, so 200 MB at most. */
    static final int MAX_ENTRIES = 20_000;

    /** Beside the configured ones. Addresses come from certificates of trusted CAs, which name a few. */
    static final int MAX_RESPONDERS = 1_000;

    /** For one certificate, the configured ones included. More would get too small a share of the deadline. */
    static final int MAX_RESPONDERS_OF_ONE = 4;

    /** No URL that works everywhere is longer. */
    private static final int MAX_ADDRESS_LENGTH = 2_000;

    /**
     * Requests that wait for any responder at any time. Each may hold a thread of the server until the deadline, and a
     * server has a few hundred; if several responders hang at once, {@link OcspResponder#MAX_WAITING} of each is too many.
     */
    static final int MAX_WAITING = 64;

    /** Under way in the background at any time. */
    static final int MAX_BACKGROUND = 16;

    /** Of five seconds that a request waits in all. */
    private static final Duration MAX_DEADLINE = Duration.ofSeconds(4);

    private static final Duration MAX_AGE_WITHOUT_NEXT_UPDATE = Duration.ofDays(7);

    /** RFC 9654 section 2.1 says at least 32. */
    private static final int NONCE_BYTES = 32;

    private static final long MILLIS_BETWEEN_TICKS = 1000;
    private static final String OCSP_ACCESS = "1.3.6.1.5.5.7.48.1";

    private static final Unknown NOT_ASKED = new Unknown(Why.NOT_ASKED, "no OCSP responder was asked yet");
    private static final Unknown NO_RESPONDER = new Unknown(
            Why.NOT_ASKED,
            "the certificate names no OCSP responder at an http or https address, and none is configured");

    /** Whether requests carry a nonce (RFC 9654), which binds the answer to the request. */
    public enum Nonce {
        /**
         * None. A nonce cannot be had from responders that sign beforehand (RFC 5019), makes every answer a signature of
         * its own, and keeps caches from helping. Without it an answer can be replayed until its nextUpdate, which is as
         * long as it would count anyway; one that is older than what is known never counts.
         */
        OFF,
        /** It is sent; what comes back must be the same, and need not come back. */
        OPTIONAL,
        /** It is sent and has to come back. What a client staples was not asked for by us, and is judged without. */
        REQUIRED
    }

    private final int maxEntries;
    private final List<URI> configured;
    private final boolean fromCertificates;
    private final Nonce nonce;
    private final Duration deadline;
    private final @Nullable RevocationSource responderRevocation;
    private final InstantSource clock;
    private final Consumer<RevocationEvent> events;
    private final OcspVerifier verifier;
    private final @Nullable OcspStorage storage;

    private final ConcurrentHashMap<OcspKey, OcspEntry> entries = new ConcurrentHashMap<>();
    private final OcspResponders responders;
    private final HttpFetcher fetcher = new HttpFetcher("mtls-ocsp");
    private final SecureRandom random = new SecureRandom();
    private final AtomicInteger inBackground = new AtomicInteger();
    private final Semaphore room = new Semaphore(MAX_WAITING);
    private final ScheduledExecutorService scheduler;
    private volatile boolean moreIsDue;
    private volatile boolean closed;

    private OcspSource(Builder builder) {
        maxEntries = builder.maxEntries;
        configured = List.copyOf(builder.responders);
        responders = new OcspResponders(configured, MAX_RESPONDERS);
        fromCertificates = builder.fromCertificates;
        nonce = builder.nonce;
        deadline = builder.deadline;
        responderRevocation = builder.responderRevocation;
        clock = builder.clock;
        events = RevocationEvent.contained(builder.events);
        verifier = new OcspVerifier(builder.maxAgeWithoutNextUpdate);
        storage = builder.storage == null ? null : new OcspStorage(builder.storage, maxEntries, events);
        scheduler = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "mtls-ocsp-scheduler");
            thread.setDaemon(true);
            return thread;
        });
        var unused = scheduler.scheduleWithFixedDelay(
                this::tickContained, MILLIS_BETWEEN_TICKS, MILLIS_BETWEEN_TICKS, TimeUnit.MILLISECONDS);
    }

    /** By default the responders that certificates name are asked, without a nonce. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public RevocationStatus known(RevocationQuery query, Instant at) {
        OcspEntry entry = entries.get(OcspKey.of(query));
        return entry == null ? NOT_ASKED : entry.status(at);
    }

    /**
     * The DER of a verified answer that is in force, for the server's own staple; nothing where there is none. Does no I/O:
     * {@link #refresh} once, and it is kept fresh for as long as this is asked at least once a day.
     */
    public Optional<byte[]> response(RevocationQuery query, Instant at) {
        OcspEntry entry = entries.get(OcspKey.of(query));
        if (entry == null || entry.status(at) instanceof Unknown) {
            return Optional.empty();
        }
        return Optional.ofNullable(entry.answer())
                .filter(answer -> answer.isInForce(at))
                .map(answer -> answer.der().clone());
    }

    @Override
    public CompletionStage<?> refresh(RevocationQuery query) {
        if (closed) {
            return CompletableFuture.completedFuture(null);
        }
        OcspEntry entry = entry(query);
        CompletableFuture<?> stored = stored(entry);
        return stored.isDone() ? awaited(entry) : stored.thenCompose(done -> awaited(entry));
    }

    /**
     * {@inheritDoc}
     *
     * <p>A nonce is not asked for, even if one is required of responders: the client fetched the answer before it met us.
     * It has an end all the same, and a newer one that is known stays.
     */
    @Override
    public void offer(RevocationQuery query, byte[] ocspResponse, Instant at) {
        if (closed) {
            return;
        }
        try {
            OcspAnswer answer = verifier.verify(query, ocspResponse, at, null);
            X509Certificate delegate = answer.delegate();
            if (delegate != null && responderRevocation != null) {
                answer = judged(answer, responderRevocation.known(aboutDelegate(delegate, query), at));
            }
            if (answer.delegate() == null && answer.isInForce(at) && !(answer.status() instanceof Unknown)) {
                takeOffered(entry(query), answer, at);
            }
        } catch (OcspRefusal | RuntimeException e) {
            // It changes nothing, and says nothing in the log either: a client can send as many as it likes.
        }
    }

    /** A staple has to be newer than what is stored, too; so it counts once that has been read, which is not done here. */
    private void takeOffered(OcspEntry entry, OcspAnswer answer, Instant at) {
        CompletableFuture<?> stored = stored(entry);
        if (stored.isDone()) {
            take(entry, answer, at);
        } else {
            entry.onceStored(stored, () -> take(entry, answer, at));
        }
    }

    /** Loads nothing: which certificates will come is not known yet. Deletes stored answers that are long out of date. */
    @Override
    public void prepare(Iterable<X509Certificate> issuers) {
        if (storage != null) {
            storage.deleteOutOfDate(clock.instant());
        }
    }

    /** Ends its threads and what is under way. What is known is still answered. */
    @Override
    public void close() {
        closed = true;
        scheduler.shutdownNow();
        fetcher.close();
        if (storage != null) {
            storage.close();
        }
    }

    private OcspEntry entry(RevocationQuery query) {
        OcspKey key = OcspKey.of(query);
        OcspEntry known = entries.get(key);
        if (known != null) {
            return known;
        }
        if (entries.size() >= maxEntries) {
            evict();
        }
        return entries.computeIfAbsent(key, made -> new OcspEntry(made, query, clock.instant()));
    }

    /** A tenth at once, so that the next ones cost nothing: those who were not seen for the longest time. */
    private synchronized void evict() {
        if (entries.size() < maxEntries) {
            return; // Another thread has.
        }
        Instant now = clock.instant();
        record Candidate(OcspEntry entry, boolean revoked, Instant seen) {}
        entries.values().stream()
                .map(entry -> {
                    OcspAnswer answer = entry.answer();
                    return new Candidate(entry, answer != null && answer.isRevoked(), entry.lastSeen(now));
                })
                .sorted(Comparator.comparing(Candidate::revoked).thenComparing(Candidate::seen))
                .limit(Math.max(1, maxEntries / 10))
                .toList()
                .forEach(candidate -> entries.remove(candidate.entry().key(), candidate.entry()));
    }

    private void take(OcspEntry entry, OcspAnswer answer, Instant now) {
        boolean taken = entry.take(answer, now);
        if (storage == null) {
            return;
        }
        if (taken) {
            storage.write(entry.key(), entry::answer);
        } else if (entry.isUnknownToResponder()) {
            storage.forget(entry.key(), entry::isUnknownToResponder);
        }
    }

    /** What was stored before a restart is read at the first question, and stands every test again. Never fails. */
    private CompletableFuture<?> stored(OcspEntry entry) {
        OcspStorage from = storage;
        if (from == null) {
            return CompletableFuture.completedFuture(null);
        }
        return entry.joinStored(() -> from.read(entry.key())
                .completeOnTimeout(null, deadline.toMillis(), TimeUnit.MILLISECONDS)
                .thenCompose(
                        der -> der == null ? CompletableFuture.completedFuture(null) : takeStored(entry, der, from))
                .handle((done, failure) -> null));
    }

    private CompletableFuture<?> takeStored(OcspEntry entry, byte[] der, OcspStorage from) {
        Instant now = clock.instant();
        OcspAnswer answer;
        try {
            answer = verifier.verify(entry.query(), der, now, null);
            if (answer.status() instanceof Unknown) {
                throw new OcspRefusal(Why.UNKNOWN_TO_RESPONDER, "it says nothing");
            }
        } catch (OcspRefusal e) {
            from.drop(entry.key(), String.valueOf(e.getMessage()));
            return CompletableFuture.completedFuture(null);
        }
        return withDelegateChecked(answer, entry.query(), now, System.nanoTime() + deadline.toNanos())
                .handle((checked, failure) -> {
                    if (failure == null) {
                        entry.takeStored(checked, clock.instant());
                    }
                    return null;
                });
    }

    /** For a request: waits for an exchange where that has a point, and there is room. */
    private CompletableFuture<?> awaited(OcspEntry entry) {
        CompletableFuture<?> atOnce = CompletableFuture.completedFuture(null);
        if (!entry.isWorthAsking(clock.instant())) {
            return atOnce;
        }
        List<OcspResponder> asked = respondersOf(entry.query());
        if (asked.isEmpty()) {
            entry.failed(NO_RESPONDER, clock.instant());
            return atOnce;
        }
        // Counted with the one that is asked first, although the exchange may move on to another.
        OcspResponder first = asked.get(0);
        if (!room.tryAcquire()) {
            return atOnce;
        }
        if (!first.enter()) {
            room.release();
            return atOnce;
        }
        CompletableFuture<?> flight = fetched(entry, asked);
        var unused = flight.whenComplete((done, failure) -> {
            first.leave();
            room.release();
        });
        return flight.copy(); // Nobody who waits can end it for the others.
    }

    private CompletableFuture<?> fetched(OcspEntry entry, List<OcspResponder> asked) {
        return entry.joinFlight(() -> {
            // One of our own making: futures that descend from the HTTP client's end its exchange when they are
            // cancelled.
            CompletableFuture<?> flight = new CompletableFuture<>();
            var unused = ask(entry, asked, 0, null, System.nanoTime() + deadline.toNanos())
                    .whenComplete((done, failure) -> flight.complete(null));
            return flight;
        });
    }

    /** Asks one responder after the other. Each has an equal share of the time that is left. */
    private CompletableFuture<?> ask(
            OcspEntry entry, List<OcspResponder> asked, int from, @Nullable Unknown failure, long end) {
        Unknown worst = failure;
        for (int i = from; i < asked.size(); i++) {
            OcspResponder responder = asked.get(i);
            Unknown objection = responder.objection(clock.instant());
            if (objection != null) {
                worst = worse(worst, objection);
                continue;
            }
            int next = i + 1;
            Unknown soFar = worst;
            return exchange(entry, responder, (end - System.nanoTime()) / (asked.size() - i), end)
                    .thenCompose(found -> found.isEmpty()
                            ? CompletableFuture.completedFuture(null)
                            : ask(entry, asked, next, worse(soFar, found.get()), end));
        }
        if (worst != null && worst.why() != Why.UNKNOWN_TO_RESPONDER) {
            entry.failed(worst, clock.instant());
        }
        return CompletableFuture.completedFuture(null);
    }

    private static Unknown worse(@Nullable Unknown one, Unknown other) {
        return one == null || other.why().compareTo(one.why()) > 0 ? other : one;
    }

    /** Completes with what is still missing: nothing, once there is a conclusive answer. Never exceptionally. */
    private CompletableFuture<Optional<Unknown>> exchange(
            OcspEntry entry, OcspResponder responder, long nanos, long end) {
        CompletableFuture<OcspAnswer> answered;
        try {
            byte[] sent = nonce == Nonce.OFF ? null : new byte[NONCE_BYTES];
            if (sent != null) {
                random.nextBytes(sent);
            }
            OcspVerifier.SentNonce sentNonce =
                    sent == null ? null : new OcspVerifier.SentNonce(sent, nonce == Nonce.REQUIRED);
            answered = fetcher.fetch(
                            OcspRequest.http(responder.address(), OcspRequest.der(entry.query(), sent), sent == null),
                            OcspVerifier.MAX_RESPONSE_BYTES,
                            Duration.ofNanos(Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1))))
                    // Signatures are for our own threads to check, not for the client's selector or the JVM's timer.
                    .thenComposeAsync(der -> verified(entry.query(), der, sentNonce, end), fetcher.threads());
        } catch (RuntimeException e) {
            answered = CompletableFuture.failedFuture(e);
        }
        return answered.handle((answer, failure) -> settle(entry, responder, answer, failure));
    }

    private CompletableFuture<OcspAnswer> verified(
            RevocationQuery query, byte[] der, OcspVerifier.@Nullable SentNonce sent, long end) {
        try {
            Instant now = clock.instant();
            OcspAnswer answer = verifier.verify(query, der, now, sent);
            if (!answer.isInForce(now)) {
                throw new OcspRefusal(
                        Why.EXPIRED, "the OCSP answer was out of date when it came, since " + answer.until());
            }
            return withDelegateChecked(answer, query, now, end);
        } catch (OcspRefusal e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** A responder's certificate without id-pkix-ocsp-nocheck may be revoked, too (RFC 6960 section 4.2.2.2.1). */
    private CompletableFuture<OcspAnswer> withDelegateChecked(
            OcspAnswer answer, RevocationQuery query, Instant now, long end) {
        X509Certificate delegate = answer.delegate();
        RevocationSource source = responderRevocation;
        if (delegate == null) {
            return CompletableFuture.completedFuture(answer);
        }
        if (source == null) {
            return CompletableFuture.failedFuture(new OcspRefusal(
                    Why.UNVERIFIABLE,
                    "the responder's certificate has no id-pkix-ocsp-nocheck, and no source is configured that says"
                            + " whether it is revoked"));
        }
        RevocationQuery about = aboutDelegate(delegate, query);
        try {
            RevocationStatus known = source.known(about, now);
            if (!(known instanceof Unknown)) {
                return CompletableFuture.completedFuture(judged(answer, known));
            }
            CompletableFuture<?> refreshed = source.refresh(about).toCompletableFuture();
            return refreshed
                    .copy()
                    .orTimeout(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS)
                    .handle((done, failure) -> {
                        try {
                            return judged(answer, source.known(about, clock.instant()));
                        } catch (OcspRefusal e) {
                            throw new CompletionException(e);
                        }
                    });
        } catch (OcspRefusal | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static RevocationQuery aboutDelegate(X509Certificate delegate, RevocationQuery query) {
        return new RevocationQuery(delegate, query.issuer(), query.signers());
    }

    private static OcspAnswer judged(OcspAnswer answer, RevocationStatus ofDelegate) throws OcspRefusal {
        if (ofDelegate instanceof Good good) {
            return answer.delegateGoodUntil(good.until());
        }
        throw new OcspRefusal(
                Why.UNVERIFIABLE,
                ofDelegate instanceof Revoked
                        ? "the responder's certificate is revoked"
                        : "whether the responder's certificate is revoked is not known");
    }

    private Optional<Unknown> settle(
            OcspEntry entry, OcspResponder responder, @Nullable OcspAnswer answer, @Nullable Throwable failure) {
        Instant now = clock.instant();
        if (answer != null) {
            responder.succeeded(events);
            take(entry, answer, now);
            return answer.status() instanceof Unknown unknown ? Optional.of(unknown) : Optional.empty();
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String name = responder.address().getHost() + ": ";
        Unknown found;
        boolean away = true;
        if (cause instanceof FetchException fetch) {
            found = new Unknown(fetch.deadlinePassed() ? Why.NO_ANSWER : Why.UNREACHABLE, name + fetch.getMessage());
            away = !fetch.isAboutThisRequest();
        } else if (cause instanceof OcspRefusal refusal) {
            found = new Unknown(refusal.why(), name + refusal.getMessage());
            away = refusal.isResponderAway();
        } else {
            // Closed meanwhile, or the user's source for responders has thrown.
            found = new Unknown(
                    Why.UNVERIFIABLE,
                    name + "the exchange failed"
                            + (cause == null ? "" : ": " + cause.getClass().getName()));
        }
        responder.failed(found, away, now, events);
        return Optional.of(found);
    }

    /** The configured ones first, then those that the certificate names: only asked for one whose path is trusted. */
    private List<OcspResponder> respondersOf(RevocationQuery query) {
        Set<URI> addresses = new LinkedHashSet<>(configured);
        if (fromCertificates) {
            addresses.addAll(addressesIn(query.certificate()));
        }
        return addresses.stream()
                .limit(MAX_RESPONDERS_OF_ONE)
                .map(responders::at)
                .toList();
    }

    /** Where a certificate says that it can be asked for; none where we would not ask. */
    static List<URI> addressesIn(X509Certificate certificate) {
        List<URI> addresses = new ArrayList<>();
        byte[] extension = certificate.getExtensionValue(Extension.authorityInfoAccess.getId());
        if (extension == null) {
            return addresses;
        }
        try {
            AuthorityInformationAccess access = AuthorityInformationAccess.getInstance(
                    ASN1OctetString.getInstance(extension).getOctets());
            for (AccessDescription each : access.getAccessDescriptions()) {
                GeneralName location = each.getAccessLocation();
                String text = String.valueOf(location.getName());
                if (each.getAccessMethod().getId().equals(OCSP_ACCESS)
                        && location.getTagNo() == GeneralName.uniformResourceIdentifier
                        && text.length() <= MAX_ADDRESS_LENGTH) {
                    URI address = URI.create(text);
                    if (HttpFetcher.isAllowed(address)) {
                        addresses.add(address);
                    }
                }
            }
        } catch (RuntimeException e) {
            // What cannot be read names nobody.
        }
        return addresses;
    }

    private void tickContained() {
        try {
            tick();
        } catch (RuntimeException | Error e) { // The next tick comes all the same.
            System.getLogger("io.mtls").log(System.Logger.Level.ERROR, "Refreshing OCSP answers failed", e);
        }
    }

    /** What the scheduler does: asks again before answers are out of date, and where asking failed. */
    void tick() {
        Instant now = clock.instant();
        moreIsDue = false;
        for (OcspEntry entry : entries.values()) {
            entry.noteSeen(now);
            if (entry.isForgotten(now)) {
                entries.remove(entry.key(), entry);
            } else if (entry.isDue(now)) {
                refreshInBackground(entry);
            }
        }
    }

    private void refreshInBackground(OcspEntry entry) {
        if (inBackground.get() >= MAX_BACKGROUND) {
            moreIsDue = true;
            return;
        }
        List<OcspResponder> asked = respondersOf(entry.query());
        if (asked.isEmpty()) {
            entry.failed(NO_RESPONDER, clock.instant());
            return;
        }
        inBackground.incrementAndGet();
        var unused = fetched(entry, asked).whenComplete((done, failure) -> {
            inBackground.decrementAndGet();
            if (moreIsDue && !closed) {
                moreIsDue = false;
                scheduler.execute(this::tickContained);
            }
        });
    }

    /** All of it has defaults. */
    public static final class Builder {
        private final List<URI> responders = new ArrayList<>();
        private boolean fromCertificates = true;
        private Nonce nonce = Nonce.OFF;
        private Duration deadline = Duration.ofSeconds(2);
        private Duration maxAgeWithoutNextUpdate = Duration.ofHours(1);
        private @Nullable RevocationSource responderRevocation;
        private @Nullable Path storage;
        private InstantSource clock = InstantSource.system();
        private Consumer<RevocationEvent> events = event -> {};

        private int maxEntries = MAX_ENTRIES;

        private Builder() {}

        /**
         * Asks this responder, before those that a certificate names; may be repeated. Four are asked for one certificate.
         *
         * @throws IllegalArgumentException if this is no address of a server, http or https, or names a user
         */
        public Builder responder(URI address) {
            if (!HttpFetcher.isAllowed(address)) {
                throw new IllegalArgumentException("\"" + address
                        + "\" is no address of an OCSP responder: expected one such as http://ocsp.example.com");
            }
            responders.add(address);
            return this;
        }

        /** Asks only the configured responders, whatever certificates name (authority information access, RFC 5280). */
        public Builder withoutAia() {
            fromCertificates = false;
            return this;
        }

        /** Whether requests carry a nonce. Default: {@link Nonce#OFF}. */
        public Builder nonce(Nonce nonce) {
            this.nonce = nonce;
            return this;
        }

        /**
         * How long one question may take, all its responders together. Default: two seconds.
         *
         * @throws IllegalArgumentException if not positive, or longer than four seconds: a request waits five in all
         */
        public Builder deadline(Duration deadline) {
            requireUpTo(deadline, MAX_DEADLINE, "deadline");
            this.deadline = deadline;
            return this;
        }

        /**
         * How long after its thisUpdate an answer counts that has no nextUpdate, which says that there may be news at any
         * time (RFC 6960 section 2.4). Default: one hour.
         *
         * @throws IllegalArgumentException if not positive, or longer than a week
         */
        public Builder maxAgeWithoutNextUpdate(Duration age) {
            requireUpTo(age, MAX_AGE_WITHOUT_NEXT_UPDATE, "maxAgeWithoutNextUpdate");
            this.maxAgeWithoutNextUpdate = age;
            return this;
        }

        /**
         * How it is learned whether the certificate of a delegated responder is revoked, if it is without
         * id-pkix-ocsp-nocheck. By default an answer that is signed with such a certificate is not accepted.
         */
        public Builder responderRevocation(RevocationSource source) {
            this.responderRevocation = source;
            return this;
        }

        /**
         * Keeps answers in this directory, so that a restart needs no responder. It is made if it is not there, and belongs
         * to one source. Nothing in it is secret or believed: each answer is verified again when it is read. Who can write
         * there can bring back an older answer that is still in force.
         */
        public Builder storage(Path directory) {
            this.storage = directory;
            return this;
        }

        /** Default: the system's clock. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /** Is told when a responder fails and recovers, and of stored answers that were dropped. Must not block. */
        public Builder events(Consumer<RevocationEvent> events) {
            this.events = events;
            return this;
        }

        /** For tests, which cannot make twenty thousand certificates. */
        Builder maxEntries(int maxEntries) {
            this.maxEntries = maxEntries;
            return this;
        }

        /**
         * The source, its scheduler running.
         *
         * @throws IllegalArgumentException if nobody could be asked, or the storage cannot be written to
         */
        public OcspSource build() {
            if (!fromCertificates && responders.isEmpty()) {
                throw new IllegalArgumentException(
                        "OCSP without responders: name one, or allow those that certificates name");
            }
            return new OcspSource(this);
        }

        private static void requireUpTo(Duration value, Duration most, String name) {
            if (value.isNegative() || value.isZero() || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(name + " is " + value + ": expected more than 0, at most " + most);
            }
        }
    }
}
