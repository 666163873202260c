package io.mtls.benchmarks;

import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.ca.HeldCertificate;
import io.mtls.ca.KeyType;
import java.io.ByteArrayInputStream;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;

/** A root, an issuing CA below it, and as many members as are asked for; all of them P-256. */
final class Pki {

    static final InstantSource CLOCK = InstantSource.system();

    /**
     * How many certificates the JDK's factory remembers: it hands out the same object for the same bytes as long as they
     * are among the last 750 that were used (sun.security.provider.X509Factory). An object also remembers that its
     * signature was found good. What is to be new in a benchmark must have left this cache.
     */
    static final int JDK_FACTORY_CACHE = 750;

    private final HeldCertificate root;
    private final HeldCertificate issuing;

    /** Two of one name differ in their keys, so that the one is a forgery of the other. */
    Pki(String name) {
        root = HeldCertificate.root("CN=" + name + " Root,O=" + name).build();
        issuing = root.issueCa("CN=" + name + " Issuing,O=" + name).build();
    }

    X509Certificate root() {
        return root.certificate();
    }

    ClientCertificateVerifier verifier() {
        return ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("acme", TrustAnchors.of(root())).build())
                .build();
    }

    /** With a verifier of its own, and so an empty cache. Nobody listens: what an event costs is its listener's affair. */
    ClientAuthenticator authenticator() {
        ClientCertificateVerifier verifier = verifier();
        return new ClientAuthenticator(() -> verifier, CLOCK, event -> {});
    }

    /** The chains of distinct members. They share a key pair, which nothing here looks at: it saves its making. */
    List<EncodedChain> members(int count) {
        KeyPair shared = KeyType.P256.generate();
        return IntStream.range(0, count)
                .mapToObj(i -> issuing.issueClient("CN=member-" + i + ",OU=orders")
                        .keyPair(shared)
                        .build())
                .map(member -> EncodedChain.of(member.chain()))
                .toList();
    }

    static X509Certificate parse(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An equal certificate that is another object. */
    @SuppressWarnings("ReferenceEquality") // Two objects are the point.
    static X509Certificate copyOf(byte[] der) {
        X509Certificate before = parse(der);
        for (int i = 1; i <= JDK_FACTORY_CACHE; i++) {
            byte[] other = der.clone(); // with another signature, which no parser checks
            other[other.length - 1] ^= (byte) i;
            other[other.length - 2] ^= (byte) (i >> 8);
            parse(other);
        }
        X509Certificate copy = parse(der);
        if (copy == before) {
            throw new IllegalStateException("This JDK's factory remembers more than " + JDK_FACTORY_CACHE);
        }
        return copy;
    }
}
