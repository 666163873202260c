package io.mtls.proxy;

import static io.mtls.proxy.Chains.ALICE;
import static io.mtls.proxy.Chains.ISSUING;
import static io.mtls.proxy.Chains.MALLORY;
import static io.mtls.proxy.Chains.base64;
import static io.mtls.proxy.Chains.chain;
import static io.mtls.proxy.Chains.encoded;
import static io.mtls.proxy.Chains.halfEncoded;
import static io.mtls.proxy.Chains.pem;
import static io.mtls.proxy.Chains.sequence;
import static io.mtls.proxy.Chains.spaced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each dialect is read as; of what is malformed, why. Many are faults that others had. */
class ForwardedCertificatesTest {

    private static final ForwardedCertificates RFC9440 = ForwardedCertificates.rfc9440();
    private static final ForwardedCertificates XFCC = ForwardedCertificates.xfcc();
    private static final ForwardedCertificates APPENDED = ForwardedCertificates.xfccAppended();
    private static final ForwardedCertificates NGINX = ForwardedCertificates.nginx("X-Cert");
    private static final ForwardedCertificates HAPROXY = ForwardedCertificates.haproxy("X-Cert", "X-Chain");
    private static final ForwardedCertificates APACHE =
            ForwardedCertificates.apache("X-Cert", "X-Chain-0", "X-Chain-1");
    private static final ForwardedCertificates TRAEFIK = ForwardedCertificates.traefik();
    private static final ForwardedCertificates ALB = ForwardedCertificates.awsAlbPassthrough();
    private static final ForwardedCertificates ALB_LEAF = ForwardedCertificates.awsAlbVerify();

    private static final String XFCC_NAME = "X-Forwarded-Client-Cert: ";
    private static final String TRAEFIK_NAME = "X-Forwarded-Tls-Client-Cert: ";
    private static final String ALB_NAME = "X-Amzn-Mtls-Clientcert: ";
    private static final String ALB_LEAF_NAME = "X-Amzn-Mtls-Clientcert-Leaf: ";

    private static final String BOTH = "Cert=\"" + encoded(ALICE) + "\";Chain=\"" + encoded(ALICE, ISSUING) + '"';
    private static final String MALLORYS = "Cert=\"" + encoded(MALLORY) + '"';

