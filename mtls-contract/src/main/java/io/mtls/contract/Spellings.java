package io.mtls.contract;

import java.util.stream.Stream;

/**
 * Other ways to write a path, any of which some server, framework or check was once seen to read in its own way. None
 * means a public resource, so none may be answered with success.
 */
final class Spellings {

    private static final String[] OF_API_WHOAMI = {
        "/./api/whoami",
        "/api/./whoami",
        "//api/whoami",
        "/api//whoami",
        "///api///whoami",
        "/public/../api/whoami",
        "//public/../api/whoami",
        "/public/%2e%2e/api/whoami",
        "/public/%2E./api/whoami",
        "/public/..%2fapi/whoami",
        "/public%2f../api/whoami",
        "/public/%252e%252e/api/whoami",
        "/public/..;/api/whoami",
        "/public/..;x=y/api/whoami",
        "/public/..%3b/api/whoami",
        "/public/%2e%2e;/api/whoami",
        "/public;/../api/whoami",
        "/public/;/../../api/whoami",
        "/public\\..\\api\\whoami",
        "/public/%5c../api/whoami",
        "/public/..%5capi/whoami",
        "/api;x/whoami",
        "/api%3bx/whoami",
        "/api/whoami;x=y",
        "/api/whoami;jsessionid=1",
        ";/api/whoami",
        "/;/api/whoami",
        "/%61pi/whoami",
        "/api%2fwhoami",
        "/api/whoami%2f",
        "/api/whoami/",
        "/api/whoami/.",
        "/api/whoami/..",
        "/api/whoami.",
        "/api/whoami..",
        "/api/whoami%2e",
        "/api/whoami%00",
        "/api/whoami%09",
        "/api/whoami%20",
        "/api/whoami%0a",
        "/api/whoami%0d%0aX-Y:z",
        "/API/whoami",
        "/Api/WhoAmI",
        "/api/whoami?/public/whoami",
        "/api/whoami#/public/whoami",
        "/api/whoami.json",
        "/api/whoami/public/../whoami",
        "/%c0%afapi/whoami",
        "/public/%c0%ae%c0%ae/api/whoami",
        "/api/%77hoami",
        "/%2561pi/whoami",
        "http://localhost/api/whoami",
        "https://localhost:1/public/../api/whoami",
        "http://localhost//api/whoami",
        "api/whoami",
        "*"
    };

    private Spellings() {}

    static Stream<String> ofApiWhoami() {
        return Stream.of(OF_API_WHOAMI);
    }

    static Stream<String> ofOperatorWhoami() {
        return ofApiWhoami()
                .map(spelling -> spelling.replace("api", "operator")
                        .replace("API", "OPERATOR")
                        .replace("%61pi", "%6fperator"));
    }
}
