package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bouncycastle.cert.X509CRLHolder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A CA whose state is in a directory. */
class CaDirectoryTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final CaSettings SETTINGS = CaSettings.named("Acme");
    private static final char[] PASSPHRASE = "correct horse".toCharArray();

    private final SettableClock clock = new SettableClock(NOW);

    @TempDir
    Path home;

    private Path directory;

    @BeforeEach
    void a_directory_that_does_not_exist_yet() {
        directory = home.resolve("new/ca");
    }

    private CertificateAuthority openOrCreate() {
        return CertificateAuthority.openOrCreate(directory, SETTINGS, clock);
    }

    private CertificateAuthority open() {
        return CertificateAuthority.open(directory, clock);
    }

    private CertificateAuthority create() {
        return CertificateAuthority.create(directory, SETTINGS, null, clock);
    }

    @Test
    void opening_again_gives_the_same_ca_and_the_same_members() {
        var first = openOrCreate();
        var alice = first.obtain(Member.client("alice").roles("auditor", "admin"));
        var server = first.obtain(Member.server("localhost", "127.0.0.1", "::1"));
        first.revoke(first.issue(Member.client("bob")).certificate().getSerialNumber(), RevocationReason.SUPERSEDED);

        var again = CertificateAuthority.openOrCreate(directory, CaSettings.named("another name"), clock);

        assertThat(again.settings()).isEqualTo(SETTINGS);
        assertThat(again.directory()).isEqualTo(directory);
        assertThat(again.root()).isEqualTo(first.root());
        assertThat(again.issuing().chain()).isEqualTo(first.issuing().chain());
        assertThat(again.obtain(Member.client("alice").roles("auditor", "admin"))
                        .chain())
                .isEqualTo(alice.chain());
        assertThat(again.obtain(Member.server("localhost", "127.0.0.1", "::1")).privateKey())
                .isEqualTo(server.privateKey());
        assertThat(again.list()).isEqualTo(first.list()).hasSize(5);
    }

    @Test
    void a_second_ca_does_not_replace_the_first() throws IOException {
        create();
        Map<String, byte[]> before = contents();

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(this::create)
                .withMessage(
                        "%s has a CA already: use it, or name another directory: a CA is never replaced", directory);
        assertThat(contents()).containsExactlyEntriesOf(before);
    }

    @Test
    void where_there_is_no_ca_none_is_opened_and_nothing_is_made() throws IOException {
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(this::open)
                .withMessage("there is no CA in %s: make one with mtls-ca init", directory);
        assertThat(directory).doesNotExist();
    }

    @Test
    void the_files_are_text_and_pkcs12() throws Exception {
        var ca = openOrCreate();
        var alice = ca.obtain(Member.client("alice"));
        var server = ca.issue(Member.server("localhost"));
        var store = KeyStore.getInstance("PKCS12");
        store.load(
                new ByteArrayInputStream(Files.readAllBytes(directory.resolve("clients/alice.p12"))),
                CertificateAuthority.PKCS12_PASSWORD.toCharArray());

        assertThat(files().keySet())
                .containsExactlyInAnyOrder(
                        ".confirmed",
                        ".lock",
                        "ca.properties",
                        "ca/issuing-1.crt",
                        "ca/issuing-1.key",
                        "ca/root-1.crt",
                        "ca/root-1.key",
                        "certificates/" + serial(alice) + ".crt",
                        "certificates/" + serial(server) + ".crt",
                        "clients/alice.crt",
                        "clients/alice.key",
                        "clients/alice.p12",
                        "crl/root-1.crl",
                        "index.txt",
                        "root.crt",
                        "server/localhost.crt",
                        "server/localhost.key");
        assertThat(directory.resolve("root.crt")).hasContent(ca.rootsPem());
        assertThat(directory.resolve("clients/alice.crt")).hasContent(alice.chainPem());
        assertThat(directory.resolve("clients/alice.key")).hasContent(alice.privateKeyPem());
        assertThat(store.getCertificateChain("alice"))
                .containsExactly(alice.chain().toArray(X509Certificate[]::new));
        assertThat(directory.resolve("index.txt"))
                .content()
                .startsWith("mtls-ca index 1\n2026-03-01T12:00:00Z\tissued\troot\troot-1\t")
                .contains("\tclient\talice\t" + serial(alice) + "\tissuing-1\t");
    }

    private static String serial(HeldCertificate held) {
        return IssuedCertificate.hex(held.certificate().getSerialNumber());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void only_certificates_and_lists_can_be_read_by_others() throws IOException {
        var ca = openOrCreate();
        ca.obtain(Member.client("alice"));
        ca.issue(Member.server("localhost"));
        ca.crl("issuing-1");

        for (Map.Entry<String, String> file : files().entrySet()) {
            assertThat(file.getValue())
                    .as(file.getKey())
                    .isEqualTo(file.getKey().matches(".*\\.(crt|crl|properties)") ? "rw-r--r--" : "rw-------");
        }
        for (String each : List.of("", "ca", "certificates", "server", "clients", "crl")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(each))))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void a_directory_with_a_key_that_others_can_read_is_not_opened() throws IOException {
        var ca = openOrCreate();
        ca.obtain(Member.client("alice"));
        ca.obtain(Member.server("localhost"));

        for (String name : List.of(
                "ca/root-1.key",
                "ca/issuing-1.key",
                "clients/alice.key",
                "clients/alice.p12",
                "server/localhost.key")) {
            Path key = directory.resolve(name);
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
            assertThat(open().root()).as("nobody else gets into the directory").isNotNull();
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(this::open)
                    .withMessage(
                            "%s can be read by others: if nobody did, chmod -R go= %s for all that is there",
                            key, key.getParent());
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void a_directory_that_others_can_write_is_not_opened() throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxr-x"));

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(this::create)
                .withMessageContaining("can be written by others")
                .satisfies(e -> assertThat(e.mend()).isEqualTo("chmod -R go= " + directory));
    }

    @Test
    void a_ca_with_a_broken_file_is_not_opened_and_not_replaced() throws IOException {
        create();

        for (String name : List.of("ca/root-1.crt", "ca/issuing-1.crt", "ca/issuing-1.key")) {
            Path file = directory.resolve(name);
            byte[] intact = Files.readAllBytes(file);
            Files.writeString(file, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
            Map<String, byte[]> before = contents();
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(this::openOrCreate)
                    .withMessageStartingWith(file + " holds no ")
                    .withMessageContaining(": restore it from a backup of this CA");
            assertThat(contents()).containsExactlyEntriesOf(before);
            Files.write(file, intact);
        }
    }

    @Test
    void a_ca_with_a_missing_file_is_not_opened_and_not_replaced() throws IOException {
        create();

        for (String name : List.of("ca/root-1.crt", "ca/issuing-1.crt", "ca/issuing-1.key", "ca.properties")) {
            Path file = directory.resolve(name);
            Path elsewhere = Files.move(file, home.resolve("elsewhere"));
            Map<String, byte[]> before = contents();
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(this::openOrCreate)
                    .withMessageStartingWith(file + " is missing: ");
            assertThat(contents()).containsExactlyEntriesOf(before);
            Files.move(elsewhere, file);
        }
    }

    @Test
    void a_ca_whose_index_is_gone_is_not_begun_anew() throws IOException {
        create();
        Files.delete(directory.resolve("index.txt"));
        Map<String, byte[]> before = contents();

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(this::openOrCreate)
                .withMessageContaining("has root.crt but no index.txt")
                .satisfies(e -> assertThat(e.mend()).startsWith("restore the whole directory from a backup"));
        assertThat(contents()).containsExactlyEntriesOf(before);
    }

    @Test
    void a_key_or_a_certificate_of_another_is_told_apart() throws IOException {
        create();
        Path issuing = directory.resolve("ca/issuing-1.key");
        byte[] intact = Files.readAllBytes(issuing);
        Files.copy(directory.resolve("ca/root-1.key"), issuing, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> open().issuing())
                .withMessageContaining("issuing-1.key is not the key of ca/issuing-1.crt");
        Files.write(issuing, intact);

        var other = CertificateAuthority.inMemory(CaSettings.named("Other"), clock);
        Files.writeString(directory.resolve("ca/issuing-1.crt"), other.issuing().certificatePem());
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> open().issuing())
                .withMessageContaining("issuing-1.crt is not the certificate that");
    }

    @Test
    void a_lost_issuing_key_does_not_keep_from_revoking_and_from_making_another() throws IOException {
        BigInteger alice = create().issue(Member.client("alice")).certificate().getSerialNumber();
        Files.delete(directory.resolve("ca/issuing-1.key"));

        var ca = open();
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> ca.issue(Member.client("bob")))
                .withMessageContaining("issuing-1.key is missing")
                .satisfies(e -> assertThat(e.mend()).endsWith("mtls-ca rotate issuing"));
        assertThat(ca.list()).hasSize(3);
        assertThat(ca.revoke(alice, RevocationReason.SUPERSEDED).revocation()).isPresent();
        ca.revokeIssuing("issuing-1", RevocationReason.SUPERSEDED, null);
        ca.rotateIssuing(null);
        assertThat(ca.issue(Member.client("bob")).chain()).contains(ca.certificate("issuing-2"));
    }

    @Test
    void the_key_of_a_root_is_under_its_passphrase_and_can_be_taken_away() throws IOException {
        CertificateAuthority.create(directory, SETTINGS, PASSPHRASE, clock);
        Path key = directory.resolve("ca/root-1.key");
        assertThat(key).content().startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----");

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> open().rotateIssuing(null))
                .withMessage(
                        "%s is encrypted: give its passphrase (at the command line --passphrase-file or MTLS_CA_PASSPHRASE)",
                        key);
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> open().rotateIssuing("wrong".toCharArray()))
                .withMessageContaining("wrong passphrase");
        Path away = Files.move(key, home.resolve("usb-stick"));
        var ca = open();
        var alice = ca.issue(Member.client("alice")).certificate();
        ca.renew("alice");
        ca.revoke(alice.getSerialNumber(), RevocationReason.SUPERSEDED);
        assertThat(ca.crl("issuing-1")).isNotEmpty();
        assertThat(ca.crl("root-1")).isNotEmpty();
        assertThat(ca.responder("issuing-1")).isNotNull();
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> ca.rotateIssuing(PASSPHRASE))
                .withMessage("%s is not here: put it back from where it is kept, for as long as this takes", key);
        Files.move(away, key);
        assertThat(ca.rotateIssuing(PASSPHRASE).certificate()).isEqualTo(ca.certificate("issuing-2"));
    }

    @Test
    void what_another_process_revokes_is_known_at_once() throws Exception {
        var here = create();
        var there = open();
        var alice = here.issue(Member.client("alice")).certificate().getSerialNumber();
        assertThat(new X509CRLHolder(there.crl("issuing-1")).getRevokedCertificate(alice))
                .isNull();

        here.revoke(alice, RevocationReason.KEY_COMPROMISE);

        assertThat(there.find(alice).orElseThrow().revocation()).isPresent();
        assertThat(new X509CRLHolder(there.crl("issuing-1")).getRevokedCertificate(alice))
                .isNotNull();
        assertThat(there.crl("issuing-1")).as("one list for both").isEqualTo(here.crl("issuing-1"));
    }

    @Test
    void an_index_that_was_changed_is_refused() throws IOException {
        var ca = create();
        ca.revoke(ca.issue(Member.client("alice")).certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        Path index = directory.resolve("index.txt");
        List<String> lines = Files.readAllLines(index);

        for (int i = 0; i < lines.size(); i++) {
            List<String> without = new java.util.ArrayList<>(lines);
            without.remove(i);
            refusedWith(index, String.join("\n", without) + "\n");
            List<String> changed = new java.util.ArrayList<>(lines);
            changed.set(i, lines.get(i).replaceFirst("026-|1$", "027-"));
            refusedWith(index, String.join("\n", changed) + "\n");
        }
    }

    @Test
    void a_last_line_that_lost_its_end_by_an_accident_is_not_taken_for_one_that_is_being_written() throws IOException {
        var ca = create();
        ca.revoke(ca.issue(Member.client("alice")).certificate().getSerialNumber(), RevocationReason.KEY_COMPROMISE);
        Path index = directory.resolve("index.txt");
        String whole = Files.readString(index);

        refusedWith(index, whole.substring(0, whole.length() - 1));
        refusedWith(index, whole.substring(0, whole.length() - 1) + "\u000b");
        refusedWith(index, whole.substring(0, whole.length() - 30));
        Files.writeString(index, whole);
        assertThat(open().list()).isEqualTo(ca.list());
    }

    private void refusedWith(Path index, String content) throws IOException {
        Files.writeString(index, content);
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(this::open)
                .withMessageStartingWith("line ")
                .withMessageContaining(" of " + index)
                .satisfies(e -> assertThat(e.mend()).startsWith("restore the whole directory from a backup"));
    }

    @Test
    void an_index_that_is_gone_under_a_running_ca_is_told_and_not_taken_for_an_empty_one() throws IOException {
        var ca = create();
        BigInteger alice = ca.issue(Member.client("alice")).certificate().getSerialNumber();
        Path index = directory.resolve("index.txt");
        Path elsewhere = Files.move(index, home.resolve("elsewhere"));

        for (int again = 0; again < 2; again++) {
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(() -> ca.find(alice))
                    .withMessageStartingWith(index + " is gone: restore the whole directory");
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(() -> new OcspResponder(ca)
                            .answer(OcspRequests.about(CertId.of(ca.certificate("issuing-1"), alice))))
                    .withMessageContaining("is gone");
        }
        Files.move(elsewhere, index);
        assertThat(ca.find(alice)).isPresent();
    }

    @Test
    void an_index_from_an_older_backup_does_not_bring_revoked_certificates_back() throws IOException {
        var ca = create();
        var alice = ca.issue(Member.client("alice")).certificate().getSerialNumber();
        Path index = directory.resolve("index.txt");
        byte[] backup = Files.readAllBytes(index);
        ca.revoke(alice, RevocationReason.KEY_COMPROMISE);
        ca.crl("issuing-1");
        Files.write(index, backup);
        Files.delete(directory.resolve(".confirmed"));

        for (var each : List.of(ca, open())) {
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(() -> each.crl("issuing-1"))
                    .withMessageContaining("does not know that " + alice.toString(16) + " was revoked");
        }
    }

    @Test
    void a_list_that_is_damaged_is_signed_anew_with_a_higher_number() throws Exception {
        var ca = create();
        long number = number(ca.crl("issuing-1"));
        Files.writeString(directory.resolve("crl/issuing-1.crl"), "garbage");
        Files.delete(directory.resolve("crl/issuing-1-delta.crl"));
        clock.advance(Duration.ofMinutes(1));

        assertThat(number(open().crl("issuing-1"))).isGreaterThan(number);
    }

    private static long number(byte[] list) throws IOException {
        return org.bouncycastle.asn1.ASN1Integer.getInstance(new X509CRLHolder(list)
                        .getExtension(org.bouncycastle.asn1.x509.Extension.cRLNumber)
                        .getParsedValue())
                .longValueExact();
    }

    @Test
    void an_index_of_another_ca_does_not_get_what_this_one_issues() throws IOException {
        var ca = create();
        CertificateAuthority.create(home.resolve("other"), SETTINGS, null, clock);
        byte[] other = Files.readAllBytes(home.resolve("other/index.txt"));
        Files.write(directory.resolve("index.txt"), other);

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> ca.issue(Member.client("alice")))
                .withMessageContaining("is not the certificate that");
        assertThat(directory.resolve("index.txt")).hasBinaryContent(other);
    }

    @Test
    void two_certificates_that_were_swapped_are_told_apart() throws IOException {
        var ca = create();
        Path alice = certificate(ca.issue(Member.client("alice")));
        Path bob = certificate(ca.issue(Member.client("bob")));
        Files.copy(bob, alice, java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> ca.renew("alice"))
                .withMessageStartingWith(alice + " is not the certificate that");
        Files.writeString(alice, ca.held("bob").certificatePem().replaceFirst("M", "N"));
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> ca.held("alice"))
                .withMessageStartingWith(alice.toString());
    }

    private Path certificate(HeldCertificate held) {
        return directory.resolve("certificates/" + serial(held) + ".crt");
    }

    @Test
    void who_is_interrupted_while_waiting_has_changed_nothing() {
        var ca = create();

        Thread.currentThread().interrupt();
        try {
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(() -> ca.issue(Member.client("alice")))
                    .withMessageContaining("the thread was interrupted")
                    .satisfies(e -> assertThat(e.mend()).isEqualTo("do it again"));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(ca.issue(Member.client("alice"))).isNotNull();
    }

    @Test
    void a_directory_with_staged_files_of_another_history_is_refused() throws IOException {
        var ca = create();
        Path staged = Files.createDirectory(directory.resolve(".staged-0-999999-00000000"));
        byte[] index = Files.readAllBytes(directory.resolve("index.txt"));

        assertThatExceptionOfType(CaException.class)
                .isThrownBy(this::open)
                .withMessage(
                        staged + " does not belong to the index.txt beside it: delete it if it came with a backup; "
                                + "otherwise restore the whole directory from one");
        assertThat(directory.resolve("index.txt")).hasBinaryContent(index);
        Files.delete(staged);
        assertThat(open().list()).isEqualTo(ca.list());
    }

    @Test
    void a_ca_with_many_issuing_cas_is_opened() {
        var ca = create();
        for (int i = 2; i <= 13; i++) {
            ca.rotateIssuing(null);
            assertThat(open().issuing().certificate()) // the name of one of them shares a hash bucket with the root's
                    .isEqualTo(ca.certificate("issuing-" + i));
        }
    }

    @Test
    void in_development_an_issuing_ca_that_ended_is_replaced() {
        openOrCreate();
        clock.advance(Duration.ofDays(1826));

        var ca = openOrCreate();

        assertThat(ca.authorities()).containsExactly("root-1", "issuing-1", "issuing-2");
        assertThat(ca.obtain(Member.client("alice")).chain()).contains(ca.certificate("issuing-2"));
    }

    @Test
    void a_member_whose_key_is_broken_is_reported_and_one_whose_files_are_gone_is_mended() throws IOException {
        HeldCertificate alice = openOrCreate().obtain(Member.client("alice"));
        Path key = directory.resolve("clients/alice.key");
        byte[] intact = Files.readAllBytes(key);
        Files.writeString(key, "nonsense");
        assertThatExceptionOfType(CaException.class)
                .isThrownBy(() -> open().obtain(Member.client("alice")))
                .withMessageStartingWith(key + " holds no private key for clients/alice.crt");
        Files.write(key, intact);

        Files.writeString(directory.resolve("clients/alice.crt"), "nonsense");
        Files.delete(directory.resolve("clients/alice.p12"));
        assertThat(open().obtain(Member.client("alice")).certificate()).isEqualTo(alice.certificate());
        assertThat(directory.resolve("clients/alice.crt")).hasContent(alice.chainPem());
        assertThat(directory.resolve("clients/alice.p12")).exists();

        Files.delete(key);
        assertThat(open().obtain(Member.client("alice")).certificate()).isNotEqualTo(alice.certificate());
    }

    @Test
    void settings_that_cannot_be_read_say_which_line() throws IOException {
        create();
        Path settings = directory.resolve("ca.properties");
        Map<String, String> faults = Map.of(
                "name = Acme\nulr = http://x", "\"ulr\" is none of",
                "url = http://x", "there is no name",
                "name = Acme\nurl = ftp://x", "\"ftp://x\" is no address of a server",
                "name = Acme\nurl = http://a b", "Illegal character",
                "name = Acme\nmember-lifetime = 90", "member-lifetime is \"90\", which is no duration such as 90d",
                "name = Acme\ncrl-validity = PT1S", "crl-validity is shorter than a minute",
                "name = \\u00zz", "Malformed",
                "name = Acme\nca-key-type = RSA", "ca-key-type");

        faults.forEach((text, fault) -> {
            try {
                Files.writeString(settings, text);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            assertThatExceptionOfType(CaException.class)
                    .isThrownBy(this::open)
                    .withMessageStartingWith(settings + ": ")
                    .withMessageContaining(fault);
        });
    }

    @Test
    void a_line_that_is_being_written_does_not_count_yet_and_is_cut_off_by_the_next_writer() throws IOException {
        var ca = create();
        Path index = directory.resolve("index.txt");
        long length = Files.size(index);
        Files.writeString(index, "2026-03-01T12:00:00Z\tissu", StandardOpenOption.APPEND);

        assertThat(ca.list()).hasSize(2);
        assertThat(Files.size(index)).isGreaterThan(length);
        ca.issue(Member.client("alice"));
        assertThat(open().list()).hasSize(3);
        assertThat(index).content().doesNotContain("issu2").doesNotContain("issu\n");
    }

    @Test
    void threads_and_processes_that_start_at_once_see_one_ca() throws Exception {
        List<Process> processes = List.of(startProcess(), startProcess());
        List<String> seen =
                IntStream.range(0, 4).mapToObj(i -> CompletableFuture.supplyAsync(this::fingerprints)).toList().stream()
                        .map(CompletableFuture::join)
                        .toList();

        for (Process process : processes) {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output.strip()).isEqualTo(seen.get(0));
        }
        assertThat(seen).containsOnly(seen.get(0));
    }

    private String fingerprints() {
        return Opener.fingerprints(directory);
    }

    private Process startProcess() throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opener.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .start();
    }

    /** Opens the CA in a process of its own. */
    static final class Opener {
        private Opener() {}

        public static void main(String[] arguments) {
            System.out.println(fingerprints(Path.of(arguments[0])));
        }

        static String fingerprints(Path directory) {
            var ca = CertificateAuthority.openOrCreate(directory, SETTINGS, new SettableClock(NOW));
            return Stream.of(
                            ca.issuing(),
                            ca.obtain(Member.client("alice").roles("auditor")),
                            ca.obtain(Member.server("localhost")))
                    .map(HeldCertificate::toString)
                    .toList()
                    .toString();
        }
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> permissions = new TreeMap<>();
        for (String name : contents().keySet()) {
            boolean posix =
                    directory.getFileSystem().supportedFileAttributeViews().contains("posix");
            permissions.put(
                    name,
                    posix ? PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))) : "");
        }
        return permissions;
    }

    private Map<String, byte[]> contents() throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                contents.put(directory.relativize(path).toString().replace('\\', '/'), Files.readAllBytes(path));
            }
        }
        return contents;
    }
}
