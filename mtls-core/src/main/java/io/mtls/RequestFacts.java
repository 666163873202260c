package io.mtls;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an adapter knows of a request before it is authenticated. */
public interface RequestFacts {

    /** The chain as the TLS connection holds it, the client's own certificate first; null or empty where there is none. */
    X509Certificate @Nullable [] certificates();

    /**
     * OCSP answers that the client sent along in the handshake (RFC 8446 section 4.4.2.1), in DER; empty where the TLS
     * engine exposes none. Hostile until verified. Only asked for when nothing is known of the certificate.
     */
    default List<byte[]> stapledResponses() {
        return List.of();
    }

    /**
     * The other end of the TCP connection itself, whatever {@code Forwarded} or {@code X-Forwarded-For} say; null where it is
     * not known. Only asked for where there are {@link TrustedProxies}.
     */
    default @Nullable InetAddress peer() {
        return null;
    }

    /** The names of all headers, as received. Only asked for where there are {@link TrustedProxies}. */
    default Iterable<String> headerNames() {
        return List.of();
    }

    /** All values of a header, in the order in which they were received; the case of its name does not count. */
    default List<String> headers(String name) {
        return List.of();
    }

    /** Where the request came from and what it asks for, for an event: {@code 192.0.2.7 GET /orders}. Only asked for when
     * refused; it may hold anything the caller sent. */
    String origin();
}
