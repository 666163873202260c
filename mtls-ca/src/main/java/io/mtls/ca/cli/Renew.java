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
            names = "--due",
            description = "Renew every member whose certificate is in the last third of its life: for cron.")
    private boolean due;

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
        int ways = (name != null ? 1 : 0) + (expiring != null ? 1 : 0) + (due ? 1 : 0);
        if (ways != 1) {
            throw new WrongUsage("name one member, or use --due or --expiring 30d for all whose certificates end soon");
        }
        if (name == null && csr != null) {
            throw new WrongUsage("--csr brings the key of one member: name it instead of --expiring or --due");
        }
        return name != null ? one(name) : all();
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

    private int all() {
        CertificateAuthority ca = app.open();
        Selection members = new Selection(app, ca);
        List<IssuedCertificate> ending = expiring != null ? members.endingWithin(expiring) : members.due();
        Report report = app.report();
        if (ending.isEmpty()) {
            report.line(
                    expiring != null
                            ? "No certificate ends within " + Durations.text(expiring) + "."
                            : "No certificate is in the last third of its life.");
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
        if (!ending.isEmpty()) {
            report.line()
                    .line("Next:")
                    .line("  have servers read their files again, and send members theirs, from " + app.directory());
        }
        app.remind(ca);
        return exitCode;
    }
}
