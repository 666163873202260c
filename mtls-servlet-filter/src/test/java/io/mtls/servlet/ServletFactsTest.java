package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
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

    private static List<byte[]> stapled(boolean secure, Object session) {
        Map<String, Object> answers = Map.of("isSecure", secure, "getAttribute", session);
        HttpServletRequest request = (HttpServletRequest) Proxy.newProxyInstance(
                ServletFactsTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> Objects.requireNonNull(answers.get(method.getName()), method.getName()));
        return new ServletFacts(request).stapledResponses();
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
