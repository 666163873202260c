package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import io.mtls.contract.TomcatServer;

/** In a servlet container. */
final class TomcatContractTest extends JerseyContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return TomcatServer.start(
                fixture.serverContext(handshake),
                fixture.pki().serverKeys(),
                MutualTls.trustManager(fixture.authenticator(), handshake),
                inServletContainer(application(fixture)));
    }

    /** Tomcat keeps it to itself. */
    @Override
    protected boolean tellsServerName() {
        return false;
    }
}
