package io.mtls.benchmarks.server;

import io.mtls.ca.CrlBuilder;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyType;
import io.mtls.ca.RevocationReason;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A root, an issuing CA below it, a server and its callers, all of them P-256; the server's part in files. */
final class ServerPki {

    static final String ROOT = "root.pem";
    static final String SERVER_CHAIN = "server.pem";
    static final String SERVER_KEY = "server.key";

    /** The name of the caller that comes again and again. */
    static final String MEMBER = "member";

    private static final RevocationReason[] REASONS = {
        RevocationReason.UNSPECIFIED,
        RevocationReason.KEY_COMPROMISE,
        RevocationReason.SUPERSEDED,
        RevocationReason.CESSATION_OF_OPERATION
    };

    private final Path directory;
    private final HeldCertificate root =
            HeldCertificate.root("CN=Acme Root,O=Acme").build();
    private final HeldCertificate issuing =
            root.issueCa("CN=Acme Issuing CA,O=Acme").maxPathLength(0).build();
    private final HeldCertificate server =
            issuing.issueServer("localhost", "127.0.0.1").build();
    private final HeldCertificate member =
            issuing.issueClient("CN=" + MEMBER + ",OU=orders").build();

    ServerPki(Path directory) throws IOException {
        this.directory = directory;
        Files.writeString(directory.resolve(ROOT), root.certificatePem());
        Files.writeString(directory.resolve(SERVER_CHAIN), server.chainPem());
        Files.writeString(directory.resolve(SERVER_KEY), server.privateKeyPem());
    }

    Path directory() {
        return directory;
    }

    HeldCertificate server() {
        return server;
    }

    HeldCertificate member() {
        return member;
    }

    /** Distinct members. They share a key pair, which nothing here looks at: it saves its making. */
    List<HeldCertificate> newMembers(int count) {
        KeyPair shared = KeyType.P256.generate();
        return IntStream.range(0, count)
                .mapToObj(i -> issuing.issueClient("CN=new-" + i + ",OU=orders")
                        .keyPair(shared)
                        .build())
                .toList();
    }

    /** The root's list, which revokes nobody; DER, in a file. */
    Path rootCrl() throws IOException {
        return Files.write(
                directory.resolve("root.crl"), CrlBuilder.issuedBy(root).der());
    }

    /** What the issuing CA's list says: that many strangers are revoked, with serials of 16 random octets and reasons. */
    CrlBuilder issuingCrl(int entries) {
        CrlBuilder crl = CrlBuilder.issuedBy(issuing);
        SplittableRandom random = new SplittableRandom(entries);
        Instant at = Instant.now().minusSeconds(3600);
        byte[] serial = new byte[16];
        for (int i = 0; i < entries; i++) {
            random.nextBytes(serial);
            serial[0] = (byte) ((serial[0] & 0x3f) | 0x40); // Positive, and 16 octets in DER.
            crl.revoked(new BigInteger(serial), at, REASONS[i % REASONS.length]);
        }
        return crl;
    }

    /** The same in a file, DER. */
    Path issuingCrlFile(int entries) throws IOException {
        return Files.write(
                directory.resolve("issuing-" + entries + ".crl"),
                issuingCrl(entries).der());
    }

    /** Both lists in one PEM file, as nginx wants them. */
    Path pemCrls(int entries) throws IOException {
        return Files.writeString(
                directory.resolve("crls-" + entries + ".pem"),
                CrlBuilder.issuedBy(root).pem() + issuingCrl(entries).pem());
    }
}
