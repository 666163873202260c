package io.mtls.benchmarks;

import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.Member;
import io.mtls.ca.RevocationReason;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;

/** Members {@code valid-0...} and {@code revoked-0...}, each with a key of its own. */
final class LargeCaDirectory {
    private LargeCaDirectory() {}

    static CertificateAuthority make(Path directory, int valid, int revoked) {
        CertificateAuthority authority = CertificateAuthority.openOrCreate(
                directory,
                CaSettings.named("Acme").withUrl(URI.create("http://pki.acme.example")),
                InstantSource.system());
        for (int i = 0; i < valid; i++) {
            authority.issue(Member.client("valid-" + i));
        }
        for (int i = 0; i < revoked; i++) {
            authority.revoke(
                    authority.issue(Member.client("revoked-" + i)).certificate().getSerialNumber(),
                    RevocationReason.CESSATION_OF_OPERATION);
        }
        return authority;
    }
}
