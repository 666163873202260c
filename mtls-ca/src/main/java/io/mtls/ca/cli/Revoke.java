package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.IssuedCertificate.Kind;
import io.mtls.ca.RevocationReason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mtls-ca revoke}. */
@Command(
        name = "revoke",
        description = {
            "Revoke certificates: for good, or with --reason certificateHold until \"mtls-ca unhold\".",
            "By name all of that member's unexpired certificates are revoked, those before a renewal too; by serial number"
                    + " the one.",
            "An issuing CA is revoked by its name, such as issuing-1, and with it everything that it signed; that needs the"
                    + " root's key and its passphrase.",
            "It is in the next OCSP answer and the next CRL of \"mtls-ca serve\", which need not be restarted."
        })
final class Revoke implements Callable<Integer> {
    private final MtlsCa app;

    @Parameters(
            arity = "1..*",
            paramLabel = "NAME|SERIAL",
            description = "What to revoke, as \"mtls-ca list\" shows it.")
    private List<String> targets = new ArrayList<>();

    @Option(
            names = "--reason",
            paramLabel = "REASON",
            converter = Reasons.class,
            completionCandidates = Reasons.class,
            description =
                    "One of ${COMPLETION-CANDIDATES}; in any case, with or without hyphens. Default: unspecified.")
    private RevocationReason reason = RevocationReason.UNSPECIFIED;

    @Option(
            names = "--passphrase-file",
            paramLabel = "FILE",
            description = "For an issuing CA: the first line of this file is the root's passphrase. Without it the"
                    + " environment's " + Secrets.PASSPHRASE_VARIABLE + " or you are asked.")
    private @Nullable String passphraseFile;

    Revoke(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        CertificateAuthority ca = app.open();
        Selection members = new Selection(app, ca);
        Set<IssuedCertificate> chosen = new LinkedHashSet<>();
        for (String target : targets) {
            List<IssuedCertificate> found =
                    members.issuing(target).map(List::of).orElseGet(() -> members.unexpired(target));
            chosen.addAll(revocable(found, target));
        }
        // First what a wrong passphrase can stop: nothing else is done then.
        chosen.stream()
                .sorted(Comparator.comparing(issued -> issued.kind() != Kind.ISSUING))
                .forEach(issued -> revoke(ca, issued));
        Report report = app.report().line().line("Next:");
        report.line("  a running \"mtls-ca serve\" tells it from now on; where a server reads CRLs from files:");
        report.line("  " + app.commandText("crl --all --pem --out crls.pem") + "   for nginx and the like");
        chosen.stream()
                .map(IssuedCertificate::authority)
                .distinct()
                .forEach(id -> report.line("  " + app.commandText("crl --authority " + id)
                        + "   for mtls, which reads one list from each"));
        if (chosen.stream().anyMatch(issued -> issued.kind() == Kind.ISSUING)) {
            report.line("  " + app.commandText("rotate issuing")
                    + ", and renew the members: what it signed is revoked with it");
            report.line("  take the root's key away again");
        }
        if (isHold()) {
            report.line("  " + app.commandText("unhold " + targets.get(0)) + "   takes it back");
        }
        return 0;
    }

    private void revoke(CertificateAuthority ca, IssuedCertificate issued) {
        if (issued.kind() == Kind.ISSUING) {
            ca.revokeIssuing(issued.name(), reason, app.secrets().passphrase("the root's key", passphraseFile));
        } else {
            ca.revoke(issued.serial(), reason);
        }
        app.report()
                .line((isHold() ? "Put on hold " : "Revoked ") + MemberReport.said(issued) + ", serial number "
                        + issued.serialHex() + (isHold() ? "." : ", reason " + reason.text() + "."));
    }

    private boolean isHold() {
        return reason == RevocationReason.CERTIFICATE_HOLD;
    }

    /** What is revoked already is passed over, unless nothing else is left. */
    private List<IssuedCertificate> revocable(List<IssuedCertificate> found, String target) {
        List<IssuedCertificate> revocable = found.stream()
                .filter(issued -> issued.revocation().isEmpty() || (issued.isOnHold() && !isHold()))
                .toList();
        if (revocable.isEmpty()) {
            var revocation = found.get(0).revocation().orElseThrow();
            throw new Refusal(
                    "\"" + target + "\" was revoked already, at " + revocation.at() + " for the reason "
                            + revocation.reason().text(),
                    "nothing is to be done");
        }
        return revocable;
    }
}
