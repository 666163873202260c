package io.mtls.contract;

import io.mtls.proxy.ForwardedCertificates;
import java.io.ByteArrayOutputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Kinds of proxies, and how each of them writes the certificates of its client. */
enum Hop {
    RFC9440(ForwardedCertificates.rfc9440(), "Client-Cert"),
    ENVOY(ForwardedCertificates.xfcc(), "X-Forwarded-Client-Cert"),
    APPENDING_ENVOY(ForwardedCertificates.xfccAppended(), "X-Forwarded-Client-Cert"),
    NGINX(ForwardedCertificates.nginx("X-Nginx-Cert"), "X-Nginx-Cert"),
    HAPROXY(ForwardedCertificates.haproxy("X-Haproxy-Cert", "X-Haproxy-Chain"), "X-Haproxy-Cert"),
    APACHE(ForwardedCertificates.apache("X-Apache-Cert", "X-Apache-Chain-0"), "X-Apache-Cert"),
    TRAEFIK(ForwardedCertificates.traefik(), "X-Forwarded-Tls-Client-Cert"),
    AWS_ALB_PASSTHROUGH(ForwardedCertificates.awsAlbPassthrough(), "X-Amzn-Mtls-Clientcert"),
    AWS_ALB_VERIFY(ForwardedCertificates.awsAlbVerify(), "X-Amzn-Mtls-Clientcert-Leaf");

    /** The header in which a proxy of these tests says which of them it is. */
    private static final String NAME = "x-hop";

    @SuppressWarnings("ImmutableEnumChecker") // It says that it is.
    private final ForwardedCertificates format;

    private final String header;

    Hop(ForwardedCertificates format, String header) {
        this.format = format;
        this.header = header;
    }

    /** So that one server serves behind all of them: each request is read as the hop that it names writes. */
    static ForwardedCertificates any() {
        Set<String> headers = Stream.of(values())
                .map(hop -> hop.format.headers())
                .flatMap(Collection::stream)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        headers.add(NAME);
        return ForwardedCertificates.of(headers, values -> {
            String hop = values.apply(NAME).stream().findFirst().orElse(RFC9440.name());
            return valueOf(hop).format.read(values);
        });
    }

    /** Whether it forwards more than the client's own certificate. */
    boolean forwardsChains() {
        return this != NGINX && this != AWS_ALB_VERIFY;
    }

    /** The headers by which it forwards a chain. */
    String[] forwarding(List<X509Certificate> chain) {
        X509Certificate own = chain.get(0);
        List<X509Certificate> others = chain.subList(1, chain.size());
        return switch (this) {
            case RFC9440 ->
                others.isEmpty() ? saying(item(own)) : saying(item(own), "Client-Cert-Chain: " + item(others.get(0)));
            case ENVOY, APPENDING_ENVOY -> saying(element(chain));
            case NGINX -> saying(encoded(List.of(own)));
            case HAPROXY ->
                saying(
                        '"' + base64(List.of(own)) + '"',
                        "X-Haproxy-Chain: " + (others.isEmpty() ? "" : base64(others)));
            case APACHE ->
                saying(spaced(own), "X-Apache-Chain-0: " + (others.isEmpty() ? "(null)" : spaced(others.get(0))));
            case TRAEFIK ->
                saying(chain.stream().map(each -> base64(List.of(each))).collect(Collectors.joining(",")));
            case AWS_ALB_PASSTHROUGH -> saying(halfEncoded(chain));
            case AWS_ALB_VERIFY -> saying(halfEncoded(List.of(own)));
        };
    }

    /** This value in its header, and perhaps more. */
    String[] saying(String value, String... others) {
        List<String> headers = new ArrayList<>(List.of("X-Hop: " + name(), header + ": " + value));
        headers.addAll(List.of(others));
        return headers.toArray(String[]::new);
    }

    /** As RFC 9440 has it. */
    static String item(X509Certificate certificate) {
        return ":" + base64(List.of(certificate)) + ":";
    }

    /** As Envoy writes it, with all in its subject that also separates: an application could be named so. */
    static String element(List<X509Certificate> chain) {
        return "Hash=00ff;Cert=\"" + encoded(chain.subList(0, 1)) + "\";Chain=\"" + encoded(chain)
                + "\";Subject=\"O=a\\\"b\\,c;d=e,CN=somebody\"";
    }

    /** As nginx and Envoy write it. */
    static String encoded(List<X509Certificate> certificates) {
        return halfEncoded(certificates).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D");
    }

    /** As AWS writes it. */
    static String halfEncoded(List<X509Certificate> certificates) {
        return certificates.stream()
                .map(certificate -> pem(certificate).replace("\n", "%0A").replace(" ", "%20"))
                .collect(Collectors.joining());
    }

    /** As Apache httpd writes it. */
    static String spaced(X509Certificate certificate) {
        return pem(certificate).replace('\n', ' ').strip();
    }

    private static String pem(X509Certificate certificate) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der(certificate));
        return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
    }

    static String base64(List<X509Certificate> certificates) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        certificates.forEach(certificate -> all.writeBytes(der(certificate)));
        return Base64.getEncoder().encodeToString(all.toByteArray());
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }
}
