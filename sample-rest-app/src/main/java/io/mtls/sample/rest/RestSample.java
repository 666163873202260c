package io.mtls.sample.rest;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.PathRules;
import io.mtls.TrustedIssuer;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.jaxrs.GrizzlyTls;
import io.mtls.jaxrs.MtlsFeature;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import org.glassfish.grizzly.http.server.HttpServer;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;

/**
 * The settlement desk of a small clearing group as a Jakarta REST application: Jersey on Grizzly, started with plain {@code
 * java}. Nobody logs in; the certificate says who it is.
 *
 * <p>Who may call what is said by the rules of the paths here and by {@code @CertificateRoles} on the resources, and nowhere
 * else. For development only, because of its {@link DevelopmentCa}.
 */
public final class RestSample {

    private static final int PORT = 8444;
    private static final Path DIRECTORY = Path.of("mtls-dev-rest");

    private RestSample() {}

    /**
     * Serves until it is stopped.
     *
     * @param args the port, if it is to be another than 8444
     */
    public static void main(String[] args) throws InterruptedException {
        int port = args.length == 0 ? PORT : Integer.parseInt(args[0]);
        DevelopmentCa ca = new DevelopmentCa(DIRECTORY);
        start(ca, port);
        System.out.println(
                "Serving on https://localhost:" + port + "/ for development, not for production. Its clients:");
        ca.curlLines(port).forEach(line -> System.out.println("    " + line));
        Thread.currentThread().join();
    }

    /**
     * Serves on the loopback interface.
     *
     * @param port 0 takes a free one
     */
    static HttpServer start(DevelopmentCa ca, int port) {
        TrustedIssuer members = TrustedIssuer.builder("members", ca.anchors())
                .roleRule(RoleRule.sameName(CertificateField.subject("OU"), "auditor"))
                .revocation(ca.revocation())
                .build();
        ClientCertificateVerifier verifier =
                ClientCertificateVerifier.builder(members).build();
        ClientAuthenticator authenticator =
                new ClientAuthenticator(() -> verifier, InstantSource.system(), MtlsListener.logging());

        PathRules paths = PathRules.builder().none("/public/*").build(); // all others need a certificate
        ResourceConfig application = new ResourceConfig(Desk.class)
                .register(new MtlsFeature(authenticator, paths))
                .property(ServerProperties.WADL_FEATURE_DISABLE, true); // else it warns that it cannot describe itself

        X509ExtendedKeyManager keys = ca.serverKeys();
        SSLContext tls = MutualTls.serverContext(() -> keys, authenticator, Handshake.REFUSE);
        return GrizzlyHttpServerFactory.createHttpServer(
                URI.create("https://localhost:" + port + "/"), application, true, GrizzlyTls.configurator(tls));
    }
}
