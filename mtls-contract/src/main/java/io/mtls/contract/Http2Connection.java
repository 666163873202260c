package io.mtls.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;

/** One HTTP/2 connection, as long as the server keeps it: {@link WhoAmI#remotePort} tells whether it did. */
final class Http2Connection {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client;
    private final int port;

    private Http2Connection(HttpClient client, int port) {
        this.client = client;
        this.port = port;
    }

    /** Connects at the first request. */
    static Http2Connection open(SSLContext context, int port) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(context)
                .build();
        return new Http2Connection(client, port);
    }

    /** @param headers names and values in turns */
    Answer get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        return answer(client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString()));
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
}
