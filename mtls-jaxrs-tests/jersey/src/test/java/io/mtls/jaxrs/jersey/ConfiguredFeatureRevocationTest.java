package io.mtls.jaxrs.jersey;

import io.mtls.MutualTls;
import io.mtls.MutualTls.Handshake;
import io.mtls.contract.ContractResources;
import io.mtls.contract.ContractServer;
import io.mtls.contract.RevocationContract;
import io.mtls.contract.RevocationFixture;
import io.mtls.contract.RevocationFixture.Lookup;
import io.mtls.jaxrs.MtlsFeature;
import java.io.IOException;
import java.util.Set;
import javax.net.ssl.X509ExtendedKeyManager;
import org.glassfish.jersey.server.ResourceConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/** Standalone, by a properties file, with no clock but the system's; handshakes and requests by one authenticator. */
final class ConfiguredFeatureRevocationTest extends RevocationContract {

    private @Nullable MtlsFeature mtls;

    @Override
    protected Set<Lookup> lookups() {
        return Set.of(Lookup.CRL_FILES);
    }

    @Override
    protected boolean speaksHttp2() {
        return false;
    }

    @Override
    protected ContractServer start(RevocationFixture fixture) throws IOException {
        mtls = MtlsFeature.configuredBy(fixture.propertiesFile());
        X509ExtendedKeyManager keys = fixture.pki().serverKeys();
        return new GrizzlyServer(
                MutualTls.serverContext(() -> keys, mtls.authenticator(), Handshake.REFUSE),
                new ResourceConfig(ContractResources.classes()).register(mtls));
    }

    /** Its events go to the log. */
    @Override
    protected boolean refusesInHandshakes() {
        return false;
    }

    @AfterAll
    void endSources() {
        if (mtls != null) {
            mtls.close();
        }
    }
}
