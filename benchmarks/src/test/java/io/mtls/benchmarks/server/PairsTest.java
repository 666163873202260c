package io.mtls.benchmarks.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.benchmarks.server.Load.Latency;
import io.mtls.benchmarks.server.Load.Window;
import io.mtls.benchmarks.server.Pairs.Pair;
import io.mtls.benchmarks.server.Pairs.Promise;
import io.mtls.benchmarks.server.Pairs.Ratio;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PairsTest {

    @Test
    void windows_that_are_all_alike_leave_no_doubt_of_their_ratio() {
        Pairs pairs = new Pairs("alike");
        pairs.addFork(List.of(new Pair(cpu(200), cpu(210)), new Pair(cpu(200), cpu(210))));

        assertThat(pairs.ratio(Window::cpuMicros)).isEqualTo(new Ratio(1.05, 1.05, 1.05));
    }

    @Test
    void forks_that_differ_widen_the_interval_however_many_pairs_they_have() {
        Pairs pairs = new Pairs("forks");
        for (long second : new long[] {190, 200, 210}) {
            pairs.addFork(IntStream.range(0, 100)
                    .mapToObj(i -> new Pair(cpu(200), cpu(second)))
                    .toList());
        }

        assertThat(pairs.ratio(Window::cpuMicros)).isEqualTo(new Ratio(1.00, 0.95, 1.05));
    }

    @Test
    void a_promise_is_judged_by_the_whole_interval() {
        assertThat(Promise.atLeast(0.97).verdict(new Ratio(0.99, 0.98, 1.00))).endsWith("holds");
        assertThat(Promise.atLeast(0.97).verdict(new Ratio(0.98, 0.96, 1.00))).endsWith("the interval does not tell");
        assertThat(Promise.atLeast(0.97).verdict(new Ratio(0.95, 0.94, 0.96))).endsWith("DOES NOT HOLD");
        assertThat(Promise.atMost(1.05).verdict(new Ratio(1.04, 1.03, 1.05))).endsWith("holds");
        assertThat(Promise.atMost(1.05).verdict(new Ratio(1.07, 1.06, 1.08))).endsWith("DOES NOT HOLD");
    }

    @Test
    void a_percentile_is_the_least_latency_that_is_not_exceeded() {
        List<Latency> hundred = LongStream.rangeClosed(1, 100)
                .mapToObj(millis -> new Latency(0, millis * 1_000_000))
                .toList();

        assertThat(Load.percentile(hundred, 0.99)).isEqualTo(99);
        assertThat(Load.percentile(hundred, 0.999)).isEqualTo(100);
        assertThat(Load.percentile(hundred, 1)).isEqualTo(100);
    }

    private static Window cpu(long millis) {
        return new Window(1_000, Duration.ofSeconds(1), Duration.ofMillis(millis), Duration.ZERO);
    }
}
