package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.IssuedCertificate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListIssuedTest {
    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca_with_members() {
        shell = Shell.withCa(home);
        shell.done("issue", "client", "alice", "--role", "say \"hi\"\\");
        shell.done("issue", "server", "localhost", "--lifetime", "1y");
    }

    @Test
    void a_table_is_aligned_and_tells_the_days_that_are_left() {
        List<String> lines = shell.done("list").lines().toList();

        assertThat(lines.get(0)).matches("NAME +KIND +EXPIRES +DAYS +STATUS +SERIAL NUMBER +SUBJECT");
        assertThat(lines).hasSize(5).noneMatch(line -> line.endsWith(" "));
        assertThat(lines.get(3)).matches("alice +client +2026-05-30T12:00:00Z +90 +valid +[0-9a-f]{20,32} +CN=alice.*");
        int column = lines.get(0).indexOf("STATUS");
        assertThat(lines.subList(1, 5)).allMatch(line -> line.startsWith("valid", column));
    }

    @Test
    void json_is_stable_and_escaped() {
        shell.done("revoke", "alice", "--reason", "keyCompromise");
        IssuedCertificate alice = shell.ca().named("alice").get(0);

        assertThat(shell.done("list", "--json", "--revoked")).isEqualTo("""
                        [
                          {"serial": "%s", "kind": "client", "name": "alice", \
                        "subject": "CN=alice,OU=say \\\\\\"hi\\\\\\"\\\\\\\\", "authority": "issuing-1", \
                        "notBefore": "2026-03-01T11:55:00Z", "notAfter": "2026-05-30T12:00:00Z", "daysLeft": 90, \
                        "status": "revoked", "current": true, "revokedAt": "2026-03-01T12:00:00Z", "reason": "keyCompromise"}
                        ]
                        """.formatted(alice.serialHex()));
    }

    @Test
    void members_of_a_revoked_issuing_ca_are_revoked_and_only_the_newest_certificate_is_current() {
        shell.done("renew", "alice");
        shell.done("revoke", "issuing-1");
        shell.done("rotate", "issuing");
        shell.done("renew", "alice");

        assertThat(shell.done("list")).containsPattern("alice +client +\\S+ +\\d+ +revoked \\(with issuing-1\\)");
        String[] lines = shell.done("list", "--json")
                .lines()
                .filter(line -> line.contains("\"alice\""))
                .toArray(String[]::new);
        assertThat(lines).hasSize(3);
        assertThat(lines[0]).contains("\"status\": \"revoked\", \"current\": false");
        assertThat(lines[2]).contains("\"status\": \"valid\", \"current\": true");
    }

    @Test
    void json_of_nothing_is_an_empty_array() {
        assertThat(shell.done("list", "--json", "--revoked")).isEqualTo("[]%n".formatted());
        assertThat(shell.done("list", "--revoked")).isEqualTo("There are none.%n".formatted());
    }

    @Test
    void json_is_ascii_whatever_a_name_holds() {
        Map<String, Object> object = new TreeMap<>(Map.of("a", "\u001b\u00fc\u2028\ud83d\ude00\n", "b", 1));

        assertThat(Json.array(List.of(Collections.unmodifiableMap(object))))
                .isEqualTo("[\n  {\"a\": \"\\u001b\\u00fc\\u2028\\ud83d\\ude00\\u000a\", \"b\": 1}\n]");
    }

    @Test
    void those_that_end_soon_are_the_ones_without_a_newer_one() {
        shell.clock.advance(Duration.ofDays(70));
        assertThat(shell.done("list", "--expiring", "30d")).contains("alice").doesNotContain("localhost", "root");
        shell.done("renew", "alice");

        assertThat(shell.done("list", "--expiring", "30d")).isEqualTo("There are none.%n".formatted());
    }

    @Test
    void what_has_expired_is_called_that() {
        shell.clock.advance(Duration.ofDays(91));

        assertThat(shell.done("list")).containsPattern("alice +client +2026-05-30T12:00:00Z +-1 +expired");
    }

    @Test
    void what_a_person_should_do_soon_is_told_beside_the_list() {
        shell.clock.advance(Duration.ofDays(320));

        Shell.Result result = shell.run("list", "--json");

        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).startsWith("[").doesNotContain("note:");
        assertThat(result.err()).startsWith("note: ").contains("mtls-ca crl --renew --authority root-1");
    }

    @Test
    void expiring_and_revoked_exclude_each_other() {
        assertThat(shell.wrong("list", "--expiring", "1d", "--revoked")).contains("use --expiring or --revoked");
    }

    @Test
    void without_a_ca_the_way_to_one_is_told() {
        assertThat(shell.refused("list", "-d", "elsewhere")).contains("there is no CA in", "mtls-ca init");
    }
}
