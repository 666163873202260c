package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.jaxrs.GrizzlyTls;
import io.mtls.jaxrs.MtlsFeature;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;

/** What the documentation shows; here it is compiled. */
final class Snippets {

    private Snippets() {}

    /** README, "Use it in Jakarta REST": the lines between the marks, word for word. */
    static void standaloneJersey(char[] password) throws GeneralSecurityException, IOException {
        // spotless:off
        // begin
        MtlsFeature mtls = MtlsFeature.configuredBy(Path.of("mtls.properties"));
        KeyStore store = KeyStore.getInstance(new File("server.p12"), password);
        X509ExtendedKeyManager keys = MutualTls.keys(store, password);
        SSLContext tls = MutualTls.serverContext(() -> keys, mtls.authenticator(), Handshake.REFUSE);
        ResourceConfig application = new ResourceConfig(Reports.class).register(mtls);
        GrizzlyHttpServerFactory.createHttpServer(
                URI.create("https://0.0.0.0:8443/"), application, true, GrizzlyTls.configurator(tls));
        // end
        // spotless:on
    }

    private static final class Reports {}
}
