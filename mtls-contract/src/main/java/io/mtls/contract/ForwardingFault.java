package io.mtls.contract;

import static io.mtls.contract.Hop.APACHE;
import static io.mtls.contract.Hop.APPENDING_ENVOY;
import static io.mtls.contract.Hop.AWS_ALB_PASSTHROUGH;
import static io.mtls.contract.Hop.ENVOY;
import static io.mtls.contract.Hop.HAPROXY;
import static io.mtls.contract.Hop.NGINX;
import static io.mtls.contract.Hop.RFC9440;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.BiFunction;

/** What a proxy writes, or lets its client write, that one reader takes for alice's certificate and another does not. */
enum ForwardingFault {
    CLIENT_CERT_TWICE((alice, bob) -> RFC9440.saying(Hop.item(own(bob)), "Client-Cert: " + Hop.item(own(alice)))),
    CLIENT_CERT_TWICE_AND_THE_SAME(
            (alice, bob) -> RFC9440.saying(Hop.item(own(alice)), "Client-Cert: " + Hop.item(own(alice)))),
    CLIENT_CERT_TWICE_IN_ONE_FIELD((alice, bob) -> RFC9440.saying(Hop.item(own(bob)) + ", " + Hop.item(own(alice)))),
    CLIENT_CERT_WITH_A_SPACE_IN_ITS_BASE64(
            (alice, bob) -> RFC9440.saying(Hop.item(own(alice)).replace(":MII", ":MI I"))),
    CLIENT_CERT_IN_THE_BASE64_OF_URLS((alice, bob) ->
            RFC9440.saying(Hop.item(own(alice)).replace('+', '-').replace('/', '_'))),
    CLIENT_CERT_THAT_IS_URL_ENCODED_PEM((alice, bob) -> RFC9440.saying(Hop.encoded(alice.subList(0, 1)))),
    CLIENT_CERT_WITH_A_PARAMETER((alice, bob) -> RFC9440.saying(Hop.item(own(alice)) + ";verified=?1")),
    CLIENT_CERT_THAT_IS_GARBAGE((alice, bob) -> RFC9440.saying("garbage")),
    THE_CLIENTS_CERTIFICATE_AGAIN_IN_CLIENT_CERT_CHAIN((alice, bob) -> RFC9440.saying(
            Hop.item(own(alice)), "Client-Cert-Chain: " + Hop.item(alice.get(1)) + ", " + Hop.item(own(alice)))),
    CLIENT_CERT_CHAIN_ALONE(
            (alice, bob) -> new String[] {"X-Hop: RFC9440", "Client-Cert-Chain: " + Hop.item(own(alice))}),
    XFCC_WITH_AN_ELEMENT_BEFORE_THAT_OF_A_HOP_THAT_REPLACES(
            (alice, bob) -> ENVOY.saying(Hop.element(bob) + "," + Hop.element(alice))),
    XFCC_WITH_NAMES_AND_NO_CERTIFICATE(
            (alice, bob) -> ENVOY.saying("Hash=00ff;Subject=\"CN=alice,OU=Audit\";URI=spiffe://acme/alice")),
    XFCC_WITH_THE_CHAIN_OF_ANOTHER((alice, bob) ->
            ENVOY.saying("Cert=\"" + Hop.encoded(bob.subList(0, 1)) + "\";Chain=\"" + Hop.encoded(alice) + '"')),
    XFCC_IN_TWO_FIELDS(
            (alice, bob) -> APPENDING_ENVOY.saying(Hop.element(bob), "X-Forwarded-Client-Cert: " + Hop.element(alice))),
    XFCC_WITH_A_QUOTE_THAT_THE_CLIENT_LEFT_OPEN(
            (alice, bob) -> APPENDING_ENVOY.saying("Subject=\"CN=bob," + Hop.element(alice))),
    XFCC_WITH_A_QUOTE_BEHIND_TWO_BACKSLASHES((alice, bob) ->
            APPENDING_ENVOY.saying(Hop.element(bob) + ";By=\"a\\\\\"," + Hop.element(alice) + ";Future=\"\"")),
    XFCC_WITH_A_URI_THAT_COULD_GO_ON_AS_AN_ELEMENT((alice, bob) ->
            APPENDING_ENVOY.saying(Hop.element(bob) + ";URI=spiffe://acme/bob," + Hop.element(alice) + ";DNS=b")),
    NGINX_WITH_TWO_CERTIFICATES((alice, bob) -> NGINX.saying(Hop.encoded(alice))),
    AWS_READ_AS_A_FORM((alice, bob) ->
            AWS_ALB_PASSTHROUGH.saying(Hop.halfEncoded(alice).replace('+', ' ').replace("%20", " "))),
    APACHE_WITH_A_CHAIN_AND_NO_CERTIFICATE(
            (alice, bob) -> APACHE.saying("(null)", "X-Apache-Chain-0: " + Hop.spaced(own(alice)))),
    APACHE_WITH_NULL_IN_CAPITALS((alice, bob) -> APACHE.saying("(NULL)")),
    HAPROXY_WITH_HALF_A_PAIR_OF_QUOTES((alice, bob) -> HAPROXY.saying('"' + Hop.base64(alice.subList(0, 1))));

    @SuppressWarnings("ImmutableEnumChecker") // A lambda that holds nothing.
    private final BiFunction<List<X509Certificate>, List<X509Certificate>, String[]> headers;

    ForwardingFault(BiFunction<List<X509Certificate>, List<X509Certificate>, String[]> headers) {
        this.headers = headers;
    }

    /** The headers of a request, made of two chains of members. */
    String[] headers(List<X509Certificate> alice, List<X509Certificate> bob) {
        return headers.apply(alice, bob);
    }

    private static X509Certificate own(List<X509Certificate> chain) {
        return chain.get(0);
    }
}
