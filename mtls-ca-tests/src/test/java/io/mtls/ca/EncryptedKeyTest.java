package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.EncryptionScheme;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EncryptedKeyTest {
    private static final char[] PASSPHRASE = "korrektes Pferd \u00fc \u2713".toCharArray();
    private static final KeyPair PAIR = KeyType.P256.generate();

    /** Nothing but the first test depends on how many there are. */
    private static final int FEW = 1000;

    private static final String ENCRYPTED = EncryptedKey.pem(PAIR, PASSPHRASE, FEW);

    @Test
    void whoever_guesses_has_to_iterate_as_often_as_is_recommended() throws Exception {
        String pem = EncryptedKey.pem(PAIR, PASSPHRASE);

        var info = EncryptedPrivateKeyInfo.getInstance(Pem.der(pem, EncryptedKey.LABEL));
        var scheme = PBES2Parameters.getInstance(info.getEncryptionAlgorithm().getParameters());
        assertThat(PBKDF2Params.getInstance(scheme.getKeyDerivationFunc().getParameters())
                        .getIterationCount())
                .isEqualTo(600_000);
        assertThat(EncryptedKey.privateKey("root.key", pem, PAIR.getPublic(), PASSPHRASE))
                .isEqualTo(PAIR.getPrivate());
    }

    @ParameterizedTest
    @EnumSource(names = {"P384", "RSA_2048"})
    void reads_back(KeyType type) {
        KeyPair pair = type.generate();

        String pem = EncryptedKey.pem(pair, PASSPHRASE, FEW);

        assertThat(pem).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
        assertThat(EncryptedKey.isIn(pem)).isTrue();
        assertThat(EncryptedKey.isIn(Pem.privateKey(pair))).isFalse();
        assertThat(EncryptedKey.privateKey("root.key", pem, pair.getPublic(), PASSPHRASE))
                .isEqualTo(pair.getPrivate());
    }

    @Test
    void is_salted() {
        assertThat(EncryptedKey.pem(PAIR, PASSPHRASE, FEW)).isNotEqualTo(ENCRYPTED);
    }

    @Test
    void a_wrong_passphrase_is_called_that() {
        assertRefused(ENCRYPTED, "Korrektes".toCharArray(), "wrong passphrase for root.key: give the one");
    }

    @Test
    void a_damaged_file_is_called_that() {
        assertRefused(ENCRYPTED.substring(0, 200), PASSPHRASE, "root.key is damaged");
        assertRefused(ENCRYPTED.replace('A', '!'), PASSPHRASE, "root.key is damaged");
        assertRefused(pem(new byte[0]), PASSPHRASE, "root.key is damaged");
        assertRefused("", PASSPHRASE, "root.key is damaged");
        byte[] der = der();
        assertRefused(pem(Arrays.copyOf(der, der.length - 1)), PASSPHRASE, "root.key is damaged");
        assertRefused(pem(new byte[] {0x30, 0}), PASSPHRASE, "root.key is damaged");
    }

    @Test
    void a_file_that_would_keep_us_busy_is_refused() throws Exception {
        byte[] salt = new byte[8];
        for (String count : List.of("10000001", "2147483648", "99999999999999999999")) {
            var scheme = new PBES2Parameters(
                    new KeyDerivationFunc(PKCSObjectIdentifiers.id_PBKDF2, new DERSequence(new ASN1Encodable[] {
                        new DEROctetString(salt),
                        new ASN1Integer(new BigInteger(count)),
                        new AlgorithmIdentifier(PKCSObjectIdentifiers.id_hmacWithSHA256)
                    })),
                    new EncryptionScheme(NISTObjectIdentifiers.id_aes256_CBC, new DEROctetString(new byte[16])));
            var key = new EncryptedPrivateKeyInfo(
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.id_PBES2, scheme), new byte[64]);

            assertRefused(pem(key.getEncoded()), PASSPHRASE, "more than 10000000 iterations");
        }
    }

    @Test
    void other_ciphers_are_refused_with_the_command_that_helps() {
        String aes256 = "0609608648016503040" + "12a";
        String aes128 = "0609608648016503040" + "102";
        String hex = HexFormat.of().formatHex(der());
        assertThat(hex).contains(aes256);

        assertRefused(pem(HexFormat.of().parseHex(hex.replace(aes256, aes128))), PASSPHRASE, "2.16.840.1.101.3.4.1.2");
    }

    @Test
    void openssl_reads_it_and_it_reads_what_openssl_encrypts(@TempDir Path home) throws Exception {
        Path ours = Files.writeString(home.resolve("root.key"), ENCRYPTED);
        String passphrase = "pass:" + new String(PASSPHRASE);

        Programs.run("openssl", "pkey", "-in", ours, "-passin", passphrase, "-out", home.resolve("plain.key"));
        Programs.run(
                "openssl",
                "pkey",
                "-in",
                ours,
                "-passin",
                passphrase,
                "-aes256",
                "-passout",
                "pass:other",
                "-out",
                home.resolve("again.key"));

        assertThat(Pem.privateKey(Files.readString(home.resolve("plain.key")), PAIR.getPublic()))
                .isEqualTo(PAIR.getPrivate());
        assertThat(EncryptedKey.privateKey(
                        "again.key",
                        Files.readString(home.resolve("again.key")),
                        PAIR.getPublic(),
                        "other".toCharArray()))
                .isEqualTo(PAIR.getPrivate());
    }

    private static byte[] der() {
        String base64 = ENCRYPTED.replaceAll("-----[A-Z ]+-----|\\s", "");
        return Base64.getDecoder().decode(base64);
    }

    private static String pem(byte[] der) {
        return Pem.block(EncryptedKey.LABEL, der);
    }

    private static void assertRefused(String pem, char[] passphrase, String fault) {
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> EncryptedKey.privateKey("root.key", pem, PAIR.getPublic(), passphrase))
                .withMessageContaining(fault)
                .satisfies(e -> assertThat(e.mend()).isNotBlank());
    }
}
