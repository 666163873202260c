package io.mtls;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The caller must have been authenticated by a client certificate in this very request, and have at least one of these
 * roles by it. Roles that come from elsewhere (a token, a session) do not count.
 *
 * <p>How it goes together with the annotations of {@code jakarta.annotation.security} is said in {@link RequiredRoles}.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface CertificateRoles {

    /** Role names, at least one, without any framework's prefix. */
    String[] value();
}
