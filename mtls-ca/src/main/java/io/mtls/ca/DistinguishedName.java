package io.mtls.ca;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DERNumericString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERT61String;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.DERUniversalString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.jspecify.annotations.Nullable;

/**
 * An X.501 name put together attribute by attribute, for names that RFC 4514 text cannot say: several attributes in one
 * RDN, an empty value, a control character, a chosen ASN.1 string type.
 *
 * <pre>{@code
 * DistinguishedName.of(rdn(attribute("O", "Acme")), rdn(attribute("CN", "alice"), attribute("C", "US")))
 * }</pre>
 *
 * <p>Values are never checked against the limits of RFC 5280 appendix A.1: a name may be as wrong as a test needs it.
 */
public final class DistinguishedName {
    private static final byte[] EMPTY = {0x30, 0};

    private final byte[] der;

    private DistinguishedName(byte[] der) {
        this.der = der;
    }

    /**
     * Reads RFC 4514 text such as {@code CN=alice,OU=Audit}: the last RDN of the text is the first of the encoding.
     *
     * @throws IllegalArgumentException when it is no such text, or has a character that its attribute has no room for
     */
    public static DistinguishedName parse(String rfc4514) {
        X500Principal name = new X500Principal(rfc4514);
        // DC and EMAILADDRESS are ASCII: the JDK puts a question mark for what is not.
        if (questionMarks(name.getName()) > questionMarks(rfc4514)) {
            throw new IllegalArgumentException(
                    "\"" + rfc4514 + "\" has a character that is not ASCII in an attribute that is");
        }
        return new DistinguishedName(name.getEncoded());
    }

    private static long questionMarks(String text) {
        return text.chars().filter(c -> c == '?').count();
    }

    /** A name of these RDNs in the order of the encoding, which is the reverse of RFC 4514 text. */
    public static DistinguishedName of(Rdn... rdns) {
        ASN1EncodableVector sequence = new ASN1EncodableVector();
        for (Rdn rdn : rdns) {
            sequence.add(rdn.set);
        }
        return new DistinguishedName(encoded(new DERSequence(sequence)));
    }

    static DistinguishedName ofDer(byte[] der) {
        return new DistinguishedName(der.clone());
    }

    /** Byte for byte what the certificate says, where the JDK's principal would put a set into order. */
    static DistinguishedName subjectOf(X509Certificate certificate) {
        try {
            TBSCertificate content = TBSCertificate.getInstance(certificate.getTBSCertificate());
            return new DistinguishedName(encoded(content.getSubject()));
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("certificate without an encoding", e);
        }
    }

    /** One relative distinguished name; more than one attribute makes it multi-valued. */
    public static Rdn rdn(Attribute... attributes) {
        ASN1EncodableVector set = new ASN1EncodableVector();
        for (Attribute attribute : attributes) {
            set.add(attribute.typeAndValue);
        }
        return new Rdn(new DERSet(set));
    }

    /** An attribute with a UTF8String. The type is a keyword such as {@code CN}, or an object identifier. */
    public static Attribute attribute(String type, String value) {
        return attribute(type, StringType.UTF8_STRING, value);
    }

    /**
     * An attribute with a string of the named ASN.1 type, whose alphabet is not enforced.
     *
     * @throws IllegalArgumentException when a character does not fit into the type at all: into the one octet that it has in
     *     all but the three for Unicode
     */
    public static Attribute attribute(String type, StringType stringType, String value) {
        return attribute(type, stringType.encode(value));
    }

    /** An attribute whose value is this DER. */
    public static Attribute attributeDer(String type, byte[] value) {
        try {
            return attribute(type, ASN1Primitive.fromByteArray(value));
        } catch (IOException e) {
            throw new IllegalArgumentException("the value of " + type + " is not DER", e);
        }
    }

    private static Attribute attribute(String type, ASN1Encodable value) {
        return new Attribute(new DERSequence(new ASN1Encodable[] {BCStyle.INSTANCE.attrNameToOID(type), value}));
    }

    /** The DER of the {@code Name}, RFC 5280 section 4.1.2.4. */
    public byte[] encoded() {
        return der.clone();
    }

    boolean isEmpty() {
        return Arrays.equals(der, EMPTY);
    }

    Optional<String> commonName() {
        return Arrays.stream(X500Name.getInstance(der).getRDNs())
                .flatMap(rdn -> Arrays.stream(rdn.getTypesAndValues()))
                .filter(attribute -> attribute.getType().equals(BCStyle.CN))
                .map(attribute -> attribute.getValue().toString())
                .findFirst();
    }

    private static byte[] encoded(ASN1Encodable name) {
        try {
            return name.toASN1Primitive().getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same bytes; names that RFC 5280 section 7.1 would match may be unequal. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DistinguishedName name && Arrays.equals(der, name.der);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(der);
    }

    /** The name as RFC 4514 text. */
    @Override
    public String toString() {
        return new X500Principal(der).getName();
    }

    /** See {@link DistinguishedName#rdn}. */
    public static final class Rdn {
        private final DERSet set;

        private Rdn(DERSet set) {
            this.set = set;
        }
    }

    /** See {@link DistinguishedName#attribute(String, String)}. */
    public static final class Attribute {
        private final DERSequence typeAndValue;

        private Attribute(DERSequence typeAndValue) {
            this.typeAndValue = typeAndValue;
        }
    }

    /** The ASN.1 types that a value can have; the last one is no string at all, which X.501 allows. */
    public enum StringType {
        /** What RFC 5280 asks for. */
        UTF8_STRING,
        /** Letters, digits and a little punctuation. */
        PRINTABLE_STRING,
        /** ASCII, for {@code emailAddress} and {@code DC}. */
        IA5_STRING,
        /** UCS-2. */
        BMP_STRING,
        /** T.61, which everybody fills with Latin-1. */
        TELETEX_STRING,
        /** UCS-4. */
        UNIVERSAL_STRING,
        /** Digits. */
        NUMERIC_STRING,
        /** The UTF-8 of the text in an OCTET STRING: RFC 4514 writes such a value as {@code #04...}. */
        OCTET_STRING;

        private ASN1Encodable encode(String text) {
            return switch (this) {
                case UTF8_STRING -> new DERUTF8String(text);
                case PRINTABLE_STRING -> new DERPrintableString(octets(text));
                case IA5_STRING -> new DERIA5String(octets(text));
                case BMP_STRING -> new DERBMPString(text);
                case TELETEX_STRING -> new DERT61String(octets(text));
                case UNIVERSAL_STRING -> new DERUniversalString(text.getBytes(Charset.forName("UTF-32BE")));
                case NUMERIC_STRING -> new DERNumericString(octets(text));
                case OCTET_STRING -> new DEROctetString(text.getBytes(StandardCharsets.UTF_8));
            };
        }

        /** BouncyCastle would keep the low octet, which is another character. */
        private static String octets(String text) {
            if (!StandardCharsets.ISO_8859_1.newEncoder().canEncode(text)) {
                throw new IllegalArgumentException("\"" + text + "\" has characters of more than an octet");
            }
            return text;
        }
    }
}
