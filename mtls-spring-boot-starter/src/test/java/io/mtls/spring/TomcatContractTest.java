package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class TomcatContractTest extends BootContract {

    TomcatContractTest() {
        super(Server.TOMCAT, false);
    }

    /** Tomcat keeps it to itself. */
    @Override
    protected boolean tellsServerName() {
        return false;
    }
}
