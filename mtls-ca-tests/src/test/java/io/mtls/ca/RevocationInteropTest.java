package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CRL;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.jcajce.PKIXCRLStore;
import org.bouncycastle.jcajce.PKIXExtendedParameters;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.util.CollectionStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody here wrote verifies what the CA publishes, and sees a revocation. */
@Tag("interop")
class RevocationInteropTest {
    private final CaServer server = CaServer.start(
            url -> CertificateAuthority.inMemory(CaSettings.named("Acme").withUrl(url), InstantSource.system()),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final CertificateAuthority ca = server.authority();
    private final HeldCertificate alice = ca.issue(Member.client("alice"));
    private final BigInteger serial = alice.certificate().getSerialNumber();

    @TempDir
    private Path home;

    private Path aliceFile;
    private Path issuingFile;
    private Path rootFile;
    private Path bothFile;

    @BeforeEach
    void writeCertificates() throws Exception {
        aliceFile = file("alice.pem", alice.certificatePem());
        issuingFile = file("issuing.pem", ca.issuing().certificatePem());
        rootFile = file("root.pem", ca.rootsPem());
        bothFile = file("both.pem", ca.issuing().certificatePem() + ca.rootsPem());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path file(String name, String content) throws Exception {
        return Files.writeString(home.resolve(name), content);
    }

    private Path fetched(String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(server.url() + path)).build();
        Path file = home.resolve(path.substring(path.lastIndexOf('/') + 1));
        return HttpClient.newHttpClient()
                .send(request, BodyHandlers.ofFile(file))
                .body();
    }

    private String opensslOcsp(String... options) throws Exception {
        List<Object> command = new ArrayList<>(
                List.of("openssl", "ocsp", "-issuer", issuingFile, "-cert", aliceFile, "-CAfile", rootFile, "-url"));
        command.add(server.url() + "/ocsp");
        command.addAll(List.of(options));
        return Programs.run(command.toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-nonce", "-no_nonce", "-sha256", "-sha384", "-sha512"})
    void openssl_believes_that_a_member_is_good(String option) throws Exception {
        // The digest applies to the certificates that follow it.
        String said = option.startsWith("-sha")
                ? Programs.run(
                        "openssl",
                        "ocsp",
                        option,
                        "-issuer",
                        issuingFile,
                        "-cert",
                        aliceFile,
                        "-CAfile",
                        rootFile,
                        "-url",
                        server.url() + "/ocsp")
                : opensslOcsp(option);

        assertThat(said).contains("Response verify OK", "alice.pem: good", "Next Update: ");
        assertThat(said).doesNotContain("WARNING");
    }

    @Test
    void openssl_sees_a_revocation_a_hold_and_its_end_at_once() throws Exception {
        ca.revoke(serial, RevocationReason.CERTIFICATE_HOLD);
        assertThat(opensslOcsp()).contains("alice.pem: revoked", "Reason: certificateHold");

        ca.release(serial);
        assertThat(opensslOcsp()).contains("alice.pem: good");

        ca.revoke(serial, RevocationReason.KEY_COMPROMISE);
        assertThat(opensslOcsp()).contains("alice.pem: revoked", "Reason: keyCompromise");
    }

    @Test
    void openssl_is_told_what_was_never_issued() throws Exception {
        assertThat(opensslOcsp("-serial", "0x1234")).contains("0x1234: unknown", "alice.pem: good");
    }

    @Test
    void openssl_verifies_the_lists_and_finds_nothing_odd() throws Exception {
        ca.revoke(serial, RevocationReason.SUPERSEDED);

        String full = Programs.run(
                "openssl", "crl", "-inform", "DER", "-in", fetched("/crl/issuing-1.crl"), "-CAfile", bothFile, "-text");
        assertThat(full)
                .contains("verify OK", "Version 2", "X509v3 CRL Number", "X509v3 Freshest CRL", "Superseded")
                .contains(serial.toString(16).toUpperCase(Locale.ROOT));
        String delta = Programs.run(
                "openssl",
                "crl",
                "-inform",
                "DER",
                "-in",
                fetched("/crl/issuing-1-delta.crl"),
                "-CAfile",
                bothFile,
                "-text");
        assertThat(delta).contains("verify OK", "X509v3 Delta CRL Indicator: critical");
        assertThat(Programs.run(
                        "openssl",
                        "crl",
                        "-inform",
                        "DER",
                        "-in",
                        fetched("/crl/root-1.crl"),
                        "-CAfile",
                        rootFile,
                        "-text"))
                .contains("verify OK", "No Revoked Certificates");
    }

    @Test
    void openssl_verify_accepts_a_member_and_refuses_a_revoked_one_by_crl() throws Exception {
        Object[] verify = {
            "openssl",
            "verify",
            "-x509_strict",
            "-crl_check_all",
            "-use_deltas",
            "-crl_download",
            "-CRLfile", // the root names no list of its own
            file("root-1.crl.pem", Pem.crl(Files.readAllBytes(fetched("/crl/root-1.crl")))),
            "-CAfile",
            rootFile,
            "-untrusted",
            issuingFile,
            aliceFile
        };
        assertThat(Programs.run(verify)).contains("alice.pem: OK");

        ca.revoke(serial, RevocationReason.KEY_COMPROMISE);

        assertThat(Programs.refused(verify)).contains("certificate revoked");
    }

    @Test
    void gnutls_believes_ocsp_and_sees_a_revocation() throws Exception {
        Object[] ask = {
            "ocsptool",
            "--ask=" + server.url() + "/ocsp",
            "--load-cert=" + aliceFile,
            "--load-issuer=" + issuingFile,
            "--load-trust=" + bothFile,
            "--nonce"
        };
        assertThat(Programs.run(ask)).contains("Certificate Status: good", "Verifying OCSP Response: Success");

        ca.revoke(serial, RevocationReason.KEY_COMPROMISE);

        assertThat(Programs.run(ask)).contains("Certificate Status: revoked", "Verifying OCSP Response: Success");
    }

    @Test
    void gnutls_verifies_the_lists() throws Exception {
        ca.crl("issuing-1"); // the base, without which a delta has nothing to say
        ca.revoke(serial, RevocationReason.KEY_COMPROMISE);
        for (String path : List.of("/crl/issuing-1.crl", "/crl/issuing-1-delta.crl")) {
            Path crl = file("list.pem", Pem.crl(Files.readAllBytes(fetched(path))));

            assertThat(Programs.run("certtool", "--crl-info", "--infile", crl))
                    .contains("CRL Number", serial.toString(16));
            assertThat(Programs.run("certtool", "--verify-crl", "--load-ca-certificate", issuingFile, "--infile", crl))
                    .contains("Verification output: Verified");
        }
    }

    private void jdkValidates(FaultyResponder responder, HeldCertificate member, Option... options) throws Exception {
        CertificateAuthority authority = responder.authority();
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(options.length == 0 ? Set.of() : EnumSet.copyOf(List.of(options)));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority.root(), null)));
        parameters.addCertPathChecker(checker);
        validator.validate(
                CertificateFactory.getInstance("X.509")
                        .generateCertPath(List.of(
                                member.certificate(), authority.issuing().certificate())),
                parameters);
    }

