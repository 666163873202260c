package io.mtls;

import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1String;
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
 * The name constraints of every issuer in a path, and the path length constraint of the trust anchor.
 *
 * <p>From an anchor, path validation proper (RFC 5280 section 6) takes only name and key, and the JDK refuses to take
 * more; RFC 5937 says how to. From the intermediates the JDK does take the constraints, but where it cannot read a
 * certificate's alternative names it takes that certificate to have none, and so lets it pass. Names that are read here
 * are read by the same library as the names that principals are made of.
 *
 * <p>Stricter than RFC 5280 in two ways: an e-mail address in the subject counts even beside alternative names, and
 * where a constraint names otherNames a certificate that has one is refused, since nobody defined how to compare them.
 *
 * <p>Costs the product of names and subtrees; {@link ExtensionBounds} has to come first.
 */
final class IssuerConstraints {

    record Objection(RejectionReason reason, String why) {}

    private IssuerConstraints() {}

    /**
     * What the path violates, if anything.
     *
     * @param path the client's certificate first, the trust anchor last
     */
    static Optional<Objection> objectionTo(List<X509Certificate> path) {
        X509Certificate anchor = path.get(path.size() - 1);
        long intermediates = path.subList(1, path.size() - 1).stream()
                .filter(certificate -> !Certificates.isSelfIssued(certificate))
                .count();
        if (intermediates > anchor.getBasicConstraints()) {
            return Optional.of(new Objection(
                    RejectionReason.PATH_TOO_LONG,
                    "the trust anchor allows " + anchor.getBasicConstraints() + " intermediates"));
        }
        for (int i = path.size() - 1; i > 0; i--) {
            Optional<Objection> objection = nameConstraintsObjection(path.get(i), path.subList(0, i));
            if (objection.isPresent()) {
                return objection;
            }
        }
        return Optional.empty();
    }

    private static Optional<Objection> nameConstraintsObjection(X509Certificate issuer, List<X509Certificate> below) {
        try {
            byte[] extension = Certificates.extensionValue(issuer, Extension.nameConstraints.getId());
            if (extension == null) {
                return Optional.empty();
            }
            Constraints constraints = Constraints.of(NameConstraints.getInstance(extension));
            for (int i = 0; i < below.size(); i++) {
                // RFC 5280 section 6.1.3 (b): not for self-issued intermediates.
                if (i == 0 || !Certificates.isSelfIssued(below.get(i))) {
                    constraints.check(namesIn(below.get(i)));
                }
            }
            return Optional.empty();
        } catch (NameConstraintValidatorException | RuntimeException e) {
            // Unchecked: BouncyCastle's word for malformed names, and for kinds of names it does not know.
            return Optional.of(new Objection(
                    RejectionReason.NAME_CONSTRAINT_VIOLATED,
                    "name constraints of " + Certificates.nameOf(issuer) + ": " + e.getMessage()));
        }
    }

    private record Constraints(NameConstraintValidator validator, List<GeneralSubtree> subtrees) {

        static Constraints of(NameConstraints constraints) {
            NameConstraintValidator validator = new PKIXNameConstraintValidator();
            List<GeneralSubtree> subtrees = new ArrayList<>();
            GeneralSubtree[] permitted = constraints.getPermittedSubtrees();
            if (permitted != null) {
                validator.intersectPermittedSubtree(permitted);
                subtrees.addAll(Arrays.asList(permitted));
            }
            GeneralSubtree[] excluded = constraints.getExcludedSubtrees();
            if (excluded != null) {
                Arrays.stream(excluded).forEach(validator::addExcludedSubtree);
                subtrees.addAll(Arrays.asList(excluded));
            }
            return new Constraints(validator, subtrees);
        }

        void check(List<GeneralName> names) throws NameConstraintValidatorException {
            for (GeneralName name : names) {
                if (constrains(name.getTagNo())) {
                    if (name.getTagNo() == GeneralName.otherName) {
                        throw new NameConstraintValidatorException("an otherName cannot be compared");
                    }
                    if (name.getTagNo() == GeneralName.uniformResourceIdentifier && !hasHost(name)) {
                        throw new NameConstraintValidatorException("a URI without a host cannot be compared");
                    }
                }
                validator.checkPermitted(name);
                validator.checkExcluded(name);
            }
        }

        private boolean constrains(int type) {
            return subtrees.stream().anyMatch(subtree -> subtree.getBase().getTagNo() == type);
        }

        /** RFC 5280 section 4.2.1.10. */
        private static boolean hasHost(GeneralName uri) {
            return URI.create(((ASN1String) uri.getName()).getString()).getHost() != null;
        }
    }

    private static List<GeneralName> namesIn(X509Certificate certificate) {
        X500Name subject =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        List<GeneralName> names = new ArrayList<>();
        if (subject.getRDNs().length > 0) {
            names.add(new GeneralName(subject));
        }
        for (RDN rdn : subject.getRDNs(BCStyle.EmailAddress)) {
            for (AttributeTypeAndValue attribute : rdn.getTypesAndValues()) {
                if (attribute.getType().equals(BCStyle.EmailAddress)) {
                    names.add(new GeneralName(GeneralName.rfc822Name, ((ASN1String) attribute.getValue()).getString()));
                }
            }
        }
        byte[] alternatives = Certificates.extensionValue(certificate, Extension.subjectAlternativeName.getId());
        if (alternatives != null) {
            names.addAll(Arrays.asList(GeneralNames.getInstance(alternatives).getNames()));
        }
        return names;
    }
}
