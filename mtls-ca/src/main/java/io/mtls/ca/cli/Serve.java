package io.mtls.ca.cli;

import io.mtls.ca.CaServer;
import io.mtls.ca.CertificateAuthority;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mtls-ca serve}. */
@Command(
        name = "serve",
        description = {
            "Publish what verifiers need, until it is stopped: OCSP answers, CRLs, and the certificates of the CAs.",
            "It speaks HTTP without TLS, because everything is signed. What another process revokes is in the next answer."
                    + " The root's key is not needed."
        })
final class Serve implements Callable<Integer> {
    /** Seconds for a whole request and a whole answer, which are small: who is slower keeps a thread from others. */
    private static final String MOST_SECONDS = "5";

    private static final int PORT = 8889;

    private final MtlsCa app;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "The port; 0 takes a free one. Default: the one of the address that certificates name, or "
                    + PORT + ".")
    private @Nullable Integer port;

    @Option(
            names = "--bind",
            paramLabel = "ADDRESS",
            defaultValue = "localhost",
            description = "The address of this machine to listen at, 0.0.0.0 for each. Default: ${DEFAULT-VALUE}.")
    private String bind = "";

    Serve(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        CertificateAuthority ca = app.open();
        int listenAt = port != null ? port : portOf(ca);
        InetSocketAddress address = WrongUsage.unless(() -> new InetSocketAddress(bind, listenAt));
        if (address.isUnresolved()) {
            throw new Refusal("there is no address \"" + bind + "\" here", "name one of this machine with --bind");
        }
        cutOffSlowClients();
        try (CaServer server = CaServer.start(ca, address)) {
            tell(ca, server.url());
            app.remind(ca);
            new CountDownLatch(1).await(); // until the process is ended
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    private static int portOf(CertificateAuthority ca) {
        URI url = ca.settings().url();
        return url == null || url.getPort() < 0 ? PORT : url.getPort();
    }

    /** The JDK's server reads these when it is first used; a user's own stay. */
    private static void cutOffSlowClients() {
        for (String property : List.of("sun.net.httpserver.maxReqTime", "sun.net.httpserver.maxRspTime")) {
            if (System.getProperty(property) == null) {
                System.setProperty(property, MOST_SECONDS);
            }
        }
    }

    private void tell(CertificateAuthority ca, URI here) {
        String issuing = ca.authorities().stream()
                .filter(id -> id.startsWith("issuing-"))
                .reduce((earlier, later) -> later)
                .orElseThrow();
        URI told = ca.settings().url();
        Path directory = app.directory();
        app.report()
                .line("Serving the CA \"" + ca.settings().name() + "\" in " + directory + " at " + here
                        + ", until you stop it.")
                .line()
                .indented(List.of(
                        List.of("OCSP", here + "/ocsp"),
                        List.of("CRL", here + "/crl/" + issuing + ".crl"),
                        List.of("what to trust", here + "/root.crt"),
                        List.of("all of it", here + "/")))
                .line()
                .line(
                        told == null
                                ? "Certificates do not say where this is: set url in "
                                        + directory.resolve("ca.properties") + " and renew them."
                                : "Certificates say that this is at " + told + ": see to it that this leads here.")
                .line()
                .line("Next:")
                .line("  openssl ocsp -url " + here + "/ocsp -CAfile " + Report.argument(directory.resolve("root.crt"))
                        + " -issuer " + Report.argument(directory.resolve("ca/" + issuing + ".crt")) + " -cert "
                        + Report.argument(directory.resolve("clients/alice.crt")));
        app.surroundings().out().flush();
    }
}
