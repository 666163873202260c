package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.RevocationContract;
import io.mtls.contract.RevocationFixture;
import io.mtls.contract.RevocationFixture.Lookup;
import io.mtls.contract.TomcatServer;
import java.nio.file.Path;
import java.util.Set;
import javax.net.ssl.X509ExtendedKeyManager;

/** The filter as a deployment descriptor declares it, with a properties file and no clock but the system's. */
final class ConfiguredFilterRevocationTest extends RevocationContract {

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
        Path file = fixture.propertiesFile();
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
}
