package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.ca.CaException;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.Member;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

/** The certificate authority of development mode, in its directory. */
final class DevelopmentAuthority {

    private final CertificateAuthority authority;
    private final MtlsProperties.Dev dev;

    DevelopmentAuthority(MtlsProperties.Dev dev) {
        this.dev = dev;
        this.authority = open(dev.directory().toAbsolutePath().normalize());
        dev.members()
                .forEach((name, roles) -> checked("mtls.dev.members." + name, () -> authority.obtain(Member.client(name).roles(roles))));
    }

    private static CertificateAuthority open(Path directory) {
        try {
            return CertificateAuthority.openOrCreate(
                    directory, CaSettings.named("mtls development"), InstantSource.system());
        } catch (CaException e) {
            throw new MtlsConfigurationException(
                    "The certificate authority of development mode (mtls.dev.directory) cannot be used: "
                            + e.getMessage(),
                    "Mend it, remove the directory " + directory
                            + " so that a new one is made, or name another by mtls.dev.directory.");
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
