package io.mtls.sample;

import io.mtls.ca.HeldCertificate;
import org.springframework.test.context.TestPropertySource;

/** With {@code mtls.handshake=defer} the client itself is told why. */
@TestPropertySource(properties = "mtls.handshake=defer")
class DeferredRefusalInteropTest extends ForeignClientContract {

    @Override
    void assertRefused(String code, ForeignClient client, HeldCertificate presented) throws Exception {
        assertProblem(code, call(client, "/api/me", presented, code));
    }
}
