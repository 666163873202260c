package io.mtls.ca.cli;

import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.IssuedCertificate.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a person is told of a certificate that was just issued. */
final class MemberReport {
    private final MtlsCa app;
    private final Path root;

    MemberReport(MtlsCa app) {
        this.app = app;
        this.root = app.directory().resolve("root.crt");
    }

    /** @param byRequest whether the key came from a request, and the private one is elsewhere */
    void issued(String done, IssuedCertificate issued, boolean byRequest) {
        boolean keyIsHere = !byRequest && Files.exists(Path.of(file(issued, ".key")));
        Report report = app.report()
                .line(done + " " + said(issued) + ", valid for " + lifetime(issued) + ", until " + issued.notAfter()
                        + ".")
                .line();
        List<List<String>> made = new ArrayList<>();
        made.add(List.of("certificate and issuer", file(issued, ".crt"), ""));
        if (keyIsHere) {
            made.add(List.of("private key", file(issued, ".key"), "secret"));
        }
        made.add(List.of("serial number", issued.serialHex(), ""));
        report.indented(made).line().line("Next:");
        if (issued.kind() == Kind.SERVER) {
            server(report, issued, keyIsHere);
        } else {
            client(report, issued, keyIsHere);
        }
    }

    static String said(IssuedCertificate issued) {
        return issued.kind().text() + " \"" + issued.name() + "\"";
    }

    private String lifetime(IssuedCertificate issued) {
        return Durations.text(Duration.between(app.surroundings().clock().instant(), issued.notAfter()));
    }

    private void client(Report report, IssuedCertificate issued, boolean keyIsHere) {
        if (!keyIsHere) {
            report.line("  hand " + file(issued, ".crt") + " to whoever made the request: it goes with the key there");
            return;
        }
        report.line("  curl --cert " + Report.argument(file(issued, ".crt")) + " --key "
                + Report.argument(file(issued, ".key")) + " --cacert " + Report.argument(root)
                + " https://localhost:8443/");
        report.line("  " + app.commandText("export " + issued.name() + " --p12")
                + "   for a browser, an operating system or Java");
    }

    private void server(Report report, IssuedCertificate issued, boolean keyIsHere) {
        report.line("  have the server present the certificate" + (keyIsHere ? " with its key" : "")
                + ", and accept clients with one below " + root);
        if (!issued.name().startsWith("_")) { // those of a wildcard are many
            report.line("  curl --cacert " + Report.argument(root) + " https://" + issued.name() + "/");
        }
    }

    private String file(IssuedCertificate issued, String suffix) {
        String folder = issued.kind() == Kind.SERVER ? "server" : "clients";
        return app.directory().resolve(folder).resolve(issued.name() + suffix).toString();
    }
}
