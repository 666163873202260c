package io.mtls.contract;

import java.security.Principal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an application is told of its caller, as the body of a response: {@code toString} writes it.
 *
 * @param principal the name, or {@code none}
 * @param authType or {@code none}
 * @param roles those of {@code auditor} and {@code operator} that the caller has
 * @param remotePort tells one connection from another
 */
public record WhoAmI(String principal, String authType, List<String> roles, int remotePort) {

    /** By what the framework says. */
    public static WhoAmI of(
            @Nullable Principal principal, @Nullable String authType, Predicate<String> inRole, int remotePort) {
        return new WhoAmI(
                principal == null ? "none" : principal.getName(),
                authType == null ? "none" : authType,
                Stream.of("auditor", "operator").filter(inRole).toList(),
                remotePort);
    }

    static WhoAmI parse(String body) {
        Map<String, String> values = new HashMap<>();
        body.lines().filter(line -> line.contains("=")).forEach(line -> {
            int equals = line.indexOf('=');
            values.put(line.substring(0, equals), line.substring(equals + 1));
        });
        String roles = values.getOrDefault("roles", "");
        return new WhoAmI(
                values.getOrDefault("principal", "no answer"),
                values.getOrDefault("authType", "no answer"),
                roles.isEmpty() ? List.of() : List.of(roles.split(",")),
                Integer.parseInt(values.getOrDefault("remotePort", "0")));
    }

    /** Lines of text. */
    @Override
    public String toString() {
        return "principal=" + principal + "\nauthType=" + authType + "\nroles="
                + roles.stream().collect(Collectors.joining(",")) + "\nremotePort=" + remotePort + "\n";
    }
}
