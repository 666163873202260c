package io.mtls.ca.cli;

import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.KeyType;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code mtls-ca init}. */
@Command(
        name = "init",
        description = {
            "Make a certificate authority: a root, and an issuing CA below it that signs the members.",
            "The root's key is encrypted with a passphrase, which is asked for, or read from the file or from the"
                    + " environment's " + Secrets.PASSPHRASE_VARIABLE + "."
        })
final class Init implements Callable<Integer> {
    /** What {@code mtls-ca serve} listens at when it is told nothing. */
    private static final String DEFAULT_URL = "http://localhost:8889";

    private static final String PASSPHRASE_OPTIONS = "--passphrase-file or --no-passphrase";

    private final MtlsCa app;

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            converter = AlternativeNames.Visible.class,
            defaultValue = "mtls-ca",
            description = "Begins the names of the CAs, such as \"Acme\". Default: ${DEFAULT-VALUE}.")
    private String name = "";

    @ArgGroup
    private Publishing publishing = new Publishing();

    @ArgGroup
    private RootKey rootKey = new RootKey();

    @Option(
            names = "--key-type",
            paramLabel = "TYPE",
            converter = KeyTypes.class,
            completionCandidates = KeyTypes.class,
            description = "The keys of the CAs: ${COMPLETION-CANDIDATES}. Default: p256.")
    private @Nullable KeyType keyType;

    @Option(
            names = "--member-lifetime",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "How long certificates live by default, such as 90d, which is the default of this.")
    private @Nullable Duration memberLifetime;

    @Option(
            names = "--crl-validity",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "How long a CRL is valid; 7d by default.")
    private @Nullable Duration crlValidity;

    @Option(
            names = "--ocsp-validity",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "How long an OCSP answer is valid, and may hide a revocation; 1h by default.")
    private @Nullable Duration ocspValidity;

    Init(MtlsCa app) {
        this.app = app;
    }

    private static final class Url implements ITypeConverter<URI> {
        @Override
        public URI convert(String text) {
            try {
                return new URI(text);
            } catch (URISyntaxException e) {
                throw new TypeConversionException(
                        "\"" + text + "\" is no address of a server such as http://pki.example.com");
            }
        }
    }

    /** One or the other. */
    private static final class Publishing {
        @Option(
                names = "--url",
                paramLabel = "URL",
                converter = Url.class,
                description =
                        "Where \"mtls-ca serve\" will be reached, such as http://pki.example.com: certificates say"
                                + " that their status is published there. Default: " + DEFAULT_URL
                                + ", for verifiers on this"
                                + " machine.")
        private @Nullable URI url;

        @Option(
                names = "--no-url",
                description = "Have certificates say nothing about where their status is published.")
        private boolean none;
    }

    /** One or the other. */
    private static final class RootKey {
        @Option(
                names = "--passphrase-file",
                paramLabel = "FILE",
                description = "The first line of this file is the root's passphrase.")
        private @Nullable String file;

        @Option(
                names = "--no-passphrase",
                description = "Leave the root's key unencrypted: for development, and for a root of little worth.")
        private boolean none;
    }

    @Override
    public Integer call() {
        CaSettings settings = WrongUsage.unless(this::settings);
        Path directory = app.directory();
        refuseIfThere(directory);
        char[] passphrase =
                rootKey.none ? null : app.secrets().newPassphrase("the root's key", rootKey.file, PASSPHRASE_OPTIONS);
        CertificateAuthority ca = CertificateAuthority.create(
                directory, settings, passphrase, app.surroundings().clock());
        tell(ca, directory, passphrase != null);
        return 0;
    }

    /** Before anybody has to think up a passphrase. */
    private static void refuseIfThere(Path directory) {
        if (Files.exists(directory.resolve("index.txt"))) {
            throw new Refusal(
                    directory + " has a CA already",
                    "use it, or name another directory with -d: a CA is never replaced");
        }
    }

    private CaSettings settings() {
        CaSettings settings = CaSettings.named(name);
        if (!publishing.none) {
            settings = settings.withUrl(publishing.url == null ? URI.create(DEFAULT_URL) : publishing.url);
        }
        settings = keyType == null ? settings : settings.withCaKeyType(keyType);
        settings = memberLifetime == null ? settings : settings.withMemberLifetime(memberLifetime);
        return settings.withValidity(
                crlValidity == null ? settings.crlValidity() : crlValidity,
                ocspValidity == null ? settings.ocspValidity() : ocspValidity);
    }

    private void tell(CertificateAuthority ca, Path directory, boolean encrypted) {
        Path rootKeyFile = directory.resolve("ca/root-1.key");
        Report report = app.report()
                .line("Made the certificate authority \"" + ca.settings().name() + "\" in " + directory + ".")
                .line()
                .indented(List.of(
                        List.of(
                                "what others trust",
                                directory.resolve("root.crt").toString(),
                                ""),
                        List.of(
                                "the root's key",
                                rootKeyFile.toString(),
                                encrypted
                                        ? "secret, under the passphrase"
                                        : "SECRET AND NOT ENCRYPTED: whoever reads it can be anybody"),
                        List.of(
                                "the issuing CA's key",
                                directory.resolve("ca/issuing-1.key").toString(),
                                "secret")))
                .line()
                .line(
                        "The root's key is needed again only to rotate, to revoke an issuing CA, and once a year for the root's CRL:")
                .line(
                        "move it to a place that is offline, such as a USB stick in a safe, and back for that. Everything else")
                .line("goes on without it. Back up the directory.")
                .line()
                .line(published())
                .line()
                .line("Next:");
        report.indented(List.of(
                List.of(app.commandText("issue server localhost"), "a certificate for a server"),
                List.of(app.commandText("issue client alice"), "one for a client"),
                List.of(app.commandText("serve"), "publish what is revoked"),
                List.of(app.commandText("list"), "what there is")));
    }

    private String published() {
        if (publishing.none) {
            return "Certificates will not say where their status is published.";
        }
        return publishing.url == null
                ? "Certificates will say that their status is at " + DEFAULT_URL
                        + ", which is right for verifiers on this" + " machine. For others begin again with --url."
                : "Certificates will say that their status is at " + publishing.url + ": see to it that this leads to"
                        + " \"mtls-ca serve\".";
    }
}
