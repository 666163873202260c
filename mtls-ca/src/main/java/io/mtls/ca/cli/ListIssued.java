package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.IssuedCertificate.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mtls-ca list}. */
@Command(
        name = "list",
        description = "List the certificates that were issued, oldest first: of members and of CAs.",
        footer = {
            "Status is valid, expired, revoked, hold, or future before its time.",
            "",
            "JSON is an array of objects with these members, to which later versions may add:",
            "  serial     hexadecimal, lower case",
            "  kind       client, server, root, issuing, cross or responder",
            "  name       of the member, or of the CA",
            "  subject    RFC 4514",
            "  authority  who signed it",
            "  notBefore, notAfter   ISO 8601, UTC",
            "  daysLeft   full days until notAfter, negative after it",
            "  status     as above",
            "  current    whether it is the newest of its name",
            "  revokedAt, reason     ISO 8601 and RFC 5280's word, or null"
        })
final class ListIssued implements Callable<Integer> {
    private static final List<String> HEADINGS =
            List.of("NAME", "KIND", "EXPIRES", "DAYS", "STATUS", "SERIAL NUMBER", "SUBJECT");

    private final MtlsCa app;

    @Option(names = "--json", description = "As JSON, for programs.")
    private boolean json;

    @Option(
            names = "--expiring",
            paramLabel = "TIME",
            converter = Durations.class,
            description =
                    "Only members whose certificate ends within this time, such as 30d; not those that have a newer"
                            + " one.")
    private @Nullable Duration expiring;

    @Option(names = "--revoked", description = "Only what is revoked or on hold.")
    private boolean revoked;

    @Option(names = "--all", description = "Also the short-lived certificates of the CA's own OCSP responders.")
    private boolean all;

    ListIssued(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        if (expiring != null && revoked) {
            throw new WrongUsage("what is revoked does not wait for its end: use --expiring or --revoked");
        }
        CertificateAuthority ca = app.open();
        Selection members = new Selection(app, ca);
        List<IssuedCertificate> chosen = expiring != null
                ? members.endingWithin(expiring)
                : ca.list().stream()
                        .filter(issued -> all || issued.kind() != Kind.RESPONDER)
                        .filter(issued -> !revoked || issued.revocation().isPresent())
                        .toList();
        if (json) {
            app.surroundings()
                    .out()
                    .println(Json.array(chosen.stream()
                            .map(issued -> object(issued, members))
                            .toList()));
        } else if (chosen.isEmpty()) {
            app.report().line("There are none.");
        } else {
            table(chosen, members);
        }
        app.remind(ca);
        return 0;
    }

    private void table(List<IssuedCertificate> chosen, Selection members) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        for (IssuedCertificate issued : chosen) {
            rows.add(List.of(
                    issued.name(),
                    issued.kind().text(),
                    issued.notAfter().toString(),
                    String.valueOf(members.daysLeft(issued)),
                    members.status(issued)
                            + (members.isOfRevokedIssuer(issued) ? " (with " + issued.authority() + ")" : "")
                            + issued.revocation()
                                    .filter(revocation -> !issued.isOnHold())
                                    .map(revocation ->
                                            " (" + revocation.reason().text() + ")")
                                    .orElse(""),
                    issued.serialHex(),
                    issued.subject()));
        }
        app.report().table(rows);
    }

    private static Map<String, @Nullable Object> object(IssuedCertificate issued, Selection members) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("serial", issued.serialHex());
        object.put("kind", issued.kind().text());
        object.put("name", issued.name());
        object.put("subject", issued.subject());
        object.put("authority", issued.authority());
        object.put("notBefore", issued.notBefore());
        object.put("notAfter", issued.notAfter());
        object.put("daysLeft", members.daysLeft(issued));
        object.put("status", members.status(issued));
        object.put("current", members.isCurrent(issued));
        object.put(
                "revokedAt",
                issued.revocation().map(revocation -> (Object) revocation.at()).orElse(null));
        object.put(
                "reason",
                issued.revocation()
                        .map(revocation -> (Object) revocation.reason().text())
                        .orElse(null));
        return object;
    }
}
