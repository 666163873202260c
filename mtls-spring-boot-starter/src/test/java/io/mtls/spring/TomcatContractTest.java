package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class TomcatContractTest extends BootContract {

    TomcatContractTest() {
        super(Server.TOMCAT, false);
    }
}
