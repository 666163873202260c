package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;

final class GrizzlyContractTest extends JerseyContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return new GrizzlyServer(fixture.serverContext(handshake), application(fixture));
    }

    @Override
    protected boolean speaksHttp2() {
        return false;
    }
}
