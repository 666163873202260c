package io.mtls.ca;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;

/** What the README shows. */
final class Snippets {
    private Snippets() {}

    static void inYourTests() {
        // begin
        var clock = new SettableClock(Instant.parse("2026-11-01T12:00:00Z"));
        try (var responder = FaultyResponder.start("Acme", clock)) {
            CertificateAuthority ca = responder.authority();
            HeldCertificate alice = ca.issue(Member.client("alice").roles("auditor"));
            BigInteger serial = alice.certificate().getSerialNumber();

            responder.ocsp(Fault.tryLater()); // or hung(), stale(), wrongSigner(), ...
            ca.revoke(serial, RevocationReason.KEY_COMPROMISE);
            clock.advance(Duration.ofDays(100)); // alice has expired
        }
        // end
    }
}
