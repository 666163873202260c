package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.RevocationReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevokeTest {
    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca_with_alice() {
        shell = Shell.withCa(home);
        shell.done("issue", "client", "alice");
    }

    private List<IssuedCertificate> alices() {
        return shell.ca().named("alice");
    }

    private List<RevocationReason> reasons() {
        return alices().stream()
                .flatMap(issued -> issued.revocation().stream())
                .map(IssuedCertificate.Revocation::reason)
                .toList();
    }

    @Test
    void a_name_stands_for_all_its_unexpired_certificates() {
        shell.clock.advance(Duration.ofDays(80));
        shell.done("renew", "alice");
        shell.clock.advance(Duration.ofDays(20));
        shell.done("renew", "alice");

        String said = shell.done("revoke", "alice");

        assertThat(alices().get(0).revocation()).isEmpty();
        assertThat(reasons()).containsExactly(RevocationReason.UNSPECIFIED, RevocationReason.UNSPECIFIED);
        assertThat(said.lines().limit(2)).allMatch(line -> line.startsWith("Revoked client \"alice\", serial number "));
    }

    @Test
    void a_serial_number_stands_for_one() {
        shell.done("renew", "alice");
        String serial = alices().get(0).serialHex();

        shell.done("revoke", serial.toUpperCase(Locale.ROOT));

        assertThat(alices().get(0).revocation()).isPresent();
        assertThat(alices().get(1).revocation()).isEmpty();
    }

    @Test
    void a_serial_number_may_have_the_colons_of_openssl() {
        String serial = alices().get(0).serialHex();
        String even = serial.length() % 2 == 0 ? serial : "0" + serial;

        shell.done("revoke", even.replaceAll("..(?!$)", "$0:"));

        assertThat(reasons()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"keyCompromise", "KEYCOMPROMISE", "key-compromise"})
    void a_reason_is_written_in_many_ways(String reason) {
        assertThat(shell.done("revoke", "alice", "--reason", reason))
                .contains("reason keyCompromise.", "crl --all --pem", "crl --authority issuing-1 ");
        assertThat(reasons()).containsExactly(RevocationReason.KEY_COMPROMISE);
    }

    @Test
    void a_hold_can_be_taken_back_or_made_final() {
        assertThat(shell.done("revoke", "alice", "--reason", "certificateHold"))
                .contains("Put on hold client \"alice\"", "mtls-ca unhold alice");
        assertThat(shell.done("list")).containsPattern("alice +client .* hold ");
        assertThat(shell.done("unhold", "alice")).contains("Took client \"alice\"", "off hold");
        assertThat(reasons()).isEmpty();

        shell.done("revoke", "alice", "--reason", "certificateHold");
        shell.done("revoke", "alice", "--reason", "keyCompromise");

        assertThat(reasons()).containsExactly(RevocationReason.KEY_COMPROMISE);
        assertThat(shell.refused("unhold", "alice")).contains("is not on hold", "revoked for good");
    }

    @Test
    void what_is_not_on_hold_stays_as_it_is() {
        assertThat(shell.refused("unhold", "alice")).contains("\"alice\" is not on hold: nothing is to be done");
    }

    @Test
    void a_revocation_is_final() {
        shell.done("revoke", "alice");

        assertThat(shell.refused("revoke", "alice", "--reason", "superseded"))
                .contains("was revoked already, at 2026-03-01T12:00:00Z for the reason unspecified");
    }

    @Test
    void an_unknown_target_leaves_the_known_ones_alone() {
        assertThat(shell.refused("revoke", "alice", "mallory")).contains("\"mallory\"", "mtls-ca list");
        assertThat(shell.refused("revoke", "abcdef")).contains("neither a member nor a serial number \"abcdef\"");
        assertThat(reasons()).isEmpty();
    }

    @Test
    void what_has_expired_needs_no_revocation() {
        shell.clock.advance(Duration.ofDays(100));

        assertThat(shell.refused("revoke", "alice")).contains("has expired");
    }

    @Test
    void an_issuing_ca_is_revoked_by_its_root() {
        shell.done("rotate", "issuing");

        assertThat(shell.done("revoke", "issuing-1", "--reason", "cACompromise"))
                .contains("Revoked issuing \"issuing-1\"", "reason cACompromise");
        assertThat(shell.done("list", "--revoked")).contains("issuing-1").doesNotContain("issuing-2");
    }

    @Test
    void wrong_arguments_are_told() {
        assertThat(shell.wrong("revoke")).contains("Missing required parameter: 'NAME|SERIAL'");
        assertThat(shell.wrong("revoke", "alice", "--reason", "bored"))
                .contains("\"bored\" is no reason to revoke", "keyCompromise");
    }

    @Test
    void who_is_named_twice_is_revoked_and_released_once() {
        String serial = alices().get(0).serialHex();

        assertThat(shell.done("revoke", "alice", serial, "--reason", "certificateHold"))
                .containsOnlyOnce("Put on hold");
        assertThat(shell.done("unhold", "alice", serial)).containsOnlyOnce("off hold");
    }

    @Test
    void a_wrong_passphrase_leaves_the_others_as_they_are() throws Exception {
        Shell other = new Shell(Files.createDirectory(home.resolve("other")));
        other.environment.put("MTLS_CA_PASSPHRASE", "open sesame");
        other.done("init", "Acme");
        other.done("issue", "client", "alice");
        other.environment.put("MTLS_CA_PASSPHRASE", "guessed");

        assertThat(other.refused("revoke", "alice", "issuing-1")).contains("wrong passphrase");
        assertThat(other.ca().named("alice").get(0).revocation()).isEmpty();
    }
}
