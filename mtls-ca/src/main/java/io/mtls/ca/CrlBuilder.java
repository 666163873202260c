package io.mtls.ca;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.x509.CertificateList;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.operator.ContentSigner;
import org.jspecify.annotations.Nullable;

/**
 * What a certificate revocation list is to say, right or wrong, before it is signed (RFC 5280 section 5).
 *
 * <pre>{@code
 * byte[] crl = CrlBuilder.issuedBy(issuing).number(7).revoked(serial, at, RevocationReason.KEY_COMPROMISE).der();
 * }</pre>
 *
 * <p>By default it is from now on for a week, has number 1, and revokes nothing. Every option overrides what was there
 * before, except those that add an entry or an address, which add. An option never refuses a value because RFC 5280 forbids
 * it. An entry costs its encoding and no more, about 50 bytes. Not reusable across threads.
 */
public final class CrlBuilder {
    private static final Duration LIFETIME = Duration.ofDays(7);

    private final HeldCertificate issuer;
    private HeldCertificate signer;
    private DistinguishedName issuerName;
    private InstantSource clock;
    private @Nullable Instant thisUpdate;
    private @Nullable Instant nextUpdate;
    private boolean hasNextUpdate = true;
    private long number = 1;
    private @Nullable String signatureAlgorithm;
    private boolean version1;
    private UnaryOperator<byte[]> signatureFault = UnaryOperator.identity();

    private final ByteArrayOutputStream entries = new ByteArrayOutputStream();
    private final List<Extension> ofNextEntry = new ArrayList<>();
    private Instant encodedInstant = Instant.EPOCH;
    private byte[] encodedTime = Der.time(encodedInstant);

    private final List<String> freshestUris = new ArrayList<>();
    private IssuingScope scope = IssuingScope.EVERYTHING;

    /** By object identifier; empty means that the list is to have no such extension. */
    private final Map<String, Optional<Extension>> chosen = new LinkedHashMap<>();

    private CrlBuilder(HeldCertificate issuer) {
        this.issuer = issuer;
        this.signer = issuer;
        this.issuerName = issuer.subject();
        this.clock = issuer.clock();
    }

    /** A list with the name and the key identifier of this certificate, signed with its key. */
    public static CrlBuilder issuedBy(HeldCertificate issuer) {
        return new CrlBuilder(issuer);
    }

    /** What this list says, to be changed and signed once more. */
    static CrlBuilder copyOf(byte[] der, HeldCertificate issuer) {
        CertificateList list = CertificateList.getInstance(der);
        CrlBuilder copy = issuedBy(issuer)
                .withoutNumber()
                .withoutAuthorityKeyIdentifier()
                .thisUpdate(list.getThisUpdate().getDate().toInstant())
                .nextUpdate(list.getNextUpdate().getDate().toInstant());
        Arrays.stream(list.getRevokedCertificates()).map(Der::encoded).forEach(copy.entries::writeBytes);
        var extensions = list.getTBSCertList().getExtensions();
        Arrays.stream(extensions.getExtensionOIDs())
                .map(extensions::getExtension)
                .forEach(copy::set);
        return copy;
    }

    /** What the updates are counted from; by default the issuer's clock. */
    public CrlBuilder clock(InstantSource clock) {
        this.clock = clock;
        return this;
    }

    /** When the list was made, to the second; by default now. */
    public CrlBuilder thisUpdate(Instant instant) {
        this.thisUpdate = instant;
        return this;
    }

    /** When there will be a newer one at the latest; by default a week after {@link #thisUpdate}. */
    public CrlBuilder nextUpdate(Instant instant) {
        this.nextUpdate = instant;
        this.hasNextUpdate = true;
        return this;
    }

    /** Nothing says when there will be a newer one, which RFC 5280 section 5.1.2.5 forbids. */
    public CrlBuilder withoutNextUpdate() {
        this.hasNextUpdate = false;
        return this;
    }

