package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.PathRules;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import jakarta.servlet.ServletContext;
import java.nio.file.Path;
import java.time.InstantSource;

/** What the documentation shows; here it is compiled. */
final class Snippets {

    private Snippets() {}

    /** README: plain servlet in ten lines. */
    static void plainServlet(ServletContext context) {
        TrustedIssuer acme = TrustedIssuer.builder("acme", TrustAnchors.fromPem(Path.of("acme-root.crt")))
                .roles("alice", "operator")
                .build();
        ClientCertificateVerifier verifier =
                ClientCertificateVerifier.builder(acme).build();
        ClientAuthenticator authenticator =
                new ClientAuthenticator(() -> verifier, InstantSource.system(), MtlsListener.logging());
        PathRules rules = PathRules.builder()
                .none("/public/*")
                .need("/admin/*", "operator")
                .build();
        new MtlsFilter(authenticator, RequestRules.of(rules)).register(context);
    }
}
