package io.mtls.sample;

import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A proxy as people run it: one process in the foreground, without root, with all its files in one directory. */
final class ForeignProxy {

    /** What an answer by a proxy says of the client's connection: the client's port, and whether TLS resumed a session. */
    static final String CONNECTION_HEADER = "X-Edge";

    private static final HeldCertificate CA =
            HeldCertificate.root("CN=Acme Proxies").build();

    /** The certificate of the proxies towards the application, which believes its holder. */
    static final HeldCertificate EDGE = CA.issueClient("CN=edge-1").build();

    /** Of the same CA, and no proxy. */
    static final HeldCertificate IMPOSTOR = CA.issueClient("CN=edge-2").build();

    private static final HeldCertificate SERVER =
            Certificates.issuing().issueServer("localhost").build();

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    /** A port that was free may be taken when the proxy gets to it. */
    private static final int ATTEMPTS = 3;

    /** A kind of proxy. */
    interface Kind {

        /** A program on the path. */
        String tool();

        List<String> command(String configuration);

        String configuration(Site site);
    }

    /**
     * What a configuration is about.
     *
     * @param port where clients connect
     * @param application the application's port
     * @param directory for whatever the proxy writes
     */
    record Site(int port, int application, Path directory) {

        /** Certificate and key for clients, in one file. */
        Path server() {
            return directory.resolve("server.pem");
        }

        /** Certificate and key for the application, in one file. */
        Path edge() {
            return directory.resolve("edge.pem");
        }

        /** Who certifies members and servers. */
        Path root() {
            return directory.resolve("root.crt");
        }

        private Path configuration() {
            return directory.resolve("configuration");
        }

        private Path output() {
            return directory.resolve("output");
        }

        private void write(String configuration) throws IOException {
            Files.writeString(server(), SERVER.chainPem() + SERVER.privateKeyPem());
            Files.writeString(edge(), EDGE.chainPem() + EDGE.privateKeyPem());
            Files.writeString(root(), Certificates.rootPem());
            Files.writeString(configuration(), configuration);
        }
    }

    private final Site site;
    private final Process process;

    private ForeignProxy(Site site, Process process) {
        this.site = site;
        this.process = process;
    }

    /** Who issues the certificates that proxies present. */
    static HeldCertificate authority() {
        return CA;
    }

    /** Returns when it takes connections. */
    static ForeignProxy start(Kind kind, int application, Path directory) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            Site site = new Site(freePort(), application, directory);
            site.write(kind.configuration(site));
            ForeignProxy proxy = new ForeignProxy(
                    site,
                    new ProcessBuilder(kind.command(site.configuration().toString()))
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(site.output().toFile())
                            .start());
            String failure = proxy.failureToStart();
            if (failure == null) {
                return proxy;
            }
            proxy.end();
            if (attempt == ATTEMPTS) {
                throw new AssertionError(kind.tool() + " " + failure + ":\n" + proxy.output());
            }
        }
    }

    int port() {
        return site.port;
    }

    /** All that it said. */
    String output() throws IOException {
        return Files.readString(site.output());
    }

    void end() throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private @Nullable String failureToStart() throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            if (process.waitFor(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
                return "ended with " + process.exitValue();
            }
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), site.port));
                return null;
            } catch (IOException e) {
                // Not yet.
            }
        }
        return "does not listen at port " + site.port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
