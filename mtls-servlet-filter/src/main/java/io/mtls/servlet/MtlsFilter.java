package io.mtls.servlet;

import io.mtls.AccessRule;
import io.mtls.CertificateRoles;
import io.mtls.ClientAuthentication;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientIdentity;
import io.mtls.HttpRefusal;
import io.mtls.MtlsConfiguration;
import io.mtls.MtlsListener;
import io.mtls.RejectionReason;
import io.mtls.RequiredRoles;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletMapping;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whom the rules let in, and tells the application who it is.
 *
 * <p>Behind it {@code getUserPrincipal} is the {@link ClientIdentity}, {@code isUserInRole} asks the certificate's
 * roles, and {@code getAuthType} is {@code CLIENT_CERT}. Whoever does not get in sees an {@link HttpRefusal}, and nothing
 * behind the filter runs.
 *
 * <p>It has to be mapped to {@code /*} and to <em>every</em> dispatcher type, before all filters that believe in a
 * caller, on every connector; {@link #register} does it. The container asks for certificates, in its TLS settings
 * ({@code want}), and the filter decides.
 *
 * <table>
 * <caption>What happens when</caption>
 * <tr><td>REQUEST</td><td>the rule of the path decides, then the annotations of the servlet</td></tr>
 * <tr><td>FORWARD, INCLUDE, ASYNC</td><td>the caller stays who it is and the path's rule is not asked again, as is usual
 * for servlets. The annotations of the target are: they guard the servlet whichever way leads to it, and a forward that
 * is refused is found by its developer, while one that gets past {@code @DenyAll} is found by somebody else. A refused
 * include leaves its fragment out, for the response belongs to the page around it. A named dispatcher passes by all
 * filters that are mapped to paths, so annotations do not guard its target.</td></tr>
 * <tr><td>ERROR</td><td>nothing is refused, so that the error page can be rendered; the caller is who it was, and
 * anonymous when the error came before the filter</td></tr>
 * </table>
 *
 * <p>Where a caller is not accepted, its certificates are hidden: from the request that the application sees, and as
 * far as the container lets us from its own. What a deferred handshake let pass is still in the TLS session, so
 * application code that unwraps the request and asks the container by a private way can find it. That caller proved to
 * hold the key, and nothing more.
 *
 * <p>{@link CertificateRoles} and the annotations of {@code jakarta.annotation.security} are read from the servlet's
 * class, or the nearest superclass that has any. On a method they stop the start, as do contradictions. A caller without
 * a certificate is told {@code certificate-required} where any role is asked for, one that lacks the role {@code
 * role-missing}.
 *
 * <p>{@code HttpServletRequest.logout} does not reach the certificate, which speaks for each request anew.
 */
public final class MtlsFilter implements Filter {

    /**
     * The request attribute with the {@link ClientIdentity}, absent for an anonymous caller. Behind the filter setting it
     * has no effect. The container's own request has it too, for the access log: <code>%{io.mtls.identity}r</code> in
     * Tomcat's.
     */
    public static final String IDENTITY_ATTRIBUTE = "io.mtls.identity";

    /**
     * The request attribute in which a hook of the container may leave the connection's {@link
     * javax.net.ssl.ExtendedSSLSession}. By it a request for another host than the TLS connection is refused ({@code
     * request-misdirected}), which the Servlet API does not tell; and an OCSP answer which the client sent along is seen: of
     * a TLS engine that asks for one, which JSSE's does not. What is in it is verified in full. Nobody sees it who was not
     * let in.
     *
     * <p>In Jetty the hook is an {@code HttpConfiguration.Customizer} that takes it from {@code
     * request.getConnectionMetaData().getConnection().getEndPoint().getSslSessionData().sslSession()}; the Spring Boot
     * starter has one. In Tomcat there is no public way to it.
     */
    public static final String TLS_SESSION_ATTRIBUTE = "io.mtls.tls-session";

    /**
     * The request attribute in which a hook of the container may leave the {@link java.net.InetAddress} of the connection's
     * other end, where the container makes {@code getRemoteAddr} of what {@code X-Forwarded-For} says. Proxies are known
     * by it ({@link io.mtls.TrustedProxies}). Without it {@code getRemoteAddr} counts.
     */
    public static final String PEER_ATTRIBUTE = "io.mtls.peer";

    /** What such a hook leaves where the other end has no IP address, so that {@code getRemoteAddr} is not asked either. */
    public static final String UNKNOWN_PEER = "unknown";

    /** The init-parameter that names the properties file. */
    public static final String CONFIGURATION_PARAMETER = "io.mtls.configuration";

    private static final String NAME = "mtls";
    private static final ClientAuthentication ANONYMOUS = new ClientAuthentication.Anonymous();

    private final @Nullable Parts given;
    private @Nullable Parts parts;
    private @Nullable ServletRoles servletRoles;

    /** For a deployment descriptor: {@link #init} reads the file that {@value #CONFIGURATION_PARAMETER} names. */
    public MtlsFilter() {
        this.given = null;
    }

    /** With parts made in code. */
    public MtlsFilter(ClientAuthenticator authenticator, RequestRules rules) {
        this.given = new Parts(authenticator, rules, () -> {});
    }

    /**
     * Puts this filter before all that the deployment descriptor declares, on every path and dispatcher type.
     *
     * @throws IllegalStateException if the application has a filter named {@code mtls} already, or has started
     */
    public FilterRegistration.Dynamic register(ServletContext context) {
        FilterRegistration.Dynamic registration = context.addFilter(NAME, this);
        if (registration == null) {
            throw new IllegalStateException("A filter named '" + NAME + "' is registered already");
        }
        registration.setAsyncSupported(true);
        registration.addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
        return registration;
    }

    /**
     * Reads the configuration, where none was given in code, and the annotations of all servlets.
     *
     * @throws ServletException if one of them is missing, wrong, or contradicts itself; it says what to change
     */
    @Override
    public void init(FilterConfig config) throws ServletException {
        parts = given != null ? given : Parts.configured(config);
        servletRoles = new ServletRoles(config.getServletContext());
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest httpRequest)
                || !(response instanceof HttpServletResponse httpResponse)) {
            throw new ServletException("Only HTTP requests can be let in");
        }
        Decision decision = Decision.of(httpRequest, this);
        if (decision == null) {
            ClientAuthentication answer = decide(httpRequest);
            if (answer instanceof ClientAuthentication.Refused refused) {
                refuse(refused, httpRequest, httpResponse);
                return;
            }
            decision = new Decision(
                    this, answer instanceof ClientAuthentication.Authenticated caller ? caller.identity() : null);
            decision.remember(httpRequest);
        }
        MtlsRequest asSeen = asSeen(httpRequest, decision.identity());
        ClientAuthentication.Refused objection = objectionOfServlet(asSeen, decision.identity());
        if (objection != null) {
            refuse(objection, httpRequest, httpResponse);
            return;
        }
        chain.doFilter(asSeen, response);
    }

    /** Once per request, in its first dispatch. */
    private ClientAuthentication decide(HttpServletRequest request) {
        if (request.getDispatcherType() == DispatcherType.ERROR) {
            return ANONYMOUS; // The container failed before it came to us.
        }
        ClientAuthenticator authenticator = parts().authenticator();
        ServletFacts facts = new ServletFacts(request);
        AccessRule rule = parts().rules().ruleFor(request);
        if (rule == null) {
            return authenticator.refuse(
                    facts,
                    RejectionReason.PATH_AMBIGUOUS,
                    "empty or dot segment, or one of ; \\ % in the decoded path");
        }
        ClientAuthentication answer = authenticator.authenticateNow(facts, rule.clientAuth());
        if (answer instanceof ClientAuthentication.Refused) {
            return answer;
        }
        ClientIdentity identity =
                answer instanceof ClientAuthentication.Authenticated caller ? caller.identity() : null;
        ClientAuthentication.Refused objection =
                objection(rule.roles(), asSeen(request, identity), identity, "the path");
        return objection != null ? objection : answer;
    }

    private MtlsRequest asSeen(HttpServletRequest request, @Nullable ClientIdentity identity) {
        return new MtlsRequest(request, identity, parts().authenticator()::hides);
    }

    /** In each dispatch, because each may lead to another servlet. */
    private ClientAuthentication.@Nullable Refused objectionOfServlet(
            MtlsRequest request, @Nullable ClientIdentity identity) {
        if (request.getDispatcherType() == DispatcherType.ERROR) {
            return null;
        }
        String servlet = targetOf(request).getServletName();
        RequiredRoles required =
                Objects.requireNonNull(servletRoles, "init was not called").of(servlet == null ? "" : servlet);
        return objection(required, request, identity, "servlet '" + servlet + "'");
    }

    private ClientAuthentication.@Nullable Refused objection(
            RequiredRoles required, MtlsRequest request, @Nullable ClientIdentity identity, String where) {
        if (!required.isRestricted() || required.permit(identity, request::isUserInRole)) {
            return null;
        }
        boolean known = request.getUserPrincipal() != null || required.denied();
        return parts().authenticator()
                .refuse(
                        new ServletFacts(request),
                        known ? RejectionReason.ROLE_MISSING : RejectionReason.CERTIFICATE_REQUIRED,
                        request.getRemoteUser() + " has not what " + where + " asks for: " + required);
    }

    /** In an include the request's own mapping stays that of the page around it. */
    private static HttpServletMapping targetOf(HttpServletRequest request) {
        return request.getDispatcherType() == DispatcherType.INCLUDE
                        && request.getAttribute(RequestDispatcher.INCLUDE_MAPPING)
                                instanceof HttpServletMapping included
                ? included
                : request.getHttpServletMapping();
    }

    /** An included fragment is left out: status, headers and content belong to the page around it. */
    private static void refuse(
            ClientAuthentication.Refused refused, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (request.getDispatcherType() != DispatcherType.INCLUDE) {
            Refusals.write(HttpRefusal.of(refused), request, response);
        }
    }

    /** Ends the refreshing of revocation data that a configuration file asked for; what was given in code is its owner's. */
    @Override
    public void destroy() {
        if (parts != null) {
            parts.close().run();
        }
    }

    private Parts parts() {
        return Objects.requireNonNull(parts, "init was not called");
    }

    /**
     * What decides.
     *
     * @param close ends what was made for it
     */
    private record Parts(ClientAuthenticator authenticator, RequestRules rules, Runnable close) {

        static Parts configured(FilterConfig config) throws ServletException {
            try {
                MtlsConfiguration configuration =
                        MtlsConfiguration.read(fileOf(config), InstantSource.system(), MtlsListener.logging());
                return new Parts(
                        configuration.authenticator(),
                        RequestRules.of(configuration.pathRules()),
                        configuration::close);
            } catch (IllegalArgumentException e) {
                throw new ServletException(e.getMessage(), e);
            }
        }

        private static Path fileOf(FilterConfig config) {
            String name = config.getInitParameter(CONFIGURATION_PARAMETER);
            if (name == null || name.isBlank()) {
                throw new IllegalArgumentException("Filter '" + config.getFilterName() + "' has no init-parameter '"
                        + CONFIGURATION_PARAMETER + "': give it the properties file that says whom to trust, such as"
                        + " /etc/acme/mtls.properties or /WEB-INF/mtls.properties");
            }
            String file =
                    name.startsWith("/WEB-INF/") ? config.getServletContext().getRealPath(name) : name;
            if (file == null || !Path.of(file).isAbsolute()) {
                throw new IllegalArgumentException("Init-parameter '" + CONFIGURATION_PARAMETER + "' is '" + name
                        + "': expected an absolute path, or one below /WEB-INF/ of an unpacked application");
            }
            return Path.of(file);
        }
    }
}
