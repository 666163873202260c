package io.mtls;

import io.mtls.ca.HeldCertificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A root, an issuing CA and a member, made once; a test shows only what differs. */
final class TestPki {

    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    static final InstantSource CLOCK = InstantSource.fixed(NOW);

    static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root,O=Acme").clock(CLOCK).build();
    static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing,O=Acme").clock(CLOCK).build();
    static final HeldCertificate ALICE =
            ISSUING.issueClient("CN=alice,OU=auditor").clock(CLOCK).build();

    private TestPki() {}

    static ClientCertificateVerifier verifier(HeldCertificate... anchors) {
        return verifier(PathPolicy.defaults(), anchors);
    }

    static ClientCertificateVerifier verifier(PathPolicy policy, HeldCertificate... anchors) {
        return ClientCertificateVerifier.builder(issuer(anchors).build())
                .policy(policy)
                .build();
    }

    static TrustedIssuer.Builder issuer(HeldCertificate... anchors) {
        return TrustedIssuer.builder(
                "acme",
                TrustAnchors.of(
                        Arrays.stream(anchors).map(HeldCertificate::certificate).toList()));
    }

    /** What a client presents that sends just these, in this order. */
    static X509Certificate[] chain(HeldCertificate... certificates) {
        return Stream.of(certificates).map(HeldCertificate::certificate).toArray(X509Certificate[]::new);
    }

    static RequestFacts request(X509Certificate @Nullable ... chain) {
        return new RequestFacts() {
            @Override
            public X509Certificate @Nullable [] certificates() {
                return chain;
            }

            @Override
            public String origin() {
                return "192.0.2.7 GET /test";
            }
        };
    }
}
