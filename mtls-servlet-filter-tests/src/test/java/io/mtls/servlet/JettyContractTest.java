package io.mtls.servlet;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.Fixture;
import io.mtls.contract.JettyServer;
import io.mtls.contract.ServletContract;

final class JettyContractTest extends ServletContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return JettyServer.start(fixture.serverContext(handshake), context -> {
            new MtlsFilter(fixture.authenticator(), RequestRules.of(fixture.rules())).register(context);
            ContractServlets.addTo(context);
        });
    }
}
