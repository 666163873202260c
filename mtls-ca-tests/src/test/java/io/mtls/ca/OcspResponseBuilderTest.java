package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPResponse;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each statement and each fault that can be asked for is really in the response, and nothing else is. */
class OcspResponseBuilderTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    private static final HeldCertificate CA =
            HeldCertificate.root("CN=CA").clock(InstantSource.fixed(NOW)).build();
    private static final HeldCertificate RESPONDER = CA.issueClient("CN=Responder")
            .extendedKeyUsage(KeyPurpose.OCSP_SIGNING)
            .build();
    private static final HeldCertificate OTHER =
            HeldCertificate.root("CN=Other").build();
    private static final BigInteger SERIAL = new BigInteger("f0000000000000000000000000000001", 16);
    private static final CertId ALICE = CertId.of(CA.certificate(), SERIAL);
    private static final CertId BOB = CertId.of(CA.certificate(), BigInteger.TWO);

    private static OcspResponseBuilder response() {
        return OcspResponseBuilder.signedBy(RESPONDER);
    }

    private static BasicOCSPResp read(OcspResponseBuilder builder) throws Exception {
        OCSPResp response = new OCSPResp(builder.der());
        assertThat(response.getStatus()).isEqualTo(OCSPResp.SUCCESSFUL);
        return (BasicOCSPResp) response.getResponseObject();
    }

    private static boolean isSignedBy(HeldCertificate signer, BasicOCSPResp response) throws Exception {
        return response.isSignatureValid(new JcaContentVerifierProviderBuilder().build(signer.certificate()));
    }

    private static boolean isAbout(SingleResp single, X509Certificate issuer, BigInteger serial) throws Exception {
        return single.getCertID().getSerialNumber().equals(serial)
                && single.getCertID()
                        .matchesIssuer(
                                new X509CertificateHolder(issuer.getEncoded()),
                                new JcaDigestCalculatorProviderBuilder().build());
    }

    @Test
    void by_default_a_response_is_good_for_an_hour_and_includes_its_signer() throws Exception {
        BasicOCSPResp response = read(response().good(ALICE));

        assertThat(isSignedBy(RESPONDER, response)).isTrue();
        assertThat(response.getVersion()).isEqualTo(1);
        assertThat(response.getProducedAt()).isEqualTo(Date.from(NOW));
        assertThat(response.getResponderId().toASN1Primitive().getKeyHash())
                .isEqualTo(Extensions.keyIdentifier(RESPONDER.certificate().getPublicKey()));
        assertThat(response.getCerts())
                .containsExactly(
                        new X509CertificateHolder(RESPONDER.certificate().getEncoded()));
        assertThat(response.hasExtensions()).isFalse();
        SingleResp single = response.getResponses()[0];
        assertThat(isAbout(single, CA.certificate(), SERIAL)).isTrue();
        assertThat(single.getCertStatus()).isNull();
        assertThat(single.getThisUpdate()).isEqualTo(Date.from(NOW));
        assertThat(single.getNextUpdate()).isEqualTo(Date.from(NOW.plus(Duration.ofHours(1))));
        assertThat(single.hasExtensions()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "SHA-1, 1.3.14.3.2.26",
        "SHA-256, 2.16.840.1.101.3.4.2.1",
        "SHA-384, 2.16.840.1.101.3.4.2.2",
        "SHA-512, 2.16.840.1.101.3.4.2.3"
    })
    void a_certificate_is_named_by_any_of_four_digests(String digest, String oid) throws Exception {
        CertId id = CertId.of(digest, CA.certificate(), SERIAL);
        CertificateID theirs = new CertificateID(
                new JcaDigestCalculatorProviderBuilder()
                        .build()
                        .get(new AlgorithmIdentifier(new ASN1ObjectIdentifier(oid))),
                new X509CertificateHolder(CA.certificate().getEncoded()),
                SERIAL);

        SingleResp single = read(response().good(id)).getResponses()[0];

        assertThat(single.getCertID().getHashAlgOID().getId()).isEqualTo(oid);
        assertThat(single.getCertID().getIssuerNameHash()).isEqualTo(theirs.getIssuerNameHash());
        assertThat(single.getCertID().getIssuerKeyHash()).isEqualTo(theirs.getIssuerKeyHash());
        assertThat(id.isIssuedBy(CA.certificate())).isTrue();
        assertThat(id.isIssuedBy(OTHER.certificate())).isFalse();
    }

    @Test
    void another_digest_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CertId.of("MD5", CA.certificate(), SERIAL))
                .withMessage("\"MD5\" is none of SHA-1, SHA-256, SHA-384, SHA-512");
    }

    @ParameterizedTest
    @EnumSource
    void revoked_says_when_and_why_but_leaves_unspecified_out(RevocationReason reason) throws Exception {
        BasicOCSPResp response = read(response().revoked(ALICE, NOW.minusSeconds(60), reason));

        RevokedStatus status = (RevokedStatus) response.getResponses()[0].getCertStatus();
        assertThat(status.getRevocationTime()).isEqualTo(Date.from(NOW.minusSeconds(60)));
        assertThat(status.hasRevocationReason()).isEqualTo(reason != RevocationReason.UNSPECIFIED);
        if (status.hasRevocationReason()) {
            assertThat(status.getRevocationReason()).isEqualTo(reason.code());
        }
    }

    @Test
    void several_single_responses_keep_their_order() throws Exception {
        SingleResp[] singles =
                read(response().unknown(BOB).good(ALICE).good(BOB)).getResponses();

        assertThat(singles).hasSize(3);
        assertThat(singles[0].getCertStatus()).isInstanceOf(UnknownStatus.class);
        assertThat(isAbout(singles[0], CA.certificate(), BigInteger.TWO)).isTrue();
        assertThat(isAbout(singles[1], CA.certificate(), SERIAL)).isTrue();
        assertThat(singles[2].getCertStatus()).isNull();
        assertThat(read(response()).getResponses()).isEmpty();
    }

    @Test
    void times_can_be_given_for_all_and_for_the_last_one() throws Exception {
        Instant then = NOW.minusSeconds(500);
        BasicOCSPResp response = read(response()
                .good(ALICE)
                .good(BOB)
                .singleUpdates(then, null)
                .producedAt(then)
                .thisUpdate(NOW.minusSeconds(1))
                .nextUpdate(NOW.plusSeconds(1)));

        assertThat(response.getProducedAt()).isEqualTo(Date.from(then));
        SingleResp alice = response.getResponses()[0];
        assertThat(alice.getThisUpdate()).isEqualTo(Date.from(NOW.minusSeconds(1)));
        assertThat(alice.getNextUpdate()).isEqualTo(Date.from(NOW.plusSeconds(1)));
        SingleResp bob = response.getResponses()[1];
        assertThat(bob.getThisUpdate()).isEqualTo(Date.from(then));
        assertThat(bob.getNextUpdate()).isNull();
        assertThat(read(response().good(ALICE).withoutNextUpdate())
                        .getResponses()[0]
                        .getNextUpdate())
                .isNull();
    }

    @Test
    void a_nonce_can_stand_where_it_belongs_and_where_it_does_not() throws Exception {
        byte[] nonce = {1, 2, 3};
        ASN1ObjectIdentifier oid = OCSPObjectIdentifiers.id_pkix_ocsp_nonce;

        BasicOCSPResp right = read(response().good(ALICE).nonce(nonce));
        BasicOCSPResp wrong = read(response().good(ALICE).singleExtension(oid.getId(), false, new byte[] {4, 1, 7}));

        assertThat(right.getExtension(oid).getExtnValue().getOctets()).containsExactly(4, 3, 1, 2, 3);
        assertThat(wrong.getExtension(oid)).isNull();
        assertThat(wrong.getResponses()[0].getExtension(oid).getExtnValue().getOctets())
                .containsExactly(4, 1, 7);
        assertThat(read(response().good(ALICE).nonce(nonce).withoutNonce()).hasExtensions())
                .isFalse();
    }

    @Test
    void what_belongs_to_the_last_single_response_needs_one() {
        assertThatIllegalStateException()
                .isThrownBy(() -> response().singleUpdates(NOW, null))
                .withMessage("there is no single response yet");
    }

    @Test
    void the_responder_can_be_named_in_any_way() throws Exception {
        assertThat(read(response().responderByName()).getResponderId())
                .isEqualTo(new RespID(
                        new X509CertificateHolder(RESPONDER.certificate().getEncoded()).getSubject()));
        assertThat(read(response().responderName(OTHER.subject()))
                        .getResponderId()
                        .toASN1Primitive()
                        .getName())
                .hasToString("CN=Other");
        assertThat(read(response().responderKeyHash(new byte[] {7}))
                        .getResponderId()
                        .toASN1Primitive()
                        .getKeyHash())
                .containsExactly(7);
    }

    @Test
    void another_key_can_sign_and_other_certificates_be_included() throws Exception {
        BasicOCSPResp forged = read(response().good(ALICE).signer(OTHER));

        assertThat(isSignedBy(OTHER, forged)).isTrue();
        assertThat(isSignedBy(RESPONDER, forged)).isFalse();
        assertThat(forged.getCerts()[0].getSubject()).hasToString("CN=Responder");
        assertThat(read(response().certificates()).getCerts()).isEmpty();
        assertThat(read(response().certificates(OTHER.certificate(), CA.certificate()))
                        .getCerts())
                .extracting(X509CertificateHolder::getSubject)
                .extracting(Object::toString)
                .containsExactly("CN=Other", "CN=CA");
    }

    @Test
    void a_signature_can_be_wrong() throws Exception {
        assertThat(isSignedBy(RESPONDER, read(response().corruptSignature()))).isFalse();
        assertThat(read(response().signature(new byte[] {1, 2})).getSignature()).containsExactly(1, 2);
        assertThat(read(response().signatureAlgorithm("SHA1withECDSA"))
                        .getSignatureAlgOID()
                        .getId())
                .isEqualTo("1.2.840.10045.4.1");
    }

    @Test
    void an_unknown_critical_extension_can_be_put_anywhere() throws Exception {
        byte[] derNull = {5, 0};
        BasicOCSPResp response = read(
                response().good(ALICE).singleExtension("1.2.3.4", true, derNull).extension("1.2.3.5", true, derNull));

        assertThat(response.getExtension(new ASN1ObjectIdentifier("1.2.3.5")).isCritical())
                .isTrue();
        assertThat(response.getResponses()[0]
                        .getExtension(new ASN1ObjectIdentifier("1.2.3.4"))
                        .isCritical())
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void every_status_can_stand_alone_or_around_an_answer(OcspResponseStatus status) throws Exception {
        OCSPResponse alone = OCSPResponse.getInstance(status.response());
        OCSPResponse around =
                OCSPResponse.getInstance(response().good(ALICE).status(status).der());

        assertThat(alone.getResponseStatus().getIntValue()).isEqualTo(status.code());
        assertThat(alone.getResponseBytes()).isNull();
        assertThat(around.getResponseStatus().getIntValue()).isEqualTo(status.code());
        assertThat(around.getResponseBytes()).isNotNull();
    }

    @Test
    void another_type_of_response_can_be_claimed() {
        OCSPResponse response =
                OCSPResponse.getInstance(response().responseType("1.2.3").der());

        assertThat(response.getResponseBytes().getResponseType().getId()).isEqualTo("1.2.3");
    }

    @Test
    void what_a_request_asks_for_can_be_answered_byte_for_byte() throws Exception {
        CertificateID asked = new CertificateID(
                new JcaDigestCalculatorProviderBuilder()
                        .build()
                        .get(new AlgorithmIdentifier(new ASN1ObjectIdentifier("2.16.840.1.101.3.4.2.1"))),
                new X509CertificateHolder(CA.certificate().getEncoded()),
                SERIAL);
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(new Extension(new ASN1ObjectIdentifier("1.2.3"), false, new byte[] {5, 0}));
        byte[] request = new OCSPReqBuilder()
                .addRequest(asked, extensions.generate())
                .addRequest(asked)
                .build()
                .getEncoded();

        List<CertId> ids = CertId.requestedBy(request);

        assertThat(ids).hasSize(2);
        assertThat(read(response().good(ids.get(0))).getResponses()[0].getCertID())
                .isEqualTo(asked);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CertId.requestedBy(new byte[] {1, 2}))
                .withMessage("no OCSP request: not the ASN.1 of a request");
    }
}
