package io.mtls.jaxrs;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What a runtime knows of the connection that a request came over.
 *
 * @param certificates the client's chain as the TLS connection holds it, its own certificate first; empty where it
 *     presented none, or there is no TLS
 * @param session for an OCSP answer that the client sent along; null where the runtime does not show it
 * @param remoteAddress for the log; empty where the runtime does not tell
 * @param http1 whether it is HTTP/1.x, so that a refusal may close it; over HTTP/2 the header for that is an error (RFC
 *     9113 section 8.2.2)
 */
public record ClientConnection(
        List<X509Certificate> certificates, @Nullable SSLSession session, String remoteAddress, boolean http1) {

    public ClientConnection {
        certificates = List.copyOf(certificates);
    }

    /** By what a TLS session says; null is a connection without TLS. */
    public static ClientConnection of(@Nullable SSLSession session, String remoteAddress, boolean http1) {
        return new ClientConnection(
                session == null ? List.of() : certificatesOf(session), session, remoteAddress, http1);
    }

    private static List<X509Certificate> certificatesOf(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException e) {
            return List.of(); // There is none, which is not an error here.
        }
    }
}
