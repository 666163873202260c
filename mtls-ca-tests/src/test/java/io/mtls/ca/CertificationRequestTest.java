package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CertificationRequestTest {
    private static final KeyPair EC = KeyType.P256.generate();
    private static final KeyPair RSA = KeyType.RSA_2048.generate();

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"RSA_1024", "RSA_3072", "RSA_4096", "DSA_2048"})
    void brings_the_key_that_it_was_signed_with(KeyType type) {
        KeyPair pair = type.generate();

        var request = CertificationRequest.parse(Requests.of(pair));

        assertThat(request.publicKey()).isEqualTo(pair.getPublic());
        assertThat(request)
                .hasToString("certification request with a key of "
                        + pair.getPublic().getAlgorithm());
    }

    @Test
    void the_subject_it_asks_for_is_there_to_look_at() {
        assertThat(CertificationRequest.parse(Requests.of(EC)).requestedSubject())
                .isEqualTo("O=Acme,CN=admin");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
    void pem_may_have_prose_around_it(String label) {
        String pem = "Certificate Request:\n" + Pem.block(label, Requests.of(EC)) + "\nregards\n";

        assertThat(parsed(pem).publicKey()).isEqualTo(EC.getPublic());
    }

    @ParameterizedTest
    @CsvSource({"SHA512withRSA", "SHA256withRSAandMGF1", "SHA384withECDSA"})
    void any_signature_with_sha_2_proves_possession(String algorithm) {
        KeyPair pair = algorithm.contains("RSA") ? RSA : EC;

        assertThat(CertificationRequest.parse(Requests.of(pair, pair.getPrivate(), algorithm))
                        .publicKey())
                .isEqualTo(pair.getPublic());
    }

    @Test
    void ed448_is_taken_too() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed448").generateKeyPair();

        assertThat(CertificationRequest.parse(Requests.of(pair, pair.getPrivate(), "Ed448"))
                        .publicKey())
                .isEqualTo(pair.getPublic());
    }

    @ParameterizedTest
    @CsvSource({
        "SHA1withRSA, 1.2.840.113549.1.1.5",
        "MD5withRSA, 1.2.840.113549.1.1.4",
        "SHA1withRSAandMGF1, 1.2.840.113549.1.1.10",
        "SHA1withECDSA, 1.2.840.10045.4.1"
    })
    void older_digests_are_refused(String algorithm, String oid) {
        KeyPair pair = algorithm.contains("RSA") ? RSA : EC;

        assertRefused(Requests.of(pair, pair.getPrivate(), algorithm), oid + ", which is none with SHA-2");
    }

    @Test
    void a_key_that_its_maker_does_not_hold_is_refused() {
        KeyPair other = KeyType.P256.generate();

        assertRefused(Requests.of(EC, other.getPrivate(), "SHA256withECDSA"), "not signed with the private key");
    }

    @Test
    void a_signature_that_is_none_is_refused() {
        byte[] request = Requests.of(EC);
        request[request.length - 1] ^= 1;

        assertRefused(request, "not signed with the private key");
    }

    @Test
    void keys_that_are_too_short_are_refused() {
        assertRefused(Requests.of(KeyType.RSA_1024.generate()), "RSA key of 1024 bits");
    }

    @Test
    void keys_that_are_too_long_are_refused_before_anything_is_computed() throws Exception {
        BigInteger modulus = BigInteger.ONE.shiftLeft(16_383).add(BigInteger.ONE);

        assertRefused(rsa(modulus, BigInteger.valueOf(65_537)), "RSA key of 16384 bits");
    }

    @Test
    void rsa_exponents_out_of_bounds_are_refused() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F0));
        KeyPair three = generator.generateKeyPair();
        BigInteger modulus = ((RSAPublicKey) three.getPublic()).getModulus();

        assertRefused(Requests.of(three), "below 65537");
        assertRefused(rsa(modulus, BigInteger.valueOf(65_538)), "exponent is even");
        assertRefused(rsa(modulus, BigInteger.ONE.shiftLeft(300).add(BigInteger.ONE)), "beyond 256 bits");
        assertRefused(rsa(modulus.subtract(BigInteger.ONE), BigInteger.valueOf(65_537)), "RSA key that is even");
    }

    private static byte[] rsa(BigInteger modulus, BigInteger exponent) throws IOException {
        var key = new org.bouncycastle.asn1.pkcs.RSAPublicKey(modulus, exponent);
        var algorithm = new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption);
        return Requests.of(new SubjectPublicKeyInfo(algorithm, key), RSA.getPrivate(), "SHA256withRSA");
    }

    @Test
    void dsa_is_refused() {
        KeyPair pair = KeyType.DSA_2048.generate();

        assertRefused(Requests.of(pair, EC.getPrivate(), "SHA256withECDSA"), "algorithm 1.2.840.10040.4.1");
    }

    @Test
    void other_curves_are_refused_even_when_they_are_spelt_out() throws Exception {
        var point = ECNamedCurveTable.getByOID(SECObjectIdentifiers.secp256k1)
                .getG()
                .getEncoded(false);
        var named = new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256k1);
        var explicit = new AlgorithmIdentifier(
                X9ObjectIdentifiers.id_ecPublicKey, ECNamedCurveTable.getByOID(SECObjectIdentifiers.secp256r1));

        for (AlgorithmIdentifier algorithm : new AlgorithmIdentifier[] {named, explicit}) {
            assertRefused(
                    Requests.of(new SubjectPublicKeyInfo(algorithm, point), EC.getPrivate(), "SHA256withECDSA"),
                    "another curve");
        }
    }

    @Test
    void a_point_that_is_not_on_its_curve_is_refused() {
        byte[] off = SubjectPublicKeyInfo.getInstance(EC.getPublic().getEncoded())
                .getPublicKeyData()
                .getBytes();
        off[off.length - 1] ^= 1;
        var algorithm = new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1);

        assertRefused(
                Requests.of(new SubjectPublicKeyInfo(algorithm, off), EC.getPrivate(), "SHA256withECDSA"),
                "is malformed");
    }

    @Test
    void what_is_no_request_is_told_apart() {
        assertRefused(new byte[0], "is empty");
        assertRefused(Pem.block("CERTIFICATE REQUEST", new byte[0]).getBytes(StandardCharsets.US_ASCII), "is empty");
        assertRefused(new byte[] {0x30, 0x03, 0x02, 0x01, 0x00}, "is malformed");
        assertRefused("hello".getBytes(StandardCharsets.UTF_8), "the certification request");
        assertRefused(new byte[70_000], "has 70000 bytes, more than 65536");
        assertRefused(
                "-----BEGIN CERTIFICATE REQUEST-----END CERTIFICATE REQUEST-----".getBytes(StandardCharsets.US_ASCII),
                "cannot be read");
        assertRefused(Arrays.copyOf(Requests.of(EC), 100), "cannot be read");
        assertRefused(
                HeldCertificate.selfSignedClient("CN=a")
                        .build()
                        .certificatePem()
                        .getBytes(StandardCharsets.US_ASCII),
                "is PEM of another type");
    }

    @Test
    void a_private_key_is_answered_with_a_warning() {
        byte[] key = Pem.privateKey(EC).getBytes(StandardCharsets.US_ASCII);

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> CertificationRequest.parse(key))
                .withMessageContainingAll("private key", "keep it where it was made");
    }

    private static CertificationRequest parsed(String pem) {
        return CertificationRequest.parse(pem.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertRefused(byte[] request, String fault) {
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> CertificationRequest.parse(request))
                .withMessageContaining(fault)
                .satisfies(e -> assertThat(e.mend()).startsWith("have a new one made"));
    }
}