    /** The CRL number, section 5.2.3. */
    public CrlBuilder number(long number) {
        this.number = number;
        chosen.remove(Extension.cRLNumber.getId());
        return this;
    }

    /** No CRL number. */
    public CrlBuilder withoutNumber() {
        return withoutExtension(Extension.cRLNumber.getId());
    }

    /** Only what has changed since the complete list of this number: a delta CRL, section 5.2.4. */
    public CrlBuilder delta(long baseNumber) {
        return set(Extensions.deltaCrlIndicator(baseNumber));
    }

    /** Adds an entry. An unspecified reason is left out, section 5.3.1. */
    public CrlBuilder revoked(BigInteger serial, Instant at, RevocationReason reason) {
        return reason == RevocationReason.UNSPECIFIED ? entry(serial, at) : reason(serial, at, reason.code());
    }

    /** Adds an entry of a delta CRL for a certificate that is no longer on hold: reason {@code removeFromCRL}. */
    public CrlBuilder removed(BigInteger serial, Instant at) {
        return reason(serial, at, 8);
    }

    /** Adds an entry with any reason code, such as the unused 7. */
    public CrlBuilder reason(BigInteger serial, Instant at, int code) {
        ofNextEntry.add(Extensions.reasonCode(code));
        return entry(serial, at);
    }

    /** The entries from the next one on are of certificates of this issuer, section 5.3.3; see {@link #indirect}. */
    public CrlBuilder certificateIssuer(DistinguishedName name) {
        ofNextEntry.add(Extensions.certificateIssuer(name));
        return this;
    }

    /** The next entry, and only that one, has this extension. */
    public CrlBuilder entryExtension(String oid, boolean critical, byte[] der) {
        ofNextEntry.add(Extensions.extension(oid, critical, der));
        return this;
    }

    /** Adds an address of the delta CRL that belongs to this list, section 5.2.6. */
    public CrlBuilder freshestCrl(String uri) {
        freshestUris.add(uri);
        return this;
    }

    /** Adds an address of this list to the issuing distribution point, section 5.2.5. */
    public CrlBuilder distributionPoint(String uri) {
        scope = scope.at(uri);
        return this;
    }

    /** The list says that it is about end entities only. */
    public CrlBuilder onlyUserCertificates() {
        scope = scope.onlyUser();
        return this;
    }

    /** The list says that it is about CAs only. */
    public CrlBuilder onlyCaCertificates() {
        scope = scope.onlyCa();
        return this;
    }

    /** The list says that it is about attribute certificates only. */
    public CrlBuilder onlyAttributeCertificates() {
        scope = scope.onlyAttribute();
        return this;
    }

    /** The list says that other reasons than these are not in it. */
    public CrlBuilder onlySomeReasons(RevocationReason... reasons) {
        scope = scope.onlyReasons(reasons);
        return this;
    }

    /** The list says that it has certificates of other issuers; see {@link #certificateIssuer}. */
    public CrlBuilder indirect() {
        scope = scope.indirectly();
        return this;
    }

    /** Another issuer than the certificate whose key signs. */
    public CrlBuilder issuer(DistinguishedName name) {
        this.issuerName = name;
        return this;
    }

    /** The key of this one signs; name and key identifier remain those of the issuer. */
    public CrlBuilder signer(HeldCertificate signer) {
        this.signer = signer;
        return this;
    }

    /** The signature's algorithm by its Java name; by default the SHA-2 that is as strong as the signer's key. */
    public CrlBuilder signatureAlgorithm(String name) {
        this.signatureAlgorithm = name;
        return this;
    }

    /** Another authority key identifier than that of the issuer. */
    public CrlBuilder authorityKeyIdentifier(byte[] keyIdentifier) {
        return set(Extensions.authorityKeyIdentifier(keyIdentifier));
    }

    /** No authority key identifier. */
    public CrlBuilder withoutAuthorityKeyIdentifier() {
        return withoutExtension(Extension.authorityKeyIdentifier.getId());
    }

