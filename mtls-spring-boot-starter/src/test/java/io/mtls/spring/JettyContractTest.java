package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class JettyContractTest extends BootContract {

    JettyContractTest() {
        super(Server.JETTY, false);
    }
}
