package io.mtls.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** One HTTP/2 connection, as long as the server keeps it: {@link WhoAmI#remotePort} tells whether it did. */
final class Http2Connection implements HttpConnection {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Of all connections: else each leaves threads of its own behind, which go on for a minute. */
    private static final Executor THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "http2");
        thread.setDaemon(true);
        return thread;
    });

    private final HttpClient client;
    private final int port;

    private Http2Connection(HttpClient client, int port) {
        this.client = client;
        this.port = port;
    }

    /** Connects at the first request. */
    static Http2Connection open(SSLContext context, int port) {
        return new Http2Connection(client(context).build(), port);
    }

    /** A context that connected before resumes its session. */
    static Http2Connection open(SSLContext context, int port, String protocol) {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {protocol});
        return new Http2Connection(client(context).sslParameters(parameters).build(), port);
    }

    private static HttpClient.Builder client(SSLContext context) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(context)
                .executor(THREADS);
    }

    @Override
    public Answer send(String method, String path, String... headers) throws IOException {
        HttpRequest.Builder request = request(path).method(method, BodyPublishers.noBody());
        for (String header : headers) {
            int colon = header.indexOf(':');
            request.header(
                    header.substring(0, colon), header.substring(colon + 1).strip());
        }
        try {
            return answer(client.send(request.build(), BodyHandlers.ofString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    CompletableFuture<Answer> getAsync(String path) {
        return client.sendAsync(request(path).build(), BodyHandlers.ofString()).thenApply(Http2Connection::answer);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
                .timeout(TIMEOUT);
    }

    private static Answer answer(HttpResponse<String> response) {
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        return new Answer(response.statusCode(), response.headers().map(), response.body());
    }

    /** Nothing: there is no way to close it before JDK 21, and it ends when it is forgotten. */
    @Override
    public void close() {}
}
