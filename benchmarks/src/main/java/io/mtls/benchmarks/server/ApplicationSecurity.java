package io.mtls.benchmarks.server;

import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.web.SecurityFilterChain;

/** Spring Security in {@link BenchmarkApplication}: whoever got through the handshake may come in. */
final class ApplicationSecurity {

    private ApplicationSecurity() {}

    /** With the starter the caller is known here, too: it adds itself to each chain. */
    static class Permitting {

        @Bean
        SecurityFilterChain chain(HttpSecurity http) {
            return permittingAll(http).build();
        }

        @Bean
        UserDetailsService users() {
            return ApplicationSecurity.users();
        }
    }

    /** The same rules, and the caller is known to Spring Security by itself. */
    static class ByX509 {

        @Bean
        SecurityFilterChain chain(HttpSecurity http, UserDetailsService users) {
            return permittingAll(http)
                    .x509(x509 -> x509.userDetailsService(users))
                    .build();
        }

        @Bean
        UserDetailsService users() {
            return ApplicationSecurity.users();
        }
    }

    private static HttpSecurity permittingAll(HttpSecurity http) {
        return http.csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll());
    }

    /** Everybody, at hand. */
    private static UserDetailsService users() {
        return name -> new User(name, "", List.of(new SimpleGrantedAuthority("ROLE_member")));
    }
}
