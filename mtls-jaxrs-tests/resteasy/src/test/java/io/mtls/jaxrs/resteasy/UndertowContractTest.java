package io.mtls.jaxrs.resteasy;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractResources;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import io.mtls.contract.Protocol;
import io.mtls.contract.RestContract;
import io.mtls.jaxrs.MtlsFeature;
import jakarta.servlet.ServletException;

final class UndertowContractTest extends RestContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) throws ServletException {
        return new UndertowServer(
                fixture.serverContext(handshake),
                ContractResources.application(new MtlsFeature(fixture.authenticator(), fixture.rules())));
    }

    /** Undertow keeps it to itself. */
    @Override
    protected boolean tellsServerName() {
        return false;
    }

    @Override
    protected boolean resumesHttp2() {
        return false;
    }

    @Override
    protected boolean readsSplitHellos() {
        return false;
    }

    /** It takes one without a slash for a path, and then finds no servlet for it, not even the root's. */
    @Override
    protected boolean failsAt(Protocol protocol, String target) {
        String alsoRead = protocol == Protocol.HTTP_2 ? ";" : "http";
        return !target.startsWith("/") && !target.startsWith(alsoRead);
    }
}
