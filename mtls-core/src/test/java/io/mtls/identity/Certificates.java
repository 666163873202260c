package io.mtls.identity;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.OtherName;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes certificates of any content, and reads those of others. */
final class Certificates {

    private static final KeyPair KEY = key();
    private static final Instant NOT_BEFORE = Instant.parse("2026-01-01T00:00:00Z");

    private Certificates() {}

    static X509Certificate withSubject(String name) {
        return withSubject(new X500Name(name));
    }

    static X509Certificate withSubject(X500Name name) {
        return of(name, new X500Name("CN=Acme Issuing CA,O=Acme"));
    }

    static X509Certificate withIssuer(String name) {
        return of(new X500Name("CN=alice"), new X500Name(name));
    }

    static X509Certificate withSan(GeneralName... names) {
        return of(
                new X500Name("CN=alice"),
                new X500Name("CN=Acme Issuing CA,O=Acme"),
                extension(Extension.subjectAlternativeName, new GeneralNames(names)));
    }

    static X509Certificate withExtensions(Extension... extensions) {
        return of(new X500Name("CN=alice"), new X500Name("CN=Acme Issuing CA,O=Acme"), extensions);
    }

    static Extension extension(ASN1ObjectIdentifier oid, ASN1Encodable value) {
        try {
            return extension(oid, value.toASN1Primitive().getEncoded(ASN1Encoding.DER));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Extension extension(ASN1ObjectIdentifier oid, byte[] value) {
        return new Extension(oid, false, value);
    }

    static GeneralName uri(String uri) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
    }

    static GeneralName upn(String upn) {
        return new GeneralName(GeneralName.otherName, new OtherName(SubjectAltNames.UPN, new DERUTF8String(upn)));
    }

    /** A copy in which every occurrence of some bytes is replaced by others; the signature then fits no more. */
    static X509Certificate patched(X509Certificate certificate, byte[] from, byte[] to) {
        byte[] der = encoded(certificate);
        for (int i = 0; i + from.length <= der.length; i++) {
            if (Arrays.equals(der, i, i + from.length, from, 0, from.length)) {
                System.arraycopy(to, 0, der, i, to.length);
            }
        }
        try {
            return parse(der);
        } catch (CertificateException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateException e) {
            throw new AssertionError(e);
        }
    }

    static X509Certificate parse(byte[] der) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /** A real certificate; the test is skipped where the vectors are not on this machine. */
    static X509Certificate vector(String file) throws CertificateException {
        return parse(vectorBytes(file));
    }

    /** The same, not parsed. */
    static byte[] vectorBytes(String file) {
        Path path = Path.of(System.getProperty("mtls.vectors", "absent"), "identity", file);
        assumeTrue(Files.isReadable(path), () -> "no vectors here: " + path);
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new AssertionError(file, e);
        }
    }

    private static X509Certificate of(X500Name subject, X500Name issuer, Extension... extensions) {
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    BigInteger.valueOf(0x1a252ff3),
                    Date.from(NOT_BEFORE),
                    Date.from(NOT_BEFORE.plusSeconds(3600)),
                    subject,
                    KEY.getPublic());
            for (Extension extension : extensions) {
                builder.addExtension(extension);
            }
            return parse(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(KEY.getPrivate()))
                    .getEncoded());
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyPair key() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
