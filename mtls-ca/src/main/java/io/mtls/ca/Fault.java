package io.mtls.ca;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.mtls.ca.CaResources.Response;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * What is wrong with a {@link FaultyResponder}. Whatever a fault does not name is right: a stale answer has a good signature,
 * and an oversized one is neither stale nor malformed.
 *
 * <p>Immutable. Certificates that are fetched meet the faults of the transport but no others.
 */
public final class Fault {
    private static final Duration LONG_AGO = Duration.ofDays(30);
    private static final Duration FOR_A_DAY = Duration.ofDays(1);

    /** Below the arc for examples, X.660. */
    private static final String FILLER = "2.999.1";

    /** The begin of a sequence of two gigabytes. */
    private static final byte[] HUGE_SEQUENCE = {0x30, (byte) 0x84, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF};

    private static final byte[] NO_DER = "This is neither an OCSP response nor a CRL.\n".getBytes(US_ASCII);

    private final String name;
    private final Behaviour behaviour;

    private Fault(String name, Behaviour behaviour) {
        this.name = name;
        this.behaviour = behaviour;
    }

    /** Nothing is wrong. */
    public static Fault none() {
        return new Fault("none", exchange -> exchange.send(exchange.right()));
    }

    /** The right answer, this much later. */
    public static Fault slow(Duration delay) {
        return new Fault("slow", exchange -> {
            exchange.pause(delay);
            exchange.send(exchange.right());
        });
    }

    /** The right answer in single octets, each this much after the other: no read times out, and it takes ever so long. */
    public static Fault trickling(Duration between) {
        return new Fault("trickling", exchange -> exchange.trickle(exchange.right(), between));
    }

    /** The request is read, and nothing follows. */
    public static Fault hung() {
        return new Fault("hung", FaultyResponder.Exchange::pause);
    }

    /** The request is read, and a TCP reset follows. */
    public static Fault reset() {
        return new Fault("reset", FaultyResponder.Exchange::reset);
    }

    /** The connection ends in the middle of the right answer. */
    public static Fault truncated() {
        return new Fault("truncated", exchange -> {
            Response right = exchange.right();
            exchange.begin(right, right.body().length);
            exchange.write(Arrays.copyOf(right.body(), right.body().length / 2));
        });
    }

    /** This status of HTTP and no content, such as 500. */
    public static Fault httpStatus(int status) {
        return new Fault("HTTP " + status, exchange -> exchange.send(Response.of(status)));
    }

    /** The right answer is elsewhere. */
    public static Fault redirect(URI location) {
        return new Fault("redirect", exchange -> exchange.send(Response.of(302).with("Location", location.toString())));
    }

    /** Something that is not DER, under the right type. */
    public static Fault garbage() {
        return body(NO_DER);
    }

    /** These bytes, under the right type. */
    public static Fault body(byte[] body) {
        byte[] copy = body.clone();
        return new Fault("body", exchange -> {
            Response right = exchange.right();
            exchange.send(new Response(200, right.headers(), copy));
        });
    }

    /** Zeros without end, after what begins a very long DER sequence; the length is not announced. */
    public static Fault endless() {
        return new Fault("endless", exchange -> {
            exchange.begin(exchange.right(), -1);
            exchange.write(HUGE_SEQUENCE);
            byte[] zeros = new byte[8192];
            while (true) { // ends with the connection
                exchange.write(zeros);
            }
        });
    }

    /** OCSP: {@code tryLater}. CRLs: HTTP 503. */
    public static Fault tryLater() {
        return ocspStatus(OcspResponseStatus.TRY_LATER);
    }

    /** OCSP: this status and nothing else. CRLs: HTTP 503. */
    public static Fault ocspStatus(OcspResponseStatus status) {
        return new Fault(
                "OCSP " + status,
                exchange -> exchange.send(
                        exchange.isOcsp()
                                ? Response.of(200, CaResources.OCSP_RESPONSE, status.response())
                                : Response.of(503)));
    }

    /** More octets than these, and otherwise right: an extension that nobody knows is that long. */
    public static Fault oversized(int octets) {
        byte[] filler = new byte[octets];
        return signed(
                "oversized",
                response -> response.extension(FILLER, false, filler),
                (crl, authority) -> crl.extension(FILLER, false, filler));
    }

