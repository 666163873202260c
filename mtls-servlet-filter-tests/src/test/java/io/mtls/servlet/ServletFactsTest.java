package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.ExtendedSSLSession;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.InvocationHandlerAdapter;
import net.bytebuddy.matcher.ElementMatchers;
import org.junit.jupiter.api.Test;

/** What the filter finds in a request before anybody is authenticated. */
class ServletFactsTest {

    private static final List<byte[]> STAPLED = List.of(new byte[] {1, 2, 3});

    @Test
    void an_ocsp_answer_in_the_tls_session_that_a_hook_left_is_found() throws Exception {
        assertThat(stapled(true, session())).isEqualTo(STAPLED);
    }

    @Test
    void without_a_session_or_without_tls_there_is_no_ocsp_answer() throws Exception {
        assertThat(stapled(true, "something else")).isEmpty();
        assertThat(stapled(false, session())).isEmpty();
    }

    @Test
    void what_a_hook_left_of_the_other_end_comes_before_what_the_container_says() throws Exception {
        InetAddress peer = InetAddress.getByName("192.0.2.1");
        String forwarded = "127.0.0.1";

        assertThat(facts(Map.of("getAttribute", peer, "getRemoteAddr", forwarded))
                        .peer())
                .isEqualTo(peer);
        assertThat(facts(Map.of("getAttribute", MtlsFilter.UNKNOWN_PEER, "getRemoteAddr", forwarded))
                        .peer())
                .isNull();
    }

    private static List<byte[]> stapled(boolean secure, Object session) {
        return facts(Map.of("isSecure", secure, "getAttribute", session)).stapledResponses();
    }

    private static ServletFacts facts(Map<String, Object> answers) {
        HttpServletRequest request = (HttpServletRequest) Proxy.newProxyInstance(
                ServletFactsTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> Objects.requireNonNull(answers.get(method.getName()), method.getName()));
        return new ServletFacts(request);
    }

    /** As an engine shows it that asks for the answers of clients; JSSE's does not. */
    private static ExtendedSSLSession session() throws ReflectiveOperationException {
        return new ByteBuddy()
                .subclass(ExtendedSSLSession.class)
                .name("io.mtls.stub.StapledSession")
                .method(ElementMatchers.named("getStatusResponses"))
                .intercept(InvocationHandlerAdapter.of((object, called, arguments) -> STAPLED))
                .make()
                .load(ServletFactsTest.class.getClassLoader())
                .getLoaded()
                .getDeclaredConstructor()
                .newInstance();
    }
}
