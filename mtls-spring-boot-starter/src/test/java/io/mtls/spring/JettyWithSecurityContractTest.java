package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class JettyWithSecurityContractTest extends BootContract {

    JettyWithSecurityContractTest() {
        super(Server.JETTY, true);
    }
}
