package io.mtls.revocation;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Fetches from responders and CRL servers that may be slow, hung or hostile: http and https only, no redirects, a deadline
 * on the whole exchange and a bound on the body.
 *
 * <p>Redirects are not followed at all: a CA can name the right address, and whoever can redirect decides where in our
 * network we connect to (SSRF).
 */
final class HttpFetcher implements AutoCloseable {

    /**
     * Where the JDK's client looks names up, which nobody can interrupt: who waits for an exchange is free at its deadline all
     * the same, and the thread when the resolver gives up.
     */
    static final int MAX_THREADS = 4;

    private final ThreadPoolExecutor threads;
    private final HttpClient client;

    /** @param name of its threads */
    HttpFetcher(String name) {
        threads = new ThreadPoolExecutor(
                MAX_THREADS, MAX_THREADS, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads)
                .build();
    }

    /** For work that may block, beside the exchanges. */
    ExecutorService threads() {
        return threads;
    }

    /** Why an exchange gave nothing; the message is for a log and names no more than the address and the fact. */
    static final class FetchException extends IOException {
        private static final long serialVersionUID = 1;

        private final boolean deadlinePassed;
        private final boolean aboutThisRequest;

        FetchException(String message, boolean deadlinePassed) {
            super(message);
            this.deadlinePassed = deadlinePassed;
            this.aboutThisRequest = false;
        }

        FetchException(int status) {
            super("answered with status " + status);
            this.deadlinePassed = false;
            this.aboutThisRequest = status >= 400 && status < 500;
        }

        /** No answer, or not all of it, came in time. */
        boolean deadlinePassed() {
            return deadlinePassed;
        }

        /** The server is there and has nothing to say to this one request: 404, say. It says nothing of others. */
        boolean isAboutThisRequest() {
            return aboutThisRequest;
        }
    }

    /** Whether this is an address that we would connect to: absolute, http or https, with a host, without credentials. */
    static boolean isAllowed(URI address) {
        String scheme = address.getScheme();
        return scheme != null
                && (scheme.toLowerCase(Locale.ROOT).equals("http")
                        || scheme.toLowerCase(Locale.ROOT).equals("https"))
                && address.getHost() != null
                && address.getRawUserInfo() == null;
    }

    /**
     * The body of a 200, in memory.
     *
     * @return completes exceptionally only with a {@link FetchException}
     */
    CompletableFuture<byte[]> fetch(HttpRequest.Builder request, int maxBytes, Duration deadline) {
        return exchange(request, info -> new Bounded<>(HttpResponse.BodySubscribers.ofByteArray(), maxBytes), deadline)
                .thenApply(response -> {
                    if (response.statusCode() != 200) {
                        throw new CompletionException(new FetchException(response.statusCode()));
                    }
                    return response.body();
                });
    }

    /**
     * Any response, its body in a file that is there already and is written anew. One that was deleted meanwhile, since all
     * is being closed, is not made again.
     *
     * @return completes exceptionally only with a {@link FetchException}; the file may then hold a part
     */
    CompletableFuture<HttpResponse<Path>> download(
            HttpRequest.Builder request, Path file, long maxBytes, Duration deadline) {
        return exchange(
                request,
                info -> new Bounded<>(
                        HttpResponse.BodySubscribers.ofFile(
                                file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING),
                        maxBytes),
                deadline);
    }

    private <T> CompletableFuture<HttpResponse<T>> exchange(
            HttpRequest.Builder builder, BodyHandler<T> body, Duration deadline) {
        HttpRequest request = builder.timeout(deadline).build();
        if (!isAllowed(request.uri())) {
            return CompletableFuture.failedFuture(new FetchException("not an http or https address", false));
        }
        CompletableFuture<HttpResponse<T>> exchange = client.sendAsync(request, body);
        // The request's own timeout ends with the headers; this one is for the body, too.
        return exchange.copy()
                .orTimeout(deadline.toMillis(), TimeUnit.MILLISECONDS)
                .handle((response, failure) -> {
                    if (failure != null) {
                        exchange.cancel(true); // Closes the connection of an exchange that is not over.
                        throw new CompletionException(explained(failure, deadline));
                    }
                    return response;
                });
    }

    private static FetchException explained(Throwable failure, Duration deadline) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof TimeoutException)) {
            if (cause instanceof HttpTimeoutException || cause instanceof FetchException) {
                break;
            }
            cause = cause.getCause();
        }
        if (cause instanceof FetchException fetch) {
            return fetch;
        }
        if (cause instanceof TimeoutException || cause instanceof HttpTimeoutException) {
            return new FetchException("no answer within " + deadline.toMillis() + " ms", true);
        }
        if (cause instanceof ConnectException) {
            return new FetchException("cannot be reached", false);
        }
        return new FetchException("the exchange failed: " + cause.getClass().getSimpleName(), false);
    }

    /** Ends its threads; exchanges under way are given up. */
    @Override
    public void close() {
        threads.shutdownNow();
    }

    /** Passes a body on until it is longer than it may be. */
    private static final class Bounded<T> implements BodySubscriber<T> {
        private final BodySubscriber<T> downstream;
        private final long maxBytes;
        private long bytes;
        private boolean over;
        private Flow.@Nullable Subscription subscription;

        Bounded(BodySubscriber<T> downstream, long maxBytes) {
            this.downstream = downstream;
            this.maxBytes = maxBytes;
        }

        @Override
        public CompletionStage<T> getBody() {
            return downstream.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            downstream.onSubscribe(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            if (over) {
                return;
            }
            for (ByteBuffer buffer : buffers) {
                bytes += buffer.remaining();
            }
            if (bytes > maxBytes) {
                over = true;
                if (subscription != null) {
                    subscription.cancel();
                }
                downstream.onError(new FetchException("the body is longer than " + maxBytes + " bytes", false));
                return;
            }
            downstream.onNext(buffers);
        }

        @Override
        public void onError(Throwable failure) {
            if (!over) {
                downstream.onError(failure);
            }
        }

        @Override
        public void onComplete() {
            if (!over) {
                downstream.onComplete();
            }
        }
    }
}
