package io.mtls.revocation;

import io.mtls.ca.CertId;
import io.mtls.ca.CertificateBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.ca.OcspResponseBuilder;
import java.time.Instant;
import java.time.InstantSource;

/** An issuing CA, its responder and a member, made once; a test shows only what differs. */
final class OcspPki {

    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    static final InstantSource CLOCK = InstantSource.fixed(NOW);
    static final String OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    static final byte[] NULL = {5, 0};

    static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root,O=Acme").clock(CLOCK).build();
    static final HeldCertificate ISSUING =
            ROOT.issueCa("CN=Acme Issuing,O=Acme").clock(CLOCK).build();
    static final HeldCertificate ALICE =
            ISSUING.issueClient("CN=alice").clock(CLOCK).build();
    static final HeldCertificate BOB =
            ISSUING.issueClient("CN=bob").clock(CLOCK).build();
    static final HeldCertificate RESPONDER = responderOf(ISSUING).build();

    /** The same names, other keys. */
    static final HeldCertificate STRANGER =
            HeldCertificate.root("CN=Acme Issuing,O=Acme").clock(CLOCK).build();

    private OcspPki() {}

    /** One to whom a CA has delegated. */
    static CertificateBuilder responderOf(HeldCertificate ca) {
        return ca.issueClient("CN=OCSP responder")
                .clock(CLOCK)
                .extendedKeyUsage(KeyPurpose.OCSP_SIGNING)
                .extension(OCSP_NO_CHECK, false, NULL);
    }

    static RevocationQuery query(HeldCertificate member) {
        return new RevocationQuery(member.certificate(), ISSUING.certificate());
    }

    static CertId id(HeldCertificate member) {
        return CertId.of(ISSUING.certificate(), member.certificate().getSerialNumber());
    }

    static OcspResponseBuilder good(HeldCertificate signer) {
        return OcspResponseBuilder.signedBy(signer).clock(CLOCK).good(id(ALICE));
    }

    static OcspResponseBuilder good() {
        return good(RESPONDER);
    }
}
