package io.mtls.ca;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1Boolean;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.CertificatePolicies;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.PolicyInformation;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.cert.bc.BcX509ExtensionUtils;
import org.jspecify.annotations.Nullable;

/** The extensions of RFC 5280 sections 4.2, 5.2 and 5.3, each with the criticality that it asks for. */
final class Extensions {
    private Extensions() {}

    /** In the order of the certificate. */
    static List<Extension> of(X509Certificate certificate) {
        try {
            var extensions =
                    TBSCertificate.getInstance(certificate.getTBSCertificate()).getExtensions();
            if (extensions == null) {
                return List.of();
            }
            return List.of(extensions.getExtensionOIDs()).stream()
                    .map(extensions::getExtension)
                    .toList();
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("certificate without an encoding", e);
        }
    }

    static Extension basicConstraints(boolean ca) {
        return critical(Extension.basicConstraints, ca ? new DERSequence(ASN1Boolean.TRUE) : new DERSequence());
    }

    static Extension basicConstraints(boolean ca, int maxPathLength) {
        ASN1EncodableVector fields = new ASN1EncodableVector();
        if (ca) {
            fields.add(ASN1Boolean.TRUE);
        }
        fields.add(new ASN1Integer(maxPathLength));
        return critical(Extension.basicConstraints, new DERSequence(fields));
    }

    static Extension keyUsage(KeyUsage... usages) {
        int bits = 0;
        for (KeyUsage usage : usages) {
            bits |= usage.bit();
        }
        return critical(Extension.keyUsage, new org.bouncycastle.asn1.x509.KeyUsage(bits));
    }

    static Extension extendedKeyUsage(String... oids) {
        KeyPurposeId[] purposes = new KeyPurposeId[oids.length];
        for (int i = 0; i < oids.length; i++) {
            purposes[i] = KeyPurposeId.getInstance(new ASN1ObjectIdentifier(oids[i]));
        }
        return normal(Extension.extendedKeyUsage, new ExtendedKeyUsage(purposes));
    }

    /** Critical when the subject is empty, RFC 5280 section 4.2.1.6. */
    static Extension subjectAlternativeName(List<GeneralName> names, boolean critical) {
        GeneralNames value = new GeneralNames(
                names.stream().map(GeneralName::asn1).toArray(org.bouncycastle.asn1.x509.GeneralName[]::new));
        return extension(Extension.subjectAlternativeName, critical, encoded(value));
    }

    static Extension nameConstraints(List<GeneralName> permitted, List<GeneralName> excluded) {
        return critical(Extension.nameConstraints, new NameConstraints(subtrees(permitted), subtrees(excluded)));
    }

    /** Null where there are none: GeneralSubtrees has at least one (RFC 5280 section 4.2.1.10). */
    private static GeneralSubtree @Nullable [] subtrees(List<GeneralName> names) {
        return names.isEmpty()
                ? null
                : names.stream().map(name -> new GeneralSubtree(name.asn1())).toArray(GeneralSubtree[]::new);
    }

    static Extension certificatePolicies(String... oids) {
        PolicyInformation[] policies = new PolicyInformation[oids.length];
        for (int i = 0; i < oids.length; i++) {
            policies[i] = new PolicyInformation(new ASN1ObjectIdentifier(oids[i]));
        }
        return normal(Extension.certificatePolicies, new CertificatePolicies(policies));
    }

    static Extension crlDistributionPoints(List<String> uris) {
        return normal(Extension.cRLDistributionPoints, distributionPoints(uris));
    }

    private static CRLDistPoint distributionPoints(List<String> uris) {
        DistributionPoint[] points = uris.stream()
                .map(uri -> new GeneralNames(GeneralName.uri(uri).asn1()))
                .map(fullName -> new DistributionPoint(new DistributionPointName(fullName), null, null))
                .toArray(DistributionPoint[]::new);
        return new CRLDistPoint(points);
    }

    static Extension crlNumber(long number) {
        return normal(Extension.cRLNumber, new ASN1Integer(number));
    }

    static Extension deltaCrlIndicator(long baseNumber) {
        return critical(Extension.deltaCRLIndicator, new ASN1Integer(baseNumber));
    }

    static Extension freshestCrl(List<String> uris) {
        return normal(Extension.freshestCRL, distributionPoints(uris));
    }

    static Extension issuingDistributionPoint(IssuingDistributionPoint point) {
        return critical(Extension.issuingDistributionPoint, point);
    }

    static Extension reasonCode(int code) {
        return normal(Extension.reasonCode, new ASN1Enumerated(code));
    }

    static Extension certificateIssuer(DistinguishedName name) {
        return critical(
                Extension.certificateIssuer,
                new GeneralNames(GeneralName.directory(name).asn1()));
    }

    static Extension authorityInformationAccess(List<String> ocspResponders, List<String> caIssuers) {
        List<AccessDescription> descriptions = new ArrayList<>();
        for (String uri : ocspResponders) {
            descriptions.add(new AccessDescription(
                    AccessDescription.id_ad_ocsp, GeneralName.uri(uri).asn1()));
        }
        for (String uri : caIssuers) {
            descriptions.add(new AccessDescription(
                    AccessDescription.id_ad_caIssuers, GeneralName.uri(uri).asn1()));
        }
        return normal(
                Extension.authorityInfoAccess,
                new AuthorityInformationAccess(descriptions.toArray(AccessDescription[]::new)));
    }

    static Extension subjectKeyIdentifier(byte[] keyIdentifier) {
        return normal(Extension.subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier));
    }

    static Extension authorityKeyIdentifier(byte[] keyIdentifier) {
        return normal(Extension.authorityKeyIdentifier, new AuthorityKeyIdentifier(keyIdentifier));
    }

    /** Method 1 of RFC 5280 section 4.2.1.2: the SHA-1 of the key's bits. */
    static byte[] keyIdentifier(PublicKey key) {
        SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(key.getEncoded());
        return SubjectKeyIdentifier.getInstance(new BcX509ExtensionUtils().createSubjectKeyIdentifier(info))
                .getKeyIdentifier();
    }

    static Extension extension(String oid, boolean critical, byte[] der) {
        return extension(new ASN1ObjectIdentifier(oid), critical, der);
    }

    private static Extension critical(ASN1ObjectIdentifier oid, ASN1Encodable value) {
        return extension(oid, true, encoded(value));
    }

    private static Extension normal(ASN1ObjectIdentifier oid, ASN1Encodable value) {
        return extension(oid, false, encoded(value));
    }

    private static Extension extension(ASN1ObjectIdentifier oid, boolean critical, byte[] der) {
        return new Extension(oid, critical, der);
    }

    private static byte[] encoded(ASN1Encodable value) {
        try {
            return value.toASN1Primitive().getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
