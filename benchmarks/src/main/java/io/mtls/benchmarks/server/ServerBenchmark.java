package io.mtls.benchmarks.server;

import io.mtls.benchmarks.TemporaryDirectory;
import io.mtls.benchmarks.server.Pairs.Pair;
import io.mtls.benchmarks.server.Pairs.Promise;
import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What whole servers cost: run by itself, without JMH. Its report goes to standard output. */
@Command(
        name = "ServerBenchmark",
        mixinStandardHelpOptions = true,
        description = "What whole servers cost, each in a process of its own, on the loopback interface.",
        showDefaultValues = true)
public final class ServerBenchmark implements Callable<Integer> {

    /** What can be measured. */
    enum Mode {
        /** Requests on open connections. */
        REQUESTS,
        /** Connections with a full handshake. */
        HANDSHAKES,
        /** Both, with an empty list and with a large one. */
        CRL,
        /** Handshakes of nginx with the same lists. */
        NGINX,
        /** Latency while a large list is replaced. */
        SWAP
    }

    /** Handshakes are slow enough to keep a core busy with few callers. */
    private static final int CALLERS = 4;

    @Parameters(arity = "0..*", description = "What to measure: ${COMPLETION-CANDIDATES}. Everything by default.")
    private Set<Mode> modes = EnumSet.allOf(Mode.class);

    @Option(names = "--forks", description = "How often the servers are started anew.")
    private int forks = 3;

    @Option(names = "--pairs", description = "Pairs of windows in each fork.")
    private int pairs = 10;

    @Option(names = "--window", description = "Milliseconds of load on one server before it is the other's turn.")
    private long window = 3_000;

    @Option(names = "--warm-up", description = "Milliseconds of load on each server beforehand.")
    private long warmUp = 30_000;

    @Option(names = "--connections", description = "Connections that stay open.")
    private int connections = 16;

    @Option(names = "--new-chains", description = "Handshakes in a window of certificates that are new.")
    private int newChains = 400;

    @Option(names = "--entries", description = "Length of the large revocation list.")
    private int entries = 1_000_000;

    @Option(names = "--swaps", description = "How often the list is replaced.")
    private int swaps = 10;

    @Option(names = "--swap-every", description = "Milliseconds from one swap to the next.")
    private long swapEvery = 5_000;

    @Option(names = "--rate", description = "Requests per second while latency is measured.")
    private int rate = 1_000;

    @Option(names = "--server-core", description = "Where the servers run.")
    private String serverCore = "0";

    @Option(names = "--load-core", description = "Where the load comes from.")
    private String loadCore = "1";

    @Option(names = "--any-core", description = "Leave both to the operating system.")
    private boolean anyCore;

    @Option(names = "--jvm", description = "An option for the servers' JVMs; may be repeated.")
    private List<String> jvmOptions = new ArrayList<>();

    private final PrintStream report;
    private final TemporaryDirectory directory = new TemporaryDirectory();
    private Cores cores = Cores.ANY;
    private @Nullable ServerPki pki;
    private @Nullable List<HeldCertificate> newMembers;

    ServerBenchmark(PrintStream report) {
        this.report = report;
    }

    /** Ends the process. */
    public static void main(String[] arguments) {
        System.exit(run(System.out, arguments));
    }

