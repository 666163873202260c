package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * NIST's Public Key Interoperability Test Suite: the cases whose result needs no CRL. Those that do (sections 4.4, 4.14
 * and 4.15 above all) wait for the revocation engine.
 */
class PkitsTest {

    private static final Path SUITE = Path.of(System.getProperty("mtls.vectors", "absent"), "pkits.json");
    private static final String ANY_POLICY = "2.5.29.32.0";
    private static final String SHA1_WITH_DSA = "1.2.840.10040.4.3";

    @TestFactory
    Stream<DynamicTest> each_case_gives_the_expected_result() throws Exception {
        assumeTrue(Files.exists(SUITE), "PKITS is not here: " + SUITE);
        Map<String, JsonNode> cases = cases();
        return idsWithoutCrl()
                .map(id -> DynamicTest.dynamicTest(id, () -> {
                    JsonNode testCase = Objects.requireNonNull(cases.get(id), id);
                    Verdict verdict = verdict(testCase);
                    assertThat(verdict)
                            .isInstanceOf(
                                    testCase.get("expected").asString().equals("ACCEPT")
                                            ? Verdict.Accepted.class
                                            : Verdict.Rejected.class);
                }));
    }

    private static Stream<String> idsWithoutCrl() throws IOException {
        try (InputStream ids = PkitsTest.class.getResourceAsStream("pkits-without-crl.txt")) {
            return new String(ids.readAllBytes(), StandardCharsets.UTF_8).lines();
        }
    }

    private static Map<String, JsonNode> cases() throws IOException {
        Map<String, JsonNode> byId = new HashMap<>();
        new ObjectMapper()
                .readTree(Files.readAllBytes(SUITE))
                .get("cases")
                .forEach(testCase -> byId.put(testCase.get("id").asString(), testCase));
        return byId;
    }

    /** By a policy for any purpose and with the old algorithms that the suite uses. */
    private static Verdict verdict(JsonNode testCase) throws Exception {
        JsonNode settings = testCase.get("policy");
        Set<String> initial = new HashSet<>();
        settings.get("initial").forEach(oid -> initial.add(oid.asString()));
        initial.remove(ANY_POLICY);
        PathPolicy policy = PathPolicy.builder()
                .maxIntermediates(8)
                .allowMissingExtendedKeyUsage()
                .allowDsaKeys()
                .allowCaAsClient()
                .allowSignatureAlgorithm(SHA1_WITH_DSA)
                .certificatePolicies(new PathPolicy.CertificatePolicies(
                        initial,
                        settings.get("explicit").asBoolean(),
                        settings.get("inhibitMapping").asBoolean(),
                        settings.get("inhibitAny").asBoolean()))
                .build();
        List<X509Certificate> chain = new ArrayList<>();
        chain.add(certificate(testCase.get("leaf").asString()));
        for (JsonNode der : testCase.path("intermediates")) {
            chain.add(certificate(der.asString()));
        }
        List<X509Certificate> anchors = new ArrayList<>();
        for (JsonNode der : testCase.get("anchors")) {
            anchors.add(certificate(der.asString()));
        }
        return ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("nist", TrustAnchors.of(anchors)).build())
                .policy(policy)
                .build()
                .verify(
                        chain.toArray(new X509Certificate[0]),
                        Instant.parse(testCase.get("time").asString()));
    }

    private static X509Certificate certificate(String base64) throws Exception {
        return (X509Certificate) Certificates.factory()
                .generateCertificate(
                        new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
    }
}
