package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mtls.revocation.HttpFetcher.FetchException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HttpFetcherTest {

    /** The JDK's look-up of a name cannot be interrupted, and is made in one of these threads. */
    @Test
    @Timeout(30)
    void though_all_threads_hang_in_looking_up_names_who_waits_is_free_at_the_deadline() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (HttpFetcher fetcher = new HttpFetcher("mtls-test-http")) {
            CountDownLatch hanging = new CountDownLatch(HttpFetcher.MAX_THREADS);
            for (int i = 0; i < HttpFetcher.MAX_THREADS; i++) {
                fetcher.threads().execute(() -> {
                    hanging.countDown();
                    awaitUninterruptibly(end);
                });
            }
            hanging.await();

            CompletableFuture<byte[]> fetch = fetcher.fetch(
                    HttpRequest.newBuilder(URI.create("http://localhost:1/")), 1_000, Duration.ofMillis(50));

            assertThat(catchThrowable(fetch::get).getCause())
                    .isInstanceOfSatisfying(
                            FetchException.class,
                            failure -> assertThat(failure.deadlinePassed()).isTrue());
        } finally {
            end.countDown();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                // As if nothing had been said.
            }
        }
    }
}
