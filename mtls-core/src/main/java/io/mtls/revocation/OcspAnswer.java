package io.mtls.revocation;

import io.mtls.revocation.RevocationStatus.Good;
import io.mtls.revocation.RevocationStatus.Revoked;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * What a verified OCSP response says of one certificate.
 *
 * @param der the whole response, as it was received
 * @param status good, revoked, or unknown to the responder
 * @param until the last instant at which it is in force: its nextUpdate, or the end of its signer's certificate
 * @param delegate the responder's certificate, where somebody has still to say that it is not revoked
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record OcspAnswer(
        byte[] der,
        RevocationStatus status,
        Instant thisUpdate,
        Instant producedAt,
        Instant until,
        @Nullable X509Certificate delegate) {

    private static final Comparator<OcspAnswer> BY_AGE = Comparator.comparing(OcspAnswer::thisUpdate)
            .thenComparing(OcspAnswer::producedAt)
            // Two of the same second: the safer one counts as the newer one.
            .thenComparingInt(OcspAnswer::severity);

    /** Whether it may be relied on at this instant. Asked on each request: allocates nothing. */
    boolean isInForce(Instant at) {
        return !at.isAfter(until)
                && at.getEpochSecond() + OcspVerifier.CLOCK_SKEW.toSeconds() >= thisUpdate.getEpochSecond();
    }

    boolean isRevoked() {
        return status instanceof Revoked;
    }

    boolean isNewerThan(OcspAnswer other) {
        return BY_AGE.compare(this, other) > 0;
    }

    /** How much it speaks against the certificate. */
    int severity() {
        return isRevoked() ? 2 : status instanceof Good ? 0 : 1;
    }

    /** The same, once its signer is known not to be revoked until then. */
    OcspAnswer delegateGoodUntil(Instant end) {
        return new OcspAnswer(der, status, thisUpdate, producedAt, until, null).limitedTo(end);
    }

    /** The same, no longer in force than until then. */
    OcspAnswer limitedTo(Instant end) {
        if (!end.isBefore(until)) {
            return this;
        }
        RevocationStatus limited = status instanceof Good ? new Good(end) : status;
        return new OcspAnswer(der, limited, thisUpdate, producedAt, end, delegate);
    }
}
