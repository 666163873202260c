package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mtls-ca export}. */
@Command(
        name = "export",
        description =
                "Write the certificate, its issuer and the private key of a member into one new file, which only you can"
                        + " read.")
final class Export implements Callable<Integer> {
    private final MtlsCa app;

    @Parameters(paramLabel = "NAME", description = "Whose.")
    private String name = "";

    @ArgGroup
    private Format format = new Format();

    @Option(
            names = "--legacy",
            description =
                    "PKCS #12 with triple DES and SHA-1, for the Keychain of macOS and for Windows before 2019, which"
                            + " read nothing better. Delete the file once it is imported.")
    private boolean legacy;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where to; it must not exist. Default: ./NAME.p12 or .pem.")
    private @Nullable String out;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description =
                    "The first line of this file is the password of the PKCS #12. Without it one is made and printed"
                            + " once.")
    private @Nullable String passwordFile;

    Export(MtlsCa app) {
        this.app = app;
    }

    /** One or the other. */
    private static final class Format {
        @Option(
                names = "--p12",
                description = "PKCS #12 under a password, for browsers, operating systems, Java and curl. The default.")
        @SuppressWarnings("UnusedVariable") // it is the default
        private boolean p12;

        @Option(names = "--pem", description = "PEM, the key in it not encrypted.")
        private boolean pem;

        @Option(names = "--chain", description = "PEM of the certificate and its issuer, without the key.")
        private boolean chain;
    }

    @Override
    public Integer call() {
        boolean pem = format.pem || format.chain;
        if (pem && (legacy || passwordFile != null)) {
            throw new WrongUsage(
                    "PEM has neither a password nor a legacy form: leave --pem or --chain out for PKCS #12");
        }
        CertificateAuthority ca = app.open();
        Path file = app.surroundings().path(out != null ? out : name + (pem ? ".pem" : ".p12"));
        if (format.chain) {
            chain(ca.chainPem(name), file);
        } else if (format.pem) {
            pem(ca.held(name), file);
        } else {
            pkcs12(ca.held(name), file);
        }
        return 0;
    }

    private void chain(String pem, Path file) {
        OutputFile.writeSecret(file, pem.getBytes(StandardCharsets.US_ASCII));
        app.report().line("Wrote " + file + ": the certificate of \"" + name + "\" and the issuer's, without the key.");
    }

    private void pem(HeldCertificate held, Path file) {
        String pem = held.privateKeyPem() + held.chainPem();
        OutputFile.writeSecret(file, pem.getBytes(StandardCharsets.US_ASCII));
        app.report()
                .line("Wrote " + file + ": the key of \"" + name
                        + "\", NOT ENCRYPTED, its certificate and the issuer's.")
                .line()
                .line("Next:")
                .line("  curl --cert " + Report.argument(file) + " --cacert " + Report.argument(root())
                        + " https://localhost:8443/");
    }

    private void pkcs12(HeldCertificate held, Path file) {
        char[] password = passwordFile != null ? app.secrets().inFile(passwordFile) : Secrets.generatedPassword();
        byte[] content = WrongUsage.unless(() -> legacy ? held.pkcs12Legacy(password) : held.pkcs12(password));
        OutputFile.writeSecret(file, content);
        Report report = app.report()
                .line("Wrote " + file + ": the key of \"" + name + "\", its certificate and the issuer's.")
                .line();
        if (passwordFile == null) {
            report.line("  password: " + new String(password))
                    .line()
                    .line("It is not kept anywhere: hand it over by another way than the file.")
                    .line();
        }
        report.line("Next:")
                .line("  import it into a browser or an operating system, and there trust " + root())
                .line("  curl --cert-type P12 --cert " + Report.argument(file + ":PASSWORD") + " --cacert "
                        + Report.argument(root()) + " https://localhost:8443/");
    }

    private Path root() {
        return app.directory().resolve("root.crt");
    }
}
