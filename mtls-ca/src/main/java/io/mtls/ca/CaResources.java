package io.mtls.ca;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x509.CertificateList;

/**
 * What an authority publishes over HTTP, without the server: requests in, responses out. Paths are compared as they came,
 * nothing is decoded but the OCSP request of a GET.
 *
 * <p>A fault is a status and no more to the one who asks, and a line in the log. Safe for use by several threads.
 */
final class CaResources {
    static final int MAX_BODY_BYTES = OcspRequest.MAX_BYTES;

    /** RFC 6960 appendix A.1 and RFC 5019 section 5 keep a GET below 255 octets; this leaves room for a nonce and SHA-512. */
    static final int MAX_PATH_CHARS = 2048;

    static final String CONTENT_TYPE = "Content-Type";
    static final String IF_NONE_MATCH = "If-None-Match";

    static final String OCSP_REQUEST = "application/ocsp-request";
    static final String OCSP_RESPONSE = "application/ocsp-response";
    static final String CRL_TYPE = "application/pkix-crl";

    private static final String ROOTS = "/root.crt";
    private static final String GET = "GET, HEAD";

    /** RFC 9110 section 5.6.7. */
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final System.Logger LOGGER = System.getLogger(CaServer.class.getName());

    private final CertificateAuthority authority;
    private final OcspResponder responder;
    private final UnaryOperator<OcspResponseBuilder> ocspFault;
    private final BiFunction<String, byte[], byte[]> crlFault;

    CaResources(CertificateAuthority authority) {
        this(authority, UnaryOperator.identity(), (name, der) -> der);
    }

    /**
     * With something wrong in it.
     *
     * @param crlFault the name of the authority, and its list as it should be
     */
    CaResources(
            CertificateAuthority authority,
            UnaryOperator<OcspResponseBuilder> ocspFault,
            BiFunction<String, byte[], byte[]> crlFault) {
        this.authority = authority;
        this.ocspFault = ocspFault;
        this.crlFault = crlFault;
        this.responder = new OcspResponder(authority);
    }

    Response answer(Request request) {
        try {
            return route(request);
        } catch (CaException e) {
            LOGGER.log(Level.WARNING, "Cannot answer: " + e.getMessage()); // which says it all
            return Response.of(503);
        } catch (RuntimeException e) {
            LOGGER.log(Level.ERROR, "Cannot answer", e);
            return Response.of(500);
        }
    }

    private Response route(Request request) {
        String path = request.path();
        if (path.length() > MAX_PATH_CHARS) {
            return Response.of(414);
        }
        if (path.equals(Publication.OCSP)) {
            return ocspByPost(request);
        }
        if (path.startsWith(Publication.OCSP + "/")) {
            return request.isGet() ? ocspByGet(path.substring(Publication.OCSP.length() + 1)) : notAllowed(GET);
        }
        Optional<Response> resource = resource(path);
        if (resource.isEmpty()) {
            return Response.of(404);
        }
        return request.isGet() ? resource.get().unlessKnownTo(request) : notAllowed(GET);
    }

    private Optional<Response> resource(String path) {
        Set<String> authorities = authority.authorities();
        Optional<String> delta =
                named(path, Publication.CRL, Publication.DELTA_SUFFIX).filter(name -> !name.startsWith(Hierarchy.ROOT));
        if (delta.filter(authorities::contains).isPresent()) {
            return Optional.of(crl(delta.get(), authority.deltaCrl(delta.get())));
        }
        Optional<String> crl = named(path, Publication.CRL, Publication.CRL_SUFFIX);
        if (crl.filter(authorities::contains).isPresent()) {
            return Optional.of(crl(crl.get(), authority.crl(crl.get())));
        }
        Optional<String> certificate = named(path, Publication.CA, Credentials.CRT);
        if (certificate.filter(authorities::contains).isPresent()) {
            return Optional.of(certificate(authority.certificate(certificate.get())));
        }
        if (path.equals(ROOTS)) {
            return Optional.of(revalidated(
                    "application/pem-certificate-chain", authority.rootsPem().getBytes(US_ASCII)));
        }
        return path.equals("/")
                ? Optional.of(revalidated("text/plain; charset=utf-8", index().getBytes(UTF_8)))
                : Optional.empty();
    }

    private static Optional<String> named(String path, String prefix, String suffix) {
        return path.length() > prefix.length() + suffix.length() && path.startsWith(prefix) && path.endsWith(suffix)
                ? Optional.of(path.substring(prefix.length(), path.length() - suffix.length()))
                : Optional.empty();
    }

    private Response ocspByPost(Request request) {
        if (!request.method().equals("POST")) {
            return notAllowed("POST");
        }
        if (!OCSP_REQUEST.equalsIgnoreCase(request.header(CONTENT_TYPE).strip())) {
            return Response.of(415);
        }
        return request.body().length > MAX_BODY_BYTES ? Response.of(413) : ocsp(request.body());
    }