    @Test
    void the_jdk_asks_by_get_and_fetches_the_list_of_the_root() throws Exception {
        try (FaultyResponder responder = FaultyResponder.start("Acme", InstantSource.system())) {
            HeldCertificate bob = responder.authority().issue(Member.client("bob"));

            jdkValidates(responder, bob);

            assertThat(responder.requests())
                    .satisfiesExactlyInAnyOrder(
                            ocsp -> assertThat(ocsp).startsWith("GET /ocsp/M"),
                            crl -> assertThat(crl).isEqualTo("GET /crl/root-1.crl"));

            responder.authority().revoke(bob.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
            assertThatExceptionOfType(CertPathValidatorException.class)
                    .isThrownBy(() -> jdkValidates(responder, bob, Option.NO_FALLBACK, Option.ONLY_END_ENTITY))
                    .withMessageContaining("KEY_COMPROMISE")
                    .satisfies(e -> assertThat(e.getReason()).isEqualTo(BasicReason.REVOKED));
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void the_jdk_fetches_the_list_when_it_prefers_lists(boolean revoked) throws Exception {
        try (FaultyResponder responder = FaultyResponder.start("Acme", InstantSource.system())) {
            HeldCertificate bob = responder.authority().issue(Member.client("bob"));
            Option[] options = {Option.PREFER_CRLS, Option.NO_FALLBACK};
            if (revoked) {
                responder.authority().revoke(bob.certificate().getSerialNumber(), RevocationReason.CERTIFICATE_HOLD);
                assertThatExceptionOfType(CertPathValidatorException.class)
                        .isThrownBy(() -> jdkValidates(responder, bob, options))
                        .withMessageContaining("CERTIFICATE_HOLD");
            } else {
                jdkValidates(responder, bob, options);
            }

            assertThat(responder.requests()).containsOnly("GET /crl/issuing-1.crl", "GET /crl/root-1.crl");
        }
    }

    @Test
    void the_jdk_survives_or_refuses_each_fault() throws Exception {
        try (FaultyResponder responder = FaultyResponder.start("Acme", InstantSource.system())) {
            HeldCertificate bob = responder.authority().issue(Member.client("bob"));
            Option[] hard = {Option.NO_FALLBACK, Option.ONLY_END_ENTITY};
            for (Fault fault : List.of(
                    Fault.reset(),
                    Fault.garbage(),
                    Fault.truncated(),
                    Fault.tryLater(),
                    Fault.httpStatus(500),
                    Fault.stale(),
                    Fault.notYetValid(),
                    Fault.corruptSignature(),
                    Fault.wrongSigner(),
                    Fault.unauthorizedSigner(),
                    Fault.wrongCertificate(),
                    Fault.unknown())) {
                responder.ocsp(fault);

                assertThatExceptionOfType(CertPathValidatorException.class)
                        .as(fault.toString())
                        .isThrownBy(() -> jdkValidates(responder, bob, hard));
            }
            for (Fault fault : List.of(Fault.none(), Fault.withoutNextUpdate(), Fault.oversized(50_000))) {
                responder.ocsp(fault);

                jdkValidates(responder, bob, hard);
            }
        }
    }

    /** The JDK reads no delta CRL by itself; BouncyCastle's path validation does. */
    @Test
    void a_delta_brings_an_older_list_up_to_date() throws Exception {
        byte[] base = ca.crl("issuing-1");
        ca.revoke(serial, RevocationReason.KEY_COMPROMISE);
        byte[] delta = ca.deltaCrl("issuing-1");
        assertThat(new X509CRLHolder(base).getRevokedCertificate(serial)).isNull();

        bouncyCastleValidates(base);

        assertThatExceptionOfType(CertPathValidatorException.class)
                .isThrownBy(() -> bouncyCastleValidates(base, delta))
                .withMessageContaining("keyCompromise");
    }

    private void bouncyCastleValidates(byte[]... crls) throws Exception {
        BouncyCastleProvider provider = new BouncyCastleProvider();
        CertificateFactory factory = CertificateFactory.getInstance("X.509", provider);
        List<CRL> read = new ArrayList<>();
        read.add(factory.generateCRL(new ByteArrayInputStream(ca.crl("root-1"))));
        for (byte[] crl : crls) {
            read.add(factory.generateCRL(new ByteArrayInputStream(crl)));
        }
        CollectionStore<CRL> store = new CollectionStore<>(read);
        PKIXCRLStore<CRL> crlStore = store::getMatches;
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(ca.root(), null)));
        CertPathValidator.getInstance("PKIX", provider)
                .validate(
                        CertificateFactory.getInstance("X.509", provider)
                                .generateCertPath(List.of(
                                        alice.certificate(), ca.issuing().certificate())),
                        new PKIXExtendedParameters.Builder(parameters)
                                .addCRLStore(crlStore)
                                .setUseDeltasEnabled(true)
                                .build());
    }
}