    /** An extension with this value, be it known, unknown or malformed. */
    public CrlBuilder extension(String oid, boolean critical, byte[] der) {
        return set(Extensions.extension(oid, critical, der));
    }

    /** No extension of this type. */
    public CrlBuilder withoutExtension(String oid) {
        chosen.put(oid, Optional.empty());
        return this;
    }

    /** A list of version 1: it has no extensions, whatever else is asked for, though its entries may. */
    public CrlBuilder version1() {
        this.version1 = true;
        return this;
    }

    /** One bit of the signature is wrong. */
    public CrlBuilder corruptSignature() {
        this.signatureFault = Signing::corrupt;
        return this;
    }

    /** These bytes stand where the signature was: empty, zero, or somebody else's. */
    public CrlBuilder signature(byte[] signature) {
        byte[] copy = signature.clone();
        this.signatureFault = ignored -> copy;
        return this;
    }

    /**
     * Signs, and gives the DER. Whether anybody can read it is for the options to decide.
     *
     * @throws IllegalArgumentException when the signer's key cannot sign with the named algorithm
     */
    public byte[] der() {
        String algorithm = signatureAlgorithm != null ? signatureAlgorithm : Signing.algorithmFor(signer.privateKey());
        ContentSigner contentSigner = Signing.signer(algorithm, signer.privateKey());
        byte[] algorithmIdentifier = Der.encoded(contentSigner.getAlgorithmIdentifier());
        byte[] content = content(algorithmIdentifier);
        try (OutputStream out = contentSigner.getOutputStream()) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] signature = signatureFault.apply(contentSigner.getSignature());
        return Der.sequence(content, algorithmIdentifier, Der.encoded(new DERBitString(signature)));
    }

    /** {@link #der()} in PEM, RFC 7468 section 6. */
    public String pem() {
        return Pem.crl(der());
    }

    private byte[] content(byte[] algorithmIdentifier) {
        Instant from = thisUpdate != null ? thisUpdate : clock.instant();
        Instant to = nextUpdate != null ? nextUpdate : from.plus(LIFETIME);
        return Der.sequence(
                version1 ? Der.NOTHING : Der.encoded(new ASN1Integer(1)),
                algorithmIdentifier,
                issuerName.encoded(),
                Der.time(from),
                hasNextUpdate ? Der.time(to) : Der.NOTHING,
                entries.size() == 0 ? Der.NOTHING : Der.sequence(entries.toByteArray()),
                version1 ? Der.NOTHING : Der.explicit(0, sequence(extensions())));
    }

    private List<Extension> extensions() {
        Map<String, Optional<Extension>> all = new LinkedHashMap<>();
        put(all, Extensions.authorityKeyIdentifier(issuer.keyIdentifier()));
        put(all, Extensions.crlNumber(number));
        if (!scope.equals(IssuingScope.EVERYTHING)) {
            put(all, scope.extension());
        }
        if (!freshestUris.isEmpty()) {
            put(all, Extensions.freshestCrl(freshestUris));
        }
        all.putAll(chosen);
        return all.values().stream().flatMap(Optional::stream).toList();
    }

    private CrlBuilder entry(BigInteger serial, Instant at) {
        if (!at.equals(encodedInstant)) {
            encodedTime = Der.time(at);
            encodedInstant = at;
        }
        byte[] number = Der.value(BERTags.INTEGER, serial.toByteArray());
        byte[] extensions = ofNextEntry.isEmpty() ? Der.NOTHING : sequence(ofNextEntry);
        entries.writeBytes(Der.sequence(number, encodedTime, extensions));
        ofNextEntry.clear();
        return this;
    }

    private CrlBuilder set(Extension extension) {
        put(chosen, extension);
        return this;
    }

    private static void put(Map<String, Optional<Extension>> extensions, Extension extension) {
        extensions.put(extension.getExtnId().getId(), Optional.of(extension));
    }

    private static byte[] sequence(List<Extension> extensions) {
        return Der.sequence(extensions.stream().map(Der::encoded).toArray(byte[][]::new));
    }
}
