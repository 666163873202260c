package io.mtls.jaxrs;

import jakarta.ws.rs.ConstrainedTo;
import jakarta.ws.rs.RuntimeType;
import jakarta.ws.rs.core.Configuration;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import java.nio.file.Path;

/**
 * What a runtime finds by itself: an {@link MtlsFeature} by the file that {@link MtlsFeature#CONFIGURATION_PROPERTY} names.
 * It stands aside where the application has registered one, and stops the start where there is neither, since whoever has
 * this library on the class path believes to be guarded. CXF's servlets look for none.
 *
 * <p>Not done: ending the refreshing of revocation data, since no feature is told that its application ends. Where
 * applications come and go in one JVM, register an {@link MtlsFeature} and close it.
 */
@ConstrainedTo(RuntimeType.SERVER)
public final class DiscoveredMtlsFeature implements Feature {

    /** For the runtime. */
    public DiscoveredMtlsFeature() {}

    @Override
    public boolean configure(FeatureContext context) {
        Configuration configuration = context.getConfiguration();
        if (configuration.getRuntimeType() != RuntimeType.SERVER || configuration.isRegistered(MtlsFeature.class)) {
            return false;
        }
        Object file = configuration.getProperty(MtlsFeature.CONFIGURATION_PROPERTY);
        if (file == null) {
            file = System.getProperty(MtlsFeature.CONFIGURATION_PROPERTY);
        }
        if (file == null) {
            throw new IllegalStateException(
                    "mtls-jaxrs is on the class path and guards nothing: register an MtlsFeature in"
                            + " the application, or name its properties file by the property '"
                            + MtlsFeature.CONFIGURATION_PROPERTY
                            + "'; or turn discovery off by 'jakarta.ws.rs.loadServices' ="
                            + " false");
        }
        context.register(MtlsFeature.configuredBy(Path.of(file.toString())));
        return true;
    }
}
