package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateAuthorityTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private static final List<String> CA_FILES = List.of("root.key", "root.crt", "issuing.key", "issuing.crt");
    private static final CertificateAuthority IN_MEMORY =
            CertificateAuthority.inMemory("Acme", InstantSource.fixed(NOW));

    @TempDir
    Path home;

    private Path directory;

    @BeforeEach
    void a_directory_that_does_not_exist_yet() {
        directory = home.resolve("new/ca");
    }

    private CertificateAuthority open() {
        return openAt(NOW);
    }

    private CertificateAuthority openAt(Instant now) {
        return CertificateAuthority.openOrCreate(directory, "Acme", InstantSource.fixed(now));
    }

    @Test
    void a_new_ca_is_named_and_constrained() {
        var ca = open();

        assertThat(ca.directory()).isEqualTo(directory);
        assertThat(ca.root()).asString().startsWith("CN=Acme root ");
        assertThat(ca.issuing()).asString().startsWith("CN=Acme issuing CA ");
        assertThat(ca.issuing().certificate().getBasicConstraints()).isZero();
        assertThat(ca.client("alice", List.of()).chain()).endsWith(ca.issuing().certificate());
    }

    @Test
    void opening_again_gives_the_same_ca_and_the_same_members() {
        var first = open();
        var alice = first.client("alice", List.of("auditor", "admin"));
        var server = first.server("localhost", "127.0.0.1", "::1");

        var again = CertificateAuthority.openOrCreate(directory, "another name", InstantSource.fixed(NOW));

        assertThat(again.root().certificate()).isEqualTo(first.root().certificate());
        assertThat(again.issuing().chain()).isEqualTo(first.issuing().chain());
        assertThat(again.client("alice", List.of("auditor", "admin")).chain()).isEqualTo(alice.chain());
        assertThat(again.server("localhost", "127.0.0.1", "::1").chain()).isEqualTo(server.chain());
        assertThat(again.server("localhost", "127.0.0.1", "::1").privateKey()).isEqualTo(server.privateKey());
    }

    @Test
    void a_ca_in_memory_remembers_its_members_and_has_no_directory() {
        var ca = CertificateAuthority.inMemory("Acme", InstantSource.fixed(NOW));

        assertThat(ca.client("alice", List.of("a"))).isSameAs(ca.client("alice", List.of("a")));
        assertThat(ca.client("alice", List.of("b"))).isNotSameAs(ca.client("alice", List.of("a")));
        assertThatIllegalStateException().isThrownBy(ca::directory).withMessageContaining("in memory");
    }

    @Test
    void a_client_has_one_organizational_unit_per_role_whatever_the_role_is_called() {
        var alice = open().client("alice", List.of("auditor", "a,CN=root+b"));

        assertThat(alice.certificate().getSubjectX500Principal().getName())
                .isEqualTo("CN=alice,OU=auditor,OU=a\\,CN\\=root\\+b");
        assertThatIllegalArgumentException().isThrownBy(() -> open().client("alice", List.of(" ")));
    }

    @Test
    void other_roles_or_hosts_get_another_certificate() {
        var ca = open();
        var alice = ca.client("alice", List.of("auditor"));
        var server = ca.server("localhost");

        assertThat(ca.client("alice", List.of()).certificate()).isNotEqualTo(alice.certificate());
        assertThat(ca.server("localhost", "api.example").certificate()).isNotEqualTo(server.certificate());
    }

    @Test
    void a_member_is_issued_again_when_less_than_a_third_of_its_life_is_left() {
        X509Certificate first = open().server("localhost").certificate();

        assertThat(openAt(NOW.plus(Duration.ofDays(59))).server("localhost").certificate())
                .isEqualTo(first);
        assertThat(openAt(NOW.plus(Duration.ofDays(61))).server("localhost").certificate())
                .isNotEqualTo(first);
    }

    @Test
    void a_member_of_an_earlier_ca_is_issued_again() throws IOException {
        X509Certificate first = open().server("localhost").certificate();
        for (String file : CA_FILES) {
            Files.delete(directory.resolve(file));
        }

        var ca = open();

        assertThat(ca.server("localhost").certificate()).isNotEqualTo(first);
    }

    @Test
    void the_files_are_pem_and_pkcs12() throws Exception {
        var ca = open();
        var alice = ca.client("alice", List.of());
        ca.server("localhost");
        var store = KeyStore.getInstance("PKCS12");
        store.load(
                new ByteArrayInputStream(Files.readAllBytes(directory.resolve("clients/alice.p12"))),
                CertificateAuthority.PKCS12_PASSWORD.toCharArray());

        assertThat(files().keySet())
                .containsExactly(
                        ".lock",
                        "clients/alice.crt",
                        "clients/alice.key",
                        "clients/alice.p12",
                        "issuing.crt",
                        "issuing.key",
                        "root.crt",
                        "root.key",
                        "server/localhost.crt",
                        "server/localhost.key");
        assertThat(directory.resolve("root.crt")).hasContent(ca.root().certificatePem());
        assertThat(directory.resolve("clients/alice.crt")).hasContent(alice.chainPem());
        assertThat(directory.resolve("clients/alice.key")).hasContent(alice.privateKeyPem());
        assertThat(store.getCertificateChain("alice"))
                .containsExactly(alice.chain().toArray(X509Certificate[]::new));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void only_certificates_can_be_read_by_others() throws IOException {
        var ca = open();
        ca.client("alice", List.of());
        ca.server("localhost");

        for (Map.Entry<String, String> file : files().entrySet()) {
            assertThat(file.getValue())
                    .as(file.getKey())
                    .isEqualTo(file.getKey().endsWith(".crt") ? "rw-r--r--" : "rw-------");
        }
        for (String each : List.of("", "server", "clients")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(each))))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void a_directory_with_a_key_that_others_can_read_is_not_opened() throws IOException {
        var ca = open();
        ca.client("alice", List.of());
        ca.server("localhost");

        for (String name :
                List.of("root.key", "issuing.key", "clients/alice.key", "clients/alice.p12", "server/localhost.key")) {
            Path key = directory.resolve(name);
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
            assertThatExceptionOfType(CaDirectoryException.class)
                    .isThrownBy(this::open)
                    .withMessage("%s can be read by others: if nobody did, chmod 600 %s", key, key)
                    .satisfies(e -> assertThat(e.file()).isEqualTo(key));
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void a_directory_that_others_can_write_is_not_opened() throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxr-x"));

        assertThatExceptionOfType(CaDirectoryException.class)
                .isThrownBy(this::open)
                .withMessageContaining("can be written by others")
                .satisfies(e -> assertThat(e.mend()).isEqualTo("chmod 700 " + directory));
    }

    @Test
    void a_ca_with_a_broken_file_is_not_opened_and_not_replaced() throws IOException {
        open();

        for (String name : CA_FILES) {
            Path file = directory.resolve(name);
            byte[] intact = Files.readAllBytes(file);
            Files.writeString(file, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
            Map<String, byte[]> before = contents();
            assertThatExceptionOfType(CaDirectoryException.class)
                    .isThrownBy(this::open)
                    .withMessageStartingWith(file + " holds no ")
                    .withMessageEndingWith(": restore the CA from a backup, or delete " + directory
                            + " to begin a new CA, which everybody has to be told to trust");
            assertThat(contents()).containsExactlyEntriesOf(before);
            Files.write(file, intact);
        }
    }

    @Test
    void a_ca_with_a_missing_file_is_not_opened_and_not_replaced() throws IOException {
        open();

        for (String name : CA_FILES) {
            Path file = directory.resolve(name);
            Path elsewhere = Files.move(file, home.resolve(name));
            Map<String, byte[]> before = contents();
            assertThatExceptionOfType(CaDirectoryException.class)
                    .isThrownBy(this::open)
                    .withMessageStartingWith(file + " is missing: ");
            assertThat(contents()).containsExactlyEntriesOf(before);
            Files.move(elsewhere, file);
        }
    }

    @Test
    void a_key_of_another_certificate_is_told_apart() throws IOException {
        open();
        Files.copy(directory.resolve("issuing.key"), directory.resolve("copy"));
        Files.delete(directory.resolve("root.key"));
        Files.move(directory.resolve("copy"), directory.resolve("root.key"));

        assertThatExceptionOfType(CaDirectoryException.class)
                .isThrownBy(this::open)
                .withMessageContaining("root.key is not the key of root.crt");
    }

    @Test
    void an_issuing_ca_of_another_root_and_one_that_is_no_ca_are_told_apart() throws IOException {
        open();
        var other = CertificateAuthority.inMemory("Other", InstantSource.fixed(NOW));
        Files.writeString(directory.resolve("issuing.crt"), other.issuing().certificatePem());
        assertThatExceptionOfType(CaDirectoryException.class)
                .isThrownBy(this::open)
                .withMessageContaining("issuing.crt was not signed with the key of root.crt");

        Files.writeString(
                directory.resolve("issuing.crt"), other.server("localhost").certificatePem());
        assertThatExceptionOfType(CaDirectoryException.class)
                .isThrownBy(this::open)
                .withMessageContaining("issuing.crt is not the certificate of a CA");
    }

    @Test
    void an_expired_ca_is_not_opened() {
        open();

        assertThatExceptionOfType(CaDirectoryException.class)
                .isThrownBy(() -> openAt(NOW.plus(Duration.ofDays(1826))))
                .withMessageContaining("issuing.crt expired at 2031-02-28T12:00:00Z");
    }

    @Test
    void a_broken_member_is_reported() throws IOException {
        open().client("alice", List.of());
        Path key = directory.resolve("clients/alice.key");
        Files.writeString(key, "nonsense");

        assertThatExceptionOfType(CaDirectoryException.class)
                .isThrownBy(() -> open().client("alice", List.of()))
                .withMessage("%s holds no private key for clients/alice.crt: delete it to have a new one issued", key);
    }

    @Test
    void a_ca_whose_making_was_cut_short_is_made_again() throws IOException {
        HeldCertificate cutShort = open().root();
        Files.delete(directory.resolve("issuing.crt"));
        Files.writeString(directory.resolve(".incomplete"), "");

        var ca = open();

        assertThat(ca.root().certificate()).isNotEqualTo(cutShort.certificate());
        assertThat(directory.resolve(".incomplete")).doesNotExist();
        assertThat(open().root().certificate()).isEqualTo(ca.root().certificate());
    }

    @Test
    void a_member_whose_issuing_was_cut_short_is_issued_again() throws IOException {
        HeldCertificate cutShort = open().client("alice", List.of());
        Files.delete(directory.resolve("clients/alice.crt"));
        Files.writeString(directory.resolve("clients/.1.tmp"), "half");

        HeldCertificate alice = open().client("alice", List.of());

        assertThat(alice.certificate()).isNotEqualTo(cutShort.certificate());
        assertThat(directory.resolve("clients/.1.tmp")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "../x",
                "a/b",
                "a\\b",
                "/etc/passwd",
                ".hidden",
                "trailing.",
                "a\0b",
                "a\nb",
                "-x",
                "::1",
                "*.example",
                "Zoë",
                "c:alice",
                "12345678901234567890123456789012345678901234567890123456789012345",
            })
    void a_name_that_cannot_name_a_file_is_refused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> IN_MEMORY.client(name, List.of()))
                .withMessageStartingWith("\"" + name + "\" cannot name a member");
        assertThatIllegalArgumentException().isThrownBy(() -> IN_MEMORY.server(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "alice", "alice@example.org", "127.0.0.1", "host-1.example", "a_b"})
    void a_plain_name_is_not(String name) {
        assertThat(IN_MEMORY
                        .client(name, List.of())
                        .certificate()
                        .getSubjectX500Principal()
                        .getName())
                .isEqualTo("CN=" + name);
    }

    @Test
    void a_refused_name_leaves_no_file() throws IOException {
        var ca = open();

        assertThatIllegalArgumentException().isThrownBy(() -> ca.client("../x", List.of()));
        assertThat(files().keySet()).containsExactly(".lock", "issuing.crt", "issuing.key", "root.crt", "root.key");
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
            var ca = CertificateAuthority.openOrCreate(directory, "Acme", InstantSource.fixed(NOW));
            return Stream.of(ca.root(), ca.issuing(), ca.client("alice", List.of("auditor")), ca.server("localhost"))
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
