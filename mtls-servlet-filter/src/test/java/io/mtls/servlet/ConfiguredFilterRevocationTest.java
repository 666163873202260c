package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.RevocationContract;
import io.mtls.contract.RevocationFixture;
import io.mtls.contract.RevocationFixture.Issuer;
import io.mtls.contract.RevocationFixture.Lookup;
import io.mtls.contract.TomcatServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.io.TempDir;

/** The filter as a deployment descriptor declares it, with a properties file and no clock but the system's. */
final class ConfiguredFilterRevocationTest extends RevocationContract {

    @TempDir
    static Path directory;

    @Override
    protected Set<Lookup> lookups() {
        return Set.of(Lookup.CRL_FILES);
    }

    /** The connector has an authenticator of its own, which no request makes load anything. */
    @Override
    protected boolean refusesInHandshakes() {
        return false;
    }

    @Override
    protected ContractServer start(RevocationFixture fixture) throws Exception {
        Path file = Files.writeString(directory.resolve("mtls.properties"), properties(fixture));
        ClientAuthenticator authenticator = fixture.authenticator();
        X509ExtendedKeyManager keys = fixture.pki().serverKeys();
        return TomcatServer.start(
                MutualTls.serverContext(() -> keys, authenticator, Handshake.REFUSE),
                keys,
                MutualTls.trustManager(authenticator, Handshake.REFUSE),
                context -> {
                    new MtlsFilter()
                            .register(context)
                            .setInitParameter(MtlsFilter.CONFIGURATION_PARAMETER, file.toString());
                    ContractServlets.addTo(context);
                });
    }

    private static String properties(RevocationFixture fixture) throws Exception {
        StringBuilder lines = new StringBuilder("deny-list = " + fixture.denyList() + "\n" + "path./public/* = none\n");
        for (Issuer issuer : fixture.issuers()) {
            String key = "issuer." + issuer.name() + ".";
            String lists = issuer.lists().stream().map(Path::toString).collect(Collectors.joining(", "));
            lines.append(key + "anchors = " + pem(issuer) + "\n")
                    .append(key + "principal-prefix = " + issuer.principalPrefix() + "\n")
                    .append(key + "revocation.sources = crl\n")
                    .append(key + "revocation.crl.files = " + lists + "\n");
        }
        return lines.toString();
    }

    private static Path pem(Issuer issuer) throws Exception {
        String base64 = Base64.getMimeEncoder().encodeToString(issuer.root().getEncoded());
        return Files.writeString(
                directory.resolve(issuer.name() + ".pem"),
                "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n");
    }
}
