package io.mtls.sample;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.ca.HeldCertificate;
import io.mtls.ca.TlsClients;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Clients of four TLS libraries, as people use them. Each checks the server's certificate and name. */
enum ForeignClient {
    CURL("curl") {
        @Override
        List<String> command(Call call) {
            return curl(call, "--http1.1");
        }
    },
    CURL_HTTP_2("curl") {
        @Override
        List<String> command(Call call) {
            return curl(call, "--http2");
        }
    },
    OPENSSL("openssl") {
        @Override
        List<String> command(Call call) {
            List<String> command = new ArrayList<>(List.of(
                    "openssl",
                    "s_client",
                    "-connect",
                    "localhost:" + call.port,
                    "-servername",
                    "localhost",
                    "-verify_hostname",
                    "localhost",
                    "-verify_return_error",
                    "-CAfile",
                    call.root(),
                    "-quiet"));
            if (call.member != null) {
                // Of "-cert" it sends the first certificate only, "-cert_chain" adds the issuing CA.
                command.addAll(List.of("-cert", call.chain(), "-cert_chain", call.chain(), "-key", call.key()));
            }
            return command;
        }

        @Override
        String input(Call call) {
            return call.http1();
        }
    },
    GNUTLS("gnutls-cli") {
        @Override
        List<String> command(Call call) {
            List<String> command = new ArrayList<>(
                    List.of("gnutls-cli", "--port", "" + call.port, "--x509cafile", call.root(), "localhost"));
            if (call.member != null) {
                command.addAll(List.of("--x509certfile", call.chain(), "--x509keyfile", call.key()));
            }
            return command;
        }

        @Override
        String input(Call call) {
            return call.http1();
        }
    },
    NODE("node") {
        @Override
        List<String> command(Call call) {
            return withArguments(call, "node", "-e", """
                    const [port, path, root, chain, key] = process.argv.slice(1);
                    const file = name => name && require('fs').readFileSync(name);
                    require('https').get(
                        {host: 'localhost', port, path, ca: file(root), cert: file(chain), key: file(key)},
                        response => {
                          console.log(`HTTP/${response.httpVersion} ${response.statusCode}`);
                          response.pipe(process.stdout);
                        });
                    """);
        }
    },
    PYTHON("python3") {
        @Override
        List<String> command(Call call) {
            return withArguments(call, "python3", "-c", """
                    import http.client, ssl, sys
                    port, path, root, *member = sys.argv[1:]
                    context = ssl.create_default_context(cafile=root)
                    if member:
                        context.load_cert_chain(*member)
                    connection = http.client.HTTPSConnection('localhost', int(port), context=context)
                    connection.request('GET', path)
                    response = connection.getresponse()
                    print('HTTP/1.1', response.status)
                    print(response.read().decode())
                    """);
        }
    },
    JAVA(null) {
        @Override
        Answer call(Call call) {
            return java(call, HttpClient.Version.HTTP_1_1);
        }
    },
    JAVA_HTTP_2(null) {
        @Override
        Answer call(Call call) {
            return java(call, HttpClient.Version.HTTP_2);
        }
    };

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final @Nullable String tool;

    ForeignClient(@Nullable String tool) {
        this.tool = tool;
    }

    /**
     * A GET over a connection of its own.
     *
     * @param member whose certificate and intermediates are presented; null for none
     * @param directory for the files and the output of this one call
     */
    record Call(int port, String path, @Nullable HeldCertificate member, Path directory) {

        String root() {
            return write("root.crt", Certificates.rootPem());
        }

        String chain() {
            return write("member.crt", presented().chainPem());
        }

        String key() {
            return write("member.key", presented().privateKeyPem());
        }

        String http1() {
            return "GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\nConnection: close\r\n\r\n";
        }

        private HeldCertificate presented() {
            if (member == null) {
                throw new IllegalStateException("an anonymous call");
            }
            return member;
        }

        private String write(String name, String text) {
            try {
                return Files.writeString(directory.resolve(name), text)
                        .toAbsolutePath()
                        .toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** All that the client said. */
    record Answer(String transcript) {
        private static final Pattern STATUS = Pattern.compile("^HTTP/[0-9.]+ ([0-9]{3})", Pattern.MULTILINE);
        private static final Pattern ALERT =
                Pattern.compile("certificate[ _]unknown|unknown certificate", Pattern.CASE_INSENSITIVE);

        /** 0 if there was no response. */
        int status() {
            Matcher matcher = STATUS.matcher(transcript);
            return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
        }

        /** Whether the client was told by a TLS alert that its certificate is not good. */
        boolean sawAlert() {
            return ALERT.matcher(transcript).find();
        }
    }

    Answer call(Call call) throws IOException, InterruptedException {
        return new Answer(run(command(call), input(call), call.directory));
    }

    List<String> command(Call call) {
        throw new IllegalStateException(this + " is no process");
    }

    String input(Call call) {
        return "";
    }

    boolean isOverHttp2() {
        return this == CURL_HTTP_2 || this == JAVA_HTTP_2;
    }

    void assumeInstalled() {
        if (tool != null) {
            assumeInstalled(tool);
        }
    }

    static void assumeInstalled(String tool) {
        boolean found = Pattern.compile(Pattern.quote(File.pathSeparator))
                .splitAsStream(String.valueOf(System.getenv("PATH")))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
        assumeTrue(found, tool + " is not installed here");
    }

    /**
     * Standard and error output of a process that ends in time.
     *
     * @param directory its home, so that it finds no settings of whoever runs the tests
     */
    static String run(List<String> command, String input, Path directory) throws IOException, InterruptedException {
        Path stdin = Files.writeString(directory.resolve("stdin"), input);
        Path output = directory.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(stdin.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("HOME", directory.toString());
        Process process = builder.start();
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError(command.get(0) + " did not end: " + Files.readString(output));
            }
            return Files.readString(output);
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> curl(Call call, String version) {
        List<String> command = new ArrayList<>(List.of("curl", "-sSi", version, "--cacert", call.root()));
        if (call.member != null) {
            command.addAll(List.of("--cert", call.chain(), "--key", call.key()));
        }
        command.add("https://localhost:" + call.port + call.path);
        return command;
    }

    private static List<String> withArguments(Call call, String... interpreter) {
        List<String> command = new ArrayList<>(List.of(interpreter));
        command.addAll(List.of("" + call.port, call.path, call.root()));
        if (call.member != null) {
            command.addAll(List.of(call.chain(), call.key()));
        }
        return command;
    }

    private static Answer java(Call call, HttpClient.Version version) {
        SSLContext tls = call.member == null
                ? TlsClients.anonymous(Certificates.root())
                : call.member.clientContext(Certificates.root());
        HttpClient client =
                HttpClient.newBuilder().sslContext(tls).version(version).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + call.port + call.path))
                .timeout(PATIENCE)
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            String http = response.version() == HttpClient.Version.HTTP_2 ? "HTTP/2 " : "HTTP/1.1 ";
            return new Answer(http + response.statusCode() + "\n" + response.body());
        } catch (IOException e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return new Answer(trace.toString());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
