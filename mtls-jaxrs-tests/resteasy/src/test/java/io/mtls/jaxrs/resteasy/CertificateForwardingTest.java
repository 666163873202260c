package io.mtls.jaxrs.resteasy;

import io.mtls.CertificateForwarding;
import io.mtls.ClientIdentity;
import io.mtls.contract.RestClientContract;
import io.mtls.jaxrs.JaxrsCertificateForwarding;
import jakarta.ws.rs.client.ClientRequestFilter;
import jakarta.ws.rs.client.Invocation;
import org.jspecify.annotations.Nullable;

final class CertificateForwardingTest extends RestClientContract {

    @Override
    protected ClientRequestFilter forwarding(CertificateForwarding format) {
        return new JaxrsCertificateForwarding(format);
    }

    @Override
    protected Invocation.Builder onBehalfOf(@Nullable ClientIdentity caller, Invocation.Builder request) {
        return JaxrsCertificateForwarding.onBehalfOf(caller, request);
    }
}
