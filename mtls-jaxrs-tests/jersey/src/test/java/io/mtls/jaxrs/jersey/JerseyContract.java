package io.mtls.jaxrs.jersey;

import io.mtls.contract.ContractResources;
import io.mtls.contract.Fixture;
import io.mtls.contract.RestContract;
import io.mtls.contract.ServletApplication;
import io.mtls.jaxrs.MtlsFeature;
import jakarta.servlet.ServletRegistration;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.servlet.ServletContainer;

/** On whatever server. */
abstract class JerseyContract extends RestContract {

    static ResourceConfig application(Fixture fixture) {
        return new ResourceConfig(ContractResources.classes())
                .register(new MtlsFeature(fixture.authenticator(), fixture.rules()));
    }

    static ServletApplication inServletContainer(ResourceConfig application) {
        return context -> {
            ServletRegistration.Dynamic servlet = context.addServlet("jersey", new ServletContainer(application));
            servlet.addMapping("/*");
            servlet.setAsyncSupported(true);
            servlet.setLoadOnStartup(1);
        };
    }
}
