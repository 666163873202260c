package io.mtls.ca;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;

/**
 * A certificate together with its private key, able to issue further ones.
 *
 * <pre>{@code
 * HeldCertificate root = HeldCertificate.root("CN=Acme Root,O=Acme").build();
 * HeldCertificate issuing = root.issueCa("CN=Acme Issuing CA,O=Acme").maxPathLength(0).build();
 * HeldCertificate alice = issuing.issueClient("CN=alice,OU=Audit").build();
 * }</pre>
 *
 * <p>What is issued by default follows RFC 5280: a root lives ten years, a CA below it five, an end entity 90 days and
 * never longer than its issuer. {@link CertificateBuilder} changes any of that, to something right or to something
 * wrong; nothing here refuses to issue because a relying party would refuse to accept. Also an end entity can issue.
 *
 * <p>Immutable. Names are RFC 4514 text; {@link DistinguishedName} says what such text cannot.
 */
public final class HeldCertificate {
    private static final Duration ROOT_LIFETIME = Duration.ofDays(3650);
    private static final Duration CA_LIFETIME = Duration.ofDays(1825);
    private static final Duration END_ENTITY_LIFETIME = Duration.ofDays(90);

    private final X509Certificate certificate;
    private final KeyPair keyPair;
    private final List<X509Certificate> chain;
    private final boolean selfSigned;
    private final InstantSource clock;

    private HeldCertificate(
            X509Certificate certificate,
            KeyPair keyPair,
            List<X509Certificate> chain,
            boolean selfSigned,
            InstantSource clock) {
        this.certificate = certificate;
        this.keyPair = keyPair;
        this.chain = chain;
        this.selfSigned = selfSigned;
        this.clock = clock;
    }

    static HeldCertificate selfSigned(X509Certificate certificate, KeyPair keyPair, InstantSource clock) {
        return new HeldCertificate(certificate, keyPair, List.of(certificate), true, clock);
    }

    static HeldCertificate issued(
            X509Certificate certificate, KeyPair keyPair, HeldCertificate issuer, InstantSource clock) {
        return new HeldCertificate(certificate, keyPair, issuer.chainOf(certificate), false, clock);
    }

    /** One that was stored, with what follows it in a chain. */
    static HeldCertificate loaded(
            X509Certificate certificate, KeyPair keyPair, List<X509Certificate> chain, InstantSource clock) {
        return new HeldCertificate(certificate, keyPair, List.copyOf(chain), false, clock);
    }

    /** What this CA's member presents. */
    List<X509Certificate> chainOf(X509Certificate member) {
        List<X509Certificate> presented = new ArrayList<>();
        presented.add(member);
        if (!selfSigned) {
            presented.addAll(chain);
        }
        return List.copyOf(presented);
    }

    /** A self-signed CA. Two of the same name are twins: only their keys tell them apart. */
    public static CertificateBuilder root(String name) {
        return root(DistinguishedName.parse(name));
    }

    /** A self-signed CA with a name that RFC 4514 text cannot say. */
    public static CertificateBuilder root(DistinguishedName name) {
        return CertificateBuilder.selfSigned(name, ROOT_LIFETIME).ca();
    }

    /** A self-signed end entity for clients, as a partner without a CA would hand it over. */
    public static CertificateBuilder selfSignedClient(String name) {
        return CertificateBuilder.selfSigned(DistinguishedName.parse(name), END_ENTITY_LIFETIME)
                .endEntity(KeyPurpose.CLIENT_AUTH);
    }

    /** A CA below this one. */
    public CertificateBuilder issueCa(String name) {
        return issueCa(DistinguishedName.parse(name));
    }

    /** A CA below this one with a name that RFC 4514 text cannot say. */
    public CertificateBuilder issueCa(DistinguishedName name) {
        return CertificateBuilder.issuedBy(this, name, CA_LIFETIME).ca();
    }

    /** An end entity for TLS clients: extended key usage clientAuth, key usage digitalSignature. */
    public CertificateBuilder issueClient(String name) {
        return issueClient(DistinguishedName.parse(name));
    }

    /** An end entity for TLS clients with a name that RFC 4514 text cannot say. */
    public CertificateBuilder issueClient(DistinguishedName name) {
        return CertificateBuilder.issuedBy(this, name, END_ENTITY_LIFETIME).endEntity(KeyPurpose.CLIENT_AUTH);
    }

    /**
     * An end entity for TLS servers: extended key usage serverAuth, key usage digitalSignature.
     *
     * @param host the common name and the first subject alternative name
     * @param hosts further names; a literal address becomes an iPAddress, anything else a dNSName
     */
    public CertificateBuilder issueServer(String host, String... hosts) {
        DistinguishedName name = DistinguishedName.of(DistinguishedName.rdn(DistinguishedName.attribute("CN", host)));
        CertificateBuilder builder = CertificateBuilder.issuedBy(this, name, END_ENTITY_LIFETIME)
                .endEntity(KeyPurpose.SERVER_AUTH)
                .subjectAlternativeName(GeneralName.host(host));
        for (String further : hosts) {
            builder.subjectAlternativeName(GeneralName.host(further));
        }
        return builder;
    }

