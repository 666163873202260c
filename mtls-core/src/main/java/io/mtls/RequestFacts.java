package io.mtls;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSession;
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

    /**
     * The name of the host that the client gave in the TLS handshake (SNI, RFC 6066 section 3); null where it gave none,
     * and where the server does not tell.
     */
    default @Nullable String serverName() {
        return null;
    }

    /**
     * The host that the request is for, as the application sees it, without the port. Only asked for beside {@link
     * #serverName}.
     */
    default @Nullable String host() {
        return null;
    }

    /**
     * What a TLS session says of {@link #serverName}. Of a resumed one that may be the name of its first handshake, where
     * the server has no {@code SNIMatcher}.
     */
    static @Nullable String serverNameOf(@Nullable SSLSession session) {
        if (!(session instanceof ExtendedSSLSession extended)) {
            return null;
        }
        try {
            return extended.getRequestedServerNames().stream()
                    .filter(SNIHostName.class::isInstance)
                    .map(name -> ((SNIHostName) name).getAsciiName())
                    .findFirst()
                    .orElse(null);
        } catch (UnsupportedOperationException e) { // As the class says of providers that do not tell.
            return null;
        }
    }

    /** Where the request came from and what it asks for, for an event: {@code 192.0.2.7 GET /orders}. Only asked for when
     * refused; it may hold anything the caller sent. */
    String origin();
}
