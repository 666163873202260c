package io.mtls.jaxrs;

import io.mtls.CertificateRoles;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientIdentity;
import io.mtls.HttpRefusal;
import io.mtls.MtlsConfiguration;
import io.mtls.MtlsListener;
import io.mtls.MutualTls;
import io.mtls.PathRules;
import jakarta.ws.rs.ConstrainedTo;
import jakarta.ws.rs.RuntimeType;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import jakarta.ws.rs.core.SecurityContext;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whom the rules let in, and tells the application who it is.
 *
 * <p>The {@link SecurityContext} of a caller with a certificate has the {@link ClientIdentity} as its principal, its roles,
 * and {@code CLIENT_CERT}; a parameter {@code @Context ClientIdentity} of a resource method is it, too, or null for an anonymous
 * one. <em>Only</em> a parameter of a method: in a field, a constructor or a bean some runtimes inject null for a member as
 * well. Whoever does not get in sees an {@link HttpRefusal}, which no {@code ExceptionMapper} can change, and no resource runs.
 *
 * <table>
 * <caption>What happens when</caption>
 * <tr><td>before matching, at priority {@code AUTHENTICATION}</td><td>the rule of the path decides, also of one that nothing
 * serves. Paths are those below the application's, as {@link PathRules} reads them; matrix parameters and a slash at the end
 * do not count, as in matching</td></tr>
 * <tr><td>after matching, at priority {@code AUTHORIZATION}</td><td>the rule again, if a filter has led the request to
 * another path; then the annotations: of the resource method, its class, the interfaces that declare it, and of the
 * sub-resource locators on the way</td></tr>
 * </table>
 *
 * <p>{@link CertificateRoles} and the annotations of {@code jakarta.annotation.security} that contradict each other stop
 * the start; on a class that only a locator leads to, they let nobody in. A locator has run by the time its annotations are
 * asked for, so what is not to run for strangers needs a rule of the path. The answer to OPTIONS that a runtime makes itself
 * is guarded by the path alone.
 *
 * <p>Where a caller is not accepted its certificates are hidden from the request's properties. What a deferred handshake let
 * pass is still in the TLS session, for application code that asks the server by a private way.
 *
 * <p>Known are Jersey on Grizzly, on Jetty, in servlet containers, and on the JDK's server with {@link JdkServerTls}; RESTEasy
 * and CXF in servlet containers, which Undertow and their own Jetty are. Others take a {@link ConnectionSource}: without one
 * the start is stopped, or all requests are refused that a certificate would matter to.
 *
 * <p>Not done: what a server serves beside the application (other applications, static files, CXF's list of services). CXF's
 * servlets do not discover features: with them an application that does not register this one is not guarded, nor is its
 * start stopped.
 */
@ConstrainedTo(RuntimeType.SERVER)
public final class MtlsFeature implements Feature, AutoCloseable {

    /**
     * The property that names the file for a feature that the runtime finds by itself (Jakarta RESTful Web Services 4.0
     * section 4.1.2, {@code META-INF/services}): of the application, or a system property.
     */
    public static final String CONFIGURATION_PROPERTY = "io.mtls.configuration";

    /**
     * The request attribute in which a hook of a servlet container may leave the connection's {@link
     * javax.net.ssl.ExtendedSSLSession}: by it a request for another host than the TLS connection is refused, and an OCSP
     * answer which the client sent along is seen. Elsewhere the {@link ConnectionSource} has it.
     */
    public static final String TLS_SESSION_PROPERTY = "io.mtls.tls-session";

    private final ClientAuthenticator authenticator;
    private final PathRules rules;
    private final @Nullable ConnectionSource connections;
    private final Runnable close;

    /** For a runtime that is known. */
    public MtlsFeature(ClientAuthenticator authenticator, PathRules rules) {
        this(authenticator, rules, null, () -> {});
    }

    /** For any runtime. */
    public MtlsFeature(ClientAuthenticator authenticator, PathRules rules, ConnectionSource connections) {
        this(authenticator, rules, connections, () -> {});
    }

    private MtlsFeature(
            ClientAuthenticator authenticator,
            PathRules rules,
            @Nullable ConnectionSource connections,
            Runnable close) {
        this.authenticator = authenticator;
        this.rules = rules;
        this.connections = connections;
        this.close = close;
    }

    /**
     * By a file, as {@link MtlsConfiguration} reads it.
     *
     * @throws IllegalArgumentException if anything in it is missing or wrong; it says what to write
     */
    public static MtlsFeature configuredBy(Path file) {
        MtlsConfiguration configuration = MtlsConfiguration.read(file, InstantSource.system(), MtlsListener.logging());
        return new MtlsFeature(configuration.authenticator(), configuration.pathRules(), null, configuration::close);
    }

    /** Who decides: for the server's TLS, by {@link MutualTls#serverContext}. */
    public ClientAuthenticator authenticator() {
        return authenticator;
    }

    @Override
    public boolean configure(FeatureContext context) {
        RestRuntime runtime = RestRuntime.of(context, connections);
        runtime.configure(context);
        Guard guard = new Guard(authenticator, rules, runtime);
        context.register(new AuthenticationFilter(guard));
        context.register(new AuthorizationFilter(guard));
        context.register(new AnnotationCheck());
        context.register(new RefusalWriter());
        return true;
    }

    /** Ends the refreshing of revocation data that a file asked for; what was given in code is its owner's. */
    @Override
    public void close() {
        close.run();
    }
}
