package io.mtls.revocation;

import static io.mtls.revocation.OcspPki.ALICE;
import static io.mtls.revocation.OcspPki.BOB;
import static io.mtls.revocation.OcspPki.ISSUING;
import static io.mtls.revocation.OcspPki.NOW;
import static io.mtls.revocation.OcspPki.OCSP_NO_CHECK;
import static io.mtls.revocation.OcspPki.RESPONDER;
import static io.mtls.revocation.OcspPki.ROOT;
import static io.mtls.revocation.OcspPki.STRANGER;
import static io.mtls.revocation.OcspPki.good;
import static io.mtls.revocation.OcspPki.id;
import static io.mtls.revocation.OcspPki.query;
import static io.mtls.revocation.OcspPki.responderOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CertId;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.ca.KeyType;
import io.mtls.ca.KeyUsage;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.OcspResponseStatus;
import io.mtls.ca.RevocationReason;
import io.mtls.revocation.RevocationStatus.Good;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What we take for good the JDK's revocation checker takes for good as well, but for one form that it does not know; where we
 * are stricter it is on purpose.
 */
class OcspDifferentialTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration A_MINUTE = Duration.ofMinutes(1);
    private static final byte[] NULL = {5, 0};

    enum Verdict {
        BOTH_GOOD,
        NEITHER,
        /** On purpose. */
        ONLY_THE_JDK,
        /** On purpose, and the only such difference. */
        ONLY_WE
    }

    private static Arguments row(String name, OcspResponseBuilder response, Verdict expected) {
        return Arguments.of(name, response.der(), expected);
    }

    private static OcspResponseBuilder about(CertId id) {
        return OcspResponseBuilder.signedBy(RESPONDER).good(id);
    }

    static List<Arguments> answers() {
        Instant past = NOW.minus(HOUR);
        CertId sha256 =
                CertId.of("SHA-256", ISSUING.certificate(), ALICE.certificate().getSerialNumber());
        CertId sha512 =
                CertId.of("SHA-512", ISSUING.certificate(), ALICE.certificate().getSerialNumber());
        return List.of(
                row("by a delegate", good(), Verdict.BOTH_GOOD),
                row("by the issuer", good(ISSUING).certificates(), Verdict.BOTH_GOOD),
                row("by a delegate's name", good().responderByName(), Verdict.BOTH_GOOD),
                // The JDK knows only the CertID that it would have asked with. RFC 6960 responders may use another
                // digest.
                row("CertID by SHA-256", about(sha256), Verdict.ONLY_WE),
                row("several entries", good().good(id(BOB)), Verdict.BOTH_GOOD),
                row(
                        "another is revoked",
                        good().revoked(id(BOB), past, RevocationReason.SUPERSEDED),
                        Verdict.BOTH_GOOD),
                row("without nextUpdate", good().withoutNextUpdate(), Verdict.BOTH_GOOD),
                row("a nonce that nobody asked for", good().nonce(new byte[32]), Verdict.BOTH_GOOD),
                row("thisUpdate within the skew", good().thisUpdate(NOW.plus(A_MINUTE)), Verdict.BOTH_GOOD),
                row("RSA", good(responderOf(ISSUING).keyType(KeyType.RSA_2048).build()), Verdict.BOTH_GOOD),
                row(
                        "Ed25519",
                        good(responderOf(ISSUING).keyType(KeyType.ED25519).build()),
                        Verdict.BOTH_GOOD),
                row(
                        "RSASSA-PSS",
                        good(responderOf(ISSUING).keyType(KeyType.RSA_2048).build())
                                .signatureAlgorithm("SHA256withRSAandMGF1"),
                        Verdict.BOTH_GOOD),
                row(
                        "revoked",
                        OcspResponseBuilder.signedBy(RESPONDER)
                                .revoked(id(ALICE), past, RevocationReason.KEY_COMPROMISE),
                        Verdict.NEITHER),
                row(
                        "on hold",
                        OcspResponseBuilder.signedBy(RESPONDER)
                                .revoked(id(ALICE), past, RevocationReason.CERTIFICATE_HOLD),
                        Verdict.NEITHER),
                row("unknown", OcspResponseBuilder.signedBy(RESPONDER).unknown(id(ALICE)), Verdict.NEITHER),
                row("about another", about(id(BOB)), Verdict.NEITHER),
                row("corrupt signature", good().corruptSignature(), Verdict.NEITHER),
                row("a stranger's key", good().signer(STRANGER), Verdict.NEITHER),
                row("a stranger", good(STRANGER), Verdict.NEITHER),
                row("a member", good(BOB), Verdict.NEITHER),
                row("the root's responder", good(responderOf(ROOT).build()), Verdict.NEITHER),
                row(
                        "stale",
                        good().producedAt(past).thisUpdate(past).nextUpdate(NOW.minus(Duration.ofMinutes(16))),
                        Verdict.NEITHER),
                row("from the future", good().thisUpdate(NOW.plus(HOUR)), Verdict.NEITHER),
                row("an unknown critical extension", good().extension("2.999.1", true, NULL), Verdict.NEITHER),
                row("of another type", good().responseType("1.3.6.1.5.5.7.48.1.9"), Verdict.NEITHER),
                row("tryLater around it", good().status(OcspResponseStatus.TRY_LATER), Verdict.NEITHER),
                // The JDK allows 15 minutes at the end, too; with us that is for the operator's grace to say.
                row(
                        "just over",
                        good().producedAt(past).thisUpdate(past).nextUpdate(NOW.minus(A_MINUTE)),
                        Verdict.ONLY_THE_JDK),
                // 15 minutes with the JDK, 5 with us.
                row("ten minutes ahead", good().thisUpdate(NOW.plus(Duration.ofMinutes(10))), Verdict.ONLY_THE_JDK),
                // The JDK does not look at producedAt.
                row("produced in the future", good().producedAt(NOW.plus(HOUR)), Verdict.ONLY_THE_JDK),
                // The JDK takes the later of the two.
                row("ends before it begins", good().nextUpdate(NOW.minusSeconds(1)), Verdict.ONLY_THE_JDK),
                row("CertID by SHA-512", about(sha512), Verdict.NEITHER),
                // The JDK lets the algorithms pass that jdk.certpath.disabledAlgorithms does not name.
                row("SHA-1", good().signatureAlgorithm("SHA1withECDSA"), Verdict.ONLY_THE_JDK),
                row(
                        "a responder that must not sign",
                        good(responderOf(ISSUING)
                                .keyUsage(KeyUsage.KEY_ENCIPHERMENT)
                                .build()),
                        Verdict.ONLY_THE_JDK),
                row(
                        "a member that vouches for itself",
                        OcspResponseBuilder.signedBy(SELF).good(id(SELF)),
                        Verdict.ONLY_THE_JDK),
                // Nobody says that it is not revoked; the JDK does not ask.
                row(
                        "without nocheck",
                        good(responderOf(ISSUING)
                                .withoutExtension(OCSP_NO_CHECK)
                                .build()),
                        Verdict.ONLY_THE_JDK));
    }

    private static final HeldCertificate SELF = ISSUING.issueClient("CN=self")
            .clock(OcspPki.CLOCK)
            .extendedKeyUsage(KeyPurpose.CLIENT_AUTH, KeyPurpose.OCSP_SIGNING)
            .extension(OCSP_NO_CHECK, false, NULL)
            .build();

    @ParameterizedTest(name = "{0}")
    @MethodSource("answers")
    void the_jdk_accepts_what_we_accept(String name, byte[] response, Verdict expected) throws Exception {
        HeldCertificate member = name.contains("itself") ? SELF : ALICE;
        boolean ours = isGoodForUs(member, response);
        boolean theirs = isGoodForTheJdk(member, response);
        assertThat(ours).isEqualTo(expected == Verdict.BOTH_GOOD || expected == Verdict.ONLY_WE);
        assertThat(theirs).isEqualTo(expected == Verdict.BOTH_GOOD || expected == Verdict.ONLY_THE_JDK);
    }

    private static boolean isGoodForUs(HeldCertificate member, byte[] response) {
        try (OcspSource source = OcspSource.builder().clock(OcspPki.CLOCK).build()) {
            source.offer(query(member), response, NOW);
            return source.known(query(member), NOW) instanceof Good;
        }
    }

    private static boolean isGoodForTheJdk(HeldCertificate member, byte[] response) throws GeneralSecurityException {
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(
                Set.of(PKIXRevocationChecker.Option.ONLY_END_ENTITY, PKIXRevocationChecker.Option.NO_FALLBACK));
        checker.setOcspResponses(Map.of(member.certificate(), response));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(ISSUING.certificate(), null)));
        parameters.setDate(Date.from(NOW));
        parameters.addCertPathChecker(checker);
        try {
            validator.validate(
                    CertificateFactory.getInstance("X.509").generateCertPath(List.of(member.certificate())),
                    parameters);
            return true;
        } catch (CertPathValidatorException e) {
            return false;
        }
    }
}
