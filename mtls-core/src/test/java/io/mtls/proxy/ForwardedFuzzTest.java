package io.mtls.proxy;

import static io.mtls.proxy.Chains.ALICE;
import static io.mtls.proxy.Chains.ISSUING;
import static io.mtls.proxy.Chains.base64;
import static io.mtls.proxy.Chains.encoded;
import static io.mtls.proxy.Chains.sequence;
import static io.mtls.proxy.Chains.spaced;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile headers end in an answer, in bounds, and a chain that is read can be forwarded and read again. {@code
 * JAZZER_FUZZ=1} searches; the build tries the seeds. {@code @FuzzTest} has to be the last annotation for the former.
 */
class ForwardedFuzzTest {

    @MethodSource("rfc9440")
    @FuzzTest
    void any_client_cert(byte[] text) {
        read(ForwardedCertificates.rfc9440(), text, "client-cert", "client-cert-chain");
    }

    @MethodSource("xfcc")
    @FuzzTest
    void any_xfcc(byte[] text) {
        read(ForwardedCertificates.xfcc(), text, "x-forwarded-client-cert");
        read(ForwardedCertificates.xfccAppended(), text, "x-forwarded-client-cert");
    }

    @MethodSource("encodedPem")
    @FuzzTest
    void any_encoded_pem(byte[] text) {
        read(ForwardedCertificates.nginx("x-cert"), text, "x-cert");
        read(ForwardedCertificates.awsAlbPassthrough(), text, "x-amzn-mtls-clientcert");
    }

    @MethodSource("spacedPem")
    @FuzzTest
    void any_spaced_pem(byte[] text) {
        read(ForwardedCertificates.apache("x-cert", "x-chain"), text, "x-cert", "x-chain");
    }

    @MethodSource("bareBase64")
    @FuzzTest
    void any_base64(byte[] text) {
        read(ForwardedCertificates.haproxy("x-cert", "x-chain"), text, "x-cert", "x-chain");
        read(ForwardedCertificates.traefik(), text, "x-forwarded-tls-client-cert");
    }

    @MethodSource("ders")
    @FuzzTest
    void any_der(byte[] der) {
        readValues(ForwardedCertificates.haproxy("x-cert"), Map.of("x-cert", List.of(base64(der))));
        readValues(
                ForwardedCertificates.haproxy("x-cert", "x-chain"),
                Map.of("x-cert", List.of(base64(ALICE)), "x-chain", List.of(base64(der))));
    }

    static List<byte[]> rfc9440() {
        return texts(sequence(ALICE) + '\n' + sequence(ISSUING), sequence(ALICE), ":AAAA:, ::\n,");
    }

    static List<byte[]> xfcc() {
        return texts(
                "By=spiffe://a/b;Hash=00;Cert=\"" + encoded(ALICE) + "\";Chain=\"" + encoded(ALICE, ISSUING) + '"',
                "Subject=\"CN=\\\"a,b\";URI=x;URI=,Hash=1;Cert=\"" + encoded(ALICE) + '"');
    }

    static List<byte[]> encodedPem() {
        return texts(encoded(ALICE), encoded(ALICE, ISSUING), "%25%0a%zz");
    }

    static List<byte[]> spacedPem() {
        return texts(spaced(ALICE) + '\n' + spaced(ISSUING), "(null)");
    }

    static List<byte[]> bareBase64() {
        return texts(base64(ALICE) + '\n' + base64(ISSUING, ISSUING), base64(ALICE) + ',' + base64(ISSUING), "\"\"");
    }

    static List<byte[]> ders() {
        return List.of(Chains.der(ALICE), Chains.der(ISSUING), new byte[] {0x30, (byte) 0x80, 0, 0});
    }

    private static List<byte[]> texts(String... texts) {
        return Stream.of(texts)
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    /** The first line is the value of the first header; all others are values of the last. */
    private static void read(ForwardedCertificates dialect, byte[] text, String first, String last) {
        List<String> lines = List.of(new String(text, StandardCharsets.ISO_8859_1).split("\n", -1));
        readValues(dialect, Map.of(first, lines.subList(0, 1), last, lines.subList(1, lines.size())));
    }

    private static void read(ForwardedCertificates dialect, byte[] text, String header) {
        readValues(dialect, Map.of(header, List.of(new String(text, StandardCharsets.ISO_8859_1))));
    }

    private static void readValues(ForwardedCertificates dialect, Map<String, List<String>> headers) {
        dialect.read(headers::get)
                .fold(
                        none -> none,
                        chain -> {
                            forwardedAgain(chain.certificates());
                            return chain;
                        },
                        malformed -> {
                            if (malformed.detail().contains("reader failed")) {
                                throw new AssertionError(malformed.detail());
                            }
                            return malformed;
                        });
    }

    private static void forwardedAgain(List<X509Certificate> chain) {
        if (chain.size() > ChainReader.MAX_CERTIFICATES) {
            throw new AssertionError("a chain of " + chain.size());
        }
        Map<String, String> headers = ForwardedCertificates.toRfc9440(chain);
        Forwarded again = ForwardedCertificates.rfc9440()
                .read(name -> name.equals("client-cert")
                        ? List.of(headers.get("Client-Cert"))
                        : Stream.ofNullable(headers.get("Client-Cert-Chain")).toList());
        List<X509Certificate> expected = Stream.concat(
                        Stream.of(chain.get(0)), chain.stream().filter(other -> !other.equals(chain.get(0))))
                .toList();
        if (!again.equals(new Forwarded.Chain(expected))) {
            throw new AssertionError("forwarded and read again: " + again);
        }
        Map<String, String> xfcc = ForwardedCertificates.toXfcc(chain);
        again = ForwardedCertificates.xfcc().read(name -> List.copyOf(xfcc.values()));
        if (!again.equals(new Forwarded.Chain(expected))) {
            throw new AssertionError("forwarded by Envoy's header and read again: " + again);
        }
    }
}
