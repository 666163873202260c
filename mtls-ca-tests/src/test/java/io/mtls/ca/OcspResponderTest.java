package io.mtls.ca;

import static io.mtls.ca.OcspRequests.basic;
import static io.mtls.ca.OcspRequests.list;
import static io.mtls.ca.OcspRequests.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OcspResponderTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

    private final SettableClock clock = new SettableClock(NOW);
    private final CertificateAuthority ca =
            CertificateAuthority.inMemory(CaSettings.named("Acme").withUrl(URI.create("http://pki.example")), clock);
    private final OcspResponder responder = new OcspResponder(ca);
    private final X509Certificate issuer = ca.issuing().certificate();
    private final BigInteger alice =
            ca.issue(Member.client("alice")).certificate().getSerialNumber();
    private final BigInteger bob = ca.issue(Member.client("bob")).certificate().getSerialNumber();

    private CertId id(BigInteger serial) {
        return CertId.of(issuer, serial);
    }

    private byte[] ask(byte[] request) {
        return responder.answer(request).der();
    }

    private CertificateStatus status(BigInteger serial) throws Exception {
        return basic(ask(OcspRequests.about(id(serial)))).getResponses()[0].getCertStatus();
    }

    private static void isRefused(OcspResponseStatus status, byte[] response) {
        assertThat(response).isEqualTo(status.response());
    }

    @Test
    void a_valid_certificate_is_good_from_now_on() throws Exception {
        BasicOCSPResp response = basic(ask(OcspRequests.about(id(alice))));

        SingleResp single = response.getResponses()[0];
        assertThat(response.getResponses()).hasSize(1);
        assertThat(single.getCertStatus()).isNull();
        assertThat(single.getCertID().getSerialNumber()).isEqualTo(alice);
        assertThat(single.getThisUpdate()).isEqualTo(Date.from(NOW));
        assertThat(single.getNextUpdate()).isEqualTo(Date.from(NOW.plus(Duration.ofHours(1))));
        assertThat(response.getProducedAt()).isEqualTo(Date.from(NOW));
        assertThat(response.hasExtensions()).isFalse();
    }

    @Test
    void an_answer_is_signed_by_a_responder_that_the_issuer_has_delegated_to() throws Exception {
        BasicOCSPResp response = basic(ask(OcspRequests.about(id(alice))));

        X509Certificate signer = ca.responder("issuing-1").certificate();
        signer.verify(issuer.getPublicKey());
        assertThat(signer.getExtendedKeyUsage()).containsExactly(KeyPurpose.OCSP_SIGNING);
        assertThat(response.getCerts()).hasSize(1);
        assertThat(response.getCerts()[0]
                        .getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck)
                        .getExtnValue()
                        .getOctets())
                .as("not by way of the JDK, which forgets this value")
                .containsExactly(5, 0);
        assertThat(response.getCerts()[0].getEncoded()).isEqualTo(signer.getEncoded());
        assertThat(response.isSignatureValid(new JcaContentVerifierProviderBuilder().build(signer)))
                .isTrue();
    }

    @Test
    void a_revocation_is_in_the_next_answer_with_its_time_and_reason() throws Exception {
        assertThat(status(alice)).isNull();

        ca.revoke(alice, RevocationReason.KEY_COMPROMISE);
        clock.set(NOW.plusSeconds(60));

        RevokedStatus status = (RevokedStatus) status(alice);
        assertThat(status.getRevocationTime()).isEqualTo(Date.from(NOW));
        assertThat(status.getRevocationReason()).isEqualTo(1);
        assertThat(status(bob)).isNull();
    }

    @Test
    void a_certificate_on_hold_is_revoked_until_it_is_released() throws Exception {
        ca.revoke(alice, RevocationReason.CERTIFICATE_HOLD);
        assertThat(((RevokedStatus) status(alice)).getRevocationReason()).isEqualTo(6);

        ca.release(alice);

        assertThat(status(alice)).isNull();
    }

    @Test
    void what_a_revoked_ca_signed_is_revoked_with_it() throws Exception {
        ca.revokeIssuing("issuing-1", RevocationReason.CA_COMPROMISE, null);

        SingleResp single = basic(ask(OcspRequests.about(id(alice)))).getResponses()[0];

        assertThat(single.getCertStatus()).isInstanceOf(RevokedStatus.class);
        assertThat(((RevokedStatus) single.getCertStatus()).getRevocationReason())
                .isEqualTo(RevocationReason.CA_COMPROMISE.code());
    }

    @Test
    void an_unspecified_reason_is_left_out() throws Exception {
        ca.revoke(alice, RevocationReason.UNSPECIFIED);

        assertThat(((RevokedStatus) status(alice)).hasRevocationReason()).isFalse();
    }

    @Test
    void what_was_never_issued_is_unknown() throws Exception {
        assertThat(status(BigInteger.TWO)).isInstanceOf(UnknownStatus.class);
        assertThat(status(BigInteger.valueOf(-2))).isInstanceOf(UnknownStatus.class);
        assertThat(status(BigInteger.ONE.shiftLeft(2000))).isInstanceOf(UnknownStatus.class);
        assertThat(status(issuer.getSerialNumber()))
                .as("the root issued that one")
                .isInstanceOf(UnknownStatus.class);
    }

    @Test
    void an_expired_certificate_keeps_its_status() throws Exception {
        ca.revoke(alice, RevocationReason.SUPERSEDED);
        clock.set(NOW.plus(Duration.ofDays(300)));

        assertThat(status(alice)).isInstanceOf(RevokedStatus.class);
        assertThat(status(bob)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHA-1", "SHA-256", "SHA-384", "SHA-512"})
    void the_digest_of_the_request_is_that_of_the_answer(String digest) throws Exception {
        CertId id = CertId.of(digest, issuer, alice);

        SingleResp single = basic(ask(OcspRequests.about(id))).getResponses()[0];

        assertThat(single.getCertStatus()).isNull();
        assertThat(single.getCertID().toASN1Primitive().getEncoded()).isEqualTo(id.der());
    }

    @Test
    void a_digest_without_parameters_is_answered_byte_for_byte() throws Exception {
        byte[] withNull = CertId.of("SHA-256", issuer, alice).der();
        byte[] algorithm = Arrays.copyOfRange(withNull, 2, 17);
        byte[] withoutNull = Der.sequence(
                Der.sequence(Arrays.copyOfRange(algorithm, 2, 13)), Arrays.copyOfRange(withNull, 17, withNull.length));

        SingleResp single =
                basic(ask(request(Der.sequence(Der.sequence(withoutNull))))).getResponses()[0];

        assertThat(single.getCertStatus()).isNull();
        assertThat(single.getCertID().toASN1Primitive().getEncoded()).isEqualTo(withoutNull);
    }

    @Test
    void several_certificates_are_answered_in_their_order() throws Exception {
        ca.revoke(bob, RevocationReason.UNSPECIFIED);

        SingleResp[] singles = basic(ask(OcspRequests.about(id(bob), id(alice), id(BigInteger.TWO))))
                .getResponses();

        assertThat(singles).hasSize(3);
        assertThat(singles[0].getCertStatus()).isInstanceOf(RevokedStatus.class);
        assertThat(singles[1].getCertStatus()).isNull();
        assertThat(singles[2].getCertStatus()).isInstanceOf(UnknownStatus.class);
    }

    @Test
    void more_single_requests_than_the_bound_are_malformed() throws Exception {
        CertId[] most = Stream.generate(() -> id(alice))
                .limit(OcspRequest.MAX_SINGLE_REQUESTS)
                .toArray(CertId[]::new);
        CertId[] tooMany = Arrays.copyOf(most, most.length + 1);
        tooMany[most.length] = id(alice);

        assertThat(basic(ask(OcspRequests.about(most))).getResponses()).hasSize(most.length);
        isRefused(OcspResponseStatus.MALFORMED_REQUEST, ask(OcspRequests.about(tooMany)));
    }

    @Test
    void another_issuer_is_unauthorized() {
        X509Certificate stranger =
                HeldCertificate.root("CN=Acme issuing CA").build().certificate();

        isRefused(OcspResponseStatus.UNAUTHORIZED, ask(OcspRequests.about(CertId.of(stranger, alice))));
        isRefused(OcspResponseStatus.UNAUTHORIZED, ask(OcspRequests.about(id(alice), CertId.of(stranger, alice))));
    }

    @Test
    void a_root_is_not_answered_for_because_its_key_is_away() {
        isRefused(
                OcspResponseStatus.UNAUTHORIZED,
                ask(OcspRequests.about(CertId.of(ca.root(), issuer.getSerialNumber()))));
    }

    @Test
    void an_expired_issuing_ca_is_unauthorized_because_it_can_delegate_no_more() {
        clock.set(issuer.getNotAfter().toInstant().plusSeconds(1));

        isRefused(OcspResponseStatus.UNAUTHORIZED, ask(OcspRequests.about(id(alice))));
    }

    @Test
    void an_unknown_digest_is_unauthorized_because_nobody_can_say_whose_it_is() {
        byte[] md5 = Der.sequence(
                Der.sequence(Der.encoded(new ASN1ObjectIdentifier("1.2.840.113549.2.5"))),
                Der.value(BERTags.OCTET_STRING, new byte[16]),
                Der.value(BERTags.OCTET_STRING, new byte[16]),
                Der.value(BERTags.INTEGER, alice.toByteArray()));

        isRefused(OcspResponseStatus.UNAUTHORIZED, ask(request(Der.sequence(Der.sequence(md5)))));
    }

    @Test
    void each_issuing_ca_answers_for_its_own_after_a_rotation() throws Exception {
        ca.rotateIssuing(null);
        X509Certificate second = ca.issuing().certificate();
        BigInteger carol = ca.issue(Member.client("carol")).certificate().getSerialNumber();
        CertId ofSecond = CertId.of(second, carol);

        BasicOCSPResp response = basic(ask(OcspRequests.about(ofSecond)));

        assertThat(response.getResponses()[0].getCertStatus()).isNull();
        assertThat(response.getCerts()[0].getIssuer().getEncoded())
                .isEqualTo(second.getSubjectX500Principal().getEncoded());
        assertThat(status(alice)).isNull();
        assertThat(status(carol)).as("another CA signed that one").isInstanceOf(UnknownStatus.class);
        isRefused(OcspResponseStatus.UNAUTHORIZED, ask(OcspRequests.about(id(alice), ofSecond)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 32, 128})
    void a_nonce_is_echoed(int octets) throws Exception {
        byte[] nonce = new byte[octets];
        Arrays.fill(nonce, (byte) 7);

        OcspResponder.Answer answer = responder.answer(OcspRequests.withNonce(nonce, id(alice)));

        assertThat(basic(answer.der())
                        .getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce)
                        .getExtnValue()
                        .getOctets())
                .isEqualTo(Der.value(BERTags.OCTET_STRING, nonce));
        assertThat(answer.reusable()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 129, 1000})
    void a_nonce_out_of_the_bounds_of_rfc_9654_is_malformed(int octets) {
        isRefused(OcspResponseStatus.MALFORMED_REQUEST, ask(OcspRequests.withNonce(new byte[octets], id(alice))));
    }

    @Test
    void a_nonce_in_the_wrong_place_is_not_echoed() throws Exception {
        byte[] nonce = OcspRequests.nonceExtension(new byte[] {4, 1, 7});
        byte[] single = Der.sequence(id(alice).der(), Der.explicit(0, Der.sequence(nonce)));

        assertThat(basic(ask(request(Der.sequence(single)))).hasExtensions()).isFalse();
    }

    @Test
    void who_asks_and_whether_it_is_signed_does_not_matter() throws Exception {
        byte[] version = Der.explicit(0, new byte[] {2, 1, 0});
        byte[] name = Der.explicit(1, new byte[] {(byte) 0x82, 1, 'x'});
        byte[] content = Der.sequence(version, name, list(id(alice)));
        byte[] signature = Der.explicit(0, Der.sequence(new byte[] {5, 0}));

        assertThat(basic(ask(Der.sequence(content, signature))).getResponses()).hasSize(1);
    }

    @Test
    void only_unknown_extensions_that_are_critical_are_refused() throws Exception {
        byte[] known = OcspRequests.extension(
                OCSPObjectIdentifiers.id_pkix_ocsp_response.getId(), OcspRequests.DER_TRUE, new byte[] {0x30, 0});
        byte[] unknown = OcspRequests.extension("1.2.3.4", OcspRequests.DER_FALSE, new byte[] {5, 0});
        byte[] critical = OcspRequests.extension("1.2.3.4", OcspRequests.DER_TRUE, new byte[] {5, 0});

        assertThat(basic(ask(OcspRequests.withExtension(known, id(alice)))).getResponses())
                .hasSize(1);
        assertThat(basic(ask(OcspRequests.withExtension(unknown, id(alice)))).getResponses())
                .hasSize(1);
        isRefused(OcspResponseStatus.MALFORMED_REQUEST, ask(OcspRequests.withExtension(critical, id(alice))));
    }

    @Test
    void an_answer_may_be_given_to_everybody_for_as_long_as_it_is_valid() {
        assertThat(responder.answer(OcspRequests.about(id(alice))).reusable())
                .contains(new Validity(NOW, NOW.plus(Duration.ofHours(1))));
        assertThat(responder.answer(new byte[0]).reusable()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource
    void what_is_no_request_is_malformed(byte[] request) {
        isRefused(OcspResponseStatus.MALFORMED_REQUEST, ask(request));
    }

    static Stream<byte[]> what_is_no_request_is_malformed() {
        CertId id = CertId.of(HeldCertificate.root("CN=x").build().certificate(), BigInteger.ONE);
        byte[] right = OcspRequests.about(id);
        byte[] nonce = OcspRequests.nonceExtension(new byte[] {4, 1, 7});
        byte[] longSerial = id.der().clone();
        return Stream.of(
                new byte[0],
                new byte[] {0x30},
                new byte[] {0x30, 0},
                new byte[] {0x30, (byte) 0x80, 0, 0},
                new byte[] {0x30, (byte) 0x81, 0},
                new byte[] {0x30, (byte) 0x84, -1, -1, -1, -1},
                new byte[] {0x30, (byte) 0x85, 0, 0, 0, 0, 0},
                new byte[] {0x31, 0},
                "GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII),
                Arrays.copyOf(right, right.length - 1),
                Arrays.copyOf(right, right.length + 1),
                Arrays.copyOf(right, OcspRequest.MAX_BYTES + 1),
                OcspRequests.about(),
                request(Der.explicit(0, new byte[] {2, 1, 1}), list(id)),
                request(Der.explicit(0, new byte[] {2, 0}), list(id)),
                request(Der.explicit(0, new byte[] {2, 2, 0, 0}), list(id)),
                request(list(id), list(id)),
                request(Der.sequence(id.der())),
                request(Der.sequence(Der.sequence(Arrays.copyOf(longSerial, longSerial.length - 3)))),
                OcspRequests.withExtension(OcspRequests.nonceExtension(new byte[] {1, 2, 3}), id),
                OcspRequests.withExtension(OcspRequests.nonceExtension(new byte[] {4, 1, 7, 0}), id),
                OcspRequests.withExtension(
                        OcspRequests.extension("1.2.3", Der.value(BERTags.BOOLEAN), new byte[] {5, 0}), id),
                request(list(id), Der.explicit(2, Der.sequence(nonce, nonce))),
                request(list(id), Der.explicit(2, Der.sequence(nonce), new byte[] {5, 0})),
                nested(OcspRequest.MAX_BYTES / 4));
    }

    /** As deep as the bound on the length allows: a parser that calls itself for each level runs out of stack. */
    private static byte[] nested(int levels) {
        byte[] request = new byte[0];
        while (request.length < OcspRequest.MAX_BYTES - 4 && levels-- > 0) {
            request = Der.sequence(request);
        }
        return request;
    }

    @Test
    void an_answer_does_not_outlive_its_signer() throws Exception {
        Instant end = issuer.getNotAfter().toInstant();
        clock.set(end.minusSeconds(600));

        OcspResponder.Answer answer = responder.answer(OcspRequests.about(id(alice)));

        assertThat(basic(answer.der()).getResponses()[0].getNextUpdate()).isEqualTo(Date.from(end));
        assertThat(answer.reusable()).contains(new Validity(end.minusSeconds(600), end));
    }
}
