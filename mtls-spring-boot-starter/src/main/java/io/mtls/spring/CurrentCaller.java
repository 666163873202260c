package io.mtls.spring;

import io.mtls.CertificateForwarding;
import io.mtls.ClientIdentity;
import io.mtls.servlet.MtlsFilter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/** On whose behalf a request goes out. */
final class CurrentCaller {

    private CurrentCaller() {}

    /**
     * The one given with the outgoing request, else that of the request which this thread serves; null if neither.
     *
     * @param given the outgoing request's attributes
     * @throws IllegalStateException if something else than an identity is given, or the thread's request is over
     */
    static @Nullable ClientIdentity of(Map<String, Object> given) {
        Object caller = given.get(CertificateForwarding.CALLER);
        if (caller != null && !(caller instanceof ClientIdentity)) {
            throw new IllegalStateException("The attribute " + CertificateForwarding.CALLER + " is a "
                    + caller.getClass().getName() + ", expected a ClientIdentity");
        }
        return caller != null ? (ClientIdentity) caller : ofThisThread();
    }

    /** Strips what {@link CertificateForwarding} says, and sets these. */
    static void replace(HttpHeaders headers, Map<String, String> told) {
        List.copyOf(headers.headerNames()).stream()
                .filter(CertificateForwarding::isStripped)
                .forEach(headers::remove);
        told.forEach(headers::set);
    }

    private static @Nullable ClientIdentity ofThisThread() {
        RequestAttributes request = RequestContextHolder.getRequestAttributes();
        return request != null
                        && request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, RequestAttributes.SCOPE_REQUEST)
                                instanceof ClientIdentity identity
                ? identity
                : null;
    }
}
