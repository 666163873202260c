package io.mtls.ca.cli;

import io.mtls.ca.CertificateAuthority;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.util.Base64;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mtls-ca crl}. */
@Command(
        name = "crl",
        description = {
            "Write the list of what a CA has revoked, signed: for places that \"mtls-ca serve\" does not reach.",
            "For cron, well within the CRL's validity. A file that is there is replaced at once.",
            "The list of a root is signed with its key, so once a year: bring the key, and use --renew."
        })
final class Crl implements Callable<Integer> {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final MtlsCa app;

    @Option(
            names = "--authority",
            paramLabel = "ID",
            description = "Whose, such as issuing-1 or root-1. Default: the CA that signs members today.")
    private @Nullable String authority;

    @Option(names = "--all", description = "Those of all CAs in one file, which needs --pem: for nginx and the like.")
    private boolean all;

    @Option(names = "--delta", description = "Only what changed since the last full one (RFC 5280 section 5.2.4).")
    private boolean delta;

    @Option(names = "--renew", description = "Sign the list of a root anew, which needs its key and passphrase.")
    private boolean renew;

    @Option(
            names = "--passphrase-file",
            paramLabel = "FILE",
            description =
                    "For --renew: the first line of this file is the root's passphrase. Without it the environment's "
                            + Secrets.PASSPHRASE_VARIABLE + " or you are asked.")
    private @Nullable String passphraseFile;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where to. Default: ./ID.crl, ./ID-delta.crl, ./crls.pem; with --pem the ending is .pem.")
    private @Nullable String out;

    @Option(names = "--pem", description = "In PEM; without it in DER.")
    private boolean pem;

    Crl(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        if (renew && (authority == null || delta)) {
            throw new WrongUsage("--renew is for the complete list of a root: name it, as with --authority root-1");
        }
        if (all && (!pem || delta || renew || authority != null)) {
            throw new WrongUsage("--all goes with --pem, and without --authority, --delta and --renew");
        }
        CertificateAuthority ca = app.open();
        if (all) {
            return all(ca);
        }
        String id = authority != null ? authority : newestIssuing(ca.authorities());
        byte[] der = crl(ca, id);
        Path file = app.surroundings().path(out != null ? out : id + (delta ? "-delta" : "") + (pem ? ".pem" : ".crl"));
        OutputFile.replace(file, pem ? pem(der) : der);
        tell(read(der), file, id);
        return 0;
    }

    private int all(CertificateAuthority ca) {
        StringBuilder lists = new StringBuilder();
        Set<String> authorities = ca.authorities();
        authorities.forEach(id -> lists.append(new String(pem(ca.crl(id)), StandardCharsets.US_ASCII)));
        Path file = app.surroundings().path(out != null ? out : "crls.pem");
        OutputFile.replace(file, lists.toString().getBytes(StandardCharsets.US_ASCII));
        app.report()
                .line("Wrote " + file + ": the CRLs of " + String.join(", ", authorities) + ".")
                .line()
                .line("Next:")
                .line("  have the server that reads it read it again");
        return 0;
    }

    private byte[] crl(CertificateAuthority ca, String id) {
        if (renew) {
            return ca.renewRootCrl(id, app.secrets().passphrase("the key of " + id, passphraseFile));
        }
        return delta ? ca.deltaCrl(id) : ca.crl(id);
    }

    /** They are numbered in the order of their making. */
    private static String newestIssuing(Set<String> authorities) {
        Iterator<String> issuing =
                authorities.stream().filter(id -> id.startsWith("issuing-")).iterator();
        String newest = issuing.next();
        while (issuing.hasNext()) {
            newest = issuing.next();
        }
        return newest;
    }

    private void tell(X509CRL crl, Path file, String id) {
        int entries = crl.getRevokedCertificates() == null
                ? 0
                : crl.getRevokedCertificates().size();
        app.report()
                .line("Wrote " + file + ": the " + (delta ? "delta CRL" : "CRL") + " of " + id + ", " + entries
                        + (entries == 1 ? " entry" : " entries") + ", valid until "
                        + crl.getNextUpdate().toInstant() + ".")
                .line()
                .line("Next:")
                .line("  openssl crl -in " + Report.argument(file) + (pem ? "" : " -inform DER") + " -noout -text");
    }

    private static byte[] pem(byte[] der) {
        return ("-----BEGIN X509 CRL-----\n" + LINES.encodeToString(der) + "\n-----END X509 CRL-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static X509CRL read(byte[] der) {
        try {
            return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the CRL that was made cannot be read", e);
        }
    }
}
