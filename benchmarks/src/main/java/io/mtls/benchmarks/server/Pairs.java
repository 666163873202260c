package io.mtls.benchmarks.server;

import io.mtls.benchmarks.server.Load.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Interleaved windows of two servers, and by how much the second differs from the first.
 *
 * <p>The figure is the ratio of the medians of all windows. Its interval is a bootstrap's: forks are drawn with
 * replacement, then pairs within each, since two JVMs that run the same code differ by more than two windows of one JVM.
 */
final class Pairs {

    private static final int RESAMPLES = 5_000;

    /** A window of each. */
    record Pair(Window first, Window second) {}

    /**
     * What has been promised of a ratio, second to first.
     *
     * @param atLeast else at most
     */
    record Promise(boolean atLeast, double bound) {
        static Promise atLeast(double bound) {
            return new Promise(true, bound);
        }

        static Promise atMost(double bound) {
            return new Promise(false, bound);
        }

        String verdict(Ratio ratio) {
            boolean holds = atLeast ? ratio.low >= bound : ratio.high <= bound;
            boolean fails = atLeast ? ratio.high < bound : ratio.low > bound;
            return String.format(
                    Locale.ROOT,
                    "promised at %s %.2f: %s",
                    atLeast ? "least" : "most",
                    bound,
                    holds ? "holds" : fails ? "DOES NOT HOLD" : "the interval does not tell");
        }
    }

    /** With the bounds of its 95 % interval. */
    record Ratio(double value, double low, double high) {}

    private final String title;
    private final List<List<Pair>> forks = new ArrayList<>();

    Pairs(String title) {
        this.title = title;
    }

    void addFork(List<Pair> pairs) {
        forks.add(List.copyOf(pairs));
    }

    Ratio ratio(ToDoubleFunction<Window> figure) {
        SplittableRandom random = new SplittableRandom(1);
        double[] resampled = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            List<Pair> drawn = new ArrayList<>();
            for (int fork = 0; fork < forks.size(); fork++) {
                List<Pair> pairs = forks.get(random.nextInt(forks.size()));
                for (int pair = 0; pair < pairs.size(); pair++) {
                    drawn.add(pairs.get(random.nextInt(pairs.size())));
                }
            }
            resampled[i] = ratioOfMedians(drawn, figure);
        }
        Arrays.sort(resampled);
        return new Ratio(
                ratioOfMedians(all(), figure),
                resampled[(int) (RESAMPLES * 0.025)],
                resampled[(int) (RESAMPLES * 0.975) - 1]);
    }

    /**
     * Lines of text.
     *
     * @param ofThroughput what is promised of the throughput
     * @param ofCpu what is promised of the processor time
     */
    String report(String first, String second, @Nullable Promise ofThroughput, @Nullable Promise ofCpu) {
        long done = all().stream()
                .mapToLong(pair -> pair.first().done() + pair.second().done())
                .sum();
        return String.format(
                        Locale.ROOT,
                        "%s%n  %d x %d pairs, %d done%n  %-18s %16s %16s %7s  %-15s %s%n",
                        title,
                        forks.size(),
                        forks.get(0).size(),
                        done,
                        "",
                        first,
                        second,
                        "ratio",
                        "95 %",
                        "of each fork")
                + line("per second", Window::perSecond, ofThroughput)
                + line("server CPU, us", Window::cpuMicros, ofCpu)
                + busy("server busy", Window::serverBusy)
                + busy("load busy", Window::loadBusy);
    }

    /** A load that is always busy limits the server, and its throughput says little; processor time stays what it is. */
    private String busy(String label, ToDoubleFunction<Window> share) {
        return String.format(
                Locale.ROOT,
                "  %-18s %14.0f %% %14.0f %%%n",
                label,
                100 * median(all(), Pair::first, share),
                100 * median(all(), Pair::second, share));
    }

    private String line(String label, ToDoubleFunction<Window> figure, @Nullable Promise promise) {
        Ratio ratio = ratio(figure);
        return String.format(
                Locale.ROOT,
                "  %-18s %16.1f %16.1f %7.3f  %.3f to %.3f  %s%s%n",
                label,
                median(all(), Pair::first, figure),
                median(all(), Pair::second, figure),
                ratio.value,
                ratio.low,
                ratio.high,
                forks.stream()
                        .map(fork -> String.format(Locale.ROOT, "%.3f", ratioOfMedians(fork, figure)))
                        .collect(Collectors.joining(" ")),
                promise == null ? "" : "  (" + promise.verdict(ratio) + ")");
    }

    private List<Pair> all() {
        return forks.stream().flatMap(List::stream).toList();
    }

    private static double ratioOfMedians(List<Pair> pairs, ToDoubleFunction<Window> figure) {
        return median(pairs, Pair::second, figure) / median(pairs, Pair::first, figure);
    }

    private static double median(List<Pair> pairs, Function<Pair, Window> side, ToDoubleFunction<Window> figure) {
        double[] sorted = pairs.stream().map(side).mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
