package io.mtls.spring;

import io.mtls.ClientIdentity;
import io.mtls.RejectionReason;
import io.mtls.servlet.MtlsFilter;
import io.mtls.servlet.Refusals;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;

/**
 * The {@link ClientIdentity} or the {@link X509Certificate} of a caller as an argument of a controller's method. Where
 * there is none the caller is refused, unless the argument is {@code @Nullable} or an {@link Optional}.
 */
final class ClientCertificateArgumentResolver implements HandlerMethodArgumentResolver, HandlerExceptionResolver {

    private final Refusals refusals;

    ClientCertificateArgumentResolver(Refusals refusals) {
        this.refusals = refusals;
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        Class<?> type = parameter.nestedIfOptional().getNestedParameterType();
        return type == ClientIdentity.class || type == X509Certificate.class;
    }

    @Override
    public @Nullable Object resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer container,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binders) {
        Object value = value(
                parameter.nestedIfOptional().getNestedParameterType(),
                request.getAttribute(MtlsFilter.IDENTITY_ATTRIBUTE, RequestAttributes.SCOPE_REQUEST));
        if (parameter.getParameterType() == Optional.class) {
            return Optional.ofNullable(value);
        }
        if (value == null && !parameter.isOptional()) {
            throw new CertificateRequired(parameter);
        }
        return value;
    }

    private static @Nullable Object value(Class<?> type, @Nullable Object identity) {
        if (!(identity instanceof ClientIdentity caller)) {
            return null;
        }
        return type == ClientIdentity.class ? caller : caller.certificate();
    }

    @Override
    public @Nullable ModelAndView resolveException(
            HttpServletRequest request, HttpServletResponse response, @Nullable Object handler, Exception exception) {
        if (!(exception instanceof CertificateRequired)) {
            return null;
        }
        try {
            refusals.refuse(
                    request, response, RejectionReason.CERTIFICATE_REQUIRED, String.valueOf(exception.getMessage()));
            return new ModelAndView();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class CertificateRequired extends RuntimeException {
        private static final long serialVersionUID = 1;

        CertificateRequired(MethodParameter parameter) {
            super("argument " + parameter.getParameterIndex() + " of " + parameter.getExecutable() + " needs it");
        }
    }
}
