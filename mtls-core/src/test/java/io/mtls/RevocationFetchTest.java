package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.revocation.CrlSource;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationPolicy;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whom a certificate can make us connect to: nobody, before its path is trusted and its key is proved (keycloak #46742,
 * CVE-2023-28857).
 */
class RevocationFetchTest {

    private static final InstantSource CLOCK = InstantSource.system();

    private final FaultyResponder responder = FaultyResponder.start("Acme", CLOCK);
    private final HeldCertificate alice = responder.authority().issue(Member.client("alice"));
    private final X509Certificate[] chain = {
        alice.certificate(), responder.authority().issuing().certificate()
    };
    private final OcspSource ocsp = OcspSource.builder().clock(CLOCK).build();
    private final CrlSource crls =
            CrlSource.builder().distributionPoints().clock(CLOCK).build();

    @AfterEach
    void close() {
        ocsp.close();
        crls.close();
        responder.close();
    }

    @Test
    void the_addresses_in_a_certificate_of_an_unknown_ca_are_not_asked() {
        HeldCertificate other = HeldCertificate.root("CN=Other").build();

        ClientAuthentication answer = trusting(other.certificate()).authenticateNow(request(), ClientAuth.NEED);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        ClientAuthentication.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RejectionReason.ISSUER_UNKNOWN));
        assertThat(responder.requests()).isEmpty();
    }

    @Test
    void the_addresses_in_a_certificate_are_not_asked_in_the_handshake_but_by_its_request() {
        ClientAuthenticator authenticator = trusting(responder.authority().root());

        assertThat(authenticator.verdictForHandshake(chain)).isInstanceOf(Verdict.Undecided.class);
        assertThat(responder.requests()).isEmpty();

        assertThat(authenticator.authenticateNow(request(), ClientAuth.NEED))
                .isInstanceOf(ClientAuthentication.Authenticated.class);
        assertThat(responder.requests()).isNotEmpty();
    }

    private ClientAuthenticator trusting(X509Certificate anchor) {
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("acme", TrustAnchors.of(List.of(anchor)))
                                .revocation(RevocationPolicy.builder(ocsp, crls).build())
                                .build())
                .build();
        return new ClientAuthenticator(() -> verifier, CLOCK, event -> {});
    }

    private RequestFacts request() {
        return TestPki.request(chain);
    }
}
