package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.OtherName;

/** The subjectAltName extension (RFC 5280 section 4.2.1.6). */
final class SubjectAltNames {

    /** The type of an otherName that is a user principal name ([MS-WCCE] section 2.2.2.7.7.4). */
    static final ASN1ObjectIdentifier UPN = new ASN1ObjectIdentifier("1.3.6.1.4.1.311.20.2.3");

    private SubjectAltNames() {}

    static CertificateField field(SanType type) {
        return new BuiltInField("san:" + type.word(), certificate -> {
            Optional<byte[]> extension = Der.extension(certificate, Extension.subjectAlternativeName);
            return extension.isEmpty() ? List.of() : values(type, extension.get());
        });
    }

    /** May throw unchecked exceptions for malformed bytes; {@link BuiltInField} ends them. */
    static List<String> values(SanType type, byte[] extension) throws CertificateParsingException {
        ASN1Sequence names = ASN1Sequence.getInstance(Der.parse(extension));
        if (names.size() == 0) {
            throw new CertificateParsingException("the extension has no name (GeneralNames is SIZE (1..MAX))");
        }
        List<String> values = new ArrayList<>();
        for (ASN1Encodable element : names) {
            // Every name has to have the shape of one, the values are read only where they are asked for.
            GeneralName name = GeneralName.getInstance(element);
            value(type, name).ifPresent(values::add);
        }
        return values;
    }

    private static Optional<String> value(SanType type, GeneralName name) throws CertificateParsingException {
        if (name.getTagNo() != tagOf(type)) {
            return Optional.empty();
        }
        return switch (type) {
            case URI, DNS, EMAIL -> Optional.of(Der.string(name.getName()));
            case UPN -> upn(OtherName.getInstance(name.getName()));
            case IP ->
                Optional.of(
                        IpText.of(ASN1OctetString.getInstance(name.getName()).getOctets()));
            case DIRECTORY_NAME -> Optional.of(DistinguishedNames.rfc4514(X500Name.getInstance(name.getName())));
        };
    }

    private static Optional<String> upn(OtherName name) throws CertificateParsingException {
        if (!name.getTypeID().equals(UPN)) {
            return Optional.empty();
        }
        if (!(name.getValue() instanceof ASN1UTF8String upn)) {
            throw new CertificateParsingException("a user principal name is not a UTF8String");
        }
        return Optional.of(upn.getString());
    }

    private static int tagOf(SanType type) {
        return switch (type) {
            case URI -> GeneralName.uniformResourceIdentifier;
            case DNS -> GeneralName.dNSName;
            case EMAIL -> GeneralName.rfc822Name;
            case UPN -> GeneralName.otherName;
            case IP -> GeneralName.iPAddress;
            case DIRECTORY_NAME -> GeneralName.directoryName;
        };
    }
}
