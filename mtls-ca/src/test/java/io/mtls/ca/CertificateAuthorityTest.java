package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));

    @TempDir
    Path home;

    @Test
    void opening_again_gives_the_same_ca_and_the_same_members() {
        var first = CertificateAuthority.openOrCreate(home.resolve("ca"), "Acme", CLOCK);
        var alice = first.client("alice", List.of("auditor", "admin"));
        var server = first.server("localhost", "127.0.0.1", "::1");

        var again = CertificateAuthority.openOrCreate(home.resolve("ca"), "another name", CLOCK);

        assertThat(again.root().certificate()).isEqualTo(first.root().certificate());
        assertThat(again.issuing().chain()).isEqualTo(first.issuing().chain());
        assertThat(again.client("alice", List.of("auditor", "admin")).chain()).isEqualTo(alice.chain());
        assertThat(again.server("localhost", "127.0.0.1", "::1").privateKey()).isEqualTo(server.privateKey());
    }
}
