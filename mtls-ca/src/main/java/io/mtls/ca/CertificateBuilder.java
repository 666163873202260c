package io.mtls.ca;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.x509.Extension;
import org.jspecify.annotations.Nullable;

/**
 * What a certificate is to say, right or wrong, before it is signed. {@link HeldCertificate} starts one.
 *
 * <p>Every option overrides what was there before, except those that add a name or an address, which add. An option never
 * refuses a value because RFC 5280 forbids it. Not reusable across threads.
 */
public final class CertificateBuilder {
    /** How far a new certificate reaches into the past, for peers whose clocks are behind. */
    static final Duration BACKDATED = Duration.ofMinutes(5);

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SERIAL_BITS = 128;

    private final @Nullable HeldCertificate issuer;
    private DistinguishedName subject;
    private InstantSource clock;
    private Duration lifetime;
    private @Nullable Validity validity;
    private KeyType keyType = KeyType.P256;
    private @Nullable KeyPair keyPair;
    private @Nullable String signatureAlgorithm;
    private @Nullable BigInteger serial;
    private boolean version1;
    private UnaryOperator<byte[]> signatureFault = UnaryOperator.identity();

    private final List<GeneralName> alternativeNames = new ArrayList<>();
    private final List<GeneralName> permitted = new ArrayList<>();
    private final List<GeneralName> excluded = new ArrayList<>();
    private final List<String> crlUris = new ArrayList<>();
    private final List<String> ocspUris = new ArrayList<>();
    private final List<String> caIssuerUris = new ArrayList<>();

    /** By object identifier; empty means that the certificate is to have no such extension. */
    private final Map<String, Optional<Extension>> chosen = new LinkedHashMap<>();

