package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitTest {
    private static final String SECRET = "correct horse battery";

    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void an_empty_folder() {
        shell = new Shell(home);
    }

    @Test
    void says_what_was_made_and_where_and_what_is_next() {
        String said = shell.done("init", "Acme", "--no-passphrase");

        assertThat(said)
                .contains("Made the certificate authority \"Acme\" in " + home.resolve("mtls-ca"))
                .containsPattern("what others trust +" + home.resolve("mtls-ca/root.crt"))
                .contains("NOT ENCRYPTED", "offline", "issue server localhost");
        assertThat(home.resolve("mtls-ca/root.crt")).exists();
        assertThat(shell.ca().settings().name()).isEqualTo("Acme");
        assertThat(shell.ca().settings().url()).hasToString("http://localhost:8889");
        assertThat(said).contains("their status is at http://localhost:8889", "begin again with --url");
    }

    @Test
    void certificates_can_say_nothing_about_their_status() {
        assertThat(shell.done("init", "--no-passphrase", "--no-url"))
                .contains("Certificates will not say where their status is published.");
        assertThat(shell.ca().settings().url()).isNull();
    }

    @Test
    void the_directory_is_chosen_by_option_or_environment() {
        shell.environment.put("MTLS_CA_DIR", "other");

        shell.done("init", "--no-passphrase");
        String said = shell.done("-d", "third", "init", "--no-passphrase");

        assertThat(home.resolve("other/root.crt")).exists();
        assertThat(home.resolve("third/root.crt")).exists();
        assertThat(said).contains("mtls-ca issue client alice -d third");
        assertThat(shell.done("list", "-d", "third")).contains("root-1");
    }

    @Test
    void settings_come_from_the_options() {
        shell.done(
                "init",
                "Acme",
                "--no-passphrase",
                "--url",
                "https://pki.example",
                "--member-lifetime",
                "30d",
                "--crl-validity",
                "1d",
                "--ocsp-validity",
                "10m",
                "--key-type",
                "p384");

        var settings = shell.ca().settings();
        assertThat(settings.url()).hasToString("https://pki.example");
        assertThat(settings.memberLifetime()).isEqualTo(Duration.ofDays(30));
        assertThat(settings.crlValidity()).isEqualTo(Duration.ofDays(1));
        assertThat(settings.ocspValidity()).isEqualTo(Duration.ofMinutes(10));
        assertThat(shell.ca().root().getSigAlgName()).isEqualTo("SHA384withECDSA");
    }

    @Test
    void a_passphrase_in_a_file_encrypts_the_root_and_is_never_printed() throws Exception {
        Files.writeString(home.resolve("secret"), SECRET + "\nsecond line\n");

        String said = shell.done("init", "--passphrase-file", "secret");

        assertThat(home.resolve("mtls-ca/ca/root-1.key")).content().contains("ENCRYPTED PRIVATE KEY");
        assertThat(said).contains("under the passphrase").doesNotContain(SECRET);
        shell.environment.put("MTLS_CA_PASSPHRASE", SECRET);
        shell.done("rotate", "issuing");
    }

    @Test
    void a_person_is_asked_twice() {
        shell.somebodyTypes(SECRET, SECRET);

        assertThat(shell.done("init")).contains("under the passphrase").doesNotContain(SECRET);

        shell.somebodyTypes(SECRET);
        shell.done("rotate", "issuing");
        shell.somebodyTypes("something else");
        assertThat(shell.refused("rotate", "issuing")).contains("wrong passphrase");
    }

    @Test
    void who_types_nothing_or_two_passphrases_gets_no_ca() {
        shell.somebodyTypes("");
        assertThat(shell.refused("init")).contains("the passphrase is empty", "--no-passphrase");
        shell.somebodyTypes(SECRET, "another");
        assertThat(shell.refused("init"))
                .contains("the two passphrases differ: try again")
                .doesNotContain(SECRET);
        assertThat(home.resolve("mtls-ca")).doesNotExist();
    }

    @Test
    void without_a_console_the_options_are_named() {
        assertThat(shell.refused("init"))
                .contains("no console", "--passphrase-file", "--no-passphrase", "MTLS_CA_PASSPHRASE");
    }

    @Test
    void a_second_ca_is_refused_before_anybody_is_asked_anything() {
        shell.done("init", "--no-passphrase");

        assertThat(shell.refused("init")).contains("has a CA already", "name another directory");
    }

    @Test
    void a_passphrase_file_has_to_hold_one() throws Exception {
        Files.writeString(home.resolve("empty"), "\n");
        Files.write(home.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
        Files.writeString(home.resolve("long"), "x".repeat(2000));

        assertThat(shell.refused("init", "--passphrase-file", "absent")).contains("absent cannot be read");
        assertThat(shell.refused("init", "--passphrase-file", "empty")).contains("empty holds no secret");
        assertThat(shell.refused("init", "--passphrase-file", "binary")).contains("binary holds no secret");
        assertThat(shell.refused("init", "--passphrase-file", "long")).contains("long holds no secret");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --no-passphrase --passphrase-file x | mutually exclusive
            --no-passphrase --url ftp://example | is no address of a server
            --no-passphrase --url ::            | "::" is no address of a server
            --no-passphrase --crl-validity 1    | "1" is no duration: write 30m
            --no-passphrase --key-type dsa      | "dsa" is none of p256, p384
            """)
    void wrong_options_are_told(String options, String error) {
        String[] arguments = ("init " + options).split(" +");

        assertThat(shell.wrong(arguments)).contains(error, "Try: mtls-ca init --help");
        assertThat(home.resolve("mtls-ca")).doesNotExist();
    }

    @Test
    void a_name_that_is_none_is_told() {
        assertThat(shell.wrong("init", "--no-passphrase", "\u001b[2J")).contains("control character");
    }

    @ParameterizedTest
    @CsvSource({"http://user:secret@pki.example", "http://pki.example/\u0161", "http://pki.example/?x"})
    void an_address_that_certificates_cannot_say_is_told(String url) {
        assertThat(shell.wrong("init", "--no-passphrase", "--url", url)).contains("is no address of a server");
    }

    @Test
    void a_passphrase_file_of_windows_says_the_same_as_a_person() throws Exception {
        Files.writeString(home.resolve("notepad"), "\ufeff" + SECRET + "\r\n");
        shell.done("init", "--passphrase-file", "notepad");

        shell.somebodyTypes(SECRET);
        shell.done("rotate", "issuing");
    }

    @Test
    void a_passphrase_that_only_seems_to_be_one_is_refused() throws Exception {
        Files.writeString(home.resolve("spaces"), "   \n");

        assertThat(shell.refused("init", "--passphrase-file", "spaces")).contains("spaces holds no secret");
        shell.environment.put("MTLS_CA_PASSPHRASE", " ");
        assertThat(shell.refused("init")).contains("nothing but spaces");
        shell.environment.put("MTLS_CA_PASSPHRASE", "gr\ufffd\ufffdn"); // what LC_ALL=C makes of every umlaut
        assertThat(shell.refused("init")).contains("unknown in this locale", "LC_ALL");
        shell.environment.put("MTLS_CA_PASSPHRASE", "abc");
        assertThat(shell.refused("init")).contains("shorter than 8 characters");
        assertThat(home.resolve("mtls-ca")).doesNotExist();
    }
}
