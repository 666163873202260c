package io.mtls.ca.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class CrlTest {
    @TempDir
    Path home;

    private Shell shell;

    @BeforeEach
    void a_ca_that_revoked_alice() {
        shell = Shell.withCa(home);
        shell.done("issue", "client", "alice");
        shell.done("revoke", "alice");
    }

    @Test
    void the_list_of_the_issuing_ca_is_written() throws Exception {
        String said = shell.done("crl");

        assertThat(said)
                .contains(home.resolve("issuing-1.crl") + ": the CRL of issuing-1, 1 entry, valid until 2026-03-08");
        assertThat(crl("issuing-1.crl")
                        .getRevokedCertificate(shell.ca().named("alice").get(0).serial()))
                .isNotNull();
    }

    @Test
    void it_replaces_the_one_before_and_can_be_pem() throws Exception {
        Files.writeString(home.resolve("public.crl"), "old");

        shell.done("crl", "--pem", "--out", "public.crl");

        assertThat(home.resolve("public.crl")).content().startsWith("-----BEGIN X509 CRL-----\n");
        assertThat(crl("public.crl").getRevokedCertificates()).hasSize(1);
        assertThat(home.toFile().list()).containsExactlyInAnyOrder("public.crl", "mtls-ca");
    }

    @Test
    void a_delta_is_one() throws Exception {
        assertThat(shell.done("crl", "--delta")).contains("the delta CRL of issuing-1");
        assertThat(crl("issuing-1-delta.crl").getCriticalExtensionOIDs()).contains("2.5.29.27");
    }

    @Test
    void the_newest_issuing_ca_is_meant_unless_another_is_named() {
        shell.done("rotate", "issuing");

        assertThat(shell.done("crl")).contains("of issuing-2, 0 entries");
        assertThat(shell.done("crl", "--authority", "issuing-1")).contains("of issuing-1, 1 entry,");
        assertThat(shell.refused("crl", "--authority", "issuing-3")).contains("there is no CA \"issuing-3\" here");
    }

    @Test
    void the_list_of_a_root_is_signed_anew_when_asked_for() throws Exception {
        shell.done("crl", "--authority", "root-1");
        X509CRL before = crl("root-1.crl");
        shell.clock.advance(Duration.ofDays(300));

        shell.done("crl", "--authority", "root-1");
        assertThat(crl("root-1.crl")).isEqualTo(before);
        shell.done("crl", "--authority", "root-1", "--renew");
        assertThat(crl("root-1.crl").getThisUpdate()).isEqualTo(shell.clock.instant());
    }

    @Test
    void wrong_arguments_are_told() {
        assertThat(shell.wrong("crl", "--renew")).contains("name it, as with --authority root-1");
        assertThat(shell.refused("crl", "--out", "no/such/place")).contains("cannot be written");
    }

    private X509CRL crl(String file) throws Exception {
        try (InputStream in = Files.newInputStream(home.resolve(file))) {
            return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(in);
        }
    }

    @Test
    void a_directory_is_neither_replaced_nor_is_anything_left_in_it() throws Exception {
        Files.createDirectory(home.resolve("empty"));

        assertThat(shell.refused("crl", "--out", "empty")).contains("is a directory", "name a file in it");
        assertThat(shell.refused("crl", "--out", "/")).contains("is a directory");
        assertThat(shell.refused("crl", "--out", "")).contains("is a directory");
        assertThat(home.toFile().list()).containsExactlyInAnyOrder("empty", "mtls-ca");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void a_link_that_waits_beside_it_is_not_followed() throws Exception {
        Path victim = Files.writeString(home.resolve("victim"), "mine");
        Files.createSymbolicLink(home.resolve("public.crl.tmp"), victim);

        shell.done("crl", "--out", "public.crl");

        assertThat(victim).hasContent("mine");
        assertThat(home.resolve("public.crl")).isRegularFile();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("public.crl"))))
                .startsWith("rw-r");
    }

    @Test
    void those_of_all_cas_go_into_one_file() throws Exception {
        shell.done("rotate", "issuing");

        assertThat(shell.done("crl", "--all", "--pem")).contains("the CRLs of root-1, issuing-1, issuing-2.");
        assertThat(Files.readString(home.resolve("crls.pem"))).containsPattern("(?s)(BEGIN X509 CRL.*){3}");
        assertThat(shell.wrong("crl", "--all")).contains("--all goes with --pem");
    }
}