    /** Measures, and returns the exit code: 0 if all was measured, whatever it says of the promises. */
    static int run(PrintStream report, String... arguments) {
        return new CommandLine(new ServerBenchmark(report))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Thread ifKilled = new Thread(this::deleteDirectory);
        Runtime.getRuntime().addShutdownHook(ifKilled);
        try {
            pki = new ServerPki(directory.create());
            cores = anyCore ? Cores.ANY : Cores.apart(serverCore, loadCore);
            report.print(machine()); // Before it seems to have one core only.
            cores.holdThisProcess();
            for (Mode mode : Mode.values()) {
                if (modes.contains(mode)) {
                    report.printf(
                            Locale.ROOT,
                            "%n%s  (%s, load average %.2f)%n",
                            mode,
                            Instant.now().truncatedTo(ChronoUnit.SECONDS),
                            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
                    measure(mode);
                }
            }
            return 0;
        } finally {
            deleteDirectory();
            Runtime.getRuntime().removeShutdownHook(ifKilled);
        }
    }

    private void measure(Mode mode) throws IOException, InterruptedException {
        switch (mode) {
            case REQUESTS -> requests();
            case HANDSHAKES -> handshakes();
            case CRL -> crl();
            case NGINX -> nginx();
            case SWAP -> swap();
        }
    }

    private void requests() throws IOException, InterruptedException {
        compareRequests(Variant.PLAIN, Variant.STARTER, Promise.atLeast(0.97));
        compareRequests(Variant.PLAIN_SECURITY, Variant.STARTER_SECURITY, Promise.atLeast(0.92));
        compareRequests(Variant.X509, Variant.STARTER_SECURITY, null);
    }

    private void compareRequests(Variant first, Variant second, @Nullable Promise ofThroughput)
            throws IOException, InterruptedException {
        compare(
                () -> start(first.toString(), first, List.of()),
                () -> start(second.toString(), second, List.of()),
                List.of(new Comparison("Kept-alive requests", this::requestsOn, ofThroughput, null)));
    }

    private void handshakes() throws IOException, InterruptedException {
        compare(
                () -> start("need", Variant.PLAIN, List.of()),
                () -> start("starter", Variant.STARTER, List.of()),
                List.of(
                        new Comparison(
                                "Full handshake and one request, a chain seen before",
                                this::handshakesOfOneOn,
                                null,
                                Promise.atMost(1.00)),
                        new Comparison(
                                "Full handshake and one request, a new chain",
                                this::handshakesOfNewOn,
                                null,
                                Promise.atMost(1.05))));
    }

    private void crl() throws IOException, InterruptedException {
        List<Path> empty = List.of(pki().rootCrl(), pki().issuingCrlFile(0));
        List<Path> large = List.of(pki().rootCrl(), pki().issuingCrlFile(entries));
        Promise same = Promise.atMost(1.05);
        compare(
                () -> start("0 entries", Variant.STARTER, empty),
                () -> start(entries + " entries", Variant.STARTER, large),
                List.of(
                        new Comparison("Kept-alive requests, by length of the list", this::requestsOn, null, same),
                        new Comparison(
                                "Full handshake and one request, a chain seen before, by length of the list",
                                this::handshakesOfOneOn,
                                null,
                                same),
                        new Comparison(
                                "Full handshake and one request, a new chain, by length of the list",
                                this::handshakesOfNewOn,
                                null,
                                same)),
                this::reportHeap);
    }

    private void reportHeap(ServerProcess one, ServerProcess other) throws IOException {
        report.printf(
                Locale.ROOT,
                "Heap in use after all of it and a collection, MB: %.1f with %s, %.1f with %s%n",
                one.heapInUse() / 1e6,
                one,
                other.heapInUse() / 1e6,
                other);
    }

    private void nginx() throws IOException, InterruptedException {
        if (!Cores.isInstalled("nginx")) {
            report.println("  not measured: there is no nginx on the path");
            return;
        }
        Path empty = pki().pemCrls(0);
        Path large = pki().pemCrls(entries);
        compare(
                () -> ServerProcess.nginx("nginx, 0", pki(), empty, cores),
                () -> ServerProcess.nginx("nginx, " + entries, pki(), large, cores),
                List.of(new Comparison(
                        "Full handshake and one request, the same chain, by length of the list",
                        this::handshakesOfOneOn,
                        null,
                        null)));
    }

    private void swap() throws IOException, InterruptedException {
        for (int fork = 0; fork < forks; fork++) {
            SwapBenchmark lists = new SwapBenchmark(pki(), entries, swaps, Duration.ofMillis(swapEvery));
            report.printf(
                    "A list of %d entries, replaced %d times, every %d ms; fork %d%n",
                    entries, swaps, swapEvery, fork + 1);
            try (ServerProcess server = start("starter", Variant.STARTER, lists.crls())) {
                report.print(lists.run(server, member(), connections, rate, Duration.ofMillis(warmUp)));
            }
        }
    }

    private interface Start {
        ServerProcess start() throws IOException, InterruptedException;
    }

    private interface LoadOn {
        Load on(ServerProcess server) throws IOException;
    }

    private record Comparison(
            Pairs pairs,
            LoadOn load,
            @Nullable Promise ofThroughput,
            @Nullable Promise ofCpu) {
        Comparison(String title, LoadOn load, @Nullable Promise ofThroughput, @Nullable Promise ofCpu) {
            this(new Pairs(title), load, ofThroughput, ofCpu);
        }
    }

    private void compare(Start first, Start second, List<Comparison> comparisons)
            throws IOException, InterruptedException {
        compare(first, second, comparisons, (one, other) -> {});
    }

    private interface Afterwards {
        void look(ServerProcess one, ServerProcess other) throws IOException;
    }

    /** Both servers run all the time; only one at a time has something to do. */
    private void compare(Start first, Start second, List<Comparison> comparisons, Afterwards afterwards)
            throws IOException, InterruptedException {
        String firstName = "";
        String secondName = "";
        for (int fork = 0; fork < forks; fork++) {
            try (ServerProcess one = first.start();
                    ServerProcess other = second.start()) {
                firstName = one.toString();
                secondName = other.toString();
                for (Comparison comparison : comparisons) {
                    try (Load onOne = comparison.load.on(one);
                            Load onOther = comparison.load.on(other)) {
                        comparison.pairs.addFork(interleaved(onOne, onOther));
                    }
                }
                afterwards.look(one, other);
            }
        }
        for (Comparison comparison : comparisons) {
            report.print(comparison.pairs.report(firstName, secondName, comparison.ofThroughput, comparison.ofCpu));
        }
    }

    private List<Pair> interleaved(Load one, Load other) throws IOException, InterruptedException {
        one.closedLoop(Duration.ofMillis(warmUp));
        other.closedLoop(Duration.ofMillis(warmUp));
        Duration time = Duration.ofMillis(window);
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            if (i % 2 == 0) {
                Load.Window first = one.closedLoop(time);
                all.add(new Pair(first, other.closedLoop(time)));
            } else {
                Load.Window second = other.closedLoop(time);
                all.add(new Pair(one.closedLoop(time), second));
            }
        }
        return all;
    }

