package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mtls-ca rotate issuing} and {@code mtls-ca rotate root}. */
@Command(name = "rotate", description = "Replace the issuing CA or the root by a new one; what was issued stays valid.")
final class Rotate implements Runnable {
    private final MtlsCa app;

    Rotate(MtlsCa app) {
        this.app = app;
    }

    @Override
    public void run() {
        throw new WrongUsage(
                "say what to replace: " + app.commandText("rotate issuing") + " or " + app.commandText("rotate root"));
    }

    @Command(
            name = "issuing",
            description = {
                "Make a new issuing CA below the root, which signs members from now on.",
                "The root's key has to be in its place for that. Who trusts the root accepts the new members as the old"
                        + " ones; who checks CRL files needs the new CA's beside the old one's."
            })
    static final class Issuing implements Callable<Integer> {
        private final MtlsCa app;

        @Option(
                names = "--passphrase-file",
                paramLabel = "FILE",
                description = "The first line of this file is the root's passphrase. Without it the environment's "
                        + Secrets.PASSPHRASE_VARIABLE + " or you are asked.")
        private @Nullable String file;

        Issuing(MtlsCa app) {
            this.app = app;
        }

        @Override
        public Integer call() {
            CertificateAuthority ca = app.open();
            ca.rotateIssuing(app.secrets().passphrase("the root's key", file));
            app.report()
                    .line("Made a new issuing CA: " + ca.issuing() + ".")
                    .line()
                    .line("Members that were issued before stay valid, and their revocation is published as before.")
                    .line()
                    .line("Next:")
                    .line("  " + app.commandText("crl --all --pem --out crls.pem")
                            + "   where a server reads CRLs from a file")
                    .line("Take the root's key away again.");
            return 0;
        }
    }

    @Command(
            name = "root",
            description = {
                "Make a new root and, below it, a new issuing CA. The old and the new root sign each other, so that who"
                        + " trusts only the old one accepts new members: their chains are one certificate longer.",
                "The old root's key has to be in its place for that. Both are trusted until the old one ends; to end that"
                        + " sooner, take it out of what your servers and clients trust."
            })
    static final class Root implements Callable<Integer> {
        private static final String NEW_OPTIONS = "--new-passphrase-file or --no-new-passphrase";

        private final MtlsCa app;

        @Option(
                names = "--passphrase-file",
                paramLabel = "FILE",
                description = "The first line of this file is the old root's passphrase. Without it the environment's "
                        + Secrets.PASSPHRASE_VARIABLE + " or you are asked.")
        private @Nullable String file;

        @ArgGroup
        private NewKey newKey = new NewKey();

        Root(MtlsCa app) {
            this.app = app;
        }

        /** One or the other. */
        private static final class NewKey {
            @Option(
                    names = "--new-passphrase-file",
                    paramLabel = "FILE",
                    description = "The same for the new root's; it may be the same file. Without it the environment's "
                            + Secrets.PASSPHRASE_VARIABLE + " or you are asked.")
            private @Nullable String file;

            @Option(names = "--no-new-passphrase", description = "Leave the new root's key unencrypted.")
            private boolean none;
        }

        @Override
        public Integer call() {
            CertificateAuthority ca = app.open();
            char[] old = app.secrets().passphrase("the old root's key", file);
            char[] next =
                    newKey.none ? null : app.secrets().newPassphrase("the new root's key", newKey.file, NEW_OPTIONS);
            ca.rotateRoot(old, next);
            Path trusted = app.directory().resolve("root.crt");
            app.report()
                    .line("Made a new root: "
                            + ca.root().getSubjectX500Principal().getName() + ".")
                    .line()
                    .line("Next:")
                    .line("  hand out " + trusted + " again: it holds each root that is to be trusted, the old one too")
                    .line("  " + app.commandText("renew --expiring 1y") + "   once, to move every member over")
                    .line("  " + app.commandText("crl --all --pem --out crls.pem")
                            + "   where a server reads CRLs from a file")
                    .line("Take the roots' keys away again.");
            return 0;
        }
    }
}
