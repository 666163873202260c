package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The PKCS #12 of today and that of old importers, with the programs that read them. */
class Pkcs12Test {
    private static final String PASSWORD = "open sesame";

    @TempDir
    Path home;

    static Stream<Arguments> kinds() {
        return Stream.of(
                        Named.of("modern", (BiFunction<HeldCertificate, char[], byte[]>) HeldCertificate::pkcs12),
                        Named.of("legacy", (BiFunction<HeldCertificate, char[], byte[]>) HeldCertificate::pkcs12Legacy))
                .flatMap(kind -> Stream.of(KeyType.P256, KeyType.RSA_2048).map(type -> Arguments.of(kind, type)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void java_finds_the_key_and_the_chain(BiFunction<HeldCertificate, char[], byte[]> kind, KeyType type)
            throws Exception {
        HeldCertificate alice = alice(type);
        byte[] bytes = kind.apply(alice, PASSWORD.toCharArray());
        KeyStore store = KeyStore.getInstance("PKCS12");

        store.load(new ByteArrayInputStream(bytes), PASSWORD.toCharArray());

        assertThat(store.getKey("alice", PASSWORD.toCharArray())).isEqualTo(alice.privateKey());
        assertThat(store.getCertificateChain("alice"))
                .containsExactly(alice.chain().toArray(X509Certificate[]::new));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Tag("interop")
    void keytool_reads_it(BiFunction<HeldCertificate, char[], byte[]> kind, KeyType type) throws Exception {
        Path file = file(kind.apply(alice(type), PASSWORD.toCharArray()));

        assertThat(Programs.run("keytool", "-list", "-v", "-keystore", file, "-storepass", PASSWORD))
                .contains("Certificate chain length: 2", "PrivateKeyEntry");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Tag("interop")
    void openssl_reads_it(BiFunction<HeldCertificate, char[], byte[]> kind, KeyType type) throws Exception {
        Path file = file(kind.apply(alice(type), PASSWORD.toCharArray()));

        assertThat(Programs.run("openssl", "pkcs12", "-in", file, "-passin", "pass:" + PASSWORD, "-nodes"))
                .contains("friendlyName: alice", "-----BEGIN PRIVATE KEY-----")
                .containsSubsequence("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Tag("interop")
    void nss_reads_it(BiFunction<HeldCertificate, char[], byte[]> kind, KeyType type) throws Exception {
        Path file = file(kind.apply(alice(type), PASSWORD.toCharArray()));
        Path database = Files.createDirectory(home.resolve("nss"));

        Programs.run("certutil", "-N", "--empty-password", "-d", database);
        Programs.run("pk12util", "-i", file, "-W", PASSWORD, "-d", database);

        assertThat(Programs.run("certutil", "-L", "-d", database)).containsPattern("alice .*u,u,u");
    }

    @Test
    @Tag("interop")
    void legacy_is_triple_des_and_sha_1_and_modern_is_not() throws Exception {
        HeldCertificate alice = alice(KeyType.P256);

        assertThat(info(alice.pkcs12Legacy(PASSWORD.toCharArray())))
                .contains("MAC: sha1", "pbeWithSHA1And3-KeyTripleDES-CBC")
                .doesNotContain("PBES2");
        assertThat(info(alice.pkcs12(PASSWORD.toCharArray())))
                .contains("MAC: sha256", "PBES2", "AES-256-CBC")
                .doesNotContain("TripleDES");
    }

    @Test
    void the_provider_of_bouncycastle_is_not_registered() {
        alice(KeyType.P256).pkcs12Legacy(PASSWORD.toCharArray());

        assertThat(Security.getProvider("BC")).isNull();
    }

    private String info(byte[] pkcs12) throws Exception {
        return Programs.run("openssl", "pkcs12", "-in", file(pkcs12), "-passin", "pass:" + PASSWORD, "-info", "-noout");
    }

    private static HeldCertificate alice(KeyType type) {
        return HeldCertificate.root("CN=root")
                .build()
                .issueCa("CN=issuing")
                .build()
                .issueClient("CN=alice")
                .keyType(type)
                .build();
    }

    private Path file(byte[] pkcs12) throws Exception {
        return Files.write(home.resolve("alice.p12"), pkcs12);
    }
}
