package io.mtls.revocation;

import static io.mtls.revocation.OcspPki.ALICE;
import static io.mtls.revocation.OcspPki.BOB;
import static io.mtls.revocation.OcspPki.CLOCK;
import static io.mtls.revocation.OcspPki.ISSUING;
import static io.mtls.revocation.OcspPki.NOW;
import static io.mtls.revocation.OcspPki.NULL;
import static io.mtls.revocation.OcspPki.OCSP_NO_CHECK;
import static io.mtls.revocation.OcspPki.RESPONDER;
import static io.mtls.revocation.OcspPki.ROOT;
import static io.mtls.revocation.OcspPki.STRANGER;
import static io.mtls.revocation.OcspPki.good;
import static io.mtls.revocation.OcspPki.id;
import static io.mtls.revocation.OcspPki.query;
import static io.mtls.revocation.OcspPki.responderOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mtls.ca.CertId;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.ca.KeyType;
import io.mtls.ca.KeyUsage;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.OcspResponseStatus;
import io.mtls.ca.RevocationReason;
import io.mtls.revocation.OcspVerifier.SentNonce;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.ocsp.BasicOCSPResponse;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPResponse;
import org.bouncycastle.asn1.ocsp.ResponseBytes;
import org.bouncycastle.asn1.ocsp.ResponseData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an OCSP response has to be before it counts. Names of faults are those of the published ones. */
class OcspVerifierTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final String UNKNOWN_EXTENSION = "2.999.1";

    private final OcspVerifier verifier = new OcspVerifier(HOUR);

    private OcspAnswer answer(OcspResponseBuilder response) {
        return answer(response.der(), null);
    }

    private OcspAnswer answer(byte[] der, @Nullable SentNonce nonce) {
        try {
            return verifier.verify(query(ALICE), der, NOW, nonce);
        } catch (OcspRefusal e) {
            throw new AssertionError("refused: " + e.getMessage(), e);
        }
    }

    private OcspRefusal refusal(byte[] der, @Nullable SentNonce nonce) {
        OcspRefusal refusal =
                catchThrowableOfType(OcspRefusal.class, () -> verifier.verify(query(ALICE), der, NOW, nonce));
        assertThat(refusal).as("accepted").isNotNull();
        return refusal;
    }

    private void assertUnverifiable(OcspResponseBuilder response, String message) {
        assertUnverifiable(response.der(), message);
    }

    private void assertUnverifiable(byte[] der, String message) {
        OcspRefusal refusal = refusal(der, null);
        assertThat(refusal.why()).isEqualTo(Why.UNVERIFIABLE);
        assertThat(refusal).hasMessageContaining(message);
    }

    // Right ones

    @Test
    void a_delegated_responder_says_good_until_the_next_update() {
        OcspAnswer answer = answer(good());
        assertThat(answer.status()).isEqualTo(new Good(NOW.plus(HOUR)));
        assertThat(answer.until()).isEqualTo(NOW.plus(HOUR));
        assertThat(answer.delegate()).as("id-pkix-ocsp-nocheck is honoured").isNull();
        assertThat(answer.isInForce(NOW.plus(HOUR))).isTrue();
        assertThat(answer.isInForce(NOW.plus(HOUR).plusMillis(1))).isFalse();
    }

    @Test
    void the_issuer_itself_may_sign_without_a_certificate_in_the_answer() {
        assertThat(answer(good(ISSUING).certificates()).status()).isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @Test
    void the_responder_may_be_named_by_its_name() {
        assertThat(answer(good().responderByName()).status()).isEqualTo(new Good(NOW.plus(HOUR)));
        assertThat(answer(good(ISSUING).responderByName()).status()).isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHA-1", "SHA-256"})
    void a_cert_id_by_either_digest_is_accepted(String digest) {
        CertId id = CertId.of(digest, ISSUING.certificate(), ALICE.certificate().getSerialNumber());
        assertThat(answer(OcspResponseBuilder.signedBy(RESPONDER).good(id)).status())
                .isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @Test
    void a_cert_id_by_another_digest_is_about_nobody() {
        CertId id =
                CertId.of("SHA-512", ISSUING.certificate(), ALICE.certificate().getSerialNumber());
        assertUnverifiable(OcspResponseBuilder.signedBy(RESPONDER).good(id), "about other certificates only");
    }

    @ParameterizedTest
    @EnumSource(RevocationReason.class)
    void a_revocation_comes_with_its_reason(RevocationReason reason) {
        Instant then = NOW.minus(Duration.ofDays(2));
        OcspAnswer answer = answer(OcspResponseBuilder.signedBy(RESPONDER).revoked(id(ALICE), then, reason));
        assertThat(answer.status()).isEqualTo(new Revoked(then, reason.text()));
    }

    @Test
    void remove_from_crl_makes_no_sense_and_is_a_revocation() throws Exception {
        byte[] hold = OcspResponseBuilder.signedBy(RESPONDER)
                .revoked(id(ALICE), NOW, RevocationReason.CERTIFICATE_HOLD)
                .der();
        // ENUMERATED 6 within [0] becomes 8, and somebody signs it.
        byte[] removed = resigned(hold, "a0030a0106", "a0030a0108");
        assertThat(answer(removed, null).status()).isEqualTo(new Revoked(NOW, "removeFromCRL"));
        assertThat(answer(resigned(hold, "a0030a0106", "a0030a017f"), null).status())
                .isEqualTo(new Revoked(NOW, "unspecified"));
    }

    @Test
    void hard_fail_that_lets_unknown_pass() {
        OcspAnswer answer = answer(OcspResponseBuilder.signedBy(RESPONDER).unknown(id(ALICE)));
        assertThat(answer.status())
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.UNKNOWN_TO_RESPONDER));
    }

    @ParameterizedTest
    @CsvSource({
        "MALFORMED_REQUEST,false",
        "INTERNAL_ERROR,true",
        "TRY_LATER,true",
        "SIG_REQUIRED,false",
        "UNAUTHORIZED,false"
    })
    void hard_fail_that_lets_try_later_pass(OcspResponseStatus status, boolean away) {
        OcspRefusal refusal = refusal(status.response(), null);
        assertThat(refusal.why()).isEqualTo(Why.UNREACHABLE);
        assertThat(refusal.isResponderAway()).isEqualTo(away);
        // RFC 6960 section 4.2.1 forbids an answer beside it; it does not count.
        assertThat(refusal(good().status(status).der(), null).why()).isEqualTo(Why.UNREACHABLE);
    }

    // Whose signature

    @Test
    void an_answer_that_is_not_verified() {
        assertUnverifiable(good().corruptSignature(), "the signature is not the responder's");
        assertUnverifiable(good(ISSUING).certificates().corruptSignature(), "not signed by the issuer");
        assertUnverifiable(good().signature(new byte[0]), "the signature is not the responder's");
        assertUnverifiable(good().signature(new byte[64]), "the signature is not the responder's");
        // r = s = 0
        assertUnverifiable(
                good().signature(HexFormat.of().parseHex("3006020100020100")), "the signature is not the responder's");
        assertUnverifiable(good().signer(STRANGER), "the signature is not the responder's");
    }

    @Test
    void a_stranger_of_the_same_name_signs() {
        assertUnverifiable(good(STRANGER), "without id-kp-OCSPSigning");
        assertUnverifiable(good(STRANGER).responderByName(), "without id-kp-OCSPSigning");
        HeldCertificate delegate = responderOf(STRANGER).build();
        assertUnverifiable(good(delegate), "the responder's certificate is not signed by the issuer");
    }

    @Test
    void a_responder_certificate_without_id_kp_ocsp_signing() {
        assertUnverifiable(good(BOB), "without id-kp-OCSPSigning");
        assertUnverifiable(
                good(responderOf(ISSUING).extendedKeyUsage(KeyPurpose.ANY).build()), "without id-kp-OCSPSigning");
        assertUnverifiable(good(responderOf(ISSUING).withoutExtendedKeyUsage().build()), "without id-kp-OCSPSigning");
    }

    @Test
    void a_responder_of_another_ca_or_one_further_down_signs() {
        assertUnverifiable(good(responderOf(ROOT).build()), "was issued by another CA");
        HeldCertificate below = ISSUING.issueCa("CN=Below").clock(CLOCK).build();
        assertUnverifiable(good(responderOf(below).build()), "was issued by another CA");
        assertUnverifiable(good(ROOT), "was issued by another CA");
    }

    @Test
    void the_issuer_comes_from_the_verified_path_and_not_from_what_was_presented() {
        HeldCertificate delegate = responderOf(STRANGER).build();
        CertId byStranger =
                CertId.of(STRANGER.certificate(), ALICE.certificate().getSerialNumber());
        assertUnverifiable(OcspResponseBuilder.signedBy(delegate).good(byStranger), "about other certificates only");
    }

    @Test
    void a_certificate_cannot_vouch_for_itself() throws Exception {
        HeldCertificate both = ISSUING.issueClient("CN=carol")
                .clock(CLOCK)
                .extendedKeyUsage(KeyPurpose.CLIENT_AUTH, KeyPurpose.OCSP_SIGNING)
                .extension(OCSP_NO_CHECK, false, NULL)
                .build();
        byte[] der = OcspResponseBuilder.signedBy(both).good(id(both)).der();
        OcspRefusal refusal =
                catchThrowableOfType(OcspRefusal.class, () -> verifier.verify(query(both), der, NOW, null));
        assertThat(refusal).hasMessageContaining("vouch for itself");
        assertThat(answer(good(both)).status()).isInstanceOf(Good.class);
    }

    @Test
    void a_responder_certificate_that_must_not_sign_is_over_or_is_not_understood() {
        assertUnverifiable(
                good(responderOf(ISSUING).keyUsage(KeyUsage.KEY_ENCIPHERMENT).build()), "is not to sign");
        assertUnverifiable(
                good(responderOf(ISSUING)
                        .extension(UNKNOWN_EXTENSION, true, NULL)
                        .build()),
                "unknown critical extension");
        assertUnverifiable(
                good(responderOf(ISSUING)
                        .validity(NOW.plus(HOUR), NOW.plus(HOUR).plus(HOUR))
                        .build()),
                "is not valid yet");
        assertUnverifiable(
                good(responderOf(ISSUING)
                        .validity(NOW.minus(Duration.ofDays(2)), NOW.minus(HOUR))
                        .build()),
                "after the end of the responder's certificate");
        assertThat(answer(good(responderOf(ISSUING).withoutKeyUsage().build())).status())
                .isInstanceOf(Good.class);
    }

    @Test
    void a_responder_key_that_is_too_weak() {
        assertUnverifiable(
                good(responderOf(ISSUING).keyType(KeyType.RSA_1024).build()).signatureAlgorithm("SHA256withRSA"),
                "RSA key is too weak");
    }

    @Test
    void an_answer_does_not_outlive_its_signers_certificate() {
        Instant end = NOW.plus(Duration.ofMinutes(20));
        HeldCertificate brief =
                responderOf(ISSUING).validity(NOW.minus(HOUR), end).build();
        assertThat(answer(good(brief)).status()).isEqualTo(new Good(end));
    }

    @Test
    void without_nocheck_somebody_has_to_say_that_the_responder_is_not_revoked() {
        HeldCertificate checked =
                responderOf(ISSUING).withoutExtension(OCSP_NO_CHECK).build();
        assertThat(answer(good(checked)).delegate()).isEqualTo(checked.certificate());
    }

    @ParameterizedTest
    @CsvSource({
        "P256,SHA256withECDSA", "P384,SHA384withECDSA", "P521,SHA512withECDSA", "ED25519,Ed25519",
        "RSA_2048,SHA256withRSA", "RSA_2048,SHA512withRSA", "RSA_2048,SHA256withRSAandMGF1",
                "RSA_2048,SHA384withRSAandMGF1"
    })
    void signatures_with_sha_2_are_accepted(KeyType key, String algorithm) {
        HeldCertificate responder = responderOf(ISSUING).keyType(key).build();
        assertThat(answer(good(responder).signatureAlgorithm(algorithm)).status())
                .isInstanceOf(Good.class);
    }

    @ParameterizedTest
    @CsvSource({
        "P256,SHA1withECDSA",
        "P256,SHA224withECDSA",
        "RSA_2048,SHA1withRSA",
        "RSA_2048,MD5withRSA",
        "RSA_2048,SHA1withRSAandMGF1"
    })
    void signatures_with_sha_1_and_weaker_are_refused(KeyType key, String algorithm) {
        HeldCertificate responder = responderOf(ISSUING).keyType(key).build();
        assertUnverifiable(good(responder).signatureAlgorithm(algorithm), "signed with ");
    }

    @Test
    void a_responder_certificate_that_is_signed_with_sha_1_is_refused() {
        HeldCertificate responder =
                responderOf(ISSUING).signatureAlgorithm("SHA1withECDSA").build();
        assertUnverifiable(good(responder), "which is not allowed");
    }

    @Test
    void junk_beside_the_right_certificate_does_no_harm() {
        assertThat(answer(good().certificates(
                                        ROOT.certificate(),
                                        BOB.certificate(),
                                        RESPONDER.certificate(),
                                        ISSUING.certificate()))
                        .status())
                .isInstanceOf(Good.class);
    }

    @Test
    void an_answer_without_the_certificate_of_its_responder_is_refused() {
        assertUnverifiable(good().certificates(), "no certificate of its responder is included");
        assertUnverifiable(good().certificates(BOB.certificate()), "no certificate of its responder is included");
        assertUnverifiable(good().responderKeyHash(new byte[20]), "no certificate of its responder is included");
    }

    // About whom

    @Test
    void an_answer_for_another_certificate() {
        assertUnverifiable(OcspResponseBuilder.signedBy(RESPONDER).good(id(BOB)), "about other certificates only");
        assertUnverifiable(OcspResponseBuilder.signedBy(RESPONDER), "about other certificates only");
        CertId ofRoot = CertId.of(ROOT.certificate(), ALICE.certificate().getSerialNumber());
        assertUnverifiable(OcspResponseBuilder.signedBy(RESPONDER).good(ofRoot), "about other certificates only");
    }

    @Test
    void one_of_several_entries() {
        Instant then = NOW.minus(HOUR);
        assertThat(answer(OcspResponseBuilder.signedBy(RESPONDER)
                                .good(id(BOB))
                                .revoked(id(ALICE), then, RevocationReason.KEY_COMPROMISE))
                        .status())
                .isEqualTo(new Revoked(then, "keyCompromise"));
        assertThat(answer(OcspResponseBuilder.signedBy(RESPONDER)
                                .revoked(id(BOB), then, RevocationReason.KEY_COMPROMISE)
                                .good(id(ALICE)))
                        .status())
                .isEqualTo(new Good(NOW.plus(HOUR)));
    }

    @Test
    void of_conflicting_entries_the_safer_one_counts() {
        CertId bySha256 =
                CertId.of("SHA-256", ISSUING.certificate(), ALICE.certificate().getSerialNumber());
        for (boolean goodFirst : new boolean[] {true, false}) {
            OcspResponseBuilder response = OcspResponseBuilder.signedBy(RESPONDER);
            response = goodFirst
                    ? response.good(id(ALICE)).revoked(bySha256, NOW, RevocationReason.SUPERSEDED)
                    : response.revoked(bySha256, NOW, RevocationReason.SUPERSEDED)
                            .good(id(ALICE));
            assertThat(answer(response).status()).isEqualTo(new Revoked(NOW, "superseded"));
        }
        assertThat(answer(good().unknown(bySha256)).status()).isInstanceOf(Unknown.class);
        Instant sooner = NOW.plus(Duration.ofMinutes(3));
        assertThat(answer(good().good(bySha256).singleUpdates(NOW, sooner)).status())
                .isEqualTo(new Good(sooner));
    }

    // When

    @Test
    void a_stale_answer_is_read_and_is_not_in_force() {
        Instant then = NOW.minus(Duration.ofDays(3));
        OcspAnswer answer = answer(good().producedAt(then).thisUpdate(then).nextUpdate(then.plus(HOUR)));
        assertThat(answer.until()).isEqualTo(then.plus(HOUR));
        assertThat(answer.isInForce(NOW)).isFalse();
    }

    @Test
    void times_from_the_future_are_refused_beyond_the_skew_of_clocks() {
        Instant within = NOW.plus(OcspVerifier.CLOCK_SKEW);
        Instant beyond = within.plusSeconds(1);
        assertThat(answer(good().producedAt(within).thisUpdate(within)).isInForce(NOW))
                .isTrue();
        assertUnverifiable(good().producedAt(beyond), "produced in the future");
        assertUnverifiable(good().producedAt(within).thisUpdate(beyond), "thisUpdate is");
        assertUnverifiable(good().producedAt(NOW.minus(HOUR)).thisUpdate(NOW), "thisUpdate is");
    }

    @Test
    void without_next_update_the_age_is_bounded() {
        assertThat(answer(good().withoutNextUpdate()).until()).isEqualTo(NOW.plus(HOUR));
        OcspAnswer old =
                answer(good().withoutNextUpdate().thisUpdate(NOW.minus(HOUR).minusSeconds(1)));
        assertThat(old.isInForce(NOW)).isFalse();
    }

    @Test
    void a_next_update_before_the_this_update_is_refused() {
        assertUnverifiable(good().nextUpdate(NOW.minusSeconds(1)), "nextUpdate is before thisUpdate");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"202603011200.5Z", "202603011200+01", "20260230120000Z", "20260301120060Z", "20260301120000z"})
    void a_time_that_has_two_readings_or_none_is_refused(String time) throws Exception {
        HexFormat hex = HexFormat.of();
        String right = hex.formatHex("20260301120000Z".getBytes(StandardCharsets.US_ASCII));
        String wrong = hex.formatHex(time.getBytes(StandardCharsets.US_ASCII));
        byte[] der = hex.parseHex(hex.formatHex(good().der()).replaceFirst(right, wrong));
        assertThat(refusal(der, null).getMessage()).containsAnyOf("a time that is not", "malformed");
    }

    // Extensions and nonce

    @Test
    void an_unknown_critical_extension_is_refused() {
        assertUnverifiable(good().extension(UNKNOWN_EXTENSION, true, NULL), "unknown critical extension");
        assertUnverifiable(good().singleExtension(UNKNOWN_EXTENSION, true, NULL), "unknown critical extension");
        assertThat(answer(good().extension(UNKNOWN_EXTENSION, false, NULL)
                                .singleExtension(UNKNOWN_EXTENSION, false, NULL))
                        .status())
                .isInstanceOf(Good.class);
    }

    @Test
    void a_nonce_that_is_required_has_to_come_back() {
        byte[] sent = bytes(32, 7);
        assertThat(answer(good().nonce(sent).der(), new SentNonce(sent, true)).status())
                .isInstanceOf(Good.class);
        assertThat(refusal(good().der(), new SentNonce(sent, true))).hasMessageContaining("no nonce");
        assertThat(refusal(good().nonce(bytes(32, 8)).der(), new SentNonce(sent, true)))
                .hasMessageContaining("another nonce");
        assertThat(refusal(good().nonce(new byte[0]).der(), new SentNonce(sent, true)))
                .hasMessageContaining("another nonce");
    }

    @Test
    void a_nonce_is_not_required_from_responders_that_sign_beforehand() {
        byte[] sent = bytes(32, 7);
        assertThat(answer(good().der(), new SentNonce(sent, false)).status()).isInstanceOf(Good.class);
        assertThat(refusal(good().nonce(bytes(32, 8)).der(), new SentNonce(sent, false)))
                .hasMessageContaining("another nonce");
        assertThat(answer(good().nonce(bytes(32, 8)).der(), null).status())
                .as("none was sent")
                .isInstanceOf(Good.class);
    }

    @Test
    void a_nonce_in_the_wrong_extension_is_none() throws Exception {
        byte[] sent = bytes(32, 7);
        String nonceOid = "1.3.6.1.5.5.7.48.1.2";
        byte[] wrapped = new DEROctetString(sent).getEncoded();
        assertThat(refusal(good().singleExtension(nonceOid, false, wrapped).der(), new SentNonce(sent, true)))
                .hasMessageContaining("no nonce");
        assertThat(refusal(good().extension(UNKNOWN_EXTENSION, false, wrapped).der(), new SentNonce(sent, true)))
                .hasMessageContaining("no nonce");
    }

    // Bounds and forms

    @Test
    void another_type_of_response_is_refused() {
        assertUnverifiable(good().responseType("1.3.6.1.5.5.7.48.1.9"), "another type of response");
        assertUnverifiable(OcspResponseStatus.SUCCESSFUL.response(), "no response");
    }

    @Test
    void what_is_too_large_is_refused_before_it_costs_anything() {
        assertUnverifiable(
                good().extension(UNKNOWN_EXTENSION, false, new byte[OcspVerifier.MAX_RESPONSE_BYTES]), "longer than");
        X509Certificate[] many = Collections.nCopies(OcspVerifier.MAX_CERTIFICATES + 1, RESPONDER.certificate())
                .toArray(X509Certificate[]::new);
        assertUnverifiable(good().certificates(many), "more than 8 certificates");
        OcspResponseBuilder singles = good();
        for (int i = 0; i < OcspVerifier.MAX_SINGLE_RESPONSES; i++) {
            singles.good(CertId.of(ISSUING.certificate(), BigInteger.valueOf(i)));
        }
        assertUnverifiable(singles, "more than 32 single responses");
    }

    @Test
    void signatures_come_out_of_a_budget() {
        X509Certificate[] twins = new X509Certificate[OcspVerifier.MAX_CERTIFICATES];
        Arrays.setAll(
                twins,
                i -> responderOf(STRANGER)
                        .serial(BigInteger.valueOf(100 + i))
                        .keyType(KeyType.P256)
                        .build()
                        .certificate());
        assertUnverifiable(good().responderByName().certificates(twins), "more than 6 signatures");
    }

    @Test
    void what_is_not_der_is_refused() {
        assertUnverifiable(new byte[0], "malformed");
        assertUnverifiable("This is no answer.".getBytes(StandardCharsets.US_ASCII), "malformed");
        byte[] whole = good().der();
        assertUnverifiable(Arrays.copyOf(whole, whole.length / 2), "malformed");
        assertUnverifiable(Arrays.copyOf(whole, whole.length + 1), "malformed");
        byte[] deep = new byte[OcspVerifier.MAX_RESPONSE_BYTES];
        for (int i = 0; i < deep.length; i += 2) {
            deep[i] = 0x30;
            deep[i + 1] = (byte) 0x80;
        }
        assertUnverifiable(deep, "malformed");
    }

    @Test
    void a_status_that_does_not_exist_is_refused() throws Exception {
        byte[] four = new DERSequence(new ASN1Enumerated(4)).getEncoded();
        assertUnverifiable(four, "a status that does not exist");
    }

    private static byte[] bytes(int count, int value) {
        byte[] octets = new byte[count];
        Arrays.fill(octets, (byte) value);
        return octets;
    }

    /** The same answer with some octets of what is signed replaced by as many others, and signed again. */
    private static byte[] resigned(byte[] der, String from, String to) throws Exception {
        OCSPResponse response = OCSPResponse.getInstance(der);
        BasicOCSPResponse basic = BasicOCSPResponse.getInstance(
                response.getResponseBytes().getResponse().getOctets());
        HexFormat hex = HexFormat.of();
        String content = hex.formatHex(basic.getTbsResponseData().getEncoded());
        assertThat(content).contains(from);
        byte[] changed = hex.parseHex(content.replace(from, to));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(RESPONDER.privateKey());
        signature.update(changed);
        BasicOCSPResponse signed = new BasicOCSPResponse(
                ResponseData.getInstance(changed),
                basic.getSignatureAlgorithm(),
                new DERBitString(signature.sign()),
                basic.getCerts());
        return new OCSPResponse(
                        response.getResponseStatus(),
                        new ResponseBytes(
                                OCSPObjectIdentifiers.id_pkix_ocsp_basic, new DEROctetString(signed.getEncoded())))
                .getEncoded();
    }
}
