package io.mtls.proxy;

import io.mtls.ca.HeldCertificate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.DEROctetString;

/** A client's chain, made once, and what the dialects make of certificates. */
final class Chains {

    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));
    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root").clock(CLOCK).build();
    private static final HeldCertificate HELD_ISSUING =
            ROOT.issueCa("CN=Acme Issuing").clock(CLOCK).build();

    static final X509Certificate ISSUING = HELD_ISSUING.certificate();
    static final X509Certificate ALICE =
            HELD_ISSUING.issueClient("CN=alice").clock(CLOCK).build().certificate();
    static final X509Certificate MALLORY =
            HELD_ISSUING.issueClient("CN=mallory").clock(CLOCK).build().certificate();

    private Chains() {}

    /** A certificate of this many bytes and a few hundred more. */
    static X509Certificate large(int bytes) {
        return HELD_ISSUING
                .issueClient("CN=large")
                .clock(CLOCK)
                .extension("1.2.3.4", false, der(bytes))
                .build()
                .certificate();
    }

    private static byte[] der(int bytes) {
        try {
            return new DEROctetString(new byte[bytes]).getEncoded();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new AssertionError(e);
        }
    }

    static String base64(X509Certificate... certificates) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Stream.of(certificates).forEach(certificate -> all.writeBytes(der(certificate)));
        return base64(all.toByteArray());
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    static String sequence(X509Certificate certificate) {
        return ':' + base64(certificate) + ':';
    }

    static String pem(X509Certificate... certificates) {
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return Stream.of(certificates)
                .map(certificate -> "-----BEGIN CERTIFICATE-----\n" + lines.encodeToString(der(certificate))
                        + "\n-----END CERTIFICATE-----\n")
                .collect(Collectors.joining());
    }

    static String spaced(X509Certificate... certificates) {
        return pem(certificates).replace('\n', ' ');
    }

    /** As nginx and Envoy write it. */
    static String encoded(X509Certificate... certificates) {
        return halfEncoded(certificates).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D");
    }

    /** As AWS writes it. */
    static String halfEncoded(X509Certificate... certificates) {
        return pem(certificates).replace("\n", "%0A").replace(" ", "%20");
    }

    static Forwarded chain(X509Certificate... certificates) {
        return new Forwarded.Chain(List.of(certificates));
    }
}
