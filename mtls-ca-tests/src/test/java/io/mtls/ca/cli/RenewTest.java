package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.IssuedCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RenewTest {
    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca_with_members() {
        shell = Shell.withCa(home);
        shell.done("issue", "client", "alice", "--role", "audit");
        shell.done("issue", "server", "localhost", "--lifetime", "1y");
        shell.clock.advance(Duration.ofDays(70));
    }

    @Test
    void one_by_name_says_the_same_and_lives_as_long() {
        String said = shell.done("renew", "alice");

        assertThat(said).startsWith("Renewed the certificate of client \"alice\", valid for 90 days, until 2026-08-08");
        assertThat(shell.ca().named("alice")).hasSize(2);
        assertThat(shell.ca()
                        .held("alice")
                        .certificate()
                        .getSubjectX500Principal()
                        .getName())
                .isEqualTo("CN=alice,OU=audit");
    }

    @Test
    void those_that_end_soon_are_renewed_together_and_once() {
        assertThat(shell.done("renew", "--expiring", "30d"))
                .startsWith(
                        "Renewed client \"alice\", from 2026-05-30T12:00:00Z to 2026-08-08T12:00:00Z.%n".formatted())
                .contains("Next:", "have servers read their files again");
        assertThat(shell.done("renew", "--expiring", "30d"))
                .isEqualTo("No certificate ends within 30 days.%n".formatted());
        assertThat(shell.ca().named("localhost")).hasSize(1);
    }

    @Test
    void those_in_the_last_third_of_their_life_are_due_once_however_short_it_is() {
        shell.done("issue", "client", "bob", "--lifetime", "3d");
        assertThat(shell.done("renew", "--due")).contains("\"alice\"").doesNotContain("\"bob\"");
        shell.clock.advance(Duration.ofHours(49));

        assertThat(shell.done("renew", "--due")).contains("\"bob\"").doesNotContain("\"alice\"");
        assertThat(shell.done("renew", "--due")).contains("No certificate is in the last third of its life.");
    }

    @Test
    void what_is_revoked_or_on_hold_is_not_renewed() {
        shell.done("revoke", "alice", "--reason", "certificateHold");

        assertThat(shell.done("renew", "--expiring", "30d")).contains("No certificate ends");
        assertThat(shell.refused("renew", "alice")).contains("on hold");
    }

    @Test
    void one_that_cannot_be_renewed_does_not_keep_the_others_from_it() throws Exception {
        shell.done("issue", "client", "bob", "--lifetime", "10d");
        IssuedCertificate bob = shell.ca().named("bob").get(0);
        Files.writeString(home.resolve("mtls-ca/certificates/" + bob.serialHex() + ".crt"), "not a certificate");

        Shell.Result result = shell.run("renew", "--expiring", "30d");

        assertThat(result.exitCode()).isEqualTo(MtlsCa.REFUSED);
        assertThat(result.out()).contains("Renewed client \"alice\"");
        assertThat(result.err()).startsWith("error: ").contains(bob.serialHex());
    }

    @Test
    void somebody_unknown_is_refused() {
        assertThat(shell.refused("renew", "mallory")).contains("there is no member \"mallory\"");
    }

    @Test
    void either_one_or_all() {
        assertThat(shell.wrong("renew")).contains("name one member, or use --due or --expiring");
        assertThat(shell.wrong("renew", "alice", "--expiring", "1d")).contains("name one member");
        assertThat(shell.wrong("renew", "--csr", "x", "--expiring", "1d"))
                .contains("--csr brings the key of one member");
    }
}