    /** No longer valid since long ago. */
    public static Fault stale() {
        return signed(
                "stale",
                response -> {
                    Instant then = response.clock().instant().minus(LONG_AGO);
                    return response.producedAt(then).thisUpdate(then).nextUpdate(then.plus(FOR_A_DAY));
                },
                (crl, authority) -> {
                    Instant then = authority.clock().instant().minus(LONG_AGO);
                    return crl.thisUpdate(then).nextUpdate(then.plus(FOR_A_DAY));
                });
    }

    /** Not valid yet for long. */
    public static Fault notYetValid() {
        return signed(
                "not yet valid",
                response -> {
                    Instant then = response.clock().instant().plus(LONG_AGO);
                    return response.producedAt(then).thisUpdate(then).nextUpdate(then.plus(FOR_A_DAY));
                },
                (crl, authority) -> {
                    Instant then = authority.clock().instant().plus(LONG_AGO);
                    return crl.thisUpdate(then).nextUpdate(then.plus(FOR_A_DAY));
                });
    }

    /** Nothing says when there will be a newer one. */
    public static Fault withoutNextUpdate() {
        return signed(
                "without nextUpdate",
                OcspResponseBuilder::withoutNextUpdate,
                (crl, authority) -> crl.withoutNextUpdate());
    }

    /** One bit of the signature is wrong. */
    public static Fault corruptSignature() {
        return signed(
                "corrupt signature", OcspResponseBuilder::corruptSignature, (crl, authority) -> crl.corruptSignature());
    }

    /** Signed by somebody who has nothing to do with the CA, under the names and with the certificates of the right one. */
    public static Fault wrongSigner() {
        HeldCertificate stranger = HeldCertificate.root("CN=Stranger").build();
        return signed("wrong signer", response -> response.signer(stranger), (crl, authority) -> crl.signer(stranger));
    }

    /**
     * Signed by a certificate that the CA has issued and that is no responder's: for TLS clients, without {@link
     * KeyPurpose#OCSP_SIGNING}. It is included in OCSP answers.
     */
    public static Fault unauthorizedSigner() {
        return new Fault("unauthorized signer", exchange -> {
            HeldCertificate member = exchange.authority()
                    .issuing()
                    .issueClient("CN=No responder")
                    .build();
            exchange.send(exchange.right(
                    response -> response.signer(member).responderByName().certificates(member.certificate()),
                    (crl, authority) -> crl.signer(member)));
        });
    }

    /** OCSP: the right statuses, but of the certificates with the next serial numbers. CRLs: those of another CA. */
    public static Fault wrongCertificate() {
        HeldCertificate other = HeldCertificate.root("CN=Another CA").build();
        return signed(
                "wrong certificate",
                response -> response.about(id -> id.withSerial(id.serial().add(BigInteger.ONE))),
                (crl, authority) -> crl.issuer(other.subject())
                        .authorityKeyIdentifier(other.keyIdentifier())
                        .signer(other));
    }

    /** OCSP: no certificate is known. CRLs are right. */
    public static Fault unknown() {
        return signed("unknown", OcspResponseBuilder::allUnknown, (crl, authority) -> crl);
    }

    /** OCSP: another nonce than that of the request, or one that nobody asked for. CRLs are right. */
    public static Fault wrongNonce() {
        return signed("wrong nonce", response -> response.nonce(new byte[32]), (crl, authority) -> crl);
    }

    /** OCSP: no nonce, as from a responder that has signed before. CRLs are right. */
    public static Fault withoutNonce() {
        return signed("without nonce", OcspResponseBuilder::withoutNonce, (crl, authority) -> crl);
    }

    private static Fault signed(
            String name,
            UnaryOperator<OcspResponseBuilder> ocsp,
            BiFunction<CrlBuilder, CertificateAuthority, CrlBuilder> crl) {
        return new Fault(name, exchange -> exchange.send(exchange.right(ocsp, crl)));
    }

    void serve(FaultyResponder.Exchange exchange) throws IOException, InterruptedException {
        behaviour.serve(exchange);
    }

    /** In a few words. */
    @Override
    public String toString() {
        return name;
    }

    @FunctionalInterface
    private interface Behaviour {
        void serve(FaultyResponder.Exchange exchange) throws IOException, InterruptedException;
    }
}
