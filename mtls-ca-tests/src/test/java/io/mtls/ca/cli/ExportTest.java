package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ExportTest {
    private static final Pattern PASSWORD = Pattern.compile("password: ([a-z2-9]{20})\\R");

    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca_with_alice() {
        shell = Shell.withCa(home);
        shell.done("issue", "client", "alice");
    }

    @Test
    void the_password_of_a_pkcs12_is_made_and_told_once() throws Exception {
        String said = shell.done("export", "alice");

        assertThat(said).startsWith("Wrote " + home.resolve("alice.p12") + ": the key of \"alice\"");
        assertOpens(home.resolve("alice.p12"), password(said));
        assertThat(password(shell.done("export", "alice", "--p12", "--out", "again.p12")))
                .isNotEqualTo(password(said));
    }

    @Test
    void the_password_can_be_given_and_is_not_printed_then() throws Exception {
        Files.writeString(home.resolve("secret"), "open sesame\n");

        String said = shell.done("export", "alice", "--p12", "--password-file", "secret");

        assertThat(said).doesNotContain("open sesame", "password:");
        assertOpens(home.resolve("alice.p12"), "open sesame");
    }

    @Test
    void there_is_one_for_old_importers() throws Exception {
        String said = shell.done("export", "alice", "--p12", "--legacy");

        assertOpens(home.resolve("alice.p12"), password(said));
    }

    @Test
    void pem_has_key_and_chain() throws Exception {
        String said = shell.done("export", "alice", "--pem");

        assertThat(said).contains("NOT ENCRYPTED");
        assertThat(home.resolve("alice.pem"))
                .content()
                .startsWith("-----BEGIN PRIVATE KEY-----")
                .containsSubsequence("BEGIN CERTIFICATE", "BEGIN CERTIFICATE")
                .isEqualTo(shell.ca().held("alice").privateKeyPem() + shell.ca().chainPem("alice"));
    }

    @Test
    void the_chain_is_had_without_the_key() throws Exception {
        Files.delete(home.resolve("mtls-ca/clients/alice.key"));

        assertThat(shell.refused("export", "alice")).contains("the key of alice is not here");
        assertThat(shell.done("export", "alice", "--chain")).contains("without the key");
        assertThat(home.resolve("alice.pem")).content().isEqualTo(shell.ca().chainPem("alice"));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void only_the_owner_reads_it() throws Exception {
        shell.done("export", "alice", "--pem");
        shell.done("export", "alice", "--p12");

        for (String file : new String[] {"alice.pem", "alice.p12"}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(file))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void nothing_is_overwritten() throws Exception {
        Files.writeString(home.resolve("alice.p12"), "mine");

        assertThat(shell.refused("export", "alice")).contains("alice.p12 is there already", "--out");
        assertThat(shell.refused("export", "alice", "--out", "no/such/place")).contains("cannot be written");
        assertThat(home.resolve("alice.p12")).hasContent("mine");
    }

    @Test
    void somebody_unknown_is_refused() {
        assertThat(shell.refused("export", "mallory")).contains("there is no member \"mallory\"");
    }

    @Test
    void one_format_at_a_time() {
        assertThat(shell.wrong("export", "alice", "--pem", "--p12")).contains("mutually exclusive");
        assertThat(shell.wrong("export", "alice", "--pem", "--legacy")).contains("PEM has neither");
        assertThat(shell.wrong("export", "alice", "--chain", "--password-file", "x"))
                .contains("PEM has neither");
    }

    private static String password(String said) {
        Matcher matcher = PASSWORD.matcher(said);
        assertThat(matcher.find()).as(said).isTrue();
        return matcher.group(1);
    }

    private static void assertOpens(Path file, String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password.toCharArray());
        }
        assertThat(store.getKey("alice", password.toCharArray())).isNotNull();
        assertThat(store.getCertificateChain("alice")).hasSize(2);
    }

    @Test
    void a_directory_is_not_to_be_deleted_for_it() {
        assertThat(shell.refused("export", "alice", "--out", "mtls-ca"))
                .contains("is a directory", "name a file in it");
        assertThat(shell.refused("export", "alice", "--out", "")).contains("is a directory");
    }

    @Test
    void a_password_that_programs_would_encode_differently_is_refused() throws Exception {
        Files.writeString(home.resolve("secret"), "gr\u00fcn\n");

        assertThat(shell.wrong("export", "alice", "--password-file", "secret"))
                .contains("other characters than ASCII")
                .doesNotContain("gr\u00fcn");
        assertThat(shell.wrong("export", "alice", "--legacy", "--password-file", "secret"))
                .contains("other characters than ASCII");
        assertThat(home.resolve("alice.p12")).doesNotExist();
    }
}
