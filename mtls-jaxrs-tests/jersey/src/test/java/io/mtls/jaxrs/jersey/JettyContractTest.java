package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import io.mtls.contract.JettyServer;
import org.glassfish.jersey.jetty.JettyHttpContainer;
import org.glassfish.jersey.server.ContainerFactory;

final class JettyContractTest extends JerseyContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return JettyServer.start(
                fixture.serverContext(handshake),
                ContainerFactory.createContainer(JettyHttpContainer.class, application(fixture)));
    }
}
