package io.mtls;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraintValidator;
import org.bouncycastle.asn1.x509.NameConstraintValidatorException;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.PKIXNameConstraintValidator;

/**
 * What a trust anchor's certificate says of the paths below it (RFC 5937): name constraints and path length. Path
 * validation proper (RFC 5280 section 6) takes from an anchor only its name and key, and the JDK refuses to take more.
 */
final class AnchorConstraints {

    record Objection(RejectionReason reason, String why) {}

    private AnchorConstraints() {}

    /** @param path the client's certificate first, the trust anchor last */
    static Optional<Objection> objectionTo(List<X509Certificate> path) {
        X509Certificate anchor = path.get(path.size() - 1);
        List<X509Certificate> below = path.subList(0, path.size() - 1);
        long intermediates = below.stream()
                .skip(1)
                .filter(certificate -> !Certificates.isSelfIssued(certificate))
                .count();
        if (intermediates > anchor.getBasicConstraints()) {
            return Optional.of(new Objection(
                    RejectionReason.PATH_TOO_LONG,
                    "the trust anchor allows " + anchor.getBasicConstraints() + " intermediates"));
        }
        return nameConstraintsObjection(anchor, below);
    }

    private static Optional<Objection> nameConstraintsObjection(X509Certificate anchor, List<X509Certificate> below) {
        try {
            byte[] extension = Certificates.extensionValue(anchor, Extension.nameConstraints.getId());
            if (extension == null) {
                return Optional.empty();
            }
            NameConstraintValidator validator = validatorFor(NameConstraints.getInstance(extension));
            for (int i = 0; i < below.size(); i++) {
                // RFC 5280 section 6.1.3 (b): not for self-issued intermediates.
                if (i == 0 || !Certificates.isSelfIssued(below.get(i))) {
                    check(below.get(i), validator);
                }
            }
            return Optional.empty();
        } catch (NameConstraintValidatorException | RuntimeException e) {
            // Unchecked: BouncyCastle's word for malformed names, and for kinds of names it does not know.
            return Optional.of(new Objection(
                    RejectionReason.NAME_CONSTRAINT_VIOLATED, "name constraints of the trust anchor: " + e));
        }
    }

    private static NameConstraintValidator validatorFor(NameConstraints constraints) {
        NameConstraintValidator validator = new PKIXNameConstraintValidator();
        GeneralSubtree[] permitted = constraints.getPermittedSubtrees();
        if (permitted != null) {
            validator.intersectPermittedSubtree(permitted);
        }
        GeneralSubtree[] excluded = constraints.getExcludedSubtrees();
        if (excluded != null) {
            for (GeneralSubtree subtree : excluded) {
                validator.addExcludedSubtree(subtree);
            }
        }
        return validator;
    }

    private static void check(X509Certificate certificate, NameConstraintValidator validator)
            throws NameConstraintValidatorException {
        X500Name subject =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        List<GeneralName> names = new ArrayList<>();
        if (subject.getRDNs().length > 0) {
            names.add(new GeneralName(subject));
        }
        for (ASN1Encodable address : attributes(subject)) {
            names.add(new GeneralName(GeneralName.rfc822Name, address.toString()));
        }
        byte[] alternatives = Certificates.extensionValue(certificate, Extension.subjectAlternativeName.getId());
        if (alternatives != null) {
            names.addAll(List.of(GeneralNames.getInstance(ASN1Sequence.getInstance(alternatives))
                    .getNames()));
        }
        for (GeneralName name : names) {
            validator.checkPermitted(name);
            validator.checkExcluded(name);
        }
    }

    /** E-mail addresses in the subject count as rfc822Names (RFC 5280 section 4.2.1.10). */
    private static List<ASN1Encodable> attributes(X500Name subject) {
        List<ASN1Encodable> found = new ArrayList<>();
        for (RDN rdn : subject.getRDNs(BCStyle.EmailAddress)) {
            for (AttributeTypeAndValue attribute : rdn.getTypesAndValues()) {
                if (attribute.getType().equals(BCStyle.EmailAddress)) {
                    found.add(attribute.getValue());
                }
            }
        }
        return found;
    }
}