    static Stream<Arguments> chains() {
        return Stream.of(
                arguments("certificate alone", RFC9440, List.of("Client-Cert: " + sequence(ALICE)), chain(ALICE)),
                arguments(
                        "a List beside it",
                        RFC9440,
                        List.of(
                                "Client-Cert: " + sequence(ALICE),
                                "Client-Cert-Chain: " + sequence(ISSUING) + ", " + sequence(MALLORY)),
                        chain(ALICE, ISSUING, MALLORY)),
                arguments(
                        "a List in several field lines",
                        RFC9440,
                        List.of(
                                "client-cert-chain: " + sequence(ISSUING),
                                "client-cert: " + sequence(ALICE),
                                "client-cert-chain: " + sequence(MALLORY)),
                        chain(ALICE, ISSUING, MALLORY)),
                arguments(
                        "an empty List: Cloudflare without intermediates",
                        RFC9440,
                        List.of("Client-Cert: " + sequence(ALICE), "Client-Cert-Chain: "),
                        chain(ALICE)),
                arguments(
                        "white space around a value is not part of it",
                        RFC9440,
                        List.of("Client-Cert: \t " + sequence(ALICE) + " \t"),
                        chain(ALICE)),
                arguments(
                        "names of the user's own",
                        ForwardedCertificates.rfc9440("X-A", "X-B"),
                        List.of("X-A: " + sequence(ALICE), "X-B: " + sequence(ISSUING)),
                        chain(ALICE, ISSUING)),
                arguments("Cert", XFCC, List.of(XFCC_NAME + "Cert=\"" + encoded(ALICE) + '"'), chain(ALICE)),
                arguments(
                        "Chain",
                        XFCC,
                        List.of(XFCC_NAME + "Chain=\"" + encoded(ALICE, ISSUING) + '"'),
                        chain(ALICE, ISSUING)),
                arguments(
                        "all that Envoy writes",
                        XFCC,
                        List.of(XFCC_NAME + "By=spiffe://acme/a;By=spiffe://acme/b;Hash=00ff;" + BOTH
                                + ";Subject=\"O=a\\\"b\\,c;d=e,CN=alice\";URI=;URI=https://acme/?a=b;DNS=a;DNS=b"),
                        chain(ALICE, ISSUING)),
                arguments(
                        "keys in any case, unknown ones too",
                        XFCC,
                        List.of(XFCC_NAME + "cERT=\"" + encoded(ALICE) + "\";Future=\"a,b;c=d\""),
                        chain(ALICE)),
                arguments(
                        "only the element that the hop added counts",
                        APPENDED,
                        List.of(XFCC_NAME + MALLORYS + ";URI=spiffe://acme/admin," + MALLORYS + ',' + BOTH),
                        chain(ALICE, ISSUING)),
                arguments(
                        "a comma in quotes does not end an element",
                        APPENDED,
                        List.of(XFCC_NAME + "Subject=\"a," + "b;c=\\\",d\"," + BOTH),
                        chain(ALICE, ISSUING)),
                arguments(
                        "field lines that were joined",
                        APPENDED,
                        List.of(XFCC_NAME + "Hash=1, \t" + BOTH),
                        chain(ALICE, ISSUING)),
                arguments("nginx", NGINX, List.of("X-Cert: " + encoded(ALICE)), chain(ALICE)),
                arguments(
                        "line ends of Windows, lower-case digits",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE).replace("%0A", "%0d%0a")),
                        chain(ALICE)),
                arguments("HAProxy", HAPROXY, List.of("X-Cert: " + base64(ALICE)), chain(ALICE)),
                arguments(
                        "HAProxy in quotes, two more concatenated",
                        HAPROXY,
                        List.of("X-Cert: \"" + base64(ALICE) + '"', "X-Chain: \"" + base64(ISSUING, MALLORY) + '"'),
                        chain(ALICE, ISSUING, MALLORY)),
                arguments(
                        "HAProxy on a resumed session",
                        HAPROXY,
                        List.of("X-Cert: " + base64(ALICE), "X-Chain: "),
                        chain(ALICE)),
                arguments("Apache", APACHE, List.of("X-Cert: " + spaced(ALICE)), chain(ALICE)),
                arguments(
                        "Apache with one more",
                        APACHE,
                        List.of("X-Cert: " + spaced(ALICE), "X-Chain-0: " + spaced(ISSUING), "X-Chain-1: (null)"),
                        chain(ALICE, ISSUING)),
                arguments(
                        "Traefik",
                        TRAEFIK,
                        List.of(TRAEFIK_NAME + base64(ALICE) + ',' + base64(ISSUING)),
                        chain(ALICE, ISSUING)),
                arguments(
                        "Traefik, percent-encoded",
                        TRAEFIK,
                        List.of(TRAEFIK_NAME
                                + base64(ALICE)
                                        .replace("+", "%2B")
                                        .replace("/", "%2F")
                                        .replace("=", "%3D")),
                        chain(ALICE)),
                arguments(
                        "AWS passthrough", ALB, List.of(ALB_NAME + halfEncoded(ALICE, ISSUING)), chain(ALICE, ISSUING)),
                arguments("AWS verify", ALB_LEAF, List.of(ALB_LEAF_NAME + halfEncoded(ALICE)), chain(ALICE)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chains")
    void is_a_chain(String name, ForwardedCertificates dialect, List<String> headers, Forwarded expected) {
        assertThat(read(dialect, headers)).isEqualTo(expected);
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                arguments(
                        "twice",
                        RFC9440,
                        List.of("Client-Cert: " + sequence(ALICE), "CLIENT-CERT: " + sequence(ALICE)),
                        "Client-Cert: appears 2 times"),
                arguments(
                        "twice in one value",
                        RFC9440,
                        List.of("Client-Cert: " + sequence(ALICE) + ", " + sequence(ALICE)),
                        "Client-Cert: something behind the byte sequence"),
                arguments(
                        "empty is not anonymous: Cloudflare's too large",
                        RFC9440,
                        List.of("Client-Cert: "),
                        "Client-Cert: is empty"),
                arguments(
                        "HAProxy's RFC 9440 without its condition",
                        RFC9440,
                        List.of("Client-Cert: ::"),
                        "Client-Cert: certificate 1: not a certificate"),
                arguments(
                        "URL-encoded PEM in a header named Client-Cert",
                        RFC9440,
                        List.of("Client-Cert: " + encoded(ALICE)),
                        "Client-Cert: not a byte sequence"),
                arguments(
                        "a chain without its certificate",
                        RFC9440,
                        List.of("Client-Cert-Chain: " + sequence(ISSUING)),
                        "Client-Cert: is absent, and others of the chain are there"),
                arguments(
                        "the client's certificate in the chain too",
                        RFC9440,
                        List.of(
                                "Client-Cert: " + sequence(ALICE),
                                "Client-Cert-Chain: " + sequence(ISSUING) + ", " + sequence(ALICE)),
                        "Client-Cert-Chain: repeats the client's certificate"),
                arguments(
                        "a parameter",
                        RFC9440,
                        List.of("Client-Cert: " + sequence(ALICE) + ";a=1"),
                        "Client-Cert: something behind the byte sequence"),
                arguments(
                        "base64 without padding, which the JDK's decoder takes",
                        RFC9440,
                        List.of("Client-Cert: :" + unpadded() + ':'),
                        "Client-Cert: not canonical base64"),
                arguments(
                        "base64 of URLs",
                        RFC9440,
                        List.of("Client-Cert: :"
                                + Base64.getUrlEncoder().encodeToString(Chains.der(withUrlCharacters())) + ':'),
                        "Client-Cert: not canonical base64"),
                arguments(
                        "two certificates in one byte sequence",
                        RFC9440,
                        List.of("Client-Cert: :" + base64(ALICE, ISSUING) + ':'),
                        "Client-Cert: certificate 1: bytes behind the certificate"),
                arguments(
                        "PEM inside base64, which the JDK's parser takes",
                        RFC9440,
                        List.of("Client-Cert: :" + base64(pem(ALICE).getBytes(StandardCharsets.US_ASCII)) + ':'),
                        "Client-Cert: certificate 1: not a certificate"),
                arguments(
                        "an indefinite length, which the JDK's parser takes",
                        RFC9440,
                        List.of("Client-Cert: :" + base64(indefinite(ALICE)) + ':'),
                        "Client-Cert: certificate 1: a length that is not DER"),
                arguments(
                        "cut short",
                        RFC9440,
                        List.of("Client-Cert: :" + base64(shortened(ALICE)) + ':'),
                        "Client-Cert: certificate 1: cut short"),
                arguments(
                        "a SEQUENCE that is no certificate",
                        RFC9440,
                        List.of("Client-Cert: :MAA=:"),
                        "Client-Cert: certificate 1: not a certificate"),
                arguments(
                        "a chain of eleven",
                        RFC9440,
                        List.of(
                                "Client-Cert: " + sequence(ALICE),
                                "Client-Cert-Chain: " + String.join(",", Collections.nCopies(10, sequence(ISSUING)))),
                        "Client-Cert-Chain: certificate 11: at most 10 certificates"),
                arguments(
                        "more characters than any chain has",
                        RFC9440,
                        List.of("Client-Cert: " + "A".repeat(131_072)),
                        "client-cert: more than 131072 characters"),
                arguments(
                        "names without a certificate",
                        XFCC,
                        List.of(XFCC_NAME + "By=a;Hash=b;Subject=\"CN=alice\";URI=spiffe://acme/alice"),
                        XFCC_NAME + "neither Cert nor Chain in the element; names are no proof"),
                arguments(
                        "what a client sent before the hop's own",
                        XFCC,
                        List.of(XFCC_NAME + BOTH + ",Hash=1"),
                        XFCC_NAME + "2 elements where the hop is to write the only one"),
                arguments("empty", XFCC, List.of(XFCC_NAME), XFCC_NAME + "is empty"),
                arguments(
                        "twice", APPENDED, List.of(XFCC_NAME + BOTH, XFCC_NAME + BOTH), XFCC_NAME + "appears 2 times"),
                arguments(
                        "a key twice",
                        XFCC,
                        List.of(XFCC_NAME + BOTH + ";cert=\"" + encoded(MALLORY) + '"'),
                        XFCC_NAME + "a key twice in one element"),
                arguments(
                        "Chain of somebody else",
                        XFCC,
                        List.of(XFCC_NAME + MALLORYS + ";Chain=\"" + encoded(ALICE, ISSUING) + '"'),
                        XFCC_NAME + "Chain does not begin with Cert"),
                arguments(
                        "two certificates in Cert",
                        XFCC,
                        List.of(XFCC_NAME + "Cert=\"" + encoded(ALICE, ISSUING) + '"'),
                        XFCC_NAME + "2 certificates where one is expected"),
                arguments(
                        "Cert without quotes",
                        XFCC,
                        List.of(XFCC_NAME + "Cert=" + encoded(ALICE)),
                        XFCC_NAME + "a certificate without quotes around it"),
                arguments(
                        "a quote that the client opened swallows the hop's element",
                        APPENDED,
                        List.of(XFCC_NAME + MALLORYS + ";Subject=\"," + BOTH),
                        XFCC_NAME + "something behind a closing quote"),
                arguments(
                        "a quote in the middle of a value",
                        APPENDED,
                        List.of(XFCC_NAME + "Hash=a\"," + BOTH),
                        XFCC_NAME + "a quote inside a value"),
                arguments(
                        "a subject with a quote, escaped twice or not",
                        APPENDED,
                        List.of(XFCC_NAME + BOTH + ";Subject=\"CN=\\\\\"," + MALLORYS + ";A=\"\""),
                        XFCC_NAME + "a quote that may be escaped or not"),
                arguments(
                        "a URI that goes on as an element of its own shows that the hop writes URIs",
                        APPENDED,
                        List.of(XFCC_NAME + BOTH + ";URI=spiffe://acme/alice"),
                        XFCC_NAME + "the last element has a URI or DNS, which an appending hop may not write"),
                arguments(
                        "a quote left open",
                        XFCC,
                        List.of(XFCC_NAME + "Cert=\"" + encoded(ALICE)),
                        XFCC_NAME + "a quote that is not closed"),
                arguments("no pair", XFCC, List.of(XFCC_NAME + BOTH + ";"), XFCC_NAME + "not a pair of key and value"),
                arguments(
                        "an empty element",
                        APPENDED,
                        List.of(XFCC_NAME + BOTH + ",," + BOTH),
                        XFCC_NAME + "not a pair of key and value"),
                arguments("empty", NGINX, List.of("X-Cert: "), "X-Cert: is empty"),
                arguments(
                        "twice",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE), "x-cert: " + encoded(MALLORY)),
                        "X-Cert: appears 2 times"),
                arguments(
                        "two certificates where one is expected",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE, ISSUING)),
                        "X-Cert: 2 certificates where one is expected"),
                arguments(
                        "encoded twice",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE).replace("%", "%25")),
                        "X-Cert: not a PEM certificate, or text around one"),
                arguments(
                        "a percent sign alone",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE) + "%0"),
                        "X-Cert: a percent sign without two hexadecimal digits"),
                arguments(
                        "PEM that is not encoded",
                        NGINX,
                        List.of("X-Cert: " + pem(ALICE)),
                        "X-Cert: a character that is not percent-encoded"),
                arguments(
                        "text before",
                        NGINX,
                        List.of("X-Cert: Subject:%0A" + encoded(ALICE)),
                        "X-Cert: not a PEM certificate, or text around one"),
                arguments(
                        "text behind",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE) + "a"),
                        "X-Cert: not a PEM certificate, or text around one"),
                arguments(
                        "text behind the end",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE).replaceFirst("%0A$", "a")),
                        "X-Cert: text behind a PEM certificate"),
                arguments(
                        "no end",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE).replace("END", "AND")),
                        "X-Cert: a PEM certificate without its end"),
                arguments(
                        "another label",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE).replace("CERTIFICATE", "PKCS7")),
                        "X-Cert: not a PEM certificate, or text around one"),
                arguments(
                        "a blank line",
                        NGINX,
                        List.of("X-Cert: " + encoded(ALICE).replaceFirst("%0A", "%0A%0A")),
                        "X-Cert: a blank line in a PEM certificate"),
                arguments(
                        "plus signs read as spaces",
                        ALB_LEAF,
                        List.of(ALB_LEAF_NAME + halfEncoded(withUrlCharacters()).replace("+", "%20")),
                        ALB_LEAF_NAME + "certificate 1: not canonical base64"),
                arguments(
                        "eleven",
                        ALB,
                        List.of(ALB_NAME
                                + halfEncoded(Collections.nCopies(11, ALICE).toArray(X509Certificate[]::new))),
                        ALB_NAME + "certificate 11: at most 10 certificates"),
                arguments(
                        "a certificate too large for HAProxy's buffer",
                        HAPROXY,
                        List.of("X-Cert: ", "X-Chain: " + base64(ISSUING)),
                        "X-Cert: is empty"),
                arguments(
                        "a chain alone",
                        HAPROXY,
                        List.of("X-Chain: " + base64(ISSUING)),
                        "X-Cert: is absent, and others of the chain are there"),
                arguments(
                        "chain twice",
                        HAPROXY,
                        List.of("X-Cert: " + base64(ALICE), "X-Chain: ", "X-Chain: "),
                        "X-Chain: appears 2 times"),
                arguments(
                        "one quote",
                        HAPROXY,
                        List.of("X-Cert: \"" + base64(ALICE)),
                        "X-Cert: certificate 1: not canonical base64"),
                arguments(
                        "quotes in quotes",
                        HAPROXY,
                        List.of("X-Cert: \"\"" + base64(ALICE) + "\"\""),
                        "X-Cert: certificate 1: not canonical base64"),
                arguments("empty quotes", HAPROXY, List.of("X-Cert: \"\""), "X-Cert: certificate 1: not a certificate"),
                arguments(
                        "two certificates where one is expected",
                        HAPROXY,
                        List.of("X-Cert: " + base64(ALICE, ISSUING)),
                        "X-Cert: certificate 1: bytes behind the certificate"),
                arguments(
                        "eleven",
                        HAPROXY,
                        List.of(
                                "X-Cert: " + base64(ALICE),
                                "X-Chain: "
                                        + base64(
                                                Collections.nCopies(10, ISSUING).toArray(X509Certificate[]::new))),
                        "X-Chain: certificate 11: at most 10 certificates"),
                arguments("empty", APACHE, List.of("X-Cert: "), "X-Cert: is empty"),
                arguments(
                        "a chain without its certificate",
                        APACHE,
                        List.of("X-Cert: (null)", "X-Chain-0: " + spaced(ISSUING)),
                        "X-Chain-0: without X-Cert"),
                arguments(
                        "two in one header",
                        APACHE,
                        List.of("X-Cert: " + spaced(ALICE), "X-Chain-0: " + spaced(ISSUING, MALLORY)),
                        "X-Chain-0: 2 certificates where one is expected"),
                arguments(
                        "the literal in another case",
                        APACHE,
                        List.of("X-Cert: (NULL)"),
                        "X-Cert: not a PEM certificate, or text around one"),
                arguments("empty", TRAEFIK, List.of(TRAEFIK_NAME), TRAEFIK_NAME + "is empty"),
                arguments(
                        "an empty member",
                        TRAEFIK,
                        List.of(TRAEFIK_NAME + base64(ALICE) + ','),
                        TRAEFIK_NAME + "certificate 2: not a certificate"),
                arguments(
                        "eleven",
                        TRAEFIK,
                        List.of(TRAEFIK_NAME + String.join(",", Collections.nCopies(11, base64(ALICE)))),
                        TRAEFIK_NAME + "certificate 11: at most 10 certificates"),
                arguments(
                        "PEM",
                        TRAEFIK,
                        List.of(TRAEFIK_NAME + encoded(ALICE)),
                        TRAEFIK_NAME + "certificate 1: not canonical base64"));
    }

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("malformed")
    void is_malformed(String name, ForwardedCertificates dialect, List<String> headers, String detail) {
        assertThat(read(dialect, headers)).isEqualTo(new Forwarded.Malformed(detail));
    }

    static Stream<Arguments> none() {
        return Stream.concat(
                Stream.of(RFC9440, XFCC, APPENDED, NGINX, HAPROXY, APACHE, TRAEFIK, ALB, ALB_LEAF)
                        .map(dialect -> arguments(dialect, List.of("X-Other: " + sequence(ALICE)))),
                Stream.of(
                        arguments(APACHE, List.of("X-Cert: (null)", "X-Chain-0: (null)", "X-Chain-1: (null)")),
                        arguments(HAPROXY, List.of("X-Chain: ")),
                        arguments(ALB, List.of(ALB_LEAF_NAME + halfEncoded(MALLORY))),
                        arguments(ALB_LEAF, List.of(ALB_NAME + halfEncoded(MALLORY)))));
    }

    @ParameterizedTest
    @MethodSource("none")
    void is_none(ForwardedCertificates dialect, List<String> headers) {
        assertThat(read(dialect, headers)).isEqualTo(new Forwarded.None());
    }

    @Test
    void what_real_servers_wrote_is_read() throws Exception {
        Forwarded nginx = read(ForwardedCertificates.nginx("X-Client-Cert"), captured("nginx"));
        Forwarded haproxy = read(ForwardedCertificates.haproxy("X-Client-Cert", "X-Client-Chain"), captured("haproxy"));
        Forwarded apache = read(
                ForwardedCertificates.apache("X-Client-Cert", "X-Chain-0", "X-Chain-1", "X-Chain-2"),
                captured("apache"));
        List<X509Certificate> chain = certificates(apache);
        assertThat(chain.stream()
                        .map(certificate ->
                                certificate.getSubjectX500Principal().getName()))
                .containsExactly("CN=alice", "CN=Int2", "CN=Int");
        assertThat(certificates(haproxy)).isEqualTo(chain);
        assertThat(certificates(nginx)).isEqualTo(chain.subList(0, 1));
        assertThat(certificates(read(RFC9440, captured("haproxy")))).isEqualTo(chain.subList(0, 1));
        assertThat(read(ForwardedCertificates.apache("X-Client-Cert", "X-Chain-0"), captured("apache-none")))
                .isEqualTo(new Forwarded.None());
    }

    @Test
    void a_certificate_beyond_a_handshake_message_is_malformed() {
        X509Certificate fits = Chains.large(32_000);
        X509Certificate tooLarge = Chains.large(33_000);
        assertThat(read(RFC9440, List.of("Client-Cert: " + sequence(fits)))).isEqualTo(chain(fits));
        assertThat(read(RFC9440, List.of("Client-Cert: " + sequence(tooLarge))))
                .isEqualTo(new Forwarded.Malformed(
                        "Client-Cert: certificate 1: " + Chains.der(tooLarge).length + " bytes, at most 32768"));
    }

    @Test
    void a_chain_beyond_its_bytes_is_malformed() {
        X509Certificate large = Chains.large(21_000);
        X509Certificate larger = Chains.large(22_000);
        assertThat(read(TRAEFIK, List.of(TRAEFIK_NAME + String.join(",", Collections.nCopies(3, base64(large))))))
                .isEqualTo(chain(large, large, large));
        assertThat(read(TRAEFIK, List.of(TRAEFIK_NAME + String.join(",", Collections.nCopies(3, base64(larger))))))
                .isEqualTo(
                        new Forwarded.Malformed(TRAEFIK_NAME + "certificate 3: the chain has more than 65536 bytes"));
    }

    @Test
    void the_largest_chain_fits_into_the_characters_of_every_dialect() {
        X509Certificate[] chain = {Chains.large(32_000), Chains.large(32_000)};
        assertThat(read(ALB, List.of(ALB_NAME + encoded(chain)))).isEqualTo(chain(chain));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "client-cert",
                "Client-Cert",
                "CLIENT-CERT",
                "Client_Cert",
                "Client.Cert",
                "client cert",
                "HTTP_CLIENT_CERT",
                "http-client-cert",
                "_client__cert_",
                "Client-Cert-Chain",
                "client_cert-chain"
            })
    void names_that_some_reader_takes_for_one_of_these_are_aliases(String name) {
        assertThat(RFC9440.isAlias(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-", "Client", "Client-Certificate", "X-Client-Cert", "HTTP_HTTP_CLIENT_CERT", "Accept"})
    void other_names_are_not(String name) {
        assertThat(RFC9440.isAlias(name)).isFalse();
    }

    @Test
    void names_that_begin_like_those_of_cgi_have_aliases_too() {
        ForwardedCertificates dialect = ForwardedCertificates.nginx("Http-Client");
        assertThat(dialect.isAlias("http_client")).isTrue();
        assertThat(dialect.isAlias("HTTP_HTTP_CLIENT")).isTrue();
        assertThat(dialect.isAlias("client")).isFalse();
    }

    @Test
    void headers_are_all_names_in_lower_case() {
        assertThat(RFC9440.headers()).containsExactly("client-cert", "client-cert-chain");
        assertThat(APACHE.headers()).containsExactly("x-cert", "x-chain-0", "x-chain-1");
        assertThat(ALB.headers()).containsExactly("x-amzn-mtls-clientcert");
    }

    @ParameterizedTest
    @CsvSource({"'',Not the name", "'a b',Not the name", "a:,Not the name", "X_Chain,different names"})
    void names_that_cannot_be_stop_the_start(String name, String reason) {
        assertThatThrownBy(() -> ForwardedCertificates.haproxy("X-Chain", name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void a_dialect_of_the_users_own_is_read() {
        ForwardedCertificates own = ForwardedCertificates.of(
                Set.of("X-Own"),
                values -> values.apply("X-Own").isEmpty() ? new Forwarded.None() : new Forwarded.Chain(List.of(ALICE)));
        assertThat(read(own, List.of("x-own: yes"))).isEqualTo(chain(ALICE));
        assertThat(read(own, List.of())).isEqualTo(new Forwarded.None());
        assertThat(own.isAlias("X_OWN")).isTrue();
    }

    @Test
    void what_a_dialect_of_the_users_own_throws_is_malformed() {
        assertThat(read(ForwardedCertificates.of(Set.of("X-Own"), values -> new Forwarded.Chain(List.of())), List.of()))
                .isEqualTo(new Forwarded.Malformed("[x-own]: the reader failed: java.lang.IllegalArgumentException"));
        assertThat(read(
                        ForwardedCertificates.of(
                                Set.of("X-Own"),
                                values ->
                                        values.apply("X-Not-Named").isEmpty() ? new Forwarded.None() : chain(MALLORY)),
                        List.of("X-Not-Named: a")))
                .isEqualTo(new Forwarded.Malformed("[x-own]: the reader failed: java.lang.IllegalArgumentException"));
    }

    @Test
    void a_dialect_of_the_users_own_without_an_answer_is_malformed() {
        assertThat(ForwardedCertificates.of(Set.of("X-Own"), unanswered()).read(name -> List.of()))
                .isEqualTo(new Forwarded.Malformed("[x-own]: the reader failed: java.lang.NullPointerException"));
    }

    @Test
    void a_chain_that_is_forwarded_is_read_again() {
        Map<String, String> headers = ForwardedCertificates.toRfc9440(List.of(ALICE, ISSUING, MALLORY));
        assertThat(headers.keySet()).containsExactly("Client-Cert", "Client-Cert-Chain");
        assertThat(read(RFC9440, lines(headers))).isEqualTo(chain(ALICE, ISSUING, MALLORY));
    }

    @Test
    void a_chain_that_is_forwarded_as_envoy_does_is_read_again() {
        for (List<X509Certificate> chain : List.of(List.of(ALICE), List.of(ALICE, ISSUING, MALLORY))) {
            Map<String, String> headers = ForwardedCertificates.toXfcc(chain);
            assertThat(headers).containsOnlyKeys("X-Forwarded-Client-Cert");
            for (ForwardedCertificates dialect :
                    List.of(ForwardedCertificates.xfcc(), ForwardedCertificates.xfccAppended())) {
                assertThat(read(dialect, lines(headers))).isEqualTo(new Forwarded.Chain(chain));
            }
        }
        assertThat(read(ForwardedCertificates.xfcc(), lines(ForwardedCertificates.toXfcc(List.of(ALICE, ALICE)))))
                .isEqualTo(chain(ALICE));
    }

    /** Its documentation: the hash in hexadecimal, the others as percent-encoded PEM in quotes, leaf first in the chain. */
    @Test
    void what_is_forwarded_as_envoy_does_has_its_form() throws Exception {
        String element = String.join(
                "", ForwardedCertificates.toXfcc(List.of(ALICE, ISSUING)).values());
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(ALICE.getEncoded()));

        assertThat(element)
                .matches("Hash=" + hash + ";Cert=\"([A-Za-z0-9%-]+)\";Chain=\"\\1([A-Za-z0-9%-]+)\"")
                .contains(";Cert=\"-----BEGIN%20CERTIFICATE-----%0AMII")
                .contains("%0A-----END%20CERTIFICATE-----%0A\";Chain=");
        String pem = URLDecoder.decode(element.replaceAll(".*;Chain=\"|\"$", ""), StandardCharsets.US_ASCII);
        assertThat(pem.lines()).allMatch(line -> line.length() <= 64);
        assertThat(CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo(List.of(ALICE, ISSUING));
    }

    @Test
    void a_certificate_alone_is_forwarded_without_an_empty_list() {
        assertThat(ForwardedCertificates.toRfc9440(List.of(ALICE))).isEqualTo(Map.of("Client-Cert", sequence(ALICE)));
    }

    @Test
    void the_clients_certificate_is_not_forwarded_twice() {
        Map<String, String> headers = ForwardedCertificates.toRfc9440(List.of(ALICE, ALICE, ISSUING));
        assertThat(read(RFC9440, lines(headers))).isEqualTo(chain(ALICE, ISSUING));
    }

    @Test
    void a_chain_that_would_not_be_read_is_not_forwarded() {
        assertThatThrownBy(() -> ForwardedCertificates.toRfc9440(List.of()))
                .hasMessage("0 certificates, expected 1 to 10");
        assertThatThrownBy(() -> ForwardedCertificates.toRfc9440(Collections.nCopies(11, ALICE)))
                .hasMessage("11 certificates, expected 1 to 10");
        assertThatThrownBy(() -> ForwardedCertificates.toXfcc(List.of()))
                .hasMessage("0 certificates, expected 1 to 10");
        assertThatThrownBy(() -> ForwardedCertificates.toXfcc(Collections.nCopies(11, ALICE)))
                .hasMessage("11 certificates, expected 1 to 10");
    }

    @Test
    void each_case_is_folded() {
        Function<Forwarded, String> name = forwarded -> forwarded.fold(
                none -> "none", chain -> "chain of " + chain.certificates().size(), malformed -> malformed.detail());
        assertThat(name.apply(new Forwarded.None())).isEqualTo("none");
        assertThat(name.apply(chain(ALICE, ISSUING))).isEqualTo("chain of 2");
        assertThat(name.apply(new Forwarded.Malformed("why"))).isEqualTo("why");
    }

    @Test
    void a_header_of_many_small_pairs_takes_no_longer_than_its_length() {
        String pairs = "By=;".repeat(30_000);
        assertThat(read(XFCC, List.of(XFCC_NAME + pairs + BOTH))).isEqualTo(chain(ALICE, ISSUING));
    }

    private static ForwardedCertificates.Reader unanswered() {
        return new ForwardedCertificates.Reader() {
            @Override
            @SuppressWarnings("NullAway") // what a user without a null checker writes
            public Forwarded read(Function<String, List<String>> valuesOfHeader) {
                return null;
            }
        };
    }

    /** Reads header lines as a server hands them out: by name in any case, in the order received. */
    private static Forwarded read(ForwardedCertificates dialect, List<String> lines) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line : lines) {
            int colon = line.indexOf(": ");
            headers.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
                    .add(line.substring(colon + 2));
        }
        return dialect.read(name -> headers.getOrDefault(name, List.of()));
    }

    private static List<String> lines(Map<String, String> headers) {
        return headers.entrySet().stream()
                .map(header -> header.getKey().toLowerCase(Locale.ROOT) + ": " + header.getValue())
                .toList();
    }

    private static List<X509Certificate> certificates(Forwarded forwarded) {
        return forwarded.fold(none -> List.of(), Forwarded.Chain::certificates, malformed -> {
            throw new AssertionError(malformed.detail());
        });
    }

    private static List<String> captured(String name) throws Exception {
        try (InputStream file =
                Objects.requireNonNull(ForwardedCertificatesTest.class.getResourceAsStream("captured-headers.txt"))) {
            return new String(file.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> line.startsWith(name + ' '))
                    .map(line -> line.substring(name.length() + 1).replaceFirst(" ", ": "))
                    .toList();
        }
    }

    private static String unpadded() {
        X509Certificate padded = IntStream.range(0, 48)
                .mapToObj(Chains::large)
                .filter(certificate -> base64(certificate).endsWith("="))
                .findFirst()
                .orElseThrow();
        return base64(padded).replace("=", "");
    }

    private static X509Certificate withUrlCharacters() {
        // A hundred bytes of a random key and signature: one of 48 certificates without a plus sign is not to be
        // feared.
        return IntStream.range(0, 48)
                .mapToObj(i -> Chains.large(1))
                .filter(certificate -> base64(certificate).contains("+"))
                .findFirst()
                .orElseThrow();
    }

    private static byte[] indefinite(X509Certificate certificate) {
        byte[] der = Chains.der(certificate);
        byte[] ber = new byte[der.length];
        System.arraycopy(der, 4, ber, 2, der.length - 4); // Behind 30 82 and two octets of length.
        ber[0] = 0x30;
        ber[1] = (byte) 0x80;
        return ber;
    }

    private static byte[] shortened(X509Certificate certificate) {
        byte[] der = Chains.der(certificate);
        return Arrays.copyOf(der, der.length - 1);
    }
}
