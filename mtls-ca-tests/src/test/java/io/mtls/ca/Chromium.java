package io.mtls.ca;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Chromium of a person who imported what was handed to them, and let it remember which certificate to present.
 *
 * <p>Touches nothing of the machine's own: home directory, certificate store and profile are below one directory.
 */
final class Chromium {
    private final Path home;
    private final String store;

    private Chromium(Path home) {
        this.home = home;
        this.store = "sql:" + home.resolve(".pki/nssdb");
    }

    /** One that trusts nothing yet. */
    static Chromium at(Path home) throws IOException, InterruptedException {
        Programs.assumeInstalled("chromium", "certutil", "pk12util");
        Files.createDirectories(home.resolve(".pki/nssdb"));
        Chromium chromium = new Chromium(home);
        Programs.runAt(home, "certutil", "-d", chromium.store, "-N", "--empty-password");
        return chromium;
    }

    /** As an authority for web sites. */
    void trust(Path root) throws IOException, InterruptedException {
        Programs.runAt(home, "certutil", "-d", store, "-A", "-n", root, "-t", "C,,", "-i", root);
    }

    void importPkcs12(Path file, String password) throws IOException, InterruptedException {
        Programs.runAt(home, "pk12util", "-d", store, "-i", file, "-W", password);
    }

    /** The document of this page, or of the one that says why there is none; over a connection of its own. */
    String open(URI page) throws IOException, InterruptedException {
        Files.createDirectories(home.resolve("profile/Default"));
        Files.writeString(
                home.resolve("profile/Default/Preferences"), """
                {"profile": {"content_settings": {"exceptions": {"auto_select_certificate": {
                  "%s://%s,*": {"setting": {"filters": [{}]}}}}}}}
                """.formatted(page.getScheme(), page.getAuthority()));
        return Programs.runAt(
                home,
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + home.resolve("profile"),
                "--dump-dom",
                page);
    }
}
