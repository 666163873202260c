package io.mtls.ca;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What a {@link CertificateAuthority} remembers of a certificate that it signed.
 *
 * @param serial unique among everything that this CA signed
 * @param authority who signed: {@code root-1}, {@code issuing-2}
 * @param name of the member, or of the CA or responder itself; a renewed certificate has the name of the one before
 * @param subject RFC 4514 text
 * @param revocation why and since when it is revoked or on hold, or nothing
 */
public record IssuedCertificate(
        BigInteger serial,
        String authority,
        Kind kind,
        String name,
        String subject,
        Instant notBefore,
        Instant notAfter,
        Optional<Revocation> revocation) {

    /** What a certificate is for. */
    public enum Kind {
        /** A self-signed CA. */
        ROOT,
        /** A CA below a root that signs members. */
        ISSUING,
        /** A root's name and key, signed by another root. */
        CROSS,
        /** A TLS client. */
        CLIENT,
        /** A TLS server. */
        SERVER,
        /** A delegated OCSP responder. */
        RESPONDER;

        /** The name in lower case, as in the index and in what the command line prints. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether it is a member: what a person asked for, rather than a part of the CA. */
        public boolean isMember() {
            return this == CLIENT || this == SERVER;
        }
    }

    /** Within its validity, and neither revoked nor on hold. */
    public boolean isValidAt(Instant instant) {
        return revocation.isEmpty() && !instant.isBefore(notBefore) && !instant.isAfter(notAfter);
    }

    /** Whether it is on hold, which {@link CertificateAuthority#release} ends. */
    public boolean isOnHold() {
        return revocation.filter(Revocation::isHold).isPresent();
    }

    /** The serial number as the files and the command line write it: lower-case hexadecimal, two digits for each octet. */
    public String serialHex() {
        return hex(serial);
    }

    static String hex(BigInteger serial) {
        String digits = serial.toString(16);
        return digits.length() % 2 == 0 ? digits : "0" + digits;
    }

    IssuedCertificate with(Optional<Revocation> changed) {
        return new IssuedCertificate(serial, authority, kind, name, subject, notBefore, notAfter, changed);
    }

    /**
     * A revocation, RFC 5280 section 5.3.
     *
     * @param at when it was recorded, to the second
     */
    public record Revocation(Instant at, RevocationReason reason) {
        boolean isHold() {
            return reason == RevocationReason.CERTIFICATE_HOLD;
        }
    }
}
