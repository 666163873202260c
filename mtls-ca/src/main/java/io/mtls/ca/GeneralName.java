package io.mtls.ca;

import static org.bouncycastle.asn1.x509.GeneralName.dNSName;
import static org.bouncycastle.asn1.x509.GeneralName.directoryName;
import static org.bouncycastle.asn1.x509.GeneralName.iPAddress;
import static org.bouncycastle.asn1.x509.GeneralName.rfc822Name;
import static org.bouncycastle.asn1.x509.GeneralName.uniformResourceIdentifier;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.util.IPAddress;

/**
 * A name of one of the kinds of RFC 5280 section 4.2.1.6, for subject alternative names and for name constraints.
 *
 * <p>Text is taken as it is: whether a host, a URI or a mail address is well-formed is not checked. It has to be ASCII where
 * ASN.1 has nothing else, or {@link IllegalArgumentException} is thrown.
 */
public final class GeneralName {
    /** id-ms-UPN, the user principal name of Windows domains. */
    private static final ASN1ObjectIdentifier UPN = new ASN1ObjectIdentifier("1.3.6.1.4.1.311.20.2.3");

    private final org.bouncycastle.asn1.x509.GeneralName name;

    private GeneralName(int tag, ASN1Encodable value) {
        this.name = new org.bouncycastle.asn1.x509.GeneralName(tag, value);
    }

    private GeneralName(org.bouncycastle.asn1.x509.GeneralName name) {
        this.name = name;
    }

    /** A dNSName. */
    public static GeneralName dns(String name) {
        return new GeneralName(dNSName, ia5(name));
    }

    /** A uniformResourceIdentifier, such as a SPIFFE ID. */
    public static GeneralName uri(String uri) {
        return new GeneralName(uniformResourceIdentifier, ia5(uri));
    }

    /** An rfc822Name. */
    public static GeneralName email(String address) {
        return new GeneralName(rfc822Name, ia5(address));
    }

    /**
     * An iPAddress: {@code 192.0.2.1} or {@code ::1}, and for a name constraint a range such as {@code 192.0.2.0/24}.
     *
     * @throws IllegalArgumentException when the text is no literal address; nothing is looked up
     */
    public static GeneralName ip(String literal) {
        return new GeneralName(new org.bouncycastle.asn1.x509.GeneralName(iPAddress, literal));
    }

    /** A directoryName. */
    public static GeneralName directory(DistinguishedName name) {
        return new GeneralName(directoryName, X500Name.getInstance(name.encoded()));
    }

    /** An otherName with a user principal name of a Windows domain. */
    public static GeneralName upn(String name) {
        return otherName(UPN, new DERUTF8String(name));
    }

    /** An otherName of this type whose value is this DER. */
    public static GeneralName otherName(String oid, byte[] der) {
        try {
            return otherName(new ASN1ObjectIdentifier(oid), ASN1Primitive.fromByteArray(der));
        } catch (IOException e) {
            throw new IllegalArgumentException("the value of the otherName " + oid + " is not DER", e);
        }
    }

    private static GeneralName otherName(ASN1ObjectIdentifier oid, ASN1Encodable value) {
        DERTaggedObject explicit = new DERTaggedObject(true, 0, value);
        return new GeneralName(
                org.bouncycastle.asn1.x509.GeneralName.otherName, new DERSequence(new ASN1Encodable[] {oid, explicit}));
    }

    /** BouncyCastle keeps the low octet of any other character: {@code \u0161lice} would be {@code alice}. */
    private static DERIA5String ia5(String text) {
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not ASCII: write a host in its xn-- form, and a URI with percent signs");
        }
        return new DERIA5String(text);
    }

    /** An iPAddress if the text is a literal address, else a dNSName. */
    static GeneralName host(String host) {
        return IPAddress.isValid(host) ? ip(host) : dns(host);
    }

    org.bouncycastle.asn1.x509.GeneralName asn1() {
        return name;
    }
}
