package io.mtls.jaxrs.resteasy;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractResources;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import io.mtls.contract.RestContract;
import io.mtls.jaxrs.MtlsFeature;
import jakarta.servlet.ServletException;
import jakarta.ws.rs.core.Application;
import java.util.Set;

final class UndertowContractTest extends RestContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) throws ServletException {
        return new UndertowServer(
                fixture.serverContext(handshake),
                new Guarded(new MtlsFeature(fixture.authenticator(), fixture.rules())));
    }

    private static final class Guarded extends Application {
        private final MtlsFeature mtls;

        Guarded(MtlsFeature mtls) {
            this.mtls = mtls;
        }

        @Override
        public Set<Class<?>> getClasses() {
            return ContractResources.classes();
        }

        @Override
        @SuppressWarnings({"deprecation", "removal"}) // How an application registers an instance.
        public Set<Object> getSingletons() {
            return Set.of(mtls);
        }
    }
}
