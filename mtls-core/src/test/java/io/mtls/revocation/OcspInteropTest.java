package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import io.mtls.revocation.RevocationStatus.Unknown;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What OpenSSL's responder says is understood. */
@Tag("interop")
class OcspInteropTest {

    private static final Pattern LISTENING = Pattern.compile("ACCEPT .*:(\\d+) .*");

    @TempDir
    Path home;

    private final HeldCertificate issuing =
            HeldCertificate.root("CN=Acme Issuing").build();
    private final HeldCertificate alice = issuing.issueClient("CN=alice").build();
    private final HeldCertificate mallory = issuing.issueClient("CN=mallory").build();
    private final HeldCertificate stranger = issuing.issueClient("CN=stranger").build();
    private final HeldCertificate responder = issuing.issueClient("CN=responder")
            .extendedKeyUsage(KeyPurpose.OCSP_SIGNING)
            .extension(OcspPki.OCSP_NO_CHECK, false, OcspPki.NULL)
            .build();

    @ParameterizedTest
    @EnumSource(OcspSource.Nonce.class)
    void good_revoked_and_unknown_by_a_delegated_responder(OcspSource.Nonce nonce) throws Exception {
        assertUnderstood(responder, nonce);
    }

    @Test
    void good_revoked_and_unknown_by_the_issuer_itself() throws Exception {
        assertUnderstood(issuing, OcspSource.Nonce.OFF);
    }

    private void assertUnderstood(HeldCertificate signer, OcspSource.Nonce nonce) throws Exception {
        String index = "V\t301231235959Z\t\t" + hex(alice) + "\tunknown\t/CN=alice\n"
                + "R\t301231235959Z\t260102030405Z,keyCompromise\t" + hex(mallory) + "\tunknown\t/CN=mallory\n";
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "ocsp",
                        "-port",
                        "0",
                        "-index",
                        file("index.txt", index).toString(),
                        "-CA",
                        file("ca.pem", issuing.certificatePem()).toString(),
                        "-rsigner",
                        file("signer.pem", signer.certificatePem()).toString(),
                        "-rkey",
                        file("signer.key", signer.privateKeyPem()).toString(),
                        "-nmin",
                        "5")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(openssl.getInputStream(), StandardCharsets.UTF_8));
                OcspSource source = OcspSource.builder()
                        .responder(URI.create("http://127.0.0.1:" + portIn(output) + "/"))
                        .nonce(nonce)
                        .build()) {
            assertThat(asked(source, alice)).isInstanceOf(Good.class);
            assertThat(asked(source, mallory))
                    .isEqualTo(new Revoked(Instant.parse("2026-01-02T03:04:05Z"), "keyCompromise"));
            assertThat(asked(source, stranger))
                    .isInstanceOfSatisfying(
                            Unknown.class, unknown -> assertThat(unknown.why()).isEqualTo(Why.UNKNOWN_TO_RESPONDER));
        } finally {
            openssl.destroyForcibly().waitFor();
        }
    }

    private static int portIn(BufferedReader output) throws Exception {
        String line = output.readLine();
        while (line != null) {
            Matcher listening = LISTENING.matcher(line);
            if (listening.matches()) {
                return Integer.parseInt(listening.group(1));
            }
            line = output.readLine();
        }
        throw new AssertionError("openssl ocsp does not listen");
    }

    private RevocationStatus asked(OcspSource source, HeldCertificate member) throws Exception {
        RevocationQuery query = new RevocationQuery(member.certificate(), issuing.certificate());
        source.refresh(query).toCompletableFuture().get(30, TimeUnit.SECONDS);
        return source.known(query, InstantSource.system().instant());
    }

    private Path file(String name, String content) throws Exception {
        return Files.writeString(home.resolve(name), content);
    }

    private static String hex(HeldCertificate member) {
        BigInteger serial = member.certificate().getSerialNumber();
        String hex = serial.toString(16).toUpperCase(Locale.ROOT);
        return hex.length() % 2 == 0 ? hex : "0" + hex;
    }
}
