package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class TomcatWithSecurityContractTest extends BootContract {

    TomcatWithSecurityContractTest() {
        super(Server.TOMCAT, true);
    }

    /** Tomcat keeps it to itself. */
    @Override
    protected boolean tellsServerName() {
        return false;
    }
}
