package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtls.identity.CertificateField;
import io.mtls.revocation.CrlSource;
import io.mtls.revocation.RevocationPolicy;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * NIST's Public Key Interoperability Test Suite, all 249 cases, each with just the revocation lists that it brings. As with
 * any request: what is not in memory is fetched, here by verifying the lists with the issuers of the path, and then the
 * verdict is asked for again.
 */
class PkitsTest {

    private static final Path SUITE = Path.of(System.getProperty("mtls.vectors", "absent"), "pkits.json");
    private static final String ANY_POLICY = "2.5.29.32.0";
    private static final String SHA1_WITH_DSA = "1.2.840.10040.4.3";

    /** Its list has a signature of a length that none has, and so the start fails. */
    private static final String BROKEN_LIST = "4.4.4 ";

    @TestFactory
    Stream<DynamicTest> each_case_gives_the_expected_result() throws Exception {
        assumeTrue(Files.exists(SUITE), "PKITS is not here: " + SUITE);
        List<DynamicTest> tests = new ArrayList<>();
        new ObjectMapper()
                .readTree(Files.readAllBytes(SUITE))
                .get("cases")
                .forEach(testCase -> tests.add(DynamicTest.dynamicTest(
                        testCase.get("id").asString(), () -> gives_the_expected_result(testCase))));
        assertThat(tests).hasSize(249);
        return tests.stream();
    }

    private static void gives_the_expected_result(JsonNode testCase) throws Exception {
        if (testCase.get("id").asString().startsWith(BROKEN_LIST)) {
            assertThatThrownBy(() -> answer(testCase)).hasMessageContaining("no CRL can be read");
            return;
        }
        ClientAuthentication answer = answer(testCase);
        assertThat(answer)
                .isInstanceOf(
                        testCase.get("expected").asString().equals("ACCEPT")
                                ? ClientAuthentication.Authenticated.class
                                : ClientAuthentication.Refused.class);
        String section = testCase.get("id").asString();
        if (answer instanceof ClientAuthentication.Refused refused && isAboutRevocation(section)) {
            assertThat(refused.reason())
                    .as(refused.detail())
                    .isIn(
                            RejectionReason.CERTIFICATE_REVOKED,
                            RejectionReason.REVOCATION_UNKNOWN,
                            RejectionReason.REVOCATION_EXPIRED,
                            RejectionReason.REVOCATION_UNVERIFIABLE);
        }
    }

    private static boolean isAboutRevocation(String id) {
        return id.startsWith("4.4.") || id.startsWith("4.14.") || id.startsWith("4.15.");
    }

    /** By a policy for any purpose and with the old algorithms that the suite uses. */
    private static ClientAuthentication answer(JsonNode testCase) throws Exception {
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
        InstantSource clock =
                InstantSource.fixed(Instant.parse(testCase.get("time").asString()));
        Path directory = Files.createTempDirectory("pkits");
        try {
            int number = 0;
            for (JsonNode der : testCase.get("crls")) {
                Files.write(
                        directory.resolve(++number + ".crl"),
                        Base64.getDecoder().decode(der.asString()));
            }
            try (CrlSource lists = CrlSource.builder()
                    .directory(directory)
                    .allowSignatureAlgorithm(SHA1_WITH_DSA)
                    .clock(clock)
                    .events(event -> {})
                    .build()) {
                TrustedIssuer issuer = TrustedIssuer.builder("nist", TrustAnchors.of(anchors))
                        .revocation(RevocationPolicy.builder(lists).build())
                        .principal(CertificateField.parse("sha256"))
                        .build();
                ClientCertificateVerifier verifier =
                        ClientCertificateVerifier.builder(issuer).policy(policy).build();
                return new ClientAuthenticator(() -> verifier, clock, event -> {})
                        .authenticateNow(TestPki.request(chain.toArray(new X509Certificate[0])), ClientAuth.NEED);
            }
        } finally {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static X509Certificate certificate(String base64) throws Exception {
        return (X509Certificate) Certificates.factory()
                .generateCertificate(
                        new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
    }
}
