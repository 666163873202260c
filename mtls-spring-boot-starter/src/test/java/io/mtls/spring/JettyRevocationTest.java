package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class JettyRevocationTest extends BootRevocation {

    JettyRevocationTest() {
        super(Server.JETTY);
    }
}
