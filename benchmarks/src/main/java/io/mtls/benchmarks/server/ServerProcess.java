package io.mtls.benchmarks.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, on a port of the loopback interface. It ends when this process does, however. */
final class ServerProcess implements AutoCloseable {

    /** nginx reads a CRL of a million entries as PEM. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final String name;
    private final Process process;
    private final BufferedReader answers;
    private final Path log;
    private final ProcessHandle measured;
    private final int port;

    private ServerProcess(
            String name, Process process, BufferedReader answers, Path log, ProcessHandle measured, int port) {
        this.name = name;
        this.process = process;
        this.answers = answers;
        this.log = log;
        this.measured = measured;
        this.port = port;
    }

    /**
     * {@link BenchmarkApplication} in a JVM like this one.
     *
     * @param crls lists that the starter is to look at; none for no revocation
     */
    static ServerProcess springBoot(
            String name, Variant variant, ServerPki pki, List<Path> crls, List<String> jvmOptions, Cores cores)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(jvmOptions);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                BenchmarkApplication.class.getName(),
                variant.name(),
                pki.directory().toString()));
        crls.forEach(file -> command.add(file.toString()));
        Path log = Files.createTempFile(pki.directory(), variant.name(), ".log");
        Process process = start(cores.onServerCore(command), log);
        BufferedReader answers = process.inputReader(StandardCharsets.UTF_8);
        int port = Integer.parseInt(firstLine(name, process, answers, log));
        return new ServerProcess(name, process, answers, log, process.toHandle(), port);
    }

    /** nginx as one process that asks for a client certificate and answers by itself. */
    static ServerProcess nginx(String name, ServerPki pki, Path pemCrls, Cores cores)
            throws IOException, InterruptedException {
        Path home = Files.createTempDirectory(pki.directory(), "nginx");
        int port = freePort();
        Path configuration = Files.writeString(home.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log error;
                events { worker_connections 1024; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  server {
                    listen 127.0.0.1:%2$d ssl;
                    ssl_protocols TLSv1.3;
                    ssl_certificate %3$s;
                    ssl_certificate_key %4$s;
                    ssl_client_certificate %5$s;
                    ssl_verify_client on;
                    ssl_verify_depth 3;
                    ssl_crl %6$s;
                    location / {
                      default_type application/json;
                      return 200 '{"status":"ok"}';
                    }
                  }
                }
                """.formatted(
                        home,
                        port,
                        pki.directory().resolve(ServerPki.SERVER_CHAIN),
                        pki.directory().resolve(ServerPki.SERVER_KEY),
                        pki.directory().resolve(ServerPki.ROOT),
                        pemCrls));
        // nginx would outlive this process if that is killed. The shell does not: its standard input ends.
        List<String> command = List.of(
                "sh",
                "-c",
                "\"$@\" & nginx=$!; echo $nginx; cat >/dev/null; kill $nginx; wait $nginx",
                "sh",
                "nginx",
                "-e",
                home.resolve("error.log").toString(),
                "-p",
                home.toString(),
                "-c",
                configuration.toString());
        Path log = home.resolve("error.log");
        Process process = start(cores.onServerCore(command), home.resolve("output.log"));
        BufferedReader answers = process.inputReader(StandardCharsets.UTF_8);
        long pid = Long.parseLong(firstLine(name, process, answers, log));
        ServerProcess server = new ServerProcess(
                name, process, answers, log, ProcessHandle.of(pid).orElseThrow(() -> failure(name, log)), port);
        server.awaitPort();
        return server;
    }

    private static Process start(List<String> command, Path log) throws IOException {
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private static String firstLine(String name, Process process, BufferedReader answers, Path log) throws IOException {
        String line = answers.readLine();
        if (line == null) {
            process.destroyForcibly();
            throw failure(name, log);
        }
        return line;
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, LOOPBACK)) {
            return any.getLocalPort();
        }
    }

    private void awaitPort() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress(LOOPBACK, port), 1000);
                return;
            } catch (IOException e) {
                if (!measured.isAlive() || System.nanoTime() > deadline) {
                    close();
                    throw failure(name, log);
                }
                Thread.sleep(50);
            }
        }
    }

    /** With the end of its log, which is about to be deleted. */
    private static IOException failure(String name, Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            List<String> end = lines.subList(Math.max(0, lines.size() - 40), lines.size());
            return new IOException("The server '" + name + "' did not start:\n" + String.join("\n", end));
        } catch (IOException e) {
            return new IOException("The server '" + name + "' did not start", e);
        }
    }

    int port() {
        return port;
    }

    /** Processor time that its process has used so far, in user and kernel mode, of all its threads. */
    Duration cpu() {
        return measured.info()
                .totalCpuDuration()
                .orElseThrow(
                        () -> new IllegalStateException("'" + name + "' has ended, or this platform does not tell"));
    }

    /** Octets of heap still in use after a collection; of a JVM only. */
    long heapInUse() throws IOException {
        OutputStream questions = process.getOutputStream();
        questions.write('\n');
        questions.flush();
        return Long.parseLong(firstLine(name, process, answers, log));
    }

    /** Ends the process by the end of its standard input, and waits for it. */
    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                measured.destroyForcibly();
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            measured.destroyForcibly();
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
