package io.mtls.identity;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.x509.CertificatePolicies;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.PolicyInformation;
import org.bouncycastle.asn1.x509.TBSCertificate;

/** The fields that are neither part of a name nor a subject alternative name. */
final class CertificateFacts {

    static final CertificateField SERIAL_NUMBER_AND_ISSUER =
            new BuiltInField("serial", CertificateFacts::serialNumberAndIssuer);

    static final CertificateField SHA256_FINGERPRINT = new BuiltInField("sha256", CertificateFacts::sha256);

    static final CertificateField POLICIES =
            ofExtension("policy", Extension.certificatePolicies, CertificateFacts::policies);

    static final CertificateField EXTENDED_KEY_USAGES =
            ofExtension("eku", Extension.extendedKeyUsage, CertificateFacts::extendedKeyUsages);

    private CertificateFacts() {}

    static CertificateField extension(String oid) {
        ASN1ObjectIdentifier id = DistinguishedNames.oid(oid);
        return ofExtension("extension:" + id.getId(), id, CertificateFacts::strings);
    }

    /** May throw unchecked exceptions for malformed bytes, as may those below; {@link BuiltInField} ends them. */
    static List<String> strings(byte[] extension) throws CertificateParsingException {
        ASN1Primitive value = Der.parse(extension);
        if (value instanceof ASN1Sequence sequence) {
            return strings(sequence);
        }
        if (value instanceof ASN1Set set) {
            return strings(set);
        }
        return List.of(Der.string(value));
    }

    static List<String> policies(byte[] extension) throws CertificateParsingException {
        PolicyInformation[] policies =
                CertificatePolicies.getInstance(Der.parse(extension)).getPolicyInformation();
        return Arrays.stream(policies)
                .map(policy -> policy.getPolicyIdentifier().getId())
                .toList();
    }

    static List<String> extendedKeyUsages(byte[] extension) throws CertificateParsingException {
        KeyPurposeId[] usages =
                ExtendedKeyUsage.getInstance(Der.parse(extension)).getUsages();
        return Arrays.stream(usages).map(KeyPurposeId::getId).toList();
    }

    private interface ExtensionReader {
        List<String> read(byte[] extension) throws CertificateParsingException;
    }

    private static CertificateField ofExtension(String text, ASN1ObjectIdentifier oid, ExtensionReader reader) {
        return new BuiltInField(text, certificate -> {
            Optional<byte[]> extension = Der.extension(certificate, oid);
            return extension.isEmpty() ? List.of() : reader.read(extension.get());
        });
    }

    private static List<String> strings(Iterable<ASN1Encodable> elements) throws CertificateParsingException {
        List<String> values = new ArrayList<>();
        for (ASN1Encodable element : elements) {
            values.add(Der.string(element));
        }
        return values;
    }

    private static List<String> serialNumberAndIssuer(X509Certificate certificate) throws CertificateParsingException {
        TBSCertificate tbs = Der.tbs(certificate);
        String issuer = DistinguishedNames.rfc4514(tbs.getIssuer());
        if (issuer.isEmpty()) {
            // BouncyCastle refuses it as well, unless one of its system properties says otherwise.
            throw new CertificateParsingException("the issuer has no name (RFC 5280 section 4.1.2.4)");
        }
        return List.of(tbs.getSerialNumber().getValue().toString(16) + ":" + issuer);
    }

    private static List<String> sha256(X509Certificate certificate) throws CertificateParsingException {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return List.of(HexFormat.of().formatHex(digest));
        } catch (CertificateEncodingException e) {
            throw new CertificateParsingException("the certificate has no encoding", e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
