package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.PathRules;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.identity.CertificateField;
import io.mtls.identity.RoleRule;
import io.mtls.revocation.CrlSource;
import io.mtls.revocation.RevocationPolicy;
import jakarta.servlet.ServletContext;
import java.nio.file.Path;
import java.time.InstantSource;

/** What the documentation shows; here it is compiled. */
final class Snippets {

    private Snippets() {}

    /** README, "Use it in any servlet container": the lines between the marks, word for word. */
    static void plainServlet(ServletContext servletContext) {
        // spotless:off
        // begin
        CrlSource crls = CrlSource.builder().file(Path.of("partners.crl")).build();    // read again when it changes
        TrustedIssuer partners = TrustedIssuer.builder("partners", TrustAnchors.fromPem(Path.of("partners-ca.crt")))
                .roleRule(RoleRule.equal(CertificateField.subject("OU"), "Audit", "auditor"))
                .revocation(RevocationPolicy.builder(crls).build())
                .build();
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(partners).build();
        ClientAuthenticator authenticator =
                new ClientAuthenticator(() -> verifier, InstantSource.system(), MtlsListener.logging());
        PathRules paths = PathRules.builder().none("/public/*").need("/admin/*", "operator").build();
        new MtlsFilter(authenticator, RequestRules.of(paths)).register(servletContext);
        // end
        // spotless:on
    }
}
