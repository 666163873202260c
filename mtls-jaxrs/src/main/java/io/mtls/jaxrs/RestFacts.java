package io.mtls.jaxrs;

import io.mtls.RequestFacts;
import io.mtls.proxy.AddressRange;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.net.InetAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What a runtime knows of a request.
 *
 * @param hidden headers that were taken out of the request before, by name
 */
record RestFacts(ClientConnection connection, Map<String, List<String>> hidden, ContainerRequestContext request)
        implements RequestFacts {

    @Override
    public X509Certificate[] certificates() {
        return connection.certificates().toArray(X509Certificate[]::new);
    }

    @Override
    public List<byte[]> stapledResponses() {
        return connection.session() instanceof ExtendedSSLSession session ? session.getStatusResponses() : List.of();
    }

    @Override
    public @Nullable InetAddress peer() {
        return AddressRange.addressOf(connection.remoteAddress());
    }

    @Override
    public @Nullable String serverName() {
        return RequestFacts.serverNameOf(connection.session());
    }

    @Override
    public @Nullable String host() {
        URI uri = request.getUriInfo().getRequestUri();
        String authority = uri.getAuthority(); // A name with an underscore is no host to the class URI.
        return uri.getHost() != null || authority == null ? uri.getHost() : authority.replaceFirst(":[0-9]*$", "");
    }

    @Override
    public List<String> headerNames() {
        return headers().map(Map.Entry::getKey).toList();
    }

    @Override
    public List<String> headers(String name) {
        String lowerCase = name.toLowerCase(Locale.ROOT);
        return headers()
                .filter(header -> header.getKey().toLowerCase(Locale.ROOT).equals(lowerCase))
                .flatMap(header -> header.getValue().stream())
                .toList();
    }

    private Stream<Map.Entry<String, List<String>>> headers() {
        return Stream.of(request.getHeaders(), hidden).flatMap(headers -> headers.entrySet().stream());
    }

    /** Without the query, which may hold a secret. */
    @Override
    public String origin() {
        String path = request.getUriInfo().getPath(false);
        return (connection.remoteAddress() + " " + request.getMethod() + (path.startsWith("/") ? " " : " /") + path)
                .strip();
    }
}
