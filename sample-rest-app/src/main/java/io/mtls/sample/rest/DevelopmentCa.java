package io.mtls.sample.rest;

import io.mtls.MutualTls;
import io.mtls.TrustAnchors;
import io.mtls.ca.CaSettings;
import io.mtls.ca.CertificateAuthority;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.IssuedCertificate;
import io.mtls.ca.Member;
import io.mtls.revocation.RevocationPolicy;
import io.mtls.revocation.RevocationQuery;
import io.mtls.revocation.RevocationStatus;
import io.mtls.revocation.RevocationStatus.Why;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Development only: a certificate authority of the application's own in a directory, made on the first start.
 *
 * <p>What production does otherwise: here the application holds the keys of the CA that it trusts, and its members' beside
 * them; revocation is read from the CA's own index, on each request, which is file access where a {@code RevocationSource}
 * promises none; and the next start certifies again whom a revocation left without a certificate. There the CA is elsewhere,
 * members keep their keys, and revocation comes by an {@code OcspSource} or a {@code CrlSource}.
 */
final class DevelopmentCa {

    private final CertificateAuthority authority;

    /** Opens the one in this directory, or makes it; issues what its server and members lack. */
    DevelopmentCa(Path directory) {
        authority = CertificateAuthority.openOrCreate(
                directory, CaSettings.named("mtls development"), InstantSource.system());
        authority.obtain(Member.client("alice").roles("auditor"));
        authority.obtain(Member.client("bob"));
    }

    TrustAnchors anchors() {
        return TrustAnchors.of(authority.roots());
    }

    /** The server's own, for localhost. */
    X509ExtendedKeyManager serverKeys() {
        HeldCertificate server = authority.obtain(Member.server("localhost", "127.0.0.1", "::1"));
        char[] password = {}; // the store is in memory alone
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, password);
            store.setKeyEntry(
                    "localhost", server.privateKey(), password, server.chain().toArray(X509Certificate[]::new));
            return MutualTls.keys(store, password);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("The server's key cannot be used", e);
        }
    }

    /** By the index: who is revoked by {@code mtls-ca revoke}, in another process, is refused at the next request. */
    RevocationPolicy revocation() {
        return RevocationPolicy.builder(this::status).build();
    }

    private RevocationStatus status(RevocationQuery query, Instant at) {
        IssuedCertificate issued =
                authority.find(query.certificate().getSerialNumber()).orElse(null);
        if (issued == null) {
            return new RevocationStatus.Unknown(Why.UNVERIFIABLE, "not signed by this authority");
        }
        return issued.revocation()
                .<RevocationStatus>map(revoked -> new RevocationStatus.Revoked(
                        revoked.at(), revoked.reason().text()))
                .orElseGet(() -> new RevocationStatus.Good(at));
    }

    /** For each member a line to paste into a shell. */
    List<String> curlLines(int port) {
        Path directory = authority.directory();
        return Stream.of("alice", "bob")
                .map(name -> "curl --cacert " + quoted(directory.resolve("root.crt"))
                        + " --cert " + quoted(directory.resolve("clients/" + name + ".crt"))
                        + " --key " + quoted(directory.resolve("clients/" + name + ".key"))
                        + " https://localhost:" + port + "/api/me")
                .toList();
    }

    private static String quoted(Path file) {
        return "'" + file.toString().replace("'", "'\\''") + "'";
    }
}