    /**
     * The same subject, key and extensions once more, signed by another CA: a cross-certificate.
     *
     * <p>When two CAs sign each other their certificates form a loop. {@link #chain()} of the new one leads to {@code
     * issuer}.
     */
    public CertificateBuilder crossSign(HeldCertificate issuer) {
        Duration lifetime = certificate.getBasicConstraints() >= 0 ? CA_LIFETIME : END_ENTITY_LIFETIME;
        return CertificateBuilder.issuedBy(issuer, subject(), lifetime)
                .keyPair(keyPair)
                .extensionsOf(certificate);
    }

    /** The certificate alone. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** The key that belongs to {@link #certificate()}. */
    public PrivateKey privateKey() {
        return keyPair.getPrivate();
    }

    /**
     * What a TLS peer presents: this certificate, then its issuers up to but not including the self-signed one. A
     * self-signed certificate is a chain of itself.
     */
    public List<X509Certificate> chain() {
        return chain;
    }

    /**
     * This certificate with another {@link #chain()}: these follow it, whether they belong there or not. None leaves the
     * certificate alone, as a client does that relies on the server's knowledge of the intermediate.
     */
    public HeldCertificate withIntermediates(X509Certificate... intermediates) {
        List<X509Certificate> presented = new ArrayList<>();
        presented.add(certificate);
        presented.addAll(List.of(intermediates));
        return new HeldCertificate(certificate, keyPair, List.copyOf(presented), selfSigned, clock);
    }

    /** {@link #certificate()} in PEM, RFC 7468 section 5. */
    public String certificatePem() {
        return Pem.certificate(certificate);
    }

    /** {@link #chain()} in PEM, each certificate followed by its issuer. */
    public String chainPem() {
        return Pem.chain(chain);
    }

    /** The private key as PKCS #8 in PEM, not encrypted, RFC 7468 section 10. */
    public String privateKeyPem() {
        return Pem.privateKey(keyPair);
    }

    /**
     * Key and {@link #chain()} as PKCS #12, the format that browsers and operating systems import.
     *
     * <p>The friendly name is the common name. Encrypted with AES-256 and protected with HMAC-SHA-256 (PBES2), which
     * OpenSSL 3, NSS and Windows Server 2019 read and older Windows and macOS do not: for those there is {@link
     * #pkcs12Legacy}.
     *
     * @param password of ASCII characters: programs do not agree on how to encode others
     * @throws IllegalArgumentException when it has others
     */
    public byte[] pkcs12(char[] password) {
        try {
            return pkcs12(KeyStore.getInstance("PKCS12"), password);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("no PKCS #12 for " + this, e);
        }
    }

    /**
     * The same for the Keychain of macOS and for Windows before 2019, which read nothing better: encrypted with triple DES
     * under a SHA-1 of the password, and protected with HMAC-SHA-1 (RFC 7292 appendix C).
     *
     * <p>A loosening. This withstands guessing so badly that a password that a person could choose protects nothing: make
     * one of at least 16 random characters, and delete the file once it is imported. OpenSSL in FIPS mode refuses it.
     *
     * @throws IllegalArgumentException when the password is not ASCII
     */
    public byte[] pkcs12Legacy(char[] password) {
        try {
            return pkcs12(KeyStore.getInstance("PKCS12-3DES-3DES", Signing.bouncyCastle()), password);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("no PKCS #12 for " + this, e);
        }
    }

    private byte[] pkcs12(KeyStore store, char[] password) throws GeneralSecurityException, IOException {
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(CharBuffer.wrap(password))) {
            throw new IllegalArgumentException("the password of a PKCS #12 has other characters than ASCII");
        }
        store.load(null, null);
        store.setKeyEntry(friendlyName(), privateKey(), password, chain.toArray(X509Certificate[]::new));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        store.store(bytes, password);
        return bytes.toByteArray();
    }

    private String friendlyName() {
        return subject().commonName().orElseGet(() -> subject().toString());
    }

    /**
     * The client side of TLS: presents {@link #chain()} even to a server that does not accept its issuer.
     *
     * @param trustedServers the server certificates, or their CAs, that it accepts; never the system's
     * @throws IllegalArgumentException when none is named
     * @see TlsClients#anonymous
     */
    public SSLContext clientContext(X509Certificate... trustedServers) {
        return TlsClients.presenting(privateKey(), chain, trustedServers);
    }

    KeyPair keyPair() {
        return keyPair;
    }

    DistinguishedName subject() {
        return DistinguishedName.subjectOf(certificate);
    }

    /** The subject key identifier, or what it would be. */
    byte[] keyIdentifier() {
        byte[] extension = certificate.getExtensionValue(Extension.subjectKeyIdentifier.getId());
        return extension == null
                ? Extensions.keyIdentifier(certificate.getPublicKey())
                : SubjectKeyIdentifier.getInstance(
                                ASN1OctetString.getInstance(extension).getOctets())
                        .getKeyIdentifier();
    }

    InstantSource clock() {
        return clock;
    }

    /** Names the subject and the serial number; never the key. */
    @Override
    public String toString() {
        return subject() + " (serial " + certificate.getSerialNumber().toString(16) + ")";
    }
}
