package io.mtls.jaxrs.cxf;

import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractResources;
import io.mtls.contract.ContractServer;
import io.mtls.contract.Fixture;
import io.mtls.contract.JettyServer;
import io.mtls.contract.RestContract;
import io.mtls.contract.ServletApplication;
import io.mtls.jaxrs.MtlsFeature;
import jakarta.servlet.ServletRegistration;
import jakarta.ws.rs.core.Application;
import org.apache.cxf.jaxrs.servlet.CXFNonSpringJaxrsServlet;

final class JettyContractTest extends RestContract {

    @Override
    protected ContractServer start(Fixture fixture, Handshake handshake) {
        return JettyServer.start(
                fixture.serverContext(handshake),
                inServletContainer(
                        ContractResources.application(new MtlsFeature(fixture.authenticator(), fixture.rules()))));
    }

    /** They take a module of CXF's own that there is none of in this version. */
    @Override
    protected boolean sendsEvents() {
        return false;
    }

    private static ServletApplication inServletContainer(Application application) {
        return context -> {
            ServletRegistration.Dynamic servlet = context.addServlet("cxf", new CXFNonSpringJaxrsServlet(application));
            servlet.addMapping("/*");
            servlet.setAsyncSupported(true);
            servlet.setLoadOnStartup(1);
            // Else CXF serves a list of them at /services, before any filter of ours.
            servlet.setInitParameter("hide-service-list-page", "true");
        };
    }
}
