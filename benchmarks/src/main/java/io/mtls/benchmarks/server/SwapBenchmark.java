package io.mtls.benchmarks.server;

import io.mtls.benchmarks.server.Load.Latency;
import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.RevocationReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * What requests notice of a large list being replaced by its successor. Each successor revokes one more caller, who asks
 * on an open connection until it is refused: then the list is in force.
 */
final class SwapBenchmark {

    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(100);

    /** Lists that come before anything is measured: in the first, the server's compiler has most to do. */
    private static final int WARM_UP_SWAPS = 6;

    private final ServerPki pki;
    private final Path current;
    private final List<HeldCertificate> revokedOneByOne;
    private final List<Path> successors = new ArrayList<>();
    private final Duration between;

    /**
     * Makes all lists beforehand.
     *
     * @param between from one swap to the next; a list that is not in force by then counts as one that did not come
     */
    SwapBenchmark(ServerPki pki, int entries, int swaps, Duration between) throws IOException {
        this.pki = pki;
        this.between = between;
        int all = WARM_UP_SWAPS + swaps;
        revokedOneByOne = pki.newMembers(all);
        CrlBuilder crl = pki.issuingCrl(entries);
        current = Files.createTempFile(pki.directory(), "current", ".crl");
        Files.write(current, crl.der());
        for (int i = 0; i < all; i++) {
            crl.number(2 + i)
                    .revoked(
                            revokedOneByOne.get(i).certificate().getSerialNumber(),
                            Instant.now(),
                            RevocationReason.KEY_COMPROMISE);
            successors.add(Files.write(Files.createTempFile(pki.directory(), "next", ".crl"), crl.der()));
        }
    }

    /** The lists that a server is to look at. */
    List<Path> crls() throws IOException {
        return List.of(pki.rootCrl(), current);
    }

    /**
     * @param start when the file was replaced, by {@link System#nanoTime}
     * @param end when it was seen to be in force, or given up
     */
    private record Swap(long start, long end, boolean inForce) {
        boolean covers(Latency latency) {
            return latency.due() >= start && latency.due() <= end;
        }

        @Override
        public String toString() {
            return inForce ? Long.toString((end - start) / 1_000_000) : "never";
        }
    }

    /** Runs once, on a server with {@link #crls}; lines of text. */
    String run(ServerProcess server, SSLContext caller, int connections, int perSecond, Duration warmUp)
            throws IOException, InterruptedException {
        List<ClientConnection> toBeRevoked = new ArrayList<>();
        ExecutorService swapper = Executors.newSingleThreadExecutor();
        try (Load load = Load.requests(server, caller, connections)) {
            for (HeldCertificate each : revokedOneByOne) {
                ClientConnection connection = new ClientConnection(ClientTls.presenting(each, pki), server.port());
                toBeRevoked.add(connection);
                connection.prepare(); // What a first request costs is not to be seen later.
            }
            load.closedLoop(warmUp);
            load.openLoop(perSecond, warmUp.dividedBy(4));
            Future<List<Swap>> warmingUp = swapper.submit(() -> swaps(0, WARM_UP_SWAPS, toBeRevoked));
            load.openLoop(perSecond, between.multipliedBy(WARM_UP_SWAPS + 1L));
            if (!warmingUp.get().stream().allMatch(Swap::inForce)) {
                throw new IOException("A list did not come into force in " + between);
            }
            Duration time = between.multipliedBy(successors.size() - WARM_UP_SWAPS + 1L);
            long heapBefore = server.heapInUse();
            List<Latency> atRest = new ArrayList<>(load.openLoop(perSecond, time.dividedBy(2)));
            Future<List<Swap>> swapping = swapper.submit(() -> swaps(WARM_UP_SWAPS, successors.size(), toBeRevoked));
            List<Latency> meanwhile = load.openLoop(perSecond, time);
            List<Swap> swaps = swapping.get();
            atRest.addAll(load.openLoop(perSecond, time.dividedBy(2)));
            return report(perSecond, atRest, meanwhile, swaps, heapBefore, server.heapInUse());
        } catch (ExecutionException e) {
            throw new IOException("A list could not be replaced: " + e.getCause(), e.getCause());
        } finally {
            swapper.shutdownNow();
            for (ClientConnection each : toBeRevoked) {
                each.close();
            }
        }
    }

