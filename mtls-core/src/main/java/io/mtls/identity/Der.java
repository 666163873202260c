package io.mtls.identity;

import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1BMPString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1NumericString;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1PrintableString;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.ASN1T61String;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.ASN1VisibleString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.TBSCertificate;

/**
 * Certificates and their parts as ASN.1.
 *
 * <p>Everything is read from the certificate's own bytes and not through the JDK's accessors: those
 * swallow what they cannot parse, tolerate a second subjectAltName as long as one of the two is
 * unreadable, and differ between releases (an otherName has two elements on 17 and four on 25).
 */
final class Der {

    private Der() {}

    /** The signed part. Here BER is let pass where the certificate factory did: many a CA has unsorted SETs. */
    static TBSCertificate tbs(X509Certificate certificate) throws CertificateParsingException {
        try {
            return TBSCertificate.getInstance(parseBer(certificate.getTBSCertificate()));
        } catch (CertificateEncodingException e) {
            throw new CertificateParsingException("the certificate has no encoding", e);
        }
    }

    /** The content of an extension's OCTET STRING; BouncyCastle refuses an OID that appears twice. */
    static Optional<byte[]> extension(X509Certificate certificate, ASN1ObjectIdentifier oid)
            throws CertificateParsingException {
        Extensions extensions = tbs(certificate).getExtensions();
        Extension extension = extensions == null ? null : extensions.getExtension(oid);
        return extension == null
                ? Optional.empty()
                : Optional.of(extension.getExtnValue().getOctets());
    }

    /** One value in DER, as RFC 5280 section 4.2 wants the value of an extension to be. */
    static ASN1Primitive parse(byte[] der) throws CertificateParsingException {
        ASN1Primitive value = parseBer(der);
        try {
            if (!Arrays.equals(value.getEncoded(ASN1Encoding.DER), der)) {
                throw new CertificateParsingException("malformed ASN.1: not DER");
            }
        } catch (IOException e) {
            throw new CertificateParsingException(malformed(e), e);
        }
        return value;
    }

    /** What the parser has to say, made safe: its messages can quote the bytes. */
    static String malformed(Exception cause) {
        String message = cause.getMessage();
        return "malformed ASN.1" + (message == null ? "" : ", " + SafeText.of(message));
    }

    /** Exactly one object, nothing behind it. BouncyCastle bounds how deep it may be nested. */
    private static ASN1Primitive parseBer(byte[] ber) throws CertificateParsingException {
        try {
            ASN1Primitive value = ASN1Primitive.fromByteArray(ber);
            if (value == null) {
                throw new CertificateParsingException("malformed ASN.1: empty");
            }
            return value;
        } catch (IOException e) {
            throw new CertificateParsingException(malformed(e), e);
        }
    }

    /**
     * The text of a character string.
     *
     * <p>A TeletexString is read as ASCII or not at all: what its bytes above 0x7F mean is decided
     * differently by every library (X.690 says T.61, most write Latin-1). UniversalString, GeneralString
     * and the graphic strings, which RFC 5280 section 4.1.2.4 forbids or nobody uses, are refused.
     *
     * @throws CertificateParsingException when it is something else, or its bytes are not of its type
     */
    static String string(ASN1Encodable value) throws CertificateParsingException {
        if (value instanceof ASN1UTF8String utf8) {
            return utf8.getString();
        }
        if (value instanceof ASN1BMPString bmp) {
            return withoutSurrogates(bmp.getString());
        }
        if (value instanceof ASN1PrintableString
                || value instanceof ASN1IA5String
                || value instanceof ASN1T61String
                || value instanceof ASN1VisibleString
                || value instanceof ASN1NumericString) {
            return ascii(((ASN1String) value).getString());
        }
        throw new CertificateParsingException("a value is not a readable character string");
    }

    /** BMPString is UCS-2 (X.680 section 41.15): half of a surrogate pair there is no character. */
    private static String withoutSurrogates(String text) throws CertificateParsingException {
        if (text.chars().anyMatch(c -> Character.isSurrogate((char) c))) {
            throw new CertificateParsingException("a BMPString has surrogates in it");
        }
        return text;
    }

    /** PrintableString's own alphabet is not enforced: many CAs write {@code @}, {@code *} and {@code _} into it. */
    private static String ascii(String text) throws CertificateParsingException {
        if (text.chars().anyMatch(c -> c > 0x7F)) {
            throw new CertificateParsingException("a value has bytes above 0x7F in a string type that is ASCII");
        }
        return text;
    }
}
