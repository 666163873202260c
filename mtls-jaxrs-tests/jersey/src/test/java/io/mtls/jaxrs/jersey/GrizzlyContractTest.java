package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import io.mtls.contract.Protocol;

final class GrizzlyContractTest extends JerseyContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return new GrizzlyServer(fixture.serverContext(handshake), application(fixture));
    }

    @Override
    protected boolean speaksHttp2() {
        return false;
    }

    /** Grizzly lets a backslash pass; Jersey makes a URI of the target before it has a request, and cannot. */
    @Override
    protected boolean failsAt(Protocol protocol, String target) {
        return target.contains("\\");
    }
}