    private List<Swap> swaps(int first, int end, List<ClientConnection> toBeRevoked)
            throws IOException, InterruptedException {
        List<Swap> swaps = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = first; i < end; i++) {
            start += between.toNanos();
            sleepUntil(start - between.toNanos() / 4);
            try (InputStream next = Files.newInputStream(successors.get(i))) {
                next.transferTo(OutputStream.nullOutputStream()); // As much in the page cache as one that just came.
            }
            sleepUntil(start);
            // Else it is deleted at once, and that millisecond of this processor's time stands in the latencies.
            Path replacedList = Files.createLink(pki.directory().resolve("replaced-" + i + ".crl"), current);
            long replaced = System.nanoTime();
            Files.move(successors.get(i), current, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            swaps.add(await(toBeRevoked.get(i), replaced, start + between.toNanos()));
            Files.delete(replacedList);
        }
        return swaps;
    }

    private static void sleepUntil(long nanoTime) throws InterruptedException {
        Thread.sleep(Math.max(0, (nanoTime - System.nanoTime()) / 1_000_000));
    }

    private static Swap await(ClientConnection toBeRevoked, long replaced, long end)
            throws IOException, InterruptedException {
        while (System.nanoTime() < end - BETWEEN_QUESTIONS.toNanos()) {
            if (!toBeRevoked.get(BenchmarkApplication.RESOURCE).startsWith("HTTP/1.1 200")) {
                return new Swap(replaced, System.nanoTime(), true);
            }
            Thread.sleep(BETWEEN_QUESTIONS.toMillis());
        }
        return new Swap(replaced, System.nanoTime(), false);
    }

    private static String report(
            int perSecond,
            List<Latency> atRest,
            List<Latency> meanwhile,
            List<Swap> swaps,
            long heapBefore,
            long heapAfter) {
        List<Latency> during = meanwhile.stream()
                .filter(latency -> swaps.stream().anyMatch(swap -> swap.covers(latency)))
                .toList();
        double ratio = Load.percentile(during, 0.99) / Load.percentile(atRest, 0.99);
        String verdict = ratio <= 2 ? "holds" : "DOES NOT HOLD";
        return String.format(
                        Locale.ROOT,
                        "  %d requests per second; latency in ms from when each was due%n  %-28s %9s %9s %9s %9s %9s%n",
                        perSecond,
                        "",
                        "requests",
                        "p50",
                        "p99",
                        "p99.9",
                        "max")
                + line("at rest, before and after", atRest)
                + line("all, while lists come", meanwhile)
                + line("from new file to in force", during)
                + String.format(
                        Locale.ROOT,
                        "  p99 until in force, to that at rest: %.2f  (promised at most 2: %s)%n"
                                + "  ms until in force, of each list: %s%n"
                                + "  heap in use after a collection: %.1f MB before, %.1f MB after the swaps%n",
                        ratio,
                        swaps.stream().allMatch(Swap::inForce) ? verdict : "cannot be told, lists are missing",
                        swaps.stream().map(Swap::toString).collect(Collectors.joining(" ")),
                        heapBefore / 1e6,
                        heapAfter / 1e6);
    }

    private static String line(String label, List<Latency> latencies) {
        return String.format(
                Locale.ROOT,
                "  %-28s %9d %9.2f %9.2f %9.2f %9.2f%n",
                label,
                latencies.size(),
                Load.percentile(latencies, 0.5),
                Load.percentile(latencies, 0.99),
                Load.percentile(latencies, 0.999),
                Load.percentile(latencies, 1));
    }
}
