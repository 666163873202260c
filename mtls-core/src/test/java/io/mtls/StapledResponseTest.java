package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CertId;
import io.mtls.ca.FaultyResponder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.RevocationReason;
import io.mtls.revocation.OcspSource;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.RevocationSource;
import io.mtls.revocation.RevocationStatus;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLEngine;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.implementation.InvocationHandlerAdapter;
import net.bytebuddy.matcher.ElementMatchers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An OCSP answer that the client sent along: as good as one that was fetched if it stands every test, and nothing
 * otherwise.
 */
class StapledResponseTest {

    private static final InstantSource CLOCK = InstantSource.system();
    private static final AtomicInteger STUBS = new AtomicInteger();

    private final FaultyResponder responder = FaultyResponder.start("Acme", CLOCK);
    private final HeldCertificate issuing = responder.authority().issuing();
    private final HeldCertificate alice = responder.authority().issue(Member.client("alice"));
    private final OcspSource ocsp = OcspSource.builder().clock(CLOCK).build();
    private final ClientAuthenticator authenticator = authenticator();

    @AfterEach
    void close() {
        ocsp.close();
        responder.close();
    }

    @Test
    void a_fresh_good_one_spares_the_look_up() {
        assertThat(request(good().der())).isInstanceOf(ClientAuthentication.Authenticated.class);
        assertThat(responder.requests()).isEmpty();
    }

    @Test
    void one_that_says_revoked_is_believed_too() {
        byte[] revoked = response()
                .revoked(id(alice.certificate()), CLOCK.instant(), RevocationReason.KEY_COMPROMISE)
                .der();

        assertRefused(request(revoked), RejectionReason.CERTIFICATE_REVOKED);
        assertThat(responder.requests()).isEmpty();
    }

    enum Bad {
        GARBAGE,
        FOR_ANOTHER_CERTIFICATE,
        BY_A_STRANGER,
        OUT_OF_DATE,
        BY_A_MEMBER
    }

    /** CVE-2026-58062: a stapled answer not bound to the certificate, and its kin. */
    @ParameterizedTest
    @EnumSource(Bad.class)
    void a_bad_one_changes_nothing(Bad bad) {
        HeldCertificate bob = responder.authority().issue(Member.client("bob"));
        HeldCertificate stranger = HeldCertificate.root("CN=Stranger").build();
        Instant longAgo = CLOCK.instant().minus(Duration.ofDays(9));
        byte[] stapled = switch (bad) {
            case GARBAGE -> new byte[] {0x30, (byte) 0x84, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
            case FOR_ANOTHER_CERTIFICATE ->
                response().good(id(bob.certificate())).der();
            case BY_A_STRANGER ->
                OcspResponseBuilder.signedBy(stranger)
                        .clock(CLOCK)
                        .good(id(alice.certificate()))
                        .der();
            case OUT_OF_DATE ->
                good().thisUpdate(longAgo)
                        .nextUpdate(longAgo.plus(Duration.ofDays(1)))
                        .der();
            case BY_A_MEMBER ->
                OcspResponseBuilder.signedBy(bob)
                        .clock(CLOCK)
                        .good(id(alice.certificate()))
                        .der();
        };
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);

        assertRefused(request(stapled), RejectionReason.CERTIFICATE_REVOKED);
        assertThat(responder.requests()).as("the look-up was not spared").isNotEmpty();
    }

    @Test
    void an_older_good_one_does_not_displace_a_newer_revocation() {
        byte[] before = good().thisUpdate(CLOCK.instant().minusSeconds(60)).der();
        responder.authority().revoke(alice.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        assertRefused(request(), RejectionReason.CERTIFICATE_REVOKED);

        assertRefused(request(before), RejectionReason.CERTIFICATE_REVOKED);
    }

    /**
     * Certificates and the answers about them are public: whoever has both must not fill what is kept of members, nor have
     * us write to the disk or ask a responder, before the key is proved.
     */
    @Test
    void one_that_the_tls_session_carries_does_nothing_before_the_key_is_proved() throws Exception {
        SSLEngine engine = engineInHandshake(good().der());
        X509Certificate[] chain = {alice.certificate(), issuing.certificate()};

        MutualTls.trustManager(authenticator, MutualTls.Handshake.REFUSE).checkClientTrusted(chain, "UNKNOWN", engine);

        RevocationQuery query = new RevocationQuery(alice.certificate(), issuing.certificate());
        assertThat(ocsp.known(query, CLOCK.instant()))
                .isInstanceOfSatisfying(
                        RevocationStatus.Unknown.class,
                        unknown -> assertThat(unknown.why()).isEqualTo(RevocationStatus.Why.NOT_ASKED));
        assertThat(request(good().der())).isInstanceOf(ClientAuthentication.Authenticated.class);
        assertThat(responder.requests()).isEmpty();
    }

    /** As a TLS engine shows it that asks for the answers of clients; JSSE's does not. */
    private static SSLEngine engineInHandshake(byte[] stapled) {
        ExtendedSSLSession session = with(ExtendedSSLSession.class, "getStatusResponses", List.of(stapled));
        return with(SSLEngine.class, "getHandshakeSession", session);
    }

    /** An object with one method that answers, and the others as they are. */
    private static <T> T with(Class<T> type, String method, Object answer) {
        try {
            return new ByteBuddy()
                    .subclass(type)
                    .name("io.mtls.stub." + type.getSimpleName() + STUBS.incrementAndGet())
                    .method(ElementMatchers.named(method))
                    .intercept(InvocationHandlerAdapter.of((object, called, arguments) -> answer))
                    .method(ElementMatchers.named("getSSLParameters"))
                    .intercept(FixedValue.nullValue())
                    .make()
                    .load(StapledResponseTest.class.getClassLoader())
                    .getLoaded()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no stub of " + type, e);
        }
    }

    private OcspResponseBuilder response() {
        return OcspResponseBuilder.signedBy(issuing).clock(CLOCK);
    }

    private OcspResponseBuilder good() {
        return response().good(id(alice.certificate()));
    }

    private CertId id(X509Certificate certificate) {
        return CertId.of(issuing.certificate(), certificate.getSerialNumber());
    }

    private ClientAuthentication request(byte[]... stapled) {
        X509Certificate[] chain = {alice.certificate(), issuing.certificate()};
        return authenticator.authenticateNow(
                new RequestFacts() {
                    @Override
                    public X509Certificate[] certificates() {
                        return chain;
                    }

                    @Override
                    public List<byte[]> stapledResponses() {
                        return List.of(stapled);
                    }

                    @Override
                    public String origin() {
                        return "192.0.2.7 GET /test";
                    }
                },
                ClientAuth.NEED);
    }

    /** Of the issuing CA nothing is asked here, since roots have no responder. */
    private ClientAuthenticator authenticator() {
        RevocationSource ofIssuing = (query, at) -> query.certificate().equals(issuing.certificate())
                ? new RevocationStatus.Good(at)
                : new RevocationStatus.Unknown(RevocationStatus.Why.NOT_ASKED, "asked elsewhere");
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(TrustedIssuer.builder(
                                "acme", TrustAnchors.of(responder.authority().root()))
                        .revocation(RevocationPolicy.builder(ocsp, ofIssuing).build())
                        .build())
                .build();
        return new ClientAuthenticator(() -> verifier, CLOCK, event -> {});
    }

    private static void assertRefused(ClientAuthentication answer, RejectionReason reason) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        ClientAuthentication.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }
}
