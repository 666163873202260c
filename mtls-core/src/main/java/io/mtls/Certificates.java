package io.mtls;

import io.mtls.identity.SafeText;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.DSAParams;
import java.security.interfaces.DSAPublicKey;
import java.security.spec.DSAPublicKeySpec;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.jspecify.annotations.Nullable;

/** Reads of one certificate that more than one step of the verification needs. */
final class Certificates {

    /** Index in {@link X509Certificate#getKeyUsage()}. */
    static final int DIGITAL_SIGNATURE = 0;

    /** Index in {@link X509Certificate#getKeyUsage()}. */
    static final int KEY_CERT_SIGN = 5;

    /** RFC 5280 section 4.1.2.2. To print a long one costs the square of its length. */
    private static final int MAX_SERIAL_BITS = 20 * 8;

    /** Index in {@link X509Certificate#getKeyUsage()}. */
    static final int CRL_SIGN = 6;

    private Certificates() {}

    static CertificateFactory factory() throws CertificateException {
        return CertificateFactory.getInstance("X.509");
    }

    /**
     * The certificate as the JDK's parser reads it. Connectors hand out certificates of many classes (of other TLS
     * providers, for one); a single parser means a single reading.
     */
    static X509Certificate parsed(byte[] der) throws CertificateException {
        return (X509Certificate) factory().generateCertificate(new ByteArrayInputStream(der));
    }

    /** The same, or nothing where the parser finds fault with it. */
    static Optional<X509Certificate> parsedIfPossible(byte[] der) {
        try {
            return Optional.of(parsed(der));
        } catch (CertificateException | RuntimeException e) {
            return Optional.empty();
        }
    }

    /**
     * Certificates of the configuration, read by the same parser, each once.
     *
     * @throws IllegalArgumentException if one cannot be read
     */
    static Set<X509Certificate> reparsed(Collection<X509Certificate> certificates) {
        Set<X509Certificate> set = new LinkedHashSet<>();
        for (X509Certificate certificate : certificates) {
            try {
                set.add(parsed(certificate.getEncoded()));
            } catch (CertificateException e) {
                throw new IllegalArgumentException("Certificate " + nameOf(certificate) + " cannot be parsed", e);
            }
        }
        return Collections.unmodifiableSet(set);
    }

    /** The subject for a log line: bounded, and safe to print. */
    static String nameOf(X509Certificate certificate) {
        String name = certificate.getSubjectX500Principal().getName();
        return quoted(name);
    }

    private static String quoted(String name) {
        return '"' + SafeText.of(name) + '"';
    }

    /** Subject, serial number and issuer for a log line: what an operator needs to find the certificate. */
    static String describe(X509Certificate certificate) {
        BigInteger serial = certificate.getSerialNumber();
        return nameOf(certificate) + ", serial "
                + (serial.bitLength() > MAX_SERIAL_BITS ? "of " + serial.bitLength() + " bits" : serial.toString(16))
                + ", issued by "
                + quoted(certificate.getIssuerX500Principal().getName());
    }

    /** RFC 5280 section 6.1: issued by an entity of the same name, such as a CA's key roll-over certificate. */
    static boolean isSelfIssued(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    }

    /** RFC 5280 section 6.3.3 (f): where there is a key usage, it has to say so. */
    static boolean maySignCrls(X509Certificate certificate) {
        boolean[] keyUsage = certificate.getKeyUsage();
        return keyUsage == null || keyUsage[CRL_SIGN];
    }

    /** RFC 5280 section 6.1.4 (f): a DSA key without parameters has those of its issuer's key. */
    static PublicKey withInheritedParameters(PublicKey key, @Nullable PublicKey ofIssuer) {
        if (!(key instanceof DSAPublicKey dsa)
                || dsa.getParams() != null
                || !(ofIssuer instanceof DSAPublicKey above)
                || above.getParams() == null) {
            return key;
        }
        DSAParams inherited = above.getParams();
        try {
            return KeyFactory.getInstance("DSA")
                    .generatePublic(
                            new DSAPublicKeySpec(dsa.getY(), inherited.getP(), inherited.getQ(), inherited.getG()));
        } catch (GeneralSecurityException e) {
            return key; // Then it verifies nothing.
        }
    }

    /**
     * Whether the key identifiers of the two (RFC 5280 sections 4.2.1.1 and 4.2.1.2) speak for the one having issued
     * the other: 0 they match, 1 one of them has none, 2 they differ. Only a hint for the order of the search.
     */
    static int keyIdentifierDistance(X509Certificate certificate, X509Certificate issuer) {
        byte[] wanted = authorityKeyIdentifier(certificate);
        byte[] offered = subjectKeyIdentifier(issuer);
        if (wanted == null || offered == null) {
            return 1;
        }
        return Arrays.equals(wanted, offered) ? 0 : 2;
    }

    private static byte @Nullable [] authorityKeyIdentifier(X509Certificate certificate) {
        byte[] value = extensionValue(certificate, Extension.authorityKeyIdentifier.getId());
        try {
            ASN1OctetString id = value == null
                    ? null
                    : AuthorityKeyIdentifier.getInstance(value).getKeyIdentifierObject();
            return id == null ? null : id.getOctets();
        } catch (RuntimeException e) {
            return null; // A hint that cannot be read is no hint.
        }
    }

    private static byte @Nullable [] subjectKeyIdentifier(X509Certificate certificate) {
        byte[] value = extensionValue(certificate, Extension.subjectKeyIdentifier.getId());
        try {
            return value == null
                    ? null
                    : SubjectKeyIdentifier.getInstance(value).getKeyIdentifier();
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** The DER inside the extension's OCTET STRING, or null where the certificate has no such extension. */
    static byte @Nullable [] extensionValue(X509Certificate certificate, String oid) {
        byte[] octetString = certificate.getExtensionValue(oid);
        return octetString == null
                ? null
                : ASN1OctetString.getInstance(octetString).getOctets();
    }

    /** The extended key usages, or null where the certificate has no such extension. */
    static @Nullable Set<String> extendedKeyUsages(X509Certificate certificate) throws CertificateParsingException {
        List<String> usages = certificate.getExtendedKeyUsage();
        return usages == null ? null : Set.copyOf(usages);
    }
}
