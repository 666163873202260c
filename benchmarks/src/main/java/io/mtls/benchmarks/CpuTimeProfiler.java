package io.mtls.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * The processor time that the benchmark's threads spend on an operation: {@code -prof
 * io.mtls.benchmarks.CpuTimeProfiler}. JMH's own score is time on the clock, which on a shared machine holds the time
 * that others had the processor. What others do to the processor's caches is in both.
 */
public final class CpuTimeProfiler implements InternalProfiler {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private double before;

    @Override
    public String getDescription() {
        return "Processor time of the benchmark's threads per operation";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = spent();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        double spent = spent() - before;
        long operations = result.getMetadata().getAllOps();
        return List.of(new ScalarResult("cpu.time.norm", spent / operations, "ns/op", AggregationPolicy.AVG));
    }

    /** Of those threads that JMH has made for the benchmark; the compilers' and the collectors' are no Java threads. */
    private static double spent() {
        double nanoseconds = 0;
        for (ThreadInfo thread : THREADS.dumpAllThreads(false, false, 0)) {
            if (thread.getThreadName().contains("jmh-worker")) {
                nanoseconds += THREADS.getThreadCpuTime(thread.getThreadId());
            }
        }
        return nanoseconds;
    }
}
