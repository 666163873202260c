package io.mtls.servlet;

import io.mtls.ClientAuthenticator;
import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.JettyServer;
import io.mtls.contract.RevocationContract;
import io.mtls.contract.RevocationFixture;
import javax.net.ssl.X509ExtendedKeyManager;

final class JettyRevocationTest extends RevocationContract {

    @Override
    protected ContractServer start(RevocationFixture fixture) {
        ClientAuthenticator authenticator = fixture.authenticator();
        X509ExtendedKeyManager keys = fixture.pki().serverKeys();
        return JettyServer.start(MutualTls.serverContext(() -> keys, authenticator, Handshake.REFUSE), context -> {
            new MtlsFilter(authenticator, RequestRules.of(fixture.rules())).register(context);
            ContractServlets.addTo(context);
        });
    }
}
