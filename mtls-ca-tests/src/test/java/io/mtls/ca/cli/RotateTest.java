package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotateTest {
    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca() {
        shell = Shell.withCa(home);
    }

    @Test
    void a_new_issuing_ca_signs_from_now_on() {
        assertThat(shell.done("rotate", "issuing")).contains("Made a new issuing CA: CN=Acme issuing CA 2");
        shell.done("issue", "client", "alice");

        assertThat(shell.ca().named("alice").get(0).authority()).isEqualTo("issuing-2");
        assertThat(shell.ca().roots()).hasSize(1);
    }

    @Test
    void a_new_root_is_trusted_beside_the_old_one() throws Exception {
        Files.writeString(home.resolve("secret"), "open sesame");

        String said = shell.done("rotate", "root", "--new-passphrase-file", "secret");

        assertThat(said).contains("Made a new root: CN=Acme root 2", "hand out", "root.crt", "renew --expiring 1y");
        assertThat(shell.ca().roots()).hasSize(2);
        assertThat(home.resolve("mtls-ca/ca/root-2.key")).content().contains("ENCRYPTED PRIVATE KEY");
    }

    @Test
    void the_new_roots_key_needs_a_decision() {
        assertThat(shell.refused("rotate", "root")).contains("the new root's key", "--no-new-passphrase");
        shell.done("rotate", "root", "--no-new-passphrase");
    }

    @Test
    void a_root_that_is_offline_has_to_be_brought_back() throws Exception {
        Files.move(home.resolve("mtls-ca/ca/root-1.key"), home.resolve("usb-stick"));

        assertThat(shell.refused("rotate", "issuing")).contains("root-1.key is not here", "put it back");
        shell.done("issue", "client", "alice");
        shell.done("revoke", "alice");
        shell.done("crl");
    }

    @Test
    void what_to_rotate_has_to_be_said() {
        assertThat(shell.wrong("rotate")).contains("rotate issuing or mtls-ca rotate root");
    }
}
