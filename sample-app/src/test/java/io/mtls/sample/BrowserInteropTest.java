package io.mtls.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.web.server.LocalServerPort;

/**
 * The page in Chromium, the certificate imported as a person would; screenshots are kept in {@code target/interop}.
 *
 * <p>Touches nothing of the machine's own: home directory, certificate store and browser profile are made for each test.
 */
@Tag("interop")
@RunningSample
class BrowserInteropTest {

    @LocalServerPort
    private int port;

    @TempDir
    private Path home;

    @BeforeEach
    void make_a_home_that_trusts_the_development_ca() throws Exception {
        for (String tool : List.of("chromium", "certutil", "pk12util")) {
            ForeignClient.assumeInstalled(tool);
        }
        Files.createDirectories(home.resolve(".pki/nssdb"));
        nss("certutil", "-N", "--empty-password");
        Path root = Files.writeString(home.resolve("root.crt"), Certificates.rootPem());
        nss("certutil", "-A", "-n", "root", "-t", "C,,", "-i", root.toString());
    }

    @Test
    void names_a_member_and_shows_what_it_may_call() throws Exception {
        importMember(Certificates.ALICE);

        String page = open("/", "member");

        assertThat(page)
                .contains(">alice</bdi></h1>")
                .contains("<li>auditor</li>")
                .contains("href=\"/api/audit\"");
    }

    @Test
    void greets_who_comes_without_a_certificate() throws Exception {
        assertThat(open("/", "anonymous")).contains("You came without a certificate");
    }

    @Test
    void shows_the_code_where_the_role_is_missing() throws Exception {
        importMember(Certificates.BOB);

        assertThat(open("/api/audit", "wrong-role")).contains("\"code\":\"role-missing\"");
    }

    /** Whether it looks well is for a person to say. */
    @ParameterizedTest
    @CsvSource({
        "member, 1200x1500, light",
        "member, 1200x1500, dark",
        "member, 500x2300, light",
        "anonymous, 1200x1000, light",
        "anonymous, 500x1700, dark"
    })
    void leaves_screenshots(String caller, String size, String scheme) throws Exception {
        if (caller.equals("member")) {
            importMember(Certificates.ALICE);
        }
        Path screenshot = transcripts().resolve(caller + "-" + size + "-" + scheme + ".png");
        List<String> options = new ArrayList<>(
                List.of("--hide-scrollbars", "--window-size=" + size.replace('x', ','), "--screenshot=" + screenshot));
        if (scheme.equals("dark")) {
            options.add("--blink-settings=preferredColorScheme=0");
        }

        browse("/", options);

        assertThat(screenshot).isNotEmptyFile();
    }

    private String open(String path, String kept) throws IOException, InterruptedException {
        String page = browse(path, List.of("--dump-dom"));
        Files.writeString(transcripts().resolve("CHROMIUM-" + kept + ".html"), page);
        return page;
    }

    private String browse(String path, List<String> options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + profile()));
        command.addAll(options);
        command.add("https://localhost:" + port + path);
        return run(command);
    }

    /** As if a person had chosen the first certificate offered and let the browser remember it. */
    private Path profile() throws IOException {
        Path profile = home.resolve("profile");
        Files.createDirectories(profile.resolve("Default"));
        Files.writeString(profile.resolve("Default/Preferences"), """
                {"profile": {"content_settings": {"exceptions": {"auto_select_certificate": {
                  "https://localhost:%d,*": {"setting": {"filters": [{}]}}}}}}}
                """.formatted(port));
        return profile;
    }

    private void importMember(HeldCertificate member) throws IOException, InterruptedException {
        String password = CertificateAuthority.PKCS12_PASSWORD;
        Path file = Files.write(home.resolve("member.p12"), member.pkcs12(password.toCharArray()));
        assertThat(nss("pk12util", "-i", file.toString(), "-W", password)).contains("IMPORT SUCCESSFUL");
    }

    private String nss(String tool, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(tool, "-d", "sql:" + home.resolve(".pki/nssdb")));
        command.addAll(List.of(arguments));
        return run(command);
    }

    private String run(List<String> command) throws IOException, InterruptedException {
        return ForeignClient.run(command, "", home);
    }

    private static Path transcripts() throws IOException {
        return Files.createDirectories(Path.of("target", "interop").toAbsolutePath());
    }
}
