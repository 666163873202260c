package io.mtls.revocation;

import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.ReasonFlags;
import org.jspecify.annotations.Nullable;

/**
 * What a revocation list says of itself (RFC 5280 section 5.2).
 *
 * @param until when it expires: its nextUpdate
 * @param number its CRL number, where it has one
 * @param base of a delta CRL, the least number of a complete list that it can be added to; null for a complete one
 * @param scope the encoded issuing distribution point, empty where there is none: lists with equal scopes replace each other
 * @param names of its distribution point; empty means that its scope is not bound to one
 * @param reasons that it lists, as {@link ReasonFlags}
 * @param understood whether all its critical extensions are; if not, that something is <em>not</em> on it means nothing
 * @param keyIdentifier of the key that is said to have signed it
 * @param deltas where its delta CRLs are
 */
record CrlHead(
        X500Principal issuer,
        Instant thisUpdate,
        Instant until,
        @Nullable BigInteger number,
        @Nullable BigInteger base,
        ByteBuffer scope,
        Set<Object> names,
        boolean onlyUsers,
        boolean onlyAuthorities,
        boolean onlyAttributes,
        boolean indirect,
        int reasons,
        boolean understood,
        @Nullable ByteBuffer keyIdentifier,
        List<List<URI>> deltas) {

    /**
     * How long a list without nextUpdate counts; RFC 5280 section 5.1.2.5 requires one. Who leaves it out says nothing of
     * the next list: a day is how often an old-fashioned CA would make one.
     */
    static final Duration MAX_AGE_WITHOUT_NEXT_UPDATE = Duration.ofDays(1);

    /** Every reason that RFC 5280 section 4.2.1.13 has a flag for. */
    static final int ALL_REASONS = ReasonFlags.keyCompromise
            | ReasonFlags.cACompromise
            | ReasonFlags.affiliationChanged
            | ReasonFlags.superseded
            | ReasonFlags.cessationOfOperation
            | ReasonFlags.certificateHold
            | ReasonFlags.privilegeWithdrawn
            | ReasonFlags.aACompromise;

    /** RFC 5280 section 5.2.3: longer ones are to be refused. */
    private static final int MAX_NUMBER_BITS = 20 * 8;

    private static final Set<String> UNDERSTOOD = Set.of(
            Extension.authorityKeyIdentifier.getId(),
            Extension.cRLNumber.getId(),
            Extension.deltaCRLIndicator.getId(),
            Extension.issuingDistributionPoint.getId(),
            Extension.freshestCRL.getId());

    static CrlHead of(CrlFile file) throws CrlException {
        try {
            return parsed(file);
        } catch (RuntimeException e) { // BouncyCastle's parsers have no checked exception.
            throw CrlException.unverifiable("an extension of the CRL cannot be read");
        }
    }

    private static CrlHead parsed(CrlFile file) throws CrlException {
        X500Principal issuer = file.issuer();
        Instant thisUpdate = file.thisUpdate();
        Instant nextUpdate = file.nextUpdate();
        byte[] scope = file.extension(Extension.issuingDistributionPoint.getId());
        IssuingDistributionPoint point = scope == null ? null : IssuingDistributionPoint.getInstance(scope);
        ReasonFlags reasons = point == null || point.getOnlySomeReasons() == null
                ? null
                : new ReasonFlags(point.getOnlySomeReasons());
        byte[] identifier = file.extension(Extension.authorityKeyIdentifier.getId());
        byte[] freshest = file.extension(Extension.freshestCRL.getId());
        return new CrlHead(
                issuer,
                thisUpdate,
                nextUpdate == null ? thisUpdate.plus(MAX_AGE_WITHOUT_NEXT_UPDATE) : nextUpdate,
                number(file.extension(Extension.cRLNumber.getId())),
                number(file.extension(Extension.deltaCRLIndicator.getId())),
                ByteBuffer.wrap(scope == null ? new byte[0] : scope),
                point == null ? Set.of() : DistributionNames.of(point.getDistributionPoint(), issuer),
                point != null && point.onlyContainsUserCerts(),
                point != null && point.onlyContainsCACerts(),
                point != null && point.onlyContainsAttributeCerts(),
                point != null && point.isIndirectCRL(),
                reasons == null ? ALL_REASONS : reasons.intValue() & ALL_REASONS,
                UNDERSTOOD.containsAll(new HashSet<>(file.criticalExtensions())),
                identifier == null ? null : keyIdentifier(identifier),
                freshest == null ? List.of() : DistributionNames.addresses(CRLDistPoint.getInstance(freshest)));
    }

    private static @Nullable BigInteger number(byte @Nullable [] der) throws CrlException {
        if (der == null) {
            return null;
        }
        BigInteger number = ASN1Integer.getInstance(der).getValue();
        if (number.signum() < 0 || number.bitLength() > MAX_NUMBER_BITS) {
            throw CrlException.unverifiable("its CRL number is negative or longer than 20 octets");
        }
        return number;
    }

    private static @Nullable ByteBuffer keyIdentifier(byte[] der) {
        var identifier = AuthorityKeyIdentifier.getInstance(der).getKeyIdentifierObject();
        return identifier == null ? null : ByteBuffer.wrap(identifier.getOctets());
    }

    boolean isDelta() {
        return base != null;
    }

    /** CRL numbers only go up, and so does time. */
    boolean isOlderThan(CrlHead other) {
        return thisUpdate.isBefore(other.thisUpdate)
                || (number != null && other.number != null && number.compareTo(other.number) < 0);
    }

    /** RFC 5280 section 5.2.4: whether this delta has something to say after that complete list, and may be added to it. */
    boolean continues(CrlHead complete) {
        return base != null && complete.number != null && base.compareTo(complete.number) <= 0;
    }

    /** Whether this delta was made after that complete list. */
    boolean isNewerThan(CrlHead complete) {
        return number != null && complete.number != null && number.compareTo(complete.number) > 0;
    }
}
