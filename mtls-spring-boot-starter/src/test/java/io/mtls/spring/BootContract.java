package io.mtls.spring;

import io.mtls.ClientAuthenticator;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractServer;
import io.mtls.contract.ContractServlets;
import io.mtls.contract.Fixture;
import io.mtls.contract.ServletContract;
import io.mtls.spring.Application.Server;
import java.util.Locale;
import org.apache.catalina.connector.Connector;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.error.ErrorPage;
import org.springframework.boot.web.error.ErrorPageRegistrar;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;

/** What every adapter must do, by the servlets of the contract in an application of Spring Boot. */
abstract class BootContract extends ServletContract {

    private final Server server;
    private final boolean security;

    BootContract(Server server, boolean security) {
        this.server = server;
        this.security = security;
    }

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) throws Exception {
        Application.Builder builder = Application.of(server, Servlets.class)
                .without("mtls.issuers")
                .without("mtls.revocation")
                .with(Pki.bundle("server", fixture.pki().server(), fixture.pki().root()))
                .with("server.http2.enabled", "true")
                .with("mtls.handshake", handshake.name().toLowerCase(Locale.ROOT))
                .with("mtls.paths[0].pattern", "/public/**")
                .with("mtls.paths[0].client-auth", "none")
                .with("mtls.paths[1].pattern", "/want/**")
                .with("mtls.paths[1].client-auth", "want")
                .with("mtls.paths[2].pattern", "/operator/**")
                .with("mtls.paths[2].roles", "operator")
                .bean(ClientAuthenticator.class, fixture.authenticator());
        return new Running((security ? builder : builder.withoutSecurity()).start());
    }

    /** The plain port is added once the server runs: before that it would stop the start. */
    static final class Running implements ContractServer {
        private final Application application;
        private final int plainPort;
        private Runnable stopPlain = () -> {};

        Running(Application application) throws Exception {
            this.application = application;
            this.plainPort = addPlainPort(application.webServer());
        }

        private int addPlainPort(WebServer webServer) throws Exception {
            if (webServer instanceof TomcatWebServer tomcat) {
                Connector connector = new Connector();
                connector.setPort(0);
                tomcat.getTomcat().getService().addConnector(connector);
                return connector.getLocalPort();
            }
            ServerConnector connector = new ServerConnector(((JettyWebServer) webServer).getServer());
            connector.start();
            stopPlain = () -> LifeCycle.stop(connector);
            return connector.getLocalPort();
        }

        @Override
        public int port() {
            return application.port();
        }

        @Override
        public int plainPort() {
            return plainPort;
        }

        @Override
        public void close() {
            stopPlain.run();
            application.close();
        }
    }

    @EnableAutoConfiguration
    static class Servlets {

        @Bean
        ServletContextInitializer contractServlets() {
            return ContractServlets::addTo;
        }

        @Bean
        ErrorPageRegistrar contractErrorPage() {
            return registry -> registry.addErrorPages(new ErrorPage(ContractServlets.ERROR_PAGE));
        }
    }
}
