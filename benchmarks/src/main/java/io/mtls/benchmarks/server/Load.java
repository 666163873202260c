package io.mtls.benchmarks.server;

import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/** What one server is asked to do, again and again, by several callers at once. */
abstract class Load implements AutoCloseable {

    private final ServerProcess server;
    private final int callers;
    private final ExecutorService threads;

    private Load(ServerProcess server, int callers) {
        this.server = server;
        this.callers = callers;
        this.threads = Executors.newFixedThreadPool(callers);
    }

    /** One unit of work; false if there is no more to do. */
    abstract boolean once(int caller) throws IOException;

    /** Each caller has one thing done after the other until the time is over, or there is nothing more to do. */
    Window closedLoop(Duration time) throws IOException, InterruptedException {
        Duration before = server.cpu();
        Duration ownBefore = ownCpu();
        long start = System.nanoTime();
        long end = start + time.toNanos();
        long done = 0;
        for (long each : inParallel(caller -> {
            long count = 0;
            while (System.nanoTime() < end && once(caller)) {
                count++;
            }
            return count;
        })) {
            done += each;
        }
        return new Window(
                done,
                Duration.ofNanos(System.nanoTime() - start),
                server.cpu().minus(before),
                ownCpu().minus(ownBefore));
    }

    private static Duration ownCpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /**
     * Things are done when they are due, at a fixed rate, the callers taking turns. A caller that is kept waiting does
     * what is overdue as soon as it can, and all latencies count from when a thing was due: waiting is not left out.
     */
    List<Latency> openLoop(int perSecond, Duration time) throws IOException, InterruptedException {
        long start = System.nanoTime();
        int total = (int) (perSecond * time.toMillis() / 1000);
        List<Latency> all = new ArrayList<>(total);
        for (List<Latency> each : inParallel(caller -> {
            List<Latency> latencies = new ArrayList<>(total / callers + 1);
            for (int i = caller; i < total; i += callers) {
                long due = start + i * 1_000_000_000L / perSecond;
                for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
                once(caller);
                latencies.add(new Latency(due, System.nanoTime() - due));
            }
            return latencies;
        })) {
            all.addAll(each);
        }
        return all;
    }

    private interface Task<T> {
        T run(int caller) throws IOException;
    }

    private <T> List<T> inParallel(Task<T> task) throws IOException, InterruptedException {
        List<Callable<T>> tasks = IntStream.range(0, callers)
                .<Callable<T>>mapToObj(caller -> () -> task.run(caller))
                .toList();
        List<T> results = new ArrayList<>(callers);
        for (Future<T> result : threads.invokeAll(tasks)) {
            try {
                results.add(result.get());
            } catch (ExecutionException e) {
                throw new IOException("The load on '" + server + "' failed: " + e.getCause(), e.getCause());
            }
        }
        return results;
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
    }

    /**
     * What was done in a stretch of time.
     *
     * @param cpu processor time of the server's process
     * @param loadCpu processor time of this process, where the load comes from
     */
    record Window(long done, Duration time, Duration cpu, Duration loadCpu) {
        double perSecond() {
            return done * 1e9 / time.toNanos();
        }

        double cpuMicros() {
            return cpu.toNanos() / 1e3 / done;
        }

        double serverBusy() {
            return (double) cpu.toNanos() / time.toNanos();
        }

        double loadBusy() {
            return (double) loadCpu.toNanos() / time.toNanos();
        }
    }

    /**
     * @param due by {@link System#nanoTime}
     * @param nanos from then to the end of the response
     */
    record Latency(long due, long nanos) {}

    /** Requests on connections that stay open. */
    static Load requests(ServerProcess server, SSLContext caller, int connections) throws IOException {
        ClientConnection[] open = new ClientConnection[connections];
        for (int i = 0; i < connections; i++) {
            open[i] = new ClientConnection(caller, server.port());
            open[i].prepare();
        }
        return new Load(server, connections) {
            @Override
            boolean once(int i) throws IOException {
                open[i].exchange();
                return true;
            }

            @Override
            public void close() throws IOException {
                super.close();
                for (ClientConnection each : open) {
                    each.close();
                }
            }
        };
    }

    /** Connections with a full handshake and one request, always of the same member. */
    static Load handshakesOfOne(ServerProcess server, ServerPki pki, int callers) {
        SSLContext[] contexts = Stream.generate(() -> ClientTls.presenting(pki.member(), pki))
                .limit(callers)
                .toArray(SSLContext[]::new);
        return new Load(server, callers) {
            @Override
            boolean once(int caller) throws IOException {
                ClientConnection.connectOnce(ClientTls.withoutSessions(contexts[caller]), server.port());
                return true;
            }
        };
    }

    /**
     * Connections with a full handshake and one request, each of a member that the server has never seen.
     *
     * @param first how many of them are for the first {@link #closedLoop}, the warm-up
     * @param perWindow how many, in turn, for each further one
     */
    static Load handshakesOfNew(
            ServerProcess server, ServerPki pki, int callers, List<HeldCertificate> members, int first, int perWindow) {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger end = new AtomicInteger();
        return new Load(server, callers) {
            @Override
            Window closedLoop(Duration time) throws IOException, InterruptedException {
                next.set(end.get());
                end.set(Math.min(members.size(), end.get() + (end.get() == 0 ? first : perWindow)));
                return super.closedLoop(time);
            }

            @Override
            boolean once(int caller) throws IOException {
                int i = next.getAndIncrement();
                if (i >= end.get()) {
                    return false;
                }
                ClientConnection.connectOnce(ClientTls.presenting(members.get(i), pki), server.port());
                return true;
            }
        };
    }

    /** The latency that this share of all does not exceed, in milliseconds. */
    static double percentile(List<Latency> all, double share) {
        long[] sorted = all.stream().mapToLong(Latency::nanos).sorted().toArray();
        int rank = (int) Math.ceil(share * sorted.length);
        return sorted.length == 0 ? Double.NaN : sorted[Math.max(rank, 1) - 1] / 1e6;
    }
}
