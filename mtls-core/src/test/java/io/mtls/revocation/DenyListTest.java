package io.mtls.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DenyListTest {

    private static final HeldCertificate ROOT =
            HeldCertificate.root("CN=Acme Root,O=Acme").build();
    private static final X509Certificate ALICE =
            ROOT.issueClient("CN=alice").build().certificate();
    private static final X509Certificate BOB =
            ROOT.issueClient("CN=bob").build().certificate();

    private final BlockingQueue<RevocationEvent> events = new LinkedBlockingQueue<>();

    @TempDir
    Path directory;

    @Test
    void denies_by_code_whom_it_is_told_and_nobody_else_until_it_is_told_otherwise() {
        try (DenyList list = DenyList.inMemory()) {
            list.deny(ALICE);
            list.deny(BOB.getIssuerX500Principal(), BOB.getSerialNumber());
            assertThat(list.denies(ALICE)).isTrue();
            assertThat(list.denies(BOB)).isTrue();
            assertThat(list.denies(ROOT.certificate())).isFalse();

            list.allowAgain(ALICE);
            list.allowAgain(BOB.getIssuerX500Principal(), BOB.getSerialNumber());
            assertThat(list.denies(ALICE)).isFalse();
            assertThat(list.denies(BOB)).isFalse();
        }
    }

    @Test
    void reads_fingerprints_and_serial_numbers_however_people_write_them() throws IOException {
        String fingerprint = DenyList.keysOf(ALICE).get(0).substring("sha256:".length());
        Path file = Files.writeString(
                directory.resolve("denied"),
                "# stolen\n\nSHA256:"
                        + fingerprint.toUpperCase(Locale.ROOT).replaceAll("..(?!$)", "$0:")
                        + "\n  Serial:" + BOB.getSerialNumber().toString(16).toUpperCase(Locale.ROOT)
                        + "  issuer: o=acme , cn=ACME Root \n");

        try (DenyList list = DenyList.watching(file, events::add)) {
            assertThat(list.denies(ALICE)).isTrue();
            // Names compare as RFC 5280 section 7.1 has it; o and cn are in another order here, so that this is
            // another.
            assertThat(list.denies(BOB)).isFalse();
        }
        Files.writeString(file, "serial:" + BOB.getSerialNumber().toString(16) + " issuer:cn = acme  root, o=ACME\n");
        try (DenyList list = DenyList.watching(file, events::add)) {
            assertThat(list.denies(BOB)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alice",
                "sha256:12",
                "serial:12",
                "serial:xyz issuer:CN=a",
                "serial:12 issuer:no name",
                "sha1:00"
            })
    void a_line_that_says_nothing_stops_the_start_and_is_named(String line) throws IOException {
        Path file = Files.writeString(directory.resolve("denied"), "# fine\n" + line + "\n");

        assertThatThrownBy(() -> DenyList.watching(file, events::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("denied, line 2");
    }

    @Test
    void a_file_that_is_not_there_stops_the_start() {
        assertThatThrownBy(() -> DenyList.watching(directory.resolve("absent"), events::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("An empty file denies nobody");
    }

    @Test
    void a_changed_file_is_in_force_once_it_says_so() throws Exception {
        Path file = Files.writeString(directory.resolve("denied"), "");
        try (DenyList list = DenyList.watching(file, events::add)) {
            assertThat(list.denies(ALICE)).isFalse();

            replace(file, DenyList.keysOf(ALICE).get(0));
            assertThat(next().kind()).isEqualTo(RevocationEvent.Kind.LOADED);
            assertThat(list.denies(ALICE)).isTrue();

            replace(file, DenyList.keysOf(BOB).get(0));
            assertThat(next().kind()).isEqualTo(RevocationEvent.Kind.LOADED);
            assertThat(list.denies(ALICE)).isFalse();
            assertThat(list.denies(BOB)).isTrue();
        }
    }

    @Test
    void a_broken_or_vanished_file_keeps_denied_who_was_denied_and_the_next_good_one_counts_again() throws Exception {
        Path file = Files.writeString(
                directory.resolve("denied"), DenyList.keysOf(ALICE).get(0));
        try (DenyList list = DenyList.watching(file, events::add)) {
            replace(file, "sha256:half");
            assertThat(next().kind()).isEqualTo(RevocationEvent.Kind.LOAD_FAILED);
            assertThat(list.denies(ALICE)).isTrue();

            Files.delete(file);
            assertThat(next().kind()).isEqualTo(RevocationEvent.Kind.LOAD_FAILED);
            assertThat(list.denies(ALICE)).isTrue();

            Files.writeString(file, "");
            assertThat(next().kind()).isEqualTo(RevocationEvent.Kind.LOADED);
            assertThat(list.denies(ALICE)).isFalse();
        }
    }

    @Test
    void a_file_behind_the_symbolic_links_of_a_kubernetes_volume_is_seen_to_change_each_time() throws Exception {
        // A volume is replaced by pointing ..data to another directory (spring-boot #44807: worked once only).
        Path file = directory.resolve("denied");
        point("one", DenyList.keysOf(ALICE).get(0));
        Files.createSymbolicLink(file, Path.of("..data", "denied"));
        try (DenyList list = DenyList.watching(file, events::add)) {
            assertThat(list.denies(ALICE)).isTrue();
            for (String generation : new String[] {"two", "three"}) {
                X509Certificate denied = generation.equals("two") ? BOB : ALICE;
                point(generation, DenyList.keysOf(denied).get(0));
                assertThat(next().kind()).isEqualTo(RevocationEvent.Kind.LOADED);
                assertThat(list.denies(denied)).isTrue();
                assertThat(list.denies(denied.equals(BOB) ? ALICE : BOB)).isFalse();
            }
        }
    }

    private void point(String generation, String content) throws IOException {
        Path target = Files.createDirectory(directory.resolve(generation));
        Files.writeString(target.resolve("denied"), content);
        Path link = Files.createSymbolicLink(directory.resolve("..tmp"), Path.of(generation));
        Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    private void replace(Path file, String content) throws IOException {
        Path fresh = Files.writeString(directory.resolve("fresh"), content);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private RevocationEvent next() throws InterruptedException {
        RevocationEvent event = events.poll(30, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        return event;
    }
}
