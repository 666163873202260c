package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.DistinguishedName;
import io.mtls.ca.GeneralName;
import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.KeyType;
import io.mtls.ca.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mtls-ca issue client} and {@code mtls-ca issue server}. */
@Command(name = "issue", description = "Issue a certificate to a client or a server.")
final class Issue implements Runnable {
    private final MtlsCa app;

    Issue(MtlsCa app) {
        this.app = app;
    }

    @Override
    public void run() {
        throw new WrongUsage("say for whom: " + app.commandText("issue client alice") + " or "
                + app.commandText("issue server localhost"));
    }

    @Command(
            name = "client",
            description = {
                "Issue a certificate to a TLS client.",
                "Its subject is CN=NAME with an OU for each role, unless --subject says another."
            })
    static final class Client extends ToMember {
        @Parameters(
                paramLabel = "NAME",
                description = "Who it is: letters and digits, with . _ @ - between them; also the name of the files.")
        private String name = "";

        @Option(
                names = "--role",
                paramLabel = "ROLE",
                converter = AlternativeNames.Visible.class,
                description = "A role, which becomes an OU of the subject.")
        private List<String> roles = new ArrayList<>();

        Client(MtlsCa app) {
            super(app);
        }

        @Override
        Member named(boolean hasSubject) {
            if (hasSubject && !roles.isEmpty()) {
                throw new WrongUsage("--subject says the whole subject: write each --role into it as an OU");
            }
            if (isNameless()) {
                throw new WrongUsage(
                        "an empty subject needs another name beside it, such as --uri spiffe://example.org/a");
            }
            return Member.client(name).roles(roles);
        }
    }

    @Command(
            name = "server",
            description = {
                "Issue a certificate to a TLS server.",
                "Its subject is the first host, its alternative names are all of them."
            })
    static final class Server extends ToMember {
        @Parameters(
                arity = "1..*",
                paramLabel = "HOST",
                converter = AlternativeNames.Host.class,
                description = "DNS names and IP addresses of the server; the first one also names the files.")
        private List<String> hosts = new ArrayList<>();

        Server(MtlsCa app) {
            super(app);
        }

        @Override
        Member named(boolean hasSubject) {
            return Member.server(hosts.get(0), hosts.subList(1, hosts.size()).toArray(String[]::new));
        }
    }

    /** What both have. */
    abstract static class ToMember implements Callable<Integer> {
        private final MtlsCa app;

        @Option(
                names = "--subject",
                paramLabel = "DN",
                converter = AlternativeNames.Name.class,
                description = "Another subject: \"CN=alice,OU=Audit,O=Acme\".")
        private @Nullable DistinguishedName subject;

        @Mixin
        private AlternativeNames alternativeNames = new AlternativeNames();

        @Option(
                names = "--lifetime",
                paramLabel = "TIME",
                converter = Durations.class,
                description = "How long it is valid: 12h, 90d, 2w or 1y. Default: what the CA was made with, else 90d.")
        private @Nullable Duration lifetime;

        @Option(
                names = "--key-type",
                paramLabel = "TYPE",
                converter = KeyTypes.class,
                completionCandidates = KeyTypes.class,
                description = "What key to make: ${COMPLETION-CANDIDATES}. Default: p256.")
        private @Nullable KeyType keyType;

        @Option(
                names = "--csr",
                paramLabel = "FILE",
                description = "Certify the key of this request (PKCS #10) instead of making one. Nothing else of it is"
                        + " used: names come from the options here.")
        private @Nullable String csr;

        ToMember(MtlsCa app) {
            this.app = app;
        }

        abstract Member named(boolean hasSubject);

        final boolean isNameless() {
            return subject != null
                    && subject.toString().isEmpty()
                    && alternativeNames.all().isEmpty();
        }

        @Override
        public Integer call() {
            if (csr != null && keyType != null) {
                throw new WrongUsage("--csr brings a key and --key-type makes one: leave one of them out");
            }
            Member member = WrongUsage.unless(this::member);
            CertificateAuthority ca = app.open();
            IssuedCertificate issued = csr == null
                    ? Selection.record(ca, ca.issue(member))
                    : ca.issue(member, Requests.read(app.surroundings().path(csr)));
            new MemberReport(app).issued("Issued a certificate to", issued, csr != null);
            return 0;
        }

        private Member member() {
            Member member = named(subject != null);
            member = subject == null ? member : member.subject(subject);
            for (GeneralName name : alternativeNames.all()) {
                member = member.with(name);
            }
            member = lifetime == null ? member : member.lifetime(lifetime);
            return keyType == null ? member : member.keyType(keyType);
        }
    }
}
