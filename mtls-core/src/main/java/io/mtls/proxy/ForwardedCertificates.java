package io.mtls.proxy;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a hop writes the client's certificates into headers. Immutable.
 *
 * <p>Each factory is one dialect and says how the hop is to be configured. Common to all of them: the hop has to
 * overwrite what the client sent under these names; a header that appears twice where it is expected once, base64 that
 * is not canonical, bytes around a certificate, or more than a TLS connection may bring (10 certificates, 64 KiB), is
 * {@link Forwarded.Malformed}; and so is an empty value, because hops write one for a certificate that is too large.
 * Whatever the headers hold, reading them does not throw.
 *
 * <p>WARNING: a header is no proof. Read only requests of a hop that is known, have {@link #isAlias} keep these names
 * from everybody else, and verify the chain: nginx ({@code optional_no_ca}), AWS (passthrough), Cloudflare and others
 * forward certificates that they did not verify.
 */
public final class ForwardedCertificates {

    private static final String CLIENT_CERT = "Client-Cert";
    private static final String CLIENT_CERT_CHAIN = "Client-Cert-Chain";
    private static final String XFCC = "X-Forwarded-Client-Cert";

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern NEITHER_LETTER_NOR_DIGIT = Pattern.compile("[^a-z0-9]+");
    private static final String CGI_PREFIX = "http-";

    private static final Forwarded NONE = new Forwarded.None();

    private final Set<String> headers;
    private final Set<String> canonicalNames;
    private final Decoder decoder;
    private final boolean verifiedByProxy;

    private ForwardedCertificates(Decoder decoder, Stream<String> headers) {
        this(decoder, headers, true);
    }

    private ForwardedCertificates(Decoder decoder, Stream<String> headers, boolean verifiedByProxy) {
        List<String> names = headers.toList();
        for (String name : names) {
            if (!TOKEN.matcher(name).matches()) {
                throw new IllegalArgumentException("Not the name of a header: \"" + name + '"');
            }
        }
        this.headers = names.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.collectingAndThen(
                        Collectors.toCollection(LinkedHashSet::new), Collections::unmodifiableSet));
        this.canonicalNames =
                names.stream().map(ForwardedCertificates::canonical).collect(Collectors.toUnmodifiableSet());
        this.decoder = decoder;
        this.verifiedByProxy = verifiedByProxy;
        if (names.isEmpty() || canonicalNames.size() != names.size()) {
            throw new IllegalArgumentException("One or more headers of different names are needed, not " + names);
        }
    }

    /** {@link #rfc9440(String, String)} with the names that the RFC gives: Client-Cert and Client-Cert-Chain. */
    public static ForwardedCertificates rfc9440() {
        return rfc9440(CLIENT_CERT, CLIENT_CERT_CHAIN);
    }

    /**
     * RFC 9440: the client's certificate as a Byte Sequence, the others as a List of Byte Sequences, in the syntax of
     * RFC 9651. Written by Cloudflare, and by HAProxy with {@code http-request set-header Client-Cert
     * :%[ssl_c_der,base64]: if { ssl_c_used }} behind an unconditional {@code http-request del-header Client-Cert}.
     *
     * <p>Without the first header the second is malformed, and so is one that repeats the client's certificate (section
     * 2.3). It may be absent or empty, which is an empty List. Parameters are malformed: the RFC defines none.
     */
    public static ForwardedCertificates rfc9440(String certHeader, String chainHeader) {
        return new ForwardedCertificates(
                values -> {
                    Optional<String> certificate = values.one(certHeader);
                    List<String> others = values.all(chainHeader);
                    if (certificate.isEmpty()) {
                        return none(others.isEmpty(), certHeader);
                    }
                    ChainReader chain = new ChainReader();
                    reading(certHeader, () -> chain.add(StructuredFields.byteSequence(certificate.get())));
                    reading(chainHeader, () -> {
                        for (byte[] der : StructuredFields.byteSequences(others)) {
                            chain.add(der);
                        }
                        if (chain.certificates()
                                        .lastIndexOf(chain.certificates().get(0))
                                > 0) {
                            throw new MalformedHeaderException("repeats the client's certificate");
                        }
                    });
                    return chain.chain();
                },
                Stream.of(certHeader, chainHeader));
    }

    /**
     * Envoy's {@code x-forwarded-client-cert} where the hop replaces what came ({@code forward_client_cert_details:
     * SANITIZE_SET}): exactly one element. More than one is malformed.
     *
     * <p>The hop has to write the certificate ({@code set_current_client_cert_details: {cert: true}}) or, better, the
     * whole chain ({@code chain: true}): an element without either is malformed, because names are no proof.
     */
    public static ForwardedCertificates xfcc() {
        return xfcc(elements -> {
            if (elements.size() > 1) {
                throw new MalformedHeaderException(
                        elements.size() + " elements where the hop is to write the only one");
            }
            return elements.get(0);
        });
    }

    /**
     * Envoy's {@code x-forwarded-client-cert} where the hop adds to what came ({@code APPEND_FORWARD}): the last element
     * counts. The elements before it can say anything, but what cannot be read is malformed for all.
     *
     * <p>Prefer {@link #xfcc}: it needs no trust in where elements end. Here the hop must not write the URI and DNS names
     * of the certificate, and an element with them is malformed: Envoy writes them as they are, and one with a comma in
     * it can go on as an element of its own.
     */
    public static ForwardedCertificates xfccAppended() {
        return xfcc(elements -> {
            XfccElement last = elements.get(elements.size() - 1);
            if (last.has("uri") || last.has("dns")) {
                throw new MalformedHeaderException(
                        "the last element has a URI or DNS, which an appending hop may not write");
            }
            return last;
        });
    }

    /**
     * nginx: {@code proxy_set_header X-Client-Cert $ssl_client_escaped_cert;}, the client's certificate alone, as
     * percent-encoded PEM. Without a certificate nginx sends no such header, and none that the client sent.
     *
     * @param header the name in the configuration
     */
    public static ForwardedCertificates nginx(String header) {
        return encodedPem(header, 1);
    }

    /**
     * HAProxy, the client's certificate alone: {@code http-request set-header X-Client-Cert %[ssl_c_der,base64] if {
     * ssl_c_used }} behind an unconditional {@code http-request del-header X-Client-Cert}. In double quotes or not.
     *
     * <p>Not without the condition: then HAProxy writes an empty value both without a certificate and for one larger
     * than its buffer ({@code tune.bufsize}), so that empty is malformed.
     *
     * @param header the name in the configuration
     */
    public static ForwardedCertificates haproxy(String header) {
        return haproxy(header, Stream.empty());
    }

    /**
     * HAProxy, the same with what the client presented beside its certificate, in the same way from {@code
     * ssl_c_chain_der}. HAProxy does not know it on a resumed session; so this header may be empty.
     *
     * @param header the name in the configuration
     * @param chainHeader the name in the configuration
     */
    public static ForwardedCertificates haproxy(String header, String chainHeader) {
        return haproxy(header, Stream.of(chainHeader));
    }

    /**
     * Apache httpd: {@code RequestHeader set X-Client-Cert "%{SSL_CLIENT_CERT}s"} with {@code SSLOptions
     * +ExportCertData}, as PEM with spaces for line ends. {@code (null)} is no certificate.
     *
     * @param header the name in the configuration
     * @param chainHeaders in the same way from {@code SSL_CLIENT_CERT_CHAIN_0} and further; none of a resumed session
     */
    public static ForwardedCertificates apache(String header, String... chainHeaders) {
        List<String> headers =
                Stream.concat(Stream.of(header), Stream.of(chainHeaders)).toList();
        return new ForwardedCertificates(
                values -> {
                    ChainReader chain = new ChainReader();
                    boolean anonymous = false;
                    for (String name : headers) {
                        String value = values.one(name).orElse("(null)");
                        if (value.equals("(null)")) {
                            anonymous |= name.equals(header);
                            continue;
                        }
                        if (anonymous) {
                            throw new MalformedHeaderException(name + ": without " + header);
                        }
                        reading(name, () -> {
                            int before = chain.certificates().size();
                            PemText.readSpaced(value, chain);
                            requireOne(chain.certificates().size() - before);
                        });
                    }
                    return anonymous ? NONE : chain.chain();
                },
                headers.stream());
    }

    /**
     * Traefik 2 and 3: the middleware {@code passTLSClientCert} with {@code pem: true}, which writes the chain into
     * X-Forwarded-Tls-Client-Cert as base64 with commas between; older versions percent-encode each.
     *
     * <p>Without a certificate the middleware leaves the header as it came; the entry point removes it ({@code
     * forwardedHeaders}), unless it trusts the sender.
     */
    public static ForwardedCertificates traefik() {
        String header = "X-Forwarded-Tls-Client-Cert";
        return single(header, (value, chain) -> {
            for (String certificate : value.split(",", ChainReader.MAX_CERTIFICATES + 1)) {
                chain.addBase64(PemText.percentDecoded(certificate));
            }
        });
    }

    /**
     * AWS Application Load Balancer in passthrough mode: X-Amzn-Mtls-Clientcert, the chain as percent-encoded PEM. AWS
     * verifies nothing in this mode.
     */
    public static ForwardedCertificates awsAlbPassthrough() {
        String header = "X-Amzn-Mtls-Clientcert";
        return new ForwardedCertificates(
                encodedPem(header, ChainReader.MAX_CERTIFICATES).decoder, Stream.of(header), false);
    }

    /**
     * AWS Application Load Balancer in verify mode: X-Amzn-Mtls-Clientcert-Leaf, the client's certificate alone as
     * percent-encoded PEM.
     *
     * <p>The two modes are two dialects so that a header of the mode that is not in use is never read.
     */
    public static ForwardedCertificates awsAlbVerify() {
        return encodedPem("X-Amzn-Mtls-Clientcert-Leaf", 1);
    }

    /**
     * A dialect by its name, for configuration that is text.
     *
     * @param headers the names of the headers, where the dialect leaves them to the hop's configuration, or has others than
     *     usual
     * @throws IllegalArgumentException if these are too few or too many for it, or one is no name of a header
     */
    public static ForwardedCertificates of(Dialect dialect, List<String> headers) {
        if (!dialect.takes(headers.size())) {
            throw new IllegalArgumentException("format " + dialect + " takes " + dialect.expected + ", and "
                    + headers.size() + " are named: " + headers);
        }
        return switch (dialect) {
            case RFC9440 -> headers.isEmpty() ? rfc9440() : rfc9440(headers.get(0), headers.get(1));
            case XFCC -> xfcc();
            case XFCC_APPENDED -> xfccAppended();
            case NGINX -> nginx(headers.get(0));
            case HAPROXY -> headers.size() == 1 ? haproxy(headers.get(0)) : haproxy(headers.get(0), headers.get(1));
            case APACHE ->
                apache(headers.get(0), headers.subList(1, headers.size()).toArray(String[]::new));
            case TRAEFIK -> traefik();
            case AWS_ALB_PASSTHROUGH -> awsAlbPassthrough();
            case AWS_ALB_VERIFY -> awsAlbVerify();
        };
    }

    /**
     * A dialect of your own.
     *
     * @param headers the names of all headers that it reads
     * @throws IllegalArgumentException if there is none, or one is no name of a header
     */
    public static ForwardedCertificates of(Set<String> headers, Reader reader) {
        return new ForwardedCertificates(values -> Objects.requireNonNull(reader.read(values::all)), headers.stream());
    }

    /** Reads a dialect. What it throws is {@link Forwarded.Malformed}. */
    @FunctionalInterface
    public interface Reader {

        /**
         * What the headers say.
         *
         * @param valuesOfHeader every value of a header as received, without white space around it; empty where there is
         *     none. Throws for a header that was not named beforehand
         */
        Forwarded read(Function<String, List<String>> valuesOfHeader);
    }

    /** The names of the dialects in configuration, in lower case with hyphens. */
    public enum Dialect {
        /** {@link ForwardedCertificates#rfc9440(String, String)}. */
        RFC9440("no headers, or two: of the client's certificate and of the others", 0, 2),
        /** {@link ForwardedCertificates#xfcc}. */
        XFCC,
        /** {@link ForwardedCertificates#xfccAppended}. */
        XFCC_APPENDED,
        /** {@link ForwardedCertificates#nginx}. */
        NGINX("the one header that nginx is told to write", 1, 1),
        /** {@link ForwardedCertificates#haproxy(String, String)}. */
        HAPROXY("the header that HAProxy is told to write, and perhaps that of the chain", 1, 2),
        /** {@link ForwardedCertificates#apache}. */
        APACHE(
                "the header that httpd is told to write, and perhaps those of the chain",
                1,
                ChainReader.MAX_CERTIFICATES),
        /** {@link ForwardedCertificates#traefik}. */
        TRAEFIK,
        /** {@link ForwardedCertificates#awsAlbPassthrough}. */
        AWS_ALB_PASSTHROUGH,
        /** {@link ForwardedCertificates#awsAlbVerify}. */
        AWS_ALB_VERIFY;

        private final String expected;
        private final int fewest;
        private final int most;

        Dialect() {
            this("no headers, since it has names of its own", 0, 0);
        }

        Dialect(String expected, int fewest, int most) {
            this.expected = expected;
            this.fewest = fewest;
            this.most = most;
        }

        /** Whether it has names for its headers where the hop's configuration gives none. */
        public boolean hasHeadersOfItsOwn() {
            return takes(0);
        }

        private boolean takes(int headers) {
            return headers >= fewest && headers <= most && !(this == RFC9440 && headers == 1);
        }

        /** As it is written in configuration. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** The names of all headers that are read, in lower case: to be kept from everybody but the hop. */
    public Set<String> headers() {
        return headers;
    }

    /**
     * Whether hops that write this format verify what they forward, unless they are told not to. Where they do not, their
     * word can never be taken for it.
     */
    public boolean isVerifiedByProxy() {
        return verifiedByProxy;
    }

    /**
     * Whether some reader could take this for the name of one of the {@link #headers()}: whatever its case, whatever
     * stands in the place of its hyphens ({@code Client_Cert}, {@code Client.Cert}), and with the prefix that CGI gives
     * it ({@code HTTP_CLIENT_CERT}). So the names themselves are aliases too.
     */
    public boolean isAlias(String headerName) {
        String canonical = canonical(headerName);
        return canonicalNames.contains(canonical)
                || (canonical.startsWith(CGI_PREFIX)
                        && canonicalNames.contains(canonical.substring(CGI_PREFIX.length())));
    }

    /**
     * Reads the headers of a request. Does not throw.
     *
     * @param valuesOfHeader every value of a header, whatever the case of its name, in the order received; empty where
     *     there is none. Asked once for each of {@link #headers()}
     */
    public Forwarded read(Function<String, List<String>> valuesOfHeader) {
        try {
            return decoder.read(new HeaderValues(headers, valuesOfHeader));
        } catch (MalformedHeaderException e) {
            return new Forwarded.Malformed(e.detail());
        } catch (RuntimeException e) {
            return new Forwarded.Malformed(
                    headers + ": the reader failed: " + e.getClass().getName());
        }
    }

    /**
     * The other direction, for a hop: the names and values of the headers that forward this chain as RFC 9440 says. A
     * header that is not in the answer has to be removed from the request.
     *
     * @param chain the client's certificate first; where it is repeated behind, it is left out there
     * @throws IllegalArgumentException if there is none, more than would be read, or one that cannot be encoded
     */
    public static Map<String, String> toRfc9440(List<X509Certificate> chain) {
        List<byte[]> certificates = encoded(chain);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(CLIENT_CERT, StructuredFields.serialized(certificates.get(0)));
        String others =
                certificates.stream().skip(1).map(StructuredFields::serialized).collect(Collectors.joining(", "));
        if (!others.isEmpty()) {
            headers.put(CLIENT_CERT_CHAIN, others); // An empty List is no field (RFC 9651 section 4.1).
        }
        return Collections.unmodifiableMap(headers);
    }

    /**
     * The same as Envoy's {@code x-forwarded-client-cert}: one element with {@code Hash}, {@code Cert} and {@code Chain},
     * the last from the client's certificate on. It has to take the place of what came, and not to be added to it.
     *
     * <p>Without {@code Subject}, {@code URI}, {@code DNS} and {@code By}: Envoy writes names as they are, which can be
     * read in two ways, and no name is a proof.
     *
     * @param chain the client's certificate first; where it is repeated behind, it is left out there
     * @throws IllegalArgumentException if there is none, more than would be read, or one that cannot be encoded
     */
    public static Map<String, String> toXfcc(List<X509Certificate> chain) {
        List<byte[]> certificates = encoded(chain);
        String all = certificates.stream().map(PemText::encoded).collect(Collectors.joining());
        return Map.of(XFCC, XfccElement.of(certificates.get(0), PemText.encoded(certificates.get(0)), all));
    }

    /** DER of each, without repetitions of the first. */
    private static List<byte[]> encoded(List<X509Certificate> chain) {
        if (chain.isEmpty() || chain.size() > ChainReader.MAX_CERTIFICATES) {
            throw new IllegalArgumentException(
                    chain.size() + " certificates, expected 1 to " + ChainReader.MAX_CERTIFICATES);
        }
        List<byte[]> encoded = new ArrayList<>();
        try {
            for (X509Certificate certificate : chain) {
                if (encoded.isEmpty() || !certificate.equals(chain.get(0))) {
                    encoded.add(certificate.getEncoded());
                }
            }
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("A certificate cannot be encoded", e);
        }
        return encoded;
    }

    private static ForwardedCertificates xfcc(ElementChoice choice) {
        return single(XFCC, (value, chain) -> {
            XfccElement element = choice.of(XfccElement.parse(value));
            ChainReader certificate = new ChainReader();
            Optional<String> cert = element.quoted("cert");
            if (cert.isPresent()) {
                PemText.readEncoded(cert.get(), certificate);
                requireOne(certificate.certificates().size());
            }
            Optional<String> all = element.quoted("chain").or(() -> cert);
            if (all.isEmpty()) {
                throw new MalformedHeaderException("neither Cert nor Chain in the element; names are no proof");
            }
            PemText.readEncoded(all.get(), chain);
            if (cert.isPresent()
                    && !chain.certificates()
                            .get(0)
                            .equals(certificate.certificates().get(0))) {
                throw new MalformedHeaderException("Chain does not begin with Cert");
            }
        });
    }

    private static ForwardedCertificates haproxy(String header, Stream<String> chainHeader) {
        Optional<String> other = chainHeader.findFirst();
        return new ForwardedCertificates(
                values -> {
                    Optional<String> certificate = values.one(header);
                    Optional<String> others = other.isPresent() ? values.oneOrEmpty(other.get()) : Optional.empty();
                    if (certificate.isEmpty()) {
                        return none(others.orElse("").isEmpty(), header);
                    }
                    ChainReader chain = new ChainReader();
                    reading(header, () -> chain.addBase64(unquoted(certificate.get())));
                    if (!others.map(ForwardedCertificates::unquoted).orElse("").isEmpty()) {
                        reading(other.orElseThrow(), () -> chain.addConcatenatedBase64(unquoted(others.get())));
                    }
                    return chain.chain();
                },
                Stream.concat(Stream.of(header), other.stream()));
    }

    private static ForwardedCertificates encodedPem(String header, int maxCertificates) {
        return single(header, (value, chain) -> {
            PemText.readEncoded(value, chain);
            if (maxCertificates == 1) {
                requireOne(chain.certificates().size());
            }
        });
    }

    /** One header, which is absent where there is no certificate. */
    private static ForwardedCertificates single(String header, Encoding encoding) {
        return new ForwardedCertificates(
                values -> {
                    Optional<String> value = values.one(header);
                    if (value.isEmpty()) {
                        return NONE;
                    }
                    ChainReader chain = new ChainReader();
                    reading(header, () -> encoding.read(value.get(), chain));
                    return chain.chain();
                },
                Stream.of(header));
    }

    private static Forwarded none(boolean nothingElse, String header) throws MalformedHeaderException {
        if (nothingElse) {
            return NONE;
        }
        throw new MalformedHeaderException(header + ": is absent, and others of the chain are there");
    }

    private static void requireOne(int certificates) throws MalformedHeaderException {
        if (certificates != 1) {
            throw new MalformedHeaderException(certificates + " certificates where one is expected");
        }
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    private static String canonical(String headerName) {
        String name = NEITHER_LETTER_NOR_DIGIT
                .matcher(headerName.toLowerCase(Locale.ROOT))
                .replaceAll("-");
        int from = name.startsWith("-") ? 1 : 0;
        int to = name.length() - (name.length() > 1 && name.endsWith("-") ? 1 : 0);
        return name.substring(from, to);
    }

    private static void reading(String header, Step step) throws MalformedHeaderException {
        try {
            step.run();
        } catch (MalformedHeaderException e) {
            throw e.in(header);
        }
    }

    private interface Decoder {
        Forwarded read(HeaderValues values) throws MalformedHeaderException;
    }

    private interface Encoding {
        void read(String value, ChainReader into) throws MalformedHeaderException;
    }

    private interface ElementChoice {
        XfccElement of(List<XfccElement> elements) throws MalformedHeaderException;
    }

    private interface Step {
        void run() throws MalformedHeaderException;
    }
}
