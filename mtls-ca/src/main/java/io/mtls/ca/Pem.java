package io.mtls.ca;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** The textual encodings of RFC 7468. */
final class Pem {
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String CRL = "X509 CRL";
    private static final String PRIVATE_KEY = "PRIVATE KEY";
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private Pem() {}

    static String chain(List<X509Certificate> chain) {
        return chain.stream().map(Pem::certificate).collect(Collectors.joining());
    }

    static String certificate(X509Certificate certificate) {
        try {
            return block(CERTIFICATE, certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("certificate without an encoding", e);
        }
    }

    static String crl(byte[] der) {
        return block(CRL, der);
    }

    /** PKCS #8; of an EC key with the public key inside (RFC 5915 section 3), which the JDK leaves out and GnuTLS needs. */
    static String privateKey(KeyPair pair) {
        try {
            return block(PRIVATE_KEY, encoded(pair));
        } catch (IOException e) {
            throw new IllegalArgumentException("private key without an encoding", e);
        }
    }

    /** The PKCS #8 of {@link #privateKey(KeyPair)}. */
    static byte[] encoded(KeyPair pair) throws IOException {
        if (!(pair.getPrivate() instanceof ECPrivateKey key)) {
            return pair.getPrivate().getEncoded();
        }
        SubjectPublicKeyInfo info =
                SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded());
        int bits = key.getParams().getOrder().bitLength();
        return new PrivateKeyInfo(
                        info.getAlgorithm(),
                        new org.bouncycastle.asn1.sec.ECPrivateKey(bits, key.getS(), info.getPublicKeyData(), null))
                .getEncoded();
    }

    /** The first certificate of a text that may have more, and prose around them. */
    static X509Certificate firstCertificate(String pem) throws GeneralSecurityException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der(pem, CERTIFICATE)));
    }

    /** The private key that goes with a public key of this kind. */
    static PrivateKey privateKey(String pem, PublicKey kind) throws GeneralSecurityException {
        return privateKey(der(pem, PRIVATE_KEY), kind);
    }

    /** The same of PKCS #8 in DER. */
    static PrivateKey privateKey(byte[] pkcs8, PublicKey kind) throws GeneralSecurityException {
        KeyFactory factory = KeyFactory.getInstance(kind.getAlgorithm());
        PrivateKey key = factory.generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        // Without the public key inside it equals the one that was written.
        return key instanceof ECPrivateKey ec
                ? factory.generatePrivate(new ECPrivateKeySpec(ec.getS(), ec.getParams()))
                : key;
    }

    /** Whether the text has a block of this type, whole or not. */
    static boolean has(String pem, String label) {
        return pem.contains("-----BEGIN " + label + "-----");
    }

    /** The content of the first block of this type. */
    static byte[] der(String pem, String label) throws GeneralSecurityException {
        String begin = "-----BEGIN " + label + "-----";
        int from = pem.indexOf(begin);
        int to = pem.indexOf("-----END " + label + "-----", from + begin.length());
        if (from < 0 || to < 0) {
            throw new GeneralSecurityException("no PEM block of type " + label);
        }
        String body = pem.substring(from + begin.length(), to).replaceAll("\\s", "");
        try {
            return Base64.getDecoder().decode(body);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("the PEM block of type " + label + " is not base64", e);
        }
    }

    static String block(String label, byte[] der) {
        String body = new String(LINES.encode(der), StandardCharsets.US_ASCII);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }
}
