package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.ca.CaException;
import io.mtls.ca.CaServer;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationStatus;
import io.mtls.revocation.RevocationStatus.Why;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

/** The certificate authority of development mode, in its directory, and what it publishes for those who ask about revocation. */
final class DevelopmentAuthority implements AutoCloseable {
    private static final Log LOG = LogFactory.getLog(DevelopmentAuthority.class);

    /** As of {@code mtls-ca serve}. */
    private static final int PORT = 8889;

    private final CertificateAuthority authority;
    private final MtlsProperties.Dev dev;
    private final @Nullable CaServer publisher;

    DevelopmentAuthority(MtlsProperties.Dev dev) {
        this.dev = dev;
        Path directory = dev.directory().toAbsolutePath().normalize();
        CaServer first = null;
        boolean usable = false;
        try {
            first = firstServer(directory);
            this.authority = first.authority();
            dev.members().forEach(this::obtain);
            usable = true;
        } catch (CaException e) {
            throw new MtlsConfigurationException(
                    "The certificate authority of development mode (mtls.dev.directory) cannot be used: "
                            + e.getMessage(),
                    "Mend it, remove the directory " + directory
                            + " so that a new one is made, or name another by mtls.dev.directory.");
        } finally {
            if (first != null && !usable) {
                first.close();
            }
        }
        URI url = authority.settings().url();
        if (url != null && url.getPort() == first.url().getPort()) {
            this.publisher = first;
        } else {
            first.close(); // The authority was there before, and has an address of its own.
            this.publisher = publish(authority);
        }
    }

    private void obtain(String name, List<String> roles) {
        checked(
                "mtls.dev.members." + name,
                () -> authority.obtain(Member.client(name).roles(roles)));
    }

    /**
     * Certificates keep the address that they were made with: a new authority is told one that is held already, so that no
     * other application takes it meanwhile.
     */
    private static CaServer firstServer(Path directory) {
        try {
            return firstServer(directory, PORT);
        } catch (CaException e) {
            LOG.debug("Nothing can be published at port " + PORT, e);
            return firstServer(directory, 0); // Which fails again if it was not for the port.
        }
    }

    private static CaServer firstServer(Path directory, int port) {
        return CaServer.start(
                url -> CertificateAuthority.openOrCreate(
                        directory,
                        CaSettings.named("mtls development").withUrl(URI.create("http://localhost:" + url.getPort())),
                        InstantSource.system()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private static @Nullable CaServer publish(CertificateAuthority authority) {
        URI url = authority.settings().url();
        if (url == null || url.getPort() < 0) {
            return null; // its properties say that somebody else publishes, or nobody
        }
        try {
            return CaServer.start(authority, new InetSocketAddress(InetAddress.getLoopbackAddress(), url.getPort()));
        } catch (CaException e) {
            LOG.warn("Development mode of mtls: this application does not answer at " + url
                    + " about the certificates of " + authority.directory()
                    + ". If no other application with that directory does either, free the port or change 'url' in its"
                    + " ca.properties. (" + e.getMessage() + ")");
            return null;
        }
    }

    @Override
    public void close() {
        if (publisher != null) {
            publisher.close();
        }
    }

    /** The server's key, and the root as what it trusts. */
    SslBundle serverBundle() {
        String[] hosts = Stream.concat(Stream.of("127.0.0.1", "::1"), dev.hosts().stream())
                .toArray(String[]::new);
        HeldCertificate server = checked("mtls.dev.hosts", () -> authority.obtain(Member.server("localhost", hosts)));
        return SslBundle.of(new PemSslStoreBundle(
                new PemSslStoreDetails(null, server.chainPem(), server.privateKeyPem()),
                new PemSslStoreDetails(null, authority.rootsPem(), null)));
    }

    /** By the authority's own index: in memory, and read on when another process has added to it. */
    RevocationPolicy revocation() {
        return RevocationPolicy.builder((query, at) -> authority
                        .find(query.certificate().getSerialNumber())
                        .<RevocationStatus>map(issued -> issued.revocation()
                                .<RevocationStatus>map(revocation -> new RevocationStatus.Revoked(
                                        revocation.at(), revocation.reason().text()))
                                .orElse(new RevocationStatus.Good(at)))
                        .orElse(new RevocationStatus.Unknown(Why.UNVERIFIABLE, "not signed by this authority")))
                .build();
    }

    /** For each member a line to paste into a shell. */
    List<String> curlLines(int port, String path) {
        return dev.members().keySet().stream()
                .sorted()
                .map(name -> "curl --cacert " + quoted("root.crt") + " --cert " + quoted("clients/" + name + ".crt")
                        + " --key " + quoted("clients/" + name + ".key") + " https://localhost:" + port + path)
                .toList();
    }

    private String quoted(String file) {
        Path path = authority.directory().resolve(file);
        return "'" + path.toString().replace("'", "'\\''") + "'";
    }
}
