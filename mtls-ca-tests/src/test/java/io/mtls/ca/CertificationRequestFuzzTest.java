package io.mtls.ca;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile bytes end in a request or a {@link CaException}. {@code JAZZER_FUZZ=1} searches; the build tries the seeds.
 * {@code @FuzzTest} has to be the last annotation for the former.
 */
class CertificationRequestFuzzTest {
    @MethodSource("requests")
    @FuzzTest
    void any_request(byte[] pemOrDer) {
        try {
            CertificationRequest.parse(pemOrDer).requestedSubject();
        } catch (CaException e) {
            // documented
        }
    }

    @Test
    void a_thousand_damaged_requests_end_in_a_refusal() {
        Random random = new Random(20261101);
        for (byte[] whole : requests()) {
            for (int i = 0; i < 500; i++) {
                byte[] damaged = whole.clone();
                for (int n = 1 + random.nextInt(3); n > 0; n--) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
                }
                any_request(damaged);
            }
        }
    }

    static List<byte[]> requests() {
        byte[] ec = Requests.of(KeyType.P256.generate());
        return List.of(
                ec,
                Requests.of(KeyType.RSA_2048.generate()),
                Requests.of(KeyType.ED25519.generate()),
                Pem.block("CERTIFICATE REQUEST", ec).getBytes(StandardCharsets.US_ASCII));
    }
}
