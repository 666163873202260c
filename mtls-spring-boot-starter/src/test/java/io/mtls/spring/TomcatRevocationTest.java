package io.mtls.spring;

import io.mtls.spring.Application.Server;

final class TomcatRevocationTest extends BootRevocation {

    TomcatRevocationTest() {
        super(Server.TOMCAT);
    }
}
