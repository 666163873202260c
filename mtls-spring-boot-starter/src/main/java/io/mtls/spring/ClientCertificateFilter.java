package io.mtls.spring;

import io.mtls.ClientIdentity;
import io.mtls.servlet.MtlsFilter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationTrustResolver;
import org.springframework.security.authentication.AuthenticationTrustResolverImpl;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.filter.GenericFilterBean;

/**
 * Tells Spring Security who came by certificate, for this request only.
 *
 * <p>It stands behind all filters that authenticate or save what they found, and takes back what it said when the request
 * is over: so nothing of a certificate ever gets into an HTTP session. Should it come out of one all the same, it is
 * taken off before anything is added.
 *
 * <table>
 * <caption>Who the caller is</caption>
 * <tr><td>nobody by other means</td><td>a {@link ClientCertificateAuthentication}</td></tr>
 * <tr><td>one of the same name</td><td>that one, with the certificate's authorities added</td></tr>
 * <tr><td>one of another name, or merely remembered</td><td>that one as it is: two persons are never merged</td></tr>
 * </table>
 */
final class ClientCertificateFilter extends GenericFilterBean {

    private static final AuthenticationTrustResolver TRUST = new AuthenticationTrustResolverImpl();

    /** Those that do not say how to be copied would be copied as their superclass. */
    private static final ClassValue<Boolean> CAN_BE_COPIED = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return Arrays.stream(type.getDeclaredMethods())
                    .anyMatch(method -> method.getName().equals("toBuilder") && method.getParameterCount() == 0);
        }
    };

    private final SecurityContextHolderStrategy holder;
    private final InstantSource clock;

    /** @param clock for the time at which the X.509 factor was presented */
    ClientCertificateFilter(SecurityContextHolderStrategy holder, InstantSource clock) {
        this.holder = holder;
        this.clock = clock;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        ClientIdentity identity =
                request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE) instanceof ClientIdentity caller ? caller : null;
        Supplier<SecurityContext> before = holder.getDeferredContext();
        holder.setDeferredContext(SingletonSupplier.of(() -> forThisRequest(before.get(), identity)));
        try {
            chain.doFilter(request, response);
        } finally {
            holder.setDeferredContext(before);
        }
    }

    private SecurityContext forThisRequest(SecurityContext before, @Nullable ClientIdentity identity) {
        Authentication current = before.getAuthentication();
        Authentication other = withoutCertificate(current);
        Authentication now = identity == null ? other : with(identity, other);
        if (Objects.equals(now, current)) {
            return before;
        }
        SecurityContext context = holder.createEmptyContext();
        context.setAuthentication(now);
        return context;
    }

    private Authentication with(ClientIdentity identity, @Nullable Authentication other) {
        if (other == null || TRUST.isAnonymous(other)) {
            return new ClientCertificateAuthentication(identity, authorities(identity));
        }
        // One that is merely remembered must stay recognisable as such, and so is not added to.
        if (!other.isAuthenticated() || !other.getName().equals(identity.getName()) || TRUST.isRememberMe(other)) {
            return other;
        }
        List<GrantedAuthority> all = new ArrayList<>(other.getAuthorities());
        all.addAll(authorities(identity));
        return copy(other, all);
    }

    private static @Nullable Authentication withoutCertificate(@Nullable Authentication current) {
        if (current == null || current instanceof ClientCertificateAuthentication) {
            return null;
        }
        Predicate<GrantedAuthority> ours = ClientCertificateFilter::isByCertificate;
        return current.getAuthorities().stream().anyMatch(ours)
                ? copy(
                        current,
                        current.getAuthorities().stream().filter(ours.negate()).toList())
                : current;
    }

    private static boolean isByCertificate(GrantedAuthority authority) {
        return authority instanceof CertificateRole
                || FactorGrantedAuthority.X509_AUTHORITY.equals(authority.getAuthority());
    }

    private List<GrantedAuthority> authorities(ClientIdentity identity) {
        List<GrantedAuthority> authorities = new ArrayList<>(identity.roles().size() + 1);
        identity.roles().forEach(role -> authorities.add(new CertificateRole(role)));
        authorities.add(FactorGrantedAuthority.withAuthority(FactorGrantedAuthority.X509_AUTHORITY)
                .issuedAt(clock.instant())
                .build());
        return authorities;
    }

    private static Authentication copy(Authentication original, Collection<? extends GrantedAuthority> authorities) {
        if (!CAN_BE_COPIED.get(original.getClass())) {
            return new WithAuthorities(original, authorities);
        }
        return original.toBuilder()
                .authorities(all -> {
                    all.clear();
                    all.addAll(authorities);
                })
                .build();
    }

    /** Another authentication in all but its authorities. */
    private static final class WithAuthorities implements Authentication {
        private static final long serialVersionUID = 1;

        private final Authentication original;

        @SuppressWarnings("serial") // As any of these collections: serializable if what it holds is.
        private final Collection<? extends GrantedAuthority> authorities;

        WithAuthorities(Authentication original, Collection<? extends GrantedAuthority> authorities) {
            this.original = original;
            this.authorities = List.copyOf(authorities);
        }

        @Override
        public Collection<? extends GrantedAuthority> getAuthorities() {
            return authorities;
        }

        @Override
        public @Nullable Object getCredentials() {
            return original.getCredentials();
        }

        @Override
        public @Nullable Object getDetails() {
            return original.getDetails();
        }

        @Override
        public @Nullable Object getPrincipal() {
            return original.getPrincipal();
        }

        @Override
        public boolean isAuthenticated() {
            return original.isAuthenticated();
        }

        @Override
        public void setAuthenticated(boolean authenticated) {
            original.setAuthenticated(authenticated);
        }

        @Override
        public String getName() {
            return original.getName();
        }
    }
}
