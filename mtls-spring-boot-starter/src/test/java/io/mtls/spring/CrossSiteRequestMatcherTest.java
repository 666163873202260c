package io.mtls.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockHttpServletRequest;

class CrossSiteRequestMatcherTest {

    @ParameterizedTest
    @CsvSource({
        "GET, cross-site, https://evil.example, false",
        "POST, , , false",
        "POST, same-origin, , false",
        "POST, none, , false",
        "POST, same-site, , true",
        "POST, cross-site, , true",
        "POST, cross-site, https://api.example:8443, true",
        "DELETE, nonsense, , true",
        "POST, , https://api.example:8443, false",
        "POST, , https://API.example:8443, false",
        "POST, , https://api.example, true",
        "POST, , https://api.example:8443.evil.example, true",
        "POST, , https://evil.example, true",
        "POST, , null, true",
        "POST, , '%%%', true"
    })
    void what_a_browser_says_decides(String method, @Nullable String site, @Nullable String origin, boolean crossSite) {
        MockHttpServletRequest request = new MockHttpServletRequest(method, "/orders");
        request.addHeader("Host", "api.example:8443");
        Map<String, String> headers = new java.util.HashMap<>();
        if (site != null) {
            headers.put("Sec-Fetch-Site", site);
        }
        if (origin != null) {
            headers.put("Origin", origin);
        }
        headers.forEach(request::addHeader);
        assertThat(new CrossSiteRequestMatcher().matches(request)).isEqualTo(crossSite);
    }
}
