package io.mtls.ca.cli;

import io.mtls.ca.CaException;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.IssuedCertificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mtls-ca renew}. */
@Command(
        name = "renew",
        description = {
            "Issue the certificate of a member once more: it says the same and lives as long. If its key is kept here a new"
                    + " one is made.",
            "The one before stays valid until it ends: revoke it by its serial number if it must not.",
            "For cron: mtls-ca renew --expiring 30d. It goes on after one that cannot be renewed, and ends with 1 then."
        })
final class Renew implements Callable<Integer> {
    private final MtlsCa app;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Whose.")
    private @Nullable String name;

    @Option(
            names = "--expiring",
            paramLabel = "TIME",
            converter = Durations.class,
            description =
                    "Renew every member whose certificate ends within this time, such as 30d, instead of one by name.")
    private @Nullable Duration expiring;

    @Option(
            names = "--csr",
            paramLabel = "FILE",
            description = "Certify the key of this request (PKCS #10) instead of making one.")
    private @Nullable String csr;

    Renew(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        if (expiring != null && csr != null) {
            throw new WrongUsage("--csr brings the key of one member: name it instead of --expiring");
        }
        if (name != null && expiring == null) {
            return one(name);
        }
        if (name == null && expiring != null) {
            return all(expiring);
        }
        throw new WrongUsage("name one member, or use --expiring 30d for all whose certificates end soon");
    }

    private int one(String member) {
        CertificateAuthority ca = app.open();
        IssuedCertificate renewed = csr == null
                ? ca.renew(member)
                : ca.renew(member, Requests.read(app.surroundings().path(csr)));
        app.remind(ca);
        new MemberReport(app).issued("Renewed the certificate of", renewed, csr != null);
        return 0;
    }

    private int all(Duration time) {
        CertificateAuthority ca = app.open();
        List<IssuedCertificate> ending = new Members(app, ca).endingWithin(time);
        Report report = app.report();
        if (ending.isEmpty()) {
            report.line("No certificate ends within " + Durations.text(time) + ".");
        }
        int exitCode = 0;
        for (IssuedCertificate old : ending) {
            try {
                IssuedCertificate renewed = ca.renew(old.name());
                report.line("Renewed " + MemberReport.said(old) + ", from " + old.notAfter() + " to "
                        + renewed.notAfter() + ".");
            } catch (CaException e) {
                new Report(app.surroundings().err()).line("error: " + e.getMessage());
                exitCode = MtlsCa.REFUSED;
            }
        }
        app.remind(ca);
        return exitCode;
    }
}
