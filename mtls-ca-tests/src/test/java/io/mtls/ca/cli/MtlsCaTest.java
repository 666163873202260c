package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class MtlsCaTest {
    @TempDir
    Path home;

    static Stream<CommandLine> commands() {
        return withSubcommands(MtlsCa.commandLine(new Surroundings(
                new PrintWriter(new StringWriter()),
                new PrintWriter(new StringWriter()),
                InstantSource.system(),
                Map.of(),
                Path.of(""),
                null)));
    }

    private static Stream<CommandLine> withSubcommands(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(MtlsCaTest::withSubcommands));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void the_help_of_every_command_is_complete(CommandLine command) {
        var spec = command.getCommandSpec();
        String help = command.getUsageMessage();

        assertThat(String.join("", spec.usageMessage().description())).endsWith(".");
        assertThat(help).contains("Usage: " + spec.qualifiedName(), "Exit codes:", "the arguments are wrong");
        assertThat(spec.options()).allSatisfy(option -> {
            assertThat(String.join("", option.description()))
                    .as(option.longestName())
                    .endsWith(".");
            assertThat(help).contains(option.longestName());
        });
        assertThat(spec.positionalParameters())
                .allSatisfy(parameter -> assertThat(String.join("", parameter.description()))
                        .as(parameter.paramLabel())
                        .endsWith("."));
        assertThat(spec.optionsMap()).containsKeys("--help", "--directory");
    }

    @Test
    void help_and_version_are_no_errors() {
        Shell shell = new Shell(home);

        assertThat(shell.done("--help")).contains("Commands:", "generate-completion");
        assertThat(shell.done("issue", "client", "--help")).contains("--upn", "rsa-3072");
        assertThat(shell.done("list", "--help")).contains("daysLeft");
        assertThat(shell.done("--version")).startsWith("mtls-ca ");
    }

    @Test
    void without_a_command_the_help_is_named() {
        assertThat(new Shell(home).wrong()).contains("name a command", "mtls-ca --help");
    }

    @Test
    void an_argument_that_the_locale_cannot_read_is_refused() {
        assertThat(Shell.withCa(home).wrong("issue", "client", "zoe", "--subject", "CN=Zo\ufffd"))
                .contains("unknown in this locale: set LC_ALL");
    }

    @Test
    void a_command_that_is_nearly_right_is_suggested() {
        assertThat(new Shell(home).wrong("isue")).contains("Did you mean", "issue");
    }

    @Test
    void completion_knows_commands_and_values() {
        assertThat(new Shell(home).done("generate-completion"))
                .contains("complete -F", "unhold", "keyCompromise", "p384");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void a_directory_that_others_can_read_is_refused() throws Exception {
        Shell shell = Shell.withCa(home);
        Path key = home.resolve("mtls-ca/ca/issuing-1.key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(home.resolve("mtls-ca"), PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(shell.refused("issue", "client", "alice")).contains("can be read by others", "chmod -R go= ");
    }

    @Test
    void a_name_with_an_at_sign_brings_no_arguments_of_its_own() throws Exception {
        Shell shell = Shell.withCa(home);
        Path file = Files.writeString(home.resolve("file"), "alice --subject CN=admin");

        assertThat(shell.wrong("issue", "client", "@" + file)).contains("cannot name a member");
        assertThat(shell.ca().list()).noneMatch(issued -> issued.kind().isMember());
    }

    @Test
    void half_an_output_does_not_pass_for_the_whole() {
        Shell.withCa(home);
        OutputStream full = new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        StringWriter err = new StringWriter();
        Surroundings surroundings = new Surroundings(
                new PrintWriter(full, false, StandardCharsets.UTF_8),
                new PrintWriter(err, true),
                InstantSource.system(),
                Map.of(),
                home,
                null);

        assertThat(MtlsCa.execute(surroundings, "list", "--json")).isEqualTo(MtlsCa.REFUSED);
        assertThat(err)
                .hasToString(
                        "error: what was to be printed could not be written: make room for it, unless you cut it off"
                                + System.lineSeparator());
    }

    @Test
    void what_is_to_be_typed_next_is_quoted_for_a_shell() {
        Shell shell = new Shell(home);

        assertThat(shell.done("init", "--no-passphrase", "-d", "it's; here"))
                .contains("mtls-ca list -d 'it'\\''s; here'");
        assertThat(shell.done("issue", "client", "alice", "-d", "it's; here"))
                .contains("curl --cert '" + home + "/it'\\''s; here/clients/alice.crt' --key '");
    }

    @Test
    void a_directory_that_cannot_be_one_is_told() {
        Shell shell = new Shell(home);
        shell.environment.put("MTLS_CA_DIR", "a\0b");

        assertThat(shell.refused("list")).contains("cannot name a file here", "LC_ALL");
    }
}
