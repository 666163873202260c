package io.mtls.ca.cli;

import io.mtls.ca.CaException;
import io.mtls.ca.CertificateAuthority;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A team's certificate authority at the command line: {@code mtls-ca init}, {@code issue}, {@code renew}, {@code revoke},
 * {@code unhold}, {@code list}, {@code export}, {@code crl}, {@code rotate}, {@code serve}; {@code --help} after any of them tells more.
 *
 * <p>The exit code is 0 when it is done, 1 when it was refused (the error says why and what mends it; of several
 * members those before it are done), 2 when the arguments are wrong.
 */
@Command(
        name = "mtls-ca",
        description = "A certificate authority for a small group: who gets in with which certificate.",
        versionProvider = MtlsCa.Version.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:refused; the error says why and what mends it", "2:the arguments are wrong"},
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%n",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%n",
        sortOptions = false,
        usageHelpAutoWidth = true,
        scope = ScopeType.INHERIT)
public final class MtlsCa implements Runnable {
    static final int REFUSED = CommandLine.ExitCode.SOFTWARE;
    static final int WRONG_USAGE = CommandLine.ExitCode.USAGE;

    private static final String DIRECTORY_VARIABLE = "MTLS_CA_DIR";
    private static final String DEFAULT_DIRECTORY = "mtls-ca";

    private final Surroundings surroundings;

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "Where the CA is kept. Default: the environment's " + DIRECTORY_VARIABLE + ", or ./"
                    + DEFAULT_DIRECTORY + ".")
    private @Nullable String directory;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version.")
    @SuppressWarnings("UnusedVariable") // it is asked for by its annotation
    private boolean version;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help.")
    @SuppressWarnings("UnusedVariable") // it is asked for by its annotation
    private boolean help;

    private MtlsCa(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** Runs one command and ends the process. */
    @SuppressWarnings("SystemOut") // a command line is to talk
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, terminalCharset());
        PrintWriter err = new PrintWriter(System.err, true, terminalCharset());
        System.exit(execute(Surroundings.ofProcess(out, err), args));
    }

    /** Half of an output must not pass for the whole: what reads it may be a program. */
    static int execute(Surroundings surroundings, String... args) {
        int exitCode = commandLine(surroundings).execute(args);
        if (exitCode == CommandLine.ExitCode.OK && surroundings.out().checkError()) {
            new Report(surroundings.err())
                    .line(
                            "error: what was to be printed could not be written: make room for it, unless you cut it off");
            return REFUSED;
        }
        return exitCode;
    }

    /** Java 17 has no such property, and the terminal's as its default. */
    private static Charset terminalCharset() {
        return Charset.forName(
                System.getProperty("stdout.encoding", Charset.defaultCharset().name()));
    }

    static CommandLine commandLine(Surroundings surroundings) {
        MtlsCa app = new MtlsCa(surroundings);
        CommandLine commandLine = new CommandLine(app)
                .addSubcommand(new Init(app))
                .addSubcommand(new CommandLine(new Issue(app))
                        .addSubcommand(new Issue.Client(app))
                        .addSubcommand(new Issue.Server(app)))
                .addSubcommand(new Renew(app))
                .addSubcommand(new Revoke(app))
                .addSubcommand(new Unhold(app))
                .addSubcommand(new ListIssued(app))
                .addSubcommand(new Export(app))
                .addSubcommand(new Crl(app))
                .addSubcommand(new CommandLine(new Rotate(app))
                        .addSubcommand(new Rotate.Issuing(app))
                        .addSubcommand(new Rotate.Root(app)))
                .addSubcommand(new Serve(app))
                .addSubcommand(new Completion(app));
        return commandLine
                .setExpandAtFiles(false) // a name that begins with @ must not bring options of its own
                .setOut(surroundings.out())
                .setErr(surroundings.err())
                .setParameterExceptionHandler(MtlsCa::wrongUsage)
                .setExecutionStrategy(MtlsCa::run)
                .setExecutionExceptionHandler(app::failed);
    }

    /** What Java could not decode must not become somebody's name. */
    private static int run(ParseResult arguments) {
        if (arguments.originalArgs().stream().anyMatch(argument -> argument.contains("\ufffd"))) {
            throw new ParameterException(
                    arguments.commandSpec().commandLine(),
                    "an argument has characters that are unknown in this locale: set LC_ALL to one with UTF-8");
        }
        return new CommandLine.RunLast().execute(arguments);
    }

    @Override
    public void run() {
        throw new WrongUsage("name a command; mtls-ca --help lists them");
    }

    private static int wrongUsage(ParameterException e, String... args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        new Report(err).line("error: " + e.getMessage());
        UnmatchedArgumentException.printSuggestions(e, err);
        new Report(err).line("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        return WRONG_USAGE;
    }

    /** What is nobody's making but ours is left to be seen whole. */
    private int failed(Exception e, CommandLine command, ParseResult arguments) throws Exception {
        if (e instanceof WrongUsage) {
            return wrongUsage(new ParameterException(command, String.valueOf(e.getMessage())));
        }
        if (e instanceof CaException || e instanceof Refusal) {
            new Report(surroundings.err()).line("error: " + e.getMessage());
            return REFUSED;
        }
        throw e;
    }

    Surroundings surroundings() {
        return surroundings;
    }

    Report report() {
        return new Report(surroundings.out());
    }

    Secrets secrets() {
        return new Secrets(surroundings);
    }

    CertificateAuthority open() {
        return CertificateAuthority.open(directory(), surroundings.clock());
    }

    /** On the error stream, where they neither end up in a pipe nor get lost in cron. */
    void remind(CertificateAuthority ca) {
        Report report = new Report(surroundings.err());
        ca.reminders().forEach(reminder -> report.line("note: " + reminder));
    }

    Path directory() {
        String chosen =
                directory != null ? directory : surroundings.environment().get(DIRECTORY_VARIABLE);
        return surroundings.path(chosen == null || chosen.isEmpty() ? DEFAULT_DIRECTORY : chosen);
    }

    /** How to call another command for the same CA. */
    String commandText(String command) {
        return "mtls-ca " + command + (directory == null ? "" : " -d " + Report.argument(directory));
    }

    /** What the manifest of the jar says. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = MtlsCa.class.getPackage().getImplementationVersion();
            return new String[] {"mtls-ca " + (version == null ? "(not from its jar)" : version)};
        }
    }
}
