package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands write is read by OpenSSL, from a CA with an encrypted root to a member who is revoked. */
@Tag("interop")
class CommandsInteropTest {
    @TempDir
    private Path home;

    @Test
    void openssl_reads_what_the_commands_write() throws Exception {
        Shell shell = new Shell(home);
        Path passphrase = Files.writeString(home.resolve("passphrase"), "correct horse\n");
        Path password = Files.writeString(home.resolve("password"), "open sesame\n");
        Path root = home.resolve("mtls-ca/root.crt");
        Path alice = home.resolve("alice.pem");

        shell.done("init", "Acme", "--url", "http://pki.example", "--passphrase-file", "passphrase");
        assertThat(Programs.run(
                        "openssl",
                        "pkey",
                        "-in",
                        home.resolve("mtls-ca/ca/root-1.key"),
                        "-passin",
                        "file:" + passphrase,
                        "-check",
                        "-noout"))
                .contains("Key is valid");

        shell.done("issue", "client", "alice", "--role", "auditor", "--upn", "alice@corp.example");
        shell.done("export", "alice", "--p12", "--legacy", "--password-file", "password");
        Programs.run(
                "openssl",
                "pkcs12",
                "-in",
                home.resolve("alice.p12"),
                "-passin",
                "file:" + password,
                "-nodes",
                "-out",
                alice);
        assertThat(Programs.run("openssl", "x509", "-in", alice, "-noout", "-subject", "-nameopt", "RFC2253"))
                .contains("subject=CN=alice,OU=auditor");
        Object[] verify = {
            "openssl",
            "verify",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-attime",
            Shell.NOW.getEpochSecond(),
            "-crl_check",
            "-CRLfile",
            home.resolve("list.pem"),
            "-CAfile",
            root,
            "-untrusted",
            alice,
            alice
        };
        shell.done("crl", "--pem", "--out", "list.pem");
        assertThat(Programs.run(verify)).contains("alice.pem: OK");

        shell.done("revoke", "alice", "--reason", "keyCompromise");
        shell.done("crl", "--pem", "--out", "list.pem");
        assertThat(Programs.refused(verify)).contains("error 23 at 0 depth lookup: certificate revoked");
        assertThat(Programs.run("openssl", "crl", "-in", home.resolve("list.pem"), "-noout", "-text"))
                .contains("Key Compromise");
    }
}
