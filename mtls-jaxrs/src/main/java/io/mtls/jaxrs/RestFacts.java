package io.mtls.jaxrs;

import io.mtls.RequestFacts;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;

/** What a runtime knows of a request. */
record RestFacts(ClientConnection connection, ContainerRequestContext request) implements RequestFacts {

    @Override
    public X509Certificate[] certificates() {
        return connection.certificates().toArray(X509Certificate[]::new);
    }

    @Override
    public List<byte[]> stapledResponses() {
        return connection.session() instanceof ExtendedSSLSession session ? session.getStatusResponses() : List.of();
    }

    /** Without the query, which may hold a secret. */
    @Override
    public String origin() {
        String path = request.getUriInfo().getPath(false);
        return (connection.remoteAddress() + " " + request.getMethod() + (path.startsWith("/") ? " " : " /") + path)
                .strip();
    }
}