    /** A server that is seen to know its caller, or not to. */
    private ServerProcess start(String name, Variant variant, List<Path> crls) throws IOException {
        ServerProcess server = ServerProcess.springBoot(name, variant, pki(), crls, jvmOptions, cores);
        try (ClientConnection caller = new ClientConnection(member(), server.port())) {
            String expected = variant.knowsCallers() ? ServerPki.MEMBER : BenchmarkApplication.NOBODY;
            String answer = caller.get(BenchmarkApplication.CALLER);
            if (!answer.contains("{\"name\":\"" + expected + "\"}")) {
                throw new IOException("'" + name + "' takes its caller for another than '" + expected + "': " + answer);
            }
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private Load requestsOn(ServerProcess server) throws IOException {
        return Load.requests(server, member(), connections);
    }

    private Load handshakesOfOneOn(ServerProcess server) {
        return Load.handshakesOfOne(server, pki(), CALLERS);
    }

    private Load handshakesOfNewOn(ServerProcess server) {
        int first = 20 * newChains;
        List<HeldCertificate> members = newMembers;
        if (members == null) {
            members = pki().newMembers(first + pairs * newChains);
            newMembers = members;
        }
        return Load.handshakesOfNew(server, pki(), CALLERS, members, first, newChains);
    }

    private SSLContext member() {
        return ClientTls.presenting(pki().member(), pki());
    }

    private ServerPki pki() {
        if (pki == null) {
            throw new IllegalStateException("not made yet");
        }
        return pki;
    }

    private void deleteDirectory() {
        try {
            directory.delete();
        } catch (IOException | IllegalStateException e) {
            System.err.println("Not all temporary files could be deleted: " + e);
        }
    }

    private String machine() throws IOException {
        String cpu = "unknown processor";
        Path cpuinfo = Path.of("/proc/cpuinfo");
        if (Files.isReadable(cpuinfo)) {
            try (Stream<String> lines = Files.lines(cpuinfo)) {
                cpu = lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst()
                        .orElse(cpu);
            }
        }
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %s %s; %s %s (%s)%n%s%n"
                        + "%d forks, %d pairs each, windows of %d ms (%d new chains), warm-up %d ms, %d connections,"
                        + " servers' JVM options %s%n",
                cpu,
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.vm.version"),
                System.getProperty("java.vendor"),
                cores,
                forks,
                pairs,
                window,
                newChains,
                warmUp,
                connections,
                jvmOptions);
    }
}
