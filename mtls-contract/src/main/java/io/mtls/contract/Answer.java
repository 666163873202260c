package io.mtls.contract;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A response.
 *
 * @param headers by lower-case name
 */
record Answer(int status, Map<String, List<String>> headers, String body) {

    Optional<String> header(String lowerCaseName) {
        return headers.getOrDefault(lowerCaseName, List.of()).stream().findFirst();
    }

    WhoAmI whoAmI() {
        return WhoAmI.parse(body);
    }
}
