package io.mtls.revocation;

import static io.mtls.revocation.OcspPki.ALICE;
import static io.mtls.revocation.OcspPki.ISSUING;
import static io.mtls.revocation.OcspPki.NOW;
import static io.mtls.revocation.OcspPki.RESPONDER;
import static io.mtls.revocation.OcspPki.good;
import static io.mtls.revocation.OcspPki.id;
import static io.mtls.revocation.OcspPki.query;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.mtls.ca.OcspResponseBuilder;
import io.mtls.ca.OcspResponseStatus;
import io.mtls.ca.RevocationReason;
import io.mtls.revocation.OcspVerifier.SentNonce;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/** Hostile bytes end in a refusal, and nothing but the right signature makes them good. {@code JAZZER_FUZZ=1} searches. */
class OcspFuzzTest {

    private static final OcspVerifier VERIFIER = new OcspVerifier(Duration.ofHours(1));
    private static final RevocationQuery QUERY = query(ALICE);

    @MethodSource("responses")
    @FuzzTest
    void any_response(byte[] der) {
        read(der);
    }

    @Test
    void a_thousand_damaged_responses_say_what_the_whole_one_does_or_are_refused() {
        byte[] whole = OcspResponseBuilder.signedBy(RESPONDER)
                .revoked(id(ALICE), NOW, RevocationReason.KEY_COMPROMISE)
                .der();
        Random random = new Random(20261125);
        for (int i = 0; i < 1_000; i++) {
            byte[] damaged = whole.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            OcspAnswer answer = read(damaged);
            if (answer != null && !answer.isRevoked()) {
                throw new AssertionError("damage has changed what it says: " + answer.status());
            }
        }
    }

    static List<byte[]> responses() {
        return List.of(
                good().der(),
                good(ISSUING)
                        .certificates()
                        .withoutNextUpdate()
                        .responderByName()
                        .der(),
                OcspResponseBuilder.signedBy(RESPONDER)
                        .revoked(id(ALICE), NOW, RevocationReason.CERTIFICATE_HOLD)
                        .unknown(id(ALICE))
                        .nonce(new byte[32])
                        .der(),
                OcspResponseStatus.TRY_LATER.response());
    }

    private static @org.jspecify.annotations.Nullable OcspAnswer read(byte[] der) {
        OcspAnswer found = null;
        for (SentNonce nonce : Arrays.asList(null, new SentNonce(new byte[32], true))) {
            try {
                found = VERIFIER.verify(QUERY, der, NOW, nonce);
            } catch (OcspRefusal e) {
                // documented
            }
        }
        return found;
    }
}
