package io.mtls.sample;

import io.mtls.ClientIdentity;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.SortedSet;
import java.util.TreeSet;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Who the caller is, as the API sees it. */
@RestController
class MemberController {

    record Me(String name, String issuer, SortedSet<String> roles, String subject, String serial, Instant notAfter) {}

    @GetMapping(path = "/api/me", name = "See who you are")
    Me me(ClientIdentity caller, X509Certificate certificate) {
        return new Me(
                caller.getName(),
                caller.issuer(),
                new TreeSet<>(caller.roles()),
                certificate.getSubjectX500Principal().getName(),
                certificate.getSerialNumber().toString(16),
                caller.path().notAfter());
    }
}
