package io.mtls.sample;

import static io.mtls.ca.DistinguishedName.attribute;
import static io.mtls.ca.DistinguishedName.rdn;

import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.CertificateBuilder;
import io.mtls.ca.DistinguishedName;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyPurpose;
import io.mtls.ca.Member;
import io.mtls.ca.RevocationReason;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** The certificates that development mode made for the running sample, and such as it must refuse. */
final class Certificates {

    static final String DIRECTORY = "target/mtls-dev";

    private static final InstantSource CLOCK = InstantSource.system();
    private static final CertificateAuthority CA =
            CertificateAuthority.openOrCreate(Path.of(DIRECTORY), CaSettings.named("mtls development"), CLOCK);

    static final HeldCertificate ALICE = CA.obtain(Member.client("alice").roles("auditor"));
    static final HeldCertificate BOB = CA.obtain(Member.client("bob").roles());
    static final HeldCertificate OLGA = CA.obtain(Member.client("olga").roles("operator"));

    /** Says that it is alice, and comes from somebody else's CA. */
    static final HeldCertificate OF_UNKNOWN_CA = CertificateAuthority.inMemory(
                    CaSettings.named("Somebody else's"), CLOCK)
            .issue(Member.client("alice").roles("auditor"));

    static final HeldCertificate EXPIRED = alice().validity(ago(30), ago(1)).build();

    static final HeldCertificate FOR_SERVERS_ONLY =
            alice().extendedKeyUsage(KeyPurpose.SERVER_AUTH).build();

    static final HeldCertificate REVOKED = revokedAlice();

    private Certificates() {}

    /** One more certificate in alice's name, known to the CA like hers: of a name of its own, since each has one. */
    static HeldCertificate issued(UnaryOperator<Member> member) {
        return CA.issue(member.apply(Member.client("alice-" + UUID.randomUUID())
                .subject(DistinguishedName.of(rdn(attribute("OU", "auditor")), rdn(attribute("CN", "alice"))))));
    }

    private static HeldCertificate revokedAlice() {
        HeldCertificate alice = issued(member -> member);
        revoke(alice);
        return alice;
    }

    static void revoke(HeldCertificate member) {
        CA.revoke(member.certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
    }

    /** Another certificate for alice, to be spoilt. */
    static CertificateBuilder alice() {
        return CA.issuing().issueClient("CN=alice,OU=auditor");
    }

    /** The CA that signs the members. */
    static HeldCertificate issuing() {
        return CA.issuing();
    }

    /** What clients trust. */
    static X509Certificate root() {
        return CA.root();
    }

    static String rootPem() {
        return CA.rootsPem();
    }

    private static Instant ago(int days) {
        return CLOCK.instant().minus(Duration.ofDays(days));
    }
}