    private CertificateBuilder(
            @Nullable HeldCertificate issuer, DistinguishedName subject, Duration lifetime, InstantSource clock) {
        this.issuer = issuer;
        this.subject = subject;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    static CertificateBuilder selfSigned(DistinguishedName subject, Duration lifetime) {
        return new CertificateBuilder(null, subject, lifetime, InstantSource.system());
    }

    static CertificateBuilder issuedBy(HeldCertificate issuer, DistinguishedName subject, Duration lifetime) {
        return new CertificateBuilder(issuer, subject, lifetime, issuer.clock());
    }

    CertificateBuilder ca() {
        return basicConstraints(true).keyUsage(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN);
    }

    CertificateBuilder endEntity(String purpose) {
        return keyUsage(KeyUsage.DIGITAL_SIGNATURE).extendedKeyUsage(purpose);
    }

    /** Everything but the authority key identifier, which belongs to the issuer. */
    CertificateBuilder extensionsOf(X509Certificate certificate) {
        for (Extension extension : Extensions.of(certificate)) {
            if (!extension.getExtnId().equals(Extension.authorityKeyIdentifier)) {
                set(extension);
            }
        }
        return this;
    }

    /** Those names, and no others. */
    CertificateBuilder alternativeNamesOf(X509Certificate certificate) {
        Extensions.of(certificate).stream()
                .filter(extension -> extension.getExtnId().equals(Extension.subjectAlternativeName))
                .forEach(this::set);
        return this;
    }

    /** The instant that validity is counted from; by default the issuer's clock, for a root the system's. */
    public CertificateBuilder clock(InstantSource clock) {
        this.clock = clock;
        return this;
    }

    /** From now (and a little before) for this long, but no longer than the issuer. */
    public CertificateBuilder lifetime(Duration lifetime) {
        this.lifetime = lifetime;
        this.validity = null;
        return this;
    }

    /** From and to exactly these seconds, even beyond the issuer's validity. */
    public CertificateBuilder validity(Instant notBefore, Instant notAfter) {
        this.validity = new Validity(notBefore, notAfter);
        return this;
    }

    /** A new key of this type. */
    public CertificateBuilder keyType(KeyType keyType) {
        this.keyType = keyType;
        this.keyPair = null;
        return this;
    }

    /** This key instead of a new one. */
    public CertificateBuilder keyPair(KeyPair keyPair) {
        this.keyPair = keyPair;
        return this;
    }

    /**
     * The signature's algorithm by its Java name, such as {@code SHA1withRSA}. It has to fit the <em>issuer's</em> key; by
     * default the SHA-2 that is as strong as that key.
     */
    public CertificateBuilder signatureAlgorithm(String name) {
        this.signatureAlgorithm = name;
        return this;
    }

    /** Any number: by default a random positive one of up to 128 bits. */
    public CertificateBuilder serial(BigInteger serial) {
        this.serial = serial;
        return this;
    }

    /** The DER of another subject; see {@link DistinguishedName#encoded()}. It is put in as it is. */
    public CertificateBuilder subjectDer(byte[] der) {
        this.subject = DistinguishedName.ofDer(der);
        return this;
    }

    /** Adds a dNSName. */
    public CertificateBuilder dns(String name) {
        return subjectAlternativeName(GeneralName.dns(name));
    }

    /** Adds a uniformResourceIdentifier. */
    public CertificateBuilder uri(String uri) {
        return subjectAlternativeName(GeneralName.uri(uri));
    }

    /** Adds an rfc822Name. */
    public CertificateBuilder email(String address) {
        return subjectAlternativeName(GeneralName.email(address));
    }

    /** Adds an iPAddress. */
    public CertificateBuilder ip(String literal) {
        return subjectAlternativeName(GeneralName.ip(literal));
    }

    /** Adds a directoryName, RFC 4514 text. */
    public CertificateBuilder directoryName(String name) {
        return subjectAlternativeName(GeneralName.directory(DistinguishedName.parse(name)));
    }

    /** Adds a user principal name of a Windows domain. */
    public CertificateBuilder upn(String name) {
        return subjectAlternativeName(GeneralName.upn(name));
    }

    /** Adds an otherName of this type with this value. */
    public CertificateBuilder otherName(String oid, byte[] der) {
        return subjectAlternativeName(GeneralName.otherName(oid, der));
    }

    /** Adds a subject alternative name. */
    public CertificateBuilder subjectAlternativeName(GeneralName name) {
        alternativeNames.add(name);
        return this;
    }

    /** These bytes are the value of the subject alternative name extension. */
    public CertificateBuilder rawSan(byte[] der) {
        return extension(Extension.subjectAlternativeName.getId(), false, der);
    }

    /** Names below these are permitted, RFC 5280 section 4.2.1.10. */
    public CertificateBuilder permittedSubtrees(GeneralName... names) {
        permitted.addAll(List.of(names));
        return this;
    }

    /** Names below these are excluded, RFC 5280 section 4.2.1.10. */
    public CertificateBuilder excludedSubtrees(GeneralName... names) {
        excluded.addAll(List.of(names));
        return this;
    }

    /** See {@link KeyPurpose}. */
    public CertificateBuilder extendedKeyUsage(String... oids) {
        return set(Extensions.extendedKeyUsage(oids));
    }

    /** No extended key usage: the key is good for everything. */
    public CertificateBuilder withoutExtendedKeyUsage() {
        return withoutExtension(Extension.extendedKeyUsage.getId());
    }

    /** Key usage, critical. */
    public CertificateBuilder keyUsage(KeyUsage... usages) {
        return set(Extensions.keyUsage(usages));
    }

    /** No key usage: no use is forbidden. */
    public CertificateBuilder withoutKeyUsage() {
        return withoutExtension(Extension.keyUsage.getId());
    }

    /** Says whether this is a CA, without a limit to the path below it; critical. */
    public CertificateBuilder basicConstraints(boolean ca) {
        return set(Extensions.basicConstraints(ca));
    }

    /** The same with a limit, which without being a CA has no meaning. */
    public CertificateBuilder basicConstraints(boolean ca, int maxPathLength) {
        return set(Extensions.basicConstraints(ca, maxPathLength));
    }

    /** A CA with at most this many CAs below it in a path. */
    public CertificateBuilder maxPathLength(int maxPathLength) {
        return basicConstraints(true, maxPathLength);
    }

    /** Nothing says whether this is a CA: it is none. */
    public CertificateBuilder withoutBasicConstraints() {
        return withoutExtension(Extension.basicConstraints.getId());
    }

    /** Certificate policies without qualifiers. */
    public CertificateBuilder certificatePolicies(String... oids) {
        return set(Extensions.certificatePolicies(oids));
    }

    /** Adds an address of the CRL that would list this certificate. */
    public CertificateBuilder crlDistributionPoint(String uri) {
        crlUris.add(uri);
        return this;
    }

    /** Adds an OCSP responder that answers for this certificate. */
    public CertificateBuilder ocspResponder(String uri) {
        ocspUris.add(uri);
        return this;
    }

    /** Adds an address of the issuer's certificate. */
    public CertificateBuilder caIssuers(String uri) {
        caIssuerUris.add(uri);
        return this;
    }

    /** Another subject key identifier than that of the key. */
    public CertificateBuilder subjectKeyIdentifier(byte[] keyIdentifier) {
        return set(Extensions.subjectKeyIdentifier(keyIdentifier));
    }

    /** No subject key identifier. */
    public CertificateBuilder withoutSubjectKeyIdentifier() {
        return withoutExtension(Extension.subjectKeyIdentifier.getId());
    }

    /** Another authority key identifier than that of the issuer. */
    public CertificateBuilder authorityKeyIdentifier(byte[] keyIdentifier) {
        return set(Extensions.authorityKeyIdentifier(keyIdentifier));
    }

    /** No authority key identifier. */
    public CertificateBuilder withoutAuthorityKeyIdentifier() {
        return withoutExtension(Extension.authorityKeyIdentifier.getId());
    }

    /** An extension with this value, be it known, unknown or malformed. */
    public CertificateBuilder extension(String oid, boolean critical, byte[] der) {
        return set(Extensions.extension(oid, critical, der));
    }

    /** No extension of this type. */
    public CertificateBuilder withoutExtension(String oid) {
        chosen.put(oid, Optional.empty());
        return this;
    }

    /** A certificate of version 1: it has no extensions, whatever else is asked for. */
    public CertificateBuilder version1() {
        this.version1 = true;
        return this;
    }

    /** One bit of the signature is wrong. */
    public CertificateBuilder corruptSignature() {
        this.signatureFault = Signing::corrupt;
        return this;
    }

    /** These bytes stand where the signature was: empty, zero, or somebody else's. */
    public CertificateBuilder signature(byte[] signature) {
        byte[] copy = signature.clone();
        this.signatureFault = ignored -> copy;
        return this;
    }

    /**
     * Makes the key, unless one was given, and signs.
     *
     * @throws IllegalArgumentException when no certificate comes of it that Java could read
     * @throws IllegalStateException when the issuer is no longer valid and {@link #validity} was not asked for
     */
    public HeldCertificate build() {
        KeyPair keys = keyPair != null ? keyPair : keyType.generate();
        KeyPair signer = issuer != null ? issuer.keyPair() : keys;
        String algorithm = signatureAlgorithm != null ? signatureAlgorithm : Signing.algorithmFor(signer.getPrivate());
        TbsCertificate content = new TbsCertificate(
                serial != null ? serial : new BigInteger(SERIAL_BITS, RANDOM),
                issuer != null ? issuer.subject() : subject,
                validity != null ? validity : defaultValidity(),
                subject,
                keys.getPublic(),
                version1 ? List.of() : extensions(keys));
        X509Certificate certificate = content.sign(algorithm, signer.getPrivate(), signatureFault);
        return issuer != null
                ? HeldCertificate.issued(certificate, keys, issuer, clock)
                : HeldCertificate.selfSigned(certificate, keys, clock);
    }

    /** Whether the certificate has the subject and the alternative names that this is about to give. */
    boolean hasNamesOf(X509Certificate certificate) {
        Optional<Extension> present = Extensions.of(certificate).stream()
                .filter(extension -> extension.getExtnId().equals(Extension.subjectAlternativeName))
                .findFirst();
        return subject.equals(DistinguishedName.subjectOf(certificate))
                && subjectAlternativeName().equals(present);
    }

    private Validity defaultValidity() {
        Instant now = clock.instant();
        Instant notAfter = now.plus(lifetime);
        if (issuer != null) {
            Instant end = issuer.certificate().getNotAfter().toInstant();
            if (now.isAfter(end)) {
                throw new IllegalStateException(
                        issuer + " expired at " + end + ": name the validity of what it is to issue after that");
            }
            notAfter = notAfter.isAfter(end) ? end : notAfter;
        }
        return new Validity(now.minus(BACKDATED), notAfter);
    }

    private List<Extension> extensions(KeyPair keys) {
        Map<String, Optional<Extension>> all = new LinkedHashMap<>();
        put(all, Extensions.subjectKeyIdentifier(Extensions.keyIdentifier(keys.getPublic())));
        if (issuer != null) {
            put(all, Extensions.authorityKeyIdentifier(issuer.keyIdentifier()));
        }
        subjectAlternativeName().ifPresent(extension -> put(all, extension));
        if (!permitted.isEmpty() || !excluded.isEmpty()) {
            put(all, Extensions.nameConstraints(permitted, excluded));
        }
        if (!crlUris.isEmpty()) {
            put(all, Extensions.crlDistributionPoints(crlUris));
        }
        if (!ocspUris.isEmpty() || !caIssuerUris.isEmpty()) {
            put(all, Extensions.authorityInformationAccess(ocspUris, caIssuerUris));
        }
        all.putAll(chosen);
        return all.values().stream().flatMap(Optional::stream).toList();
    }

    private Optional<Extension> subjectAlternativeName() {
        return alternativeNames.isEmpty()
                ? Optional.empty()
                : Optional.of(Extensions.subjectAlternativeName(alternativeNames, subject.isEmpty()));
    }

    private CertificateBuilder set(Extension extension) {
        put(chosen, extension);
        return this;
    }

    private static void put(Map<String, Optional<Extension>> extensions, Extension extension) {
        extensions.put(extension.getExtnId().getId(), Optional.of(extension));
    }
}
