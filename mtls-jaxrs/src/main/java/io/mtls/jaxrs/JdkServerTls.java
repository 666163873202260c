package io.mtls.jaxrs;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import jakarta.ws.rs.container.ContainerRequestContext;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Client authentication for the JDK's {@link com.sun.net.httpserver.HttpsServer}.
 *
 * <p>Jersey shows nothing of the connection on it but its principal, so this puts the TLS session there, where {@link
 * MtlsFeature} finds it and takes it out of sight. A filter that comes before that and replaces the security context hides it:
 * then all are refused that a certificate would matter to.
 *
 * <pre>
 * server.setHttpsConfigurator(JdkServerTls.configurator(tls));
 * server.createContext("/", ContainerFactory.createContainer(HttpHandler.class, application))
 *         .setAuthenticator(JdkServerTls.authenticator());
 * </pre>
 */
public final class JdkServerTls {

    private JdkServerTls() {}

    /** Asks clients for a certificate without insisting: the request decides. */
    public static HttpsConfigurator configurator(SSLContext context) {
        return new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters tls = getSSLContext().getDefaultSSLParameters();
                tls.setWantClientAuth(true);
                parameters.setSSLParameters(tls);
            }
        };
    }

    /** Lets everybody pass, and leaves the connection's session for {@link MtlsFeature}. */
    public static Authenticator authenticator() {
        return new Authenticator() {
            @Override
            public Result authenticate(HttpExchange exchange) {
                return new Success(new ConnectionPrincipal(exchange));
            }
        };
    }

    static @Nullable ClientConnection connectionOf(ContainerRequestContext request) {
        return request.getSecurityContext().getUserPrincipal() instanceof ConnectionPrincipal principal
                ? principal.connection
                : null;
    }

    /** Nobody: it only carries the connection. */
    static final class ConnectionPrincipal extends HttpPrincipal {
        private final ClientConnection connection;

        ConnectionPrincipal(HttpExchange exchange) {
            super("none", "none");
            SSLSession session = exchange instanceof HttpsExchange https ? https.getSSLSession() : null;
            connection = ClientConnection.of(
                    session, exchange.getRemoteAddress().getAddress().getHostAddress(), true);
        }
    }
}
