package io.mtls.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;

/** Distinguished names: their attributes, and RFC 4514 text of them for people, never for parsing. */
final class DistinguishedNames {

    private static final HexFormat HEX = HexFormat.of();

    /** By the name that messages show, the first of several for one OID being that. */
    private static final Map<String, ASN1ObjectIdentifier> ATTRIBUTES = attributes();

    private DistinguishedNames() {}

    static CertificateField subject(String attribute) {
        ASN1ObjectIdentifier type = typeOf(attribute);
        return new BuiltInField(
                "subject:" + nameOf(type),
                certificate -> values(Der.tbs(certificate).getSubject(), type));
    }

    static CertificateField issuer(String attribute) {
        ASN1ObjectIdentifier type = typeOf(attribute);
        return new BuiltInField(
                "issuer:" + nameOf(type),
                certificate -> values(Der.tbs(certificate).getIssuer(), type));
    }

    static boolean isAttribute(String name) {
        return ATTRIBUTES.keySet().stream().anyMatch(name::equalsIgnoreCase);
    }

    /**
     * The string of RFC 4514: the last RDN first. An attribute that has a name here shows its value as
     * text, any other as {@code OID=#} and the hexadecimal DER (section 2.4). No two names of different
     * content have the same text.
     *
     * @throws CertificateParsingException when an attribute that has a name here is no readable string
     */
    static String rfc4514(X500Name name) throws CertificateParsingException {
        StringBuilder text = new StringBuilder();
        RDN[] rdns = name.getRDNs();
        for (int i = rdns.length - 1; i >= 0; i--) {
            String separator = i == rdns.length - 1 ? "" : ",";
            for (AttributeTypeAndValue attribute : attributesOf(rdns[i])) {
                text.append(separator).append(nameOf(attribute.getType())).append('=');
                text.append(valueText(attribute));
                separator = "+";
            }
        }
        return text.toString();
    }

    private static List<String> values(X500Name name, ASN1ObjectIdentifier type) throws CertificateParsingException {
        List<String> values = new ArrayList<>();
        for (RDN rdn : name.getRDNs()) {
            for (AttributeTypeAndValue attribute : attributesOf(rdn)) {
                if (attribute.getType().equals(type)) {
                    values.add(Der.string(attribute.getValue()));
                }
            }
        }
        return values;
    }

    private static AttributeTypeAndValue[] attributesOf(RDN rdn) throws CertificateParsingException {
        AttributeTypeAndValue[] attributes = rdn.getTypesAndValues();
        if (attributes.length == 0) {
            throw new CertificateParsingException("an RDN has no attribute (RFC 5280 section 4.1.2.4)");
        }
        return attributes;
    }

    private static String valueText(AttributeTypeAndValue attribute) throws CertificateParsingException {
        if (ATTRIBUTES.containsValue(attribute.getType())) {
            return escaped(Der.string(attribute.getValue()));
        }
        try {
            return "#" + HEX.formatHex(attribute.getValue().toASN1Primitive().getEncoded(ASN1Encoding.DER));
        } catch (IOException e) {
            throw new CertificateParsingException("an attribute value cannot be encoded", e);
        }
    }

    /** RFC 4514 section 2.4, and control characters as hexadecimal pairs, which it allows for any. */
    private static String escaped(String value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean first = i == 0;
            boolean last = i == value.length() - 1;
            if (Character.isISOControl(c)) {
                for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
                    text.append('\\').append(HEX.toHexDigits(b));
                }
                continue;
            }
            if ("\"+,;<>\\".indexOf(c) >= 0 || (c == ' ' && (first || last)) || (c == '#' && first)) {
                text.append('\\');
            }
            text.append(c);
        }
        return text.toString();
    }

    private static ASN1ObjectIdentifier typeOf(String attribute) {
        if (!attribute.isEmpty() && Character.digit(attribute.charAt(0), 10) >= 0) {
            return oid(attribute);
        }
        for (Map.Entry<String, ASN1ObjectIdentifier> known : ATTRIBUTES.entrySet()) {
            if (known.getKey().equalsIgnoreCase(attribute)) {
                return known.getValue();
            }
        }
        if (attribute.toUpperCase(Locale.ROOT).equals("SN")) {
            throw new IllegalArgumentException("'SN' is the surname to some tools (RFC 4519, OpenSSL) and the"
                    + " serialNumber to others: write 'surname' or 'serialNumber'");
        }
        throw new IllegalArgumentException("unknown attribute '" + SafeText.of(attribute) + "'"
                + NearMiss.hint(attribute, ATTRIBUTES.keySet()) + "; known are " + ATTRIBUTES.keySet()
                + " and any dotted OID");
    }

    static ASN1ObjectIdentifier oid(String text) {
        ASN1ObjectIdentifier oid = ASN1ObjectIdentifier.tryFromID(text);
        if (oid == null) {
            throw new IllegalArgumentException(
                    "'" + SafeText.of(text) + "' is not an object identifier such as 1.3.6.1.4.1.32473.1");
        }
        return oid;
    }

    private static String nameOf(ASN1ObjectIdentifier type) {
        for (Map.Entry<String, ASN1ObjectIdentifier> known : ATTRIBUTES.entrySet()) {
            if (known.getValue().equals(type)) {
                return known.getKey();
            }
        }
        return type.getId();
    }

    private static Map<String, ASN1ObjectIdentifier> attributes() {
        // Our own table rather than BCStyle's: that one is private, and "SN" changed its meaning in it.
        Map<String, ASN1ObjectIdentifier> names = new LinkedHashMap<>();
        names.put("CN", BCStyle.CN);
        names.put("OU", BCStyle.OU);
        names.put("O", BCStyle.O);
        names.put("C", BCStyle.C);
        names.put("L", BCStyle.L);
        names.put("ST", BCStyle.ST);
        names.put("STREET", BCStyle.STREET);
        names.put("DC", BCStyle.DC);
        names.put("UID", BCStyle.UID);
        names.put("serialNumber", BCStyle.SERIALNUMBER);
        names.put("emailAddress", BCStyle.EmailAddress);
        names.put("E", BCStyle.EmailAddress);
        names.put("organizationIdentifier", BCStyle.ORGANIZATION_IDENTIFIER);
        names.put("surname", BCStyle.SURNAME);
        names.put("givenName", BCStyle.GIVENNAME);
        names.put("initials", BCStyle.INITIALS);
        names.put("generationQualifier", BCStyle.GENERATION);
        names.put("title", BCStyle.T);
        names.put("T", BCStyle.T);
        names.put("name", BCStyle.NAME);
        names.put("pseudonym", BCStyle.PSEUDONYM);
        names.put("description", BCStyle.DESCRIPTION);
        names.put("role", BCStyle.ROLE);
        names.put("dnQualifier", BCStyle.DN_QUALIFIER);
        names.put("businessCategory", BCStyle.BUSINESS_CATEGORY);
        names.put("postalCode", BCStyle.POSTAL_CODE);
        names.put("telephoneNumber", BCStyle.TELEPHONE_NUMBER);
        names.put("unstructuredName", BCStyle.UnstructuredName);
        names.put("jurisdictionCountry", BCStyle.JURISDICTION_C);
        names.put("jurisdictionState", BCStyle.JURISDICTION_ST);
        names.put("jurisdictionLocality", BCStyle.JURISDICTION_L);
        return names;
    }
}
