package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import java.io.IOException;

final class JdkServerContractTest extends JerseyContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) throws IOException {
        return new JdkServer(fixture.serverContext(handshake), application(fixture));
    }

    @Override
    protected boolean speaksHttp2() {
        return false;
    }

    /** Jersey suspends no response there. */
    @Override
    protected boolean answersFromOtherThreads() {
        return false;
    }
}
