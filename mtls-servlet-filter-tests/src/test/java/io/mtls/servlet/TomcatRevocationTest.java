package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.RevocationContract;
import io.mtls.contract.RevocationFixture;
import io.mtls.contract.TomcatServer;
import javax.net.ssl.X509ExtendedKeyManager;

final class TomcatRevocationTest extends RevocationContract {

    @Override
    protected ContractServer start(RevocationFixture fixture) {
        ClientAuthenticator authenticator = fixture.authenticator();
        X509ExtendedKeyManager keys = fixture.pki().serverKeys();
        return TomcatServer.start(
                MutualTls.serverContext(() -> keys, authenticator, Handshake.REFUSE),
                keys,
                MutualTls.trustManager(authenticator, Handshake.REFUSE),
                context -> {
                    new MtlsFilter(authenticator, RequestRules.of(fixture.rules())).register(context);
                    ContractServlets.addTo(context);
                });
    }
}
