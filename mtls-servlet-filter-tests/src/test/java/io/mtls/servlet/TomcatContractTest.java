package io.mtls.servlet;

import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.Fixture;
import io.mtls.contract.ServletContract;
import io.mtls.contract.TomcatServer;

final class TomcatContractTest extends ServletContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return TomcatServer.start(
                fixture.serverContext(handshake),
                fixture.pki().serverKeys(),
                MutualTls.trustManager(fixture.authenticator(), handshake),
                context -> {
                    new MtlsFilter(fixture.authenticator(), RequestRules.of(fixture.rules())).register(context);
                    ContractServlets.addTo(context);
                });
    }

    /** Tomcat keeps it to itself. */
    @Override
    protected boolean tellsServerName() {
        return false;
    }
}