    private Response ocspByGet(String encoded) {
        try {
            return ocsp(base64(percentDecoded(encoded)));
        } catch (IllegalArgumentException e) {
            return ocsp(Der.NOTHING); // no request at all is malformed, too
        }
    }

    /** One text for one request: neither white space nor a missing pad, which caches would keep apart. */
    private static byte[] base64(String text) {
        byte[] decoded = Base64.getDecoder().decode(text);
        if (!Base64.getEncoder().encodeToString(decoded).equals(text)) {
            throw new IllegalArgumentException("not the base64 of RFC 4648 section 4");
        }
        return decoded;
    }

    /** Of a path, RFC 3986 section 2.1: unlike in a form a plus is a plus. */
    private static String percentDecoded(String text) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%') {
                octets.write(HexFormat.fromHexDigits(text, i + 1, Math.min(i + 3, text.length())));
                i += 2;
            } else {
                octets.write(text.charAt(i));
            }
        }
        return octets.toString(UTF_8);
    }

    /** The headers of RFC 5019 section 6.2. */
    private Response ocsp(byte[] request) {
        OcspResponder.Answer answer = responder.answer(request, ocspFault);
        Response response = Response.of(200, OCSP_RESPONSE, answer.der());
        if (answer.reusable().isEmpty()) {
            return response.with("Cache-Control", "no-store");
        }
        Validity validity = answer.reusable().get();
        // What a cache hands out at the last moment is to be valid for as long again.
        long maxAge = Duration.between(validity.notBefore(), validity.notAfter())
                .dividedBy(2)
                .toSeconds();
        return response.with("Cache-Control", "max-age=" + maxAge + ", public, no-transform, must-revalidate")
                .with("Last-Modified", HTTP_DATE.format(validity.notBefore()))
                .with("Expires", HTTP_DATE.format(validity.notAfter()))
                .with("ETag", eTag(answer.der()));
    }

    /** A revocation is to be in the next list that anybody fetches: caches have to ask each time, which is cheap. */
    private Response crl(String name, byte[] der) {
        CertificateList list = CertificateList.getInstance(der);
        return revalidated(CRL_TYPE, crlFault.apply(name, der))
                .with(
                        "Last-Modified",
                        HTTP_DATE.format(list.getThisUpdate().getDate().toInstant()))
                .with("Expires", HTTP_DATE.format(list.getNextUpdate().getDate().toInstant()));
    }

    private static Response certificate(X509Certificate certificate) {
        try {
            return revalidated("application/pkix-cert", certificate.getEncoded())
                    .with(
                            "Last-Modified",
                            HTTP_DATE.format(certificate.getNotBefore().toInstant()));
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("certificate without an encoding", e);
        }
    }

    private static Response revalidated(String type, byte[] body) {
        return Response.of(200, type, body)
                .with("Cache-Control", "no-cache, public, no-transform")
                .with("ETag", eTag(body));
    }

    private String index() {
        String authorities = authority.authorities().stream()
                .map(name -> "/ca/" + name + ".crt\n/crl/" + name + ".crl\n"
                        + (name.startsWith(Hierarchy.ROOT) ? "" : "/crl/" + name + "-delta.crl\n"))
                .collect(Collectors.joining());
        return authority.settings().name() + "\n\n" + ROOTS + "\n" + authorities + Publication.OCSP + "\n";
    }

    private static Response notAllowed(String allowed) {
        return Response.of(405).with("Allow", allowed);
    }

    private static String eTag(byte[] body) {
        try {
            return '"'
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(body))
                    + '"';
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /**
     * What was asked.
     *
     * @param path as it came, without the query
     * @param headers by their names in lower case
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Request(String method, String path, Map<String, String> headers, byte[] body) {
        boolean isGet() {
            return method.equals("GET") || method.equals("HEAD");
        }

        /** Empty when there is none. */
        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    /** The answer to a GET; to a HEAD it goes without the body. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Response(int status, Map<String, String> headers, byte[] body) {
        static Response of(int status) {
            return new Response(status, Map.of(), Der.NOTHING);
        }

        static Response of(int status, String type, byte[] body) {
            return new Response(status, Map.of(CONTENT_TYPE, type), body);
        }

        Response with(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Response(status, more, body);
        }

        /**
         * By the tag alone. A date counts in seconds, and two lists of the same second would pass for one: who asks by date
         * only gets the whole, as RFC 9110 section 13.1.3 allows.
         */
        Response unlessKnownTo(Request request) {
            if (!isTagged(request.header(IF_NONE_MATCH))) {
                return this;
            }
            Map<String, String> kept = new LinkedHashMap<>(headers);
            kept.remove(CONTENT_TYPE);
            return new Response(304, kept, Der.NOTHING);
        }

        private boolean isTagged(String tags) {
            return tags.strip().equals("*")
                    || Arrays.stream(tags.split(",", -1))
                            .map(String::strip)
                            .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
                            .anyMatch(tag -> tag.equals(headers.get("ETag")));
        }
    }
}
