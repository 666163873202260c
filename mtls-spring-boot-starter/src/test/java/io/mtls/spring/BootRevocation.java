package io.mtls.spring;

import io.mtls.MtlsListener;
import io.mtls.contract.ContractServer;
import io.mtls.contract.RevocationContract;
import io.mtls.contract.RevocationFixture;
import io.mtls.contract.RevocationFixture.Issuer;
import io.mtls.spring.Application.Server;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.Collectors;

/** Revocation by properties, as a user writes them. */
abstract class BootRevocation extends RevocationContract {

    private final Server server;

    BootRevocation(Server server) {
        this.server = server;
    }

    @Override
    protected ContractServer start(RevocationFixture fixture) throws Exception {
        Application.Builder builder = Application.of(server, BootContract.Servlets.class)
                .withoutSecurity()
                .without("mtls.issuers")
                .without("mtls.revocation")
                .with(Pki.bundle("server", fixture.pki().server(), fixture.pki().root()))
                .with("server.http2.enabled", "true")
                .with("mtls.paths[0].pattern", "/public/**")
                .with("mtls.paths[0].client-auth", "none")
                .with("mtls.deny-list", fixture.denyList())
                .bean(MtlsListener.class, fixture.listener())
                .revocationClock(fixture.clock(), fixture.listener());
        for (Issuer issuer : fixture.issuers()) {
            trust(issuer, builder);
        }
        return new BootContract.Running(builder.start());
    }

    private static void trust(Issuer issuer, Application.Builder builder) throws Exception {
        String prefix = "mtls.issuers." + issuer.name() + ".";
        String base64 = Base64.getMimeEncoder().encodeToString(issuer.root().getEncoded());
        builder.with(
                        "spring.ssl.bundle.pem." + issuer.name() + ".truststore.certificate",
                        "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n")
                .with(prefix + "bundle", issuer.name())
                .with(prefix + "principal-prefix", issuer.principalPrefix());
        switch (issuer.lookup()) {
            case OCSP ->
                builder.with(prefix + "revocation.sources", "ocsp")
                        .with(prefix + "revocation.allow-unchecked-issuers", "true");
            case CRL_FILES ->
                builder.with(prefix + "revocation.sources", "crl")
                        .with(
                                prefix + "revocation.crl.files",
                                issuer.lists().stream().map(Path::toString).collect(Collectors.joining(",")));
            case DISTRIBUTION_POINTS -> builder.with(prefix + "revocation.sources", "crl");
        }
    }
}
