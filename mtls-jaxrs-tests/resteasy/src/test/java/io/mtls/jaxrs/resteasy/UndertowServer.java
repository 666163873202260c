package io.mtls.jaxrs.resteasy;

import io.mtls.contract.ContractServer;
import io.mtls.jaxrs.UndertowTls;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import jakarta.servlet.ServletException;
import jakarta.ws.rs.core.Application;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLContext;
import org.jboss.resteasy.core.ResteasyDeploymentImpl;
import org.jboss.resteasy.plugins.server.undertow.UndertowJaxrsServer;
import org.jboss.resteasy.spi.ResteasyDeployment;

/** RESTEasy on Undertow. */
final class UndertowServer implements ContractServer {

    private final DeploymentManager application;
    private final Undertow server;

    UndertowServer(SSLContext context, Application application) throws ServletException {
        ResteasyDeployment resteasy = new ResteasyDeploymentImpl();
        resteasy.setApplication(application);
        DeploymentInfo deployment = new UndertowJaxrsServer()
                .undertowDeployment(resteasy, "/")
                .setContextPath("/")
                .setDeploymentName("contract")
                .setClassLoader(UndertowServer.class.getClassLoader());
        this.application = Servlets.newContainer().addDeployment(deployment);
        this.application.deploy();
        server = UndertowTls.listen(Undertow.builder(), 0, "localhost", context)
                .addHttpListener(0, "localhost")
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setHandler(this.application.start())
                .build();
        server.start();
    }

    @Override
    public int port() {
        return port("https");
    }

    @Override
    public int plainPort() {
        return port("http");
    }

    private int port(String protocol) {
        return server.getListenerInfo().stream()
                .filter(listener -> listener.getProtcol().equals(protocol))
                .map(listener -> ((InetSocketAddress) listener.getAddress()).getPort())
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        server.stop();
        try {
            application.stop();
        } catch (ServletException e) {
            throw new IllegalStateException(e);
        }
        application.undeploy();
    }
}
