package io.mtls.ca;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.math.BigInteger;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.ocsp.OCSPResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile bytes end in an answer that can be read. {@code JAZZER_FUZZ=1} searches; the build tries the seeds.
 * {@code @FuzzTest} has to be the last annotation for the former.
 */
class OcspRequestFuzzTest {
    private static final CertificateAuthority CA = CertificateAuthority.inMemory(
            CaSettings.named("Acme").withUrl(URI.create("http://pki.example")),
            InstantSource.fixed(Instant.parse("2026-11-01T12:00:00Z")));
    private static final OcspResponder RESPONDER = new OcspResponder(CA);

    @MethodSource("requests")
    @FuzzTest
    void any_request(byte[] request) {
        OCSPResponse response =
                OCSPResponse.getInstance(RESPONDER.answer(request).der());

        boolean successful = response.getResponseStatus().getIntValue() == OcspResponseStatus.SUCCESSFUL.code();
        if (successful != (response.getResponseBytes() != null)) {
            throw new AssertionError("signed and refused, or neither");
        }
    }

    @Test
    void a_thousand_damaged_requests_end_in_an_answer() {
        Random random = new Random(20261101);
        for (byte[] whole : requests()) {
            for (int i = 0; i < 250; i++) {
                byte[] damaged = whole.clone();
                for (int n = 1 + random.nextInt(3); n > 0; n--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
                }
                any_request(damaged);
            }
        }
    }

    static List<byte[]> requests() {
        CertId alice = CertId.of(CA.issuing().certificate(), BigInteger.valueOf(7));
        CertId bob = CertId.of("SHA-256", CA.issuing().certificate(), BigInteger.valueOf(8));
        byte[] unknown = OcspRequests.extension("1.2.3.4", OcspRequests.DER_FALSE, new byte[] {5, 0});
        return List.of(
                OcspRequests.about(alice),
                OcspRequests.about(alice, bob),
                OcspRequests.withNonce(new byte[32], alice),
                OcspRequests.withExtension(unknown, bob));
    }
}
