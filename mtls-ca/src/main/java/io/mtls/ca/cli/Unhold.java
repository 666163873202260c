package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.IssuedCertificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mtls-ca unhold}. */
@Command(
        name = "unhold",
        description = {
            "Take back \"mtls-ca revoke --reason certificateHold\".",
            "By name all of that member's certificates that are on hold, by serial number the one."
        })
final class Unhold implements Callable<Integer> {
    private final MtlsCa app;

    @Parameters(arity = "1..*", paramLabel = "NAME|SERIAL", description = "What to take off hold.")
    private List<String> targets = new ArrayList<>();

    Unhold(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        CertificateAuthority ca = app.open();
        Set<IssuedCertificate> chosen = new LinkedHashSet<>();
        for (String target : targets) {
            chosen.addAll(onHold(new Selection(app, ca).unexpired(target), target));
        }
        for (IssuedCertificate issued : chosen) {
            ca.release(issued.serial());
            app.report()
                    .line("Took " + MemberReport.said(issued) + ", serial number " + issued.serialHex()
                            + ", off hold.");
        }
        return 0;
    }

    private static List<IssuedCertificate> onHold(List<IssuedCertificate> found, String target) {
        List<IssuedCertificate> onHold =
                found.stream().filter(IssuedCertificate::isOnHold).toList();
        if (onHold.isEmpty()) {
            boolean revoked =
                    found.stream().anyMatch(issued -> issued.revocation().isPresent());
            throw new Refusal(
                    "\"" + target + "\" is not on hold",
                    revoked
                            ? "it is revoked for good, so issue a new certificate"
                            : "nothing is to be done: it is not revoked");
        }
        return onHold;
    }
}
