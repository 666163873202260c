package io.mtls.benchmarks;

import static io.mtls.spring.ClientCertificateConfigurer.clientCertificates;
import static org.springframework.security.config.Customizer.withDefaults;

import io.mtls.AccessRule;
import io.mtls.ClientAuth;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.MtlsListener;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.servlet.MtlsFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.mock.web.MockFilterConfig;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.MockServletContext;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.SecurityFilterChain;

/**
 * What it costs a request that Spring Security knows its caller by certificate: by its own {@code x509()}, and by the
 * starter.
 *
 * <p>All get the same mock request, with the same certificates in the attribute in which connectors leave them, and have
 * the same chain but for what is compared: stateless, without CSRF protection. What a caller costs is the difference
 * from {@code noop}. Both callers have one role beside Spring Security's X.509 factor.
 *
 * <table>
 * <caption>What is done on each request</caption>
 * <tr><th></th><th>{@code x509()}</th><th>the starter</th></tr>
 * <tr><td>is the certificate good?</td><td>not asked: the handshake is believed, however long ago it was</td><td>decided
 * anew: validity, by the trust that is in force now; its path was verified before and is found again by the
 * certificate's object</td></tr>
 * <tr><td>the caller's name</td><td>read from the subject, which is written out and parsed</td><td>remembered with the
 * path</td></tr>
 * <tr><td>roles</td><td>from the user's {@code UserDetailsService}, which has the one user at hand; a real one has to
 * search, if not ask a database</td><td>remembered with the path; no role mapper, which would be asked each time</td></tr>
 * <tr><td>events</td><td>published to the application context, where no listener of a user's is</td><td>none: the one
 * was when the path was new</td></tr>
 * <tr><td>log messages</td><td>written out and then dropped at the level {@code info}, the whole certificate twice: most
 * of the cost, and no part of the task</td><td>none</td></tr>
 * <tr><td>rules</td><td>Spring Security's {@code authenticated()}</td><td>that, after one rule for all paths and the
 * annotations of servlets, of which there are none</td></tr>
 * </table>
 *
 * Neither asks for revocation. The starter's rules for particular paths and its default chain are not in here.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SpringSecurityBenchmark {

    private static final String MEMBER = "member-0";
    private static final String ANONYMOUS = "anonymousUser";

    /** One member on one connection, and the three applications. */
    @State(Scope.Benchmark)
    public static class Applications {
        private final ServletContext context = new MockServletContext();
        private final Connection connection;
        private final Filter noop;
        private final Filter x509;
        private final Filter mtls;

        public Applications() {
            Pki pki = new Pki("Acme");
            connection = new Connection(pki.members(1).get(0).parsed());
            ClientAuthenticator authenticator = authenticatorWithRole(pki);
            authenticator.authenticateNow(connection, ClientAuth.NEED);

            noop = security(
                    authenticator,
                    http -> http.authorizeHttpRequests(
                            requests -> requests.anyRequest().permitAll()));
            UserDetailsService users = onlyUser();
            x509 = security(
                    authenticator,
                    http -> http.x509(x509 -> x509.userDetailsService(users))
                            .authorizeHttpRequests(
                                    requests -> requests.anyRequest().authenticated()));
            Filter starters = security(
                    authenticator,
                    http -> http.with(clientCertificates(), withDefaults())
                            .authorizeHttpRequests(
                                    requests -> requests.anyRequest().authenticated()));
            MtlsFilter first = started(new MtlsFilter(authenticator, request -> AccessRule.STRICTEST), context);
            mtls = (request, response, chain) -> first.doFilter(
                    request, response, (asSeen, sameResponse) -> starters.doFilter(asSeen, sameResponse, chain));
        }

        private static ClientAuthenticator authenticatorWithRole(Pki pki) {
            ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                            TrustedIssuer.builder("acme", TrustAnchors.of(pki.root()))
                                    .roles(MEMBER, "orders")
                                    .build())
                    .build();
            MtlsListener nobody = event -> {};
            return new ClientAuthenticator(() -> verifier, Pki.CLOCK, nobody);
        }

        private static MtlsFilter started(MtlsFilter filter, ServletContext context) {
            try {
                filter.init(new MockFilterConfig(context));
            } catch (ServletException e) {
                throw new IllegalStateException(e);
            }
            return filter;
        }

        private static UserDetailsService onlyUser() {
            UserDetails user = new User(MEMBER, "", List.of(new SimpleGrantedAuthority("ROLE_orders")));
            return name -> {
                if (!name.equals(MEMBER)) {
                    throw new UsernameNotFoundException(name);
                }
                return user;
            };
        }

        /** As an application configures it, each in an application context of its own. */
        private static FilterChainProxy security(ClientAuthenticator authenticator, Consumer<HttpSecurity> means) {
            AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext();
            beans.register(WebSecurity.class);
            beans.registerBean(ClientAuthenticator.class, () -> authenticator);
            beans.registerBean(SecurityFilterChain.class, () -> {
                HttpSecurity http = beans.getBean(HttpSecurity.class);
                http.csrf(AbstractHttpConfigurer::disable)
                        .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS));
                means.accept(http);
                return http.build();
            });
            beans.refresh();
            return new FilterChainProxy(beans.getBean(SecurityFilterChain.class));
        }

        private Authentication request(Filter application, String expectedCaller) throws ServletException, IOException {
            MockHttpServletRequest request = new MockHttpServletRequest(context, "GET", "/orders");
            request.setServletPath("/orders");
            request.setScheme("https");
            request.setSecure(true);
            request.setAttribute("jakarta.servlet.request.X509Certificate", connection.certificates());
            Endpoint endpoint = new Endpoint(expectedCaller);
            application.doFilter(request, new MockHttpServletResponse(), endpoint);
            return Objects.requireNonNull(endpoint.caller, "refused");
        }
    }

    @EnableWebSecurity
    static class WebSecurity {}

    /** What the application does: ask who is there. */
    private static final class Endpoint implements FilterChain {
        private final String expectedCaller;
        private @Nullable Authentication caller;

        Endpoint(String expectedCaller) {
            this.expectedCaller = expectedCaller;
        }

        @Override
        public void doFilter(ServletRequest request, ServletResponse response) {
            Authentication found = SecurityContextHolder.getContext().getAuthentication();
            if (found == null || !found.isAuthenticated() || !found.getName().equals(expectedCaller)) {
                throw new IllegalStateException("Expected " + expectedCaller + " but was " + found);
            }
            caller = found;
        }
    }

    /** The mock request and Spring Security's other filters. The certificate is there, and nobody looks at it. */
    @Benchmark
    public Authentication noop(Applications applications) throws ServletException, IOException {
        return applications.request(applications.noop, ANONYMOUS);
    }

    /** Spring Security by itself. */
    @Benchmark
    public Authentication x509(Applications applications) throws ServletException, IOException {
        return applications.request(applications.x509, MEMBER);
    }

    /** The starter: its filter before Spring Security's, and its configurer among them. */
    @Benchmark
    public Authentication mtls(Applications applications) throws ServletException, IOException {
        return applications.request(applications.mtls, MEMBER);
    }
}
