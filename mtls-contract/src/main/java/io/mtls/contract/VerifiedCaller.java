package io.mtls.contract;

import io.mtls.ClientAuth;
import io.mtls.ClientAuthentication;
import io.mtls.ClientAuthenticator;
import io.mtls.ClientCertificateVerifier;
import io.mtls.ClientIdentity;
import io.mtls.RequestFacts;
import io.mtls.TrustAnchors;
import io.mtls.TrustedIssuer;
import io.mtls.ca.HeldCertificate;
import java.security.cert.X509Certificate;
import java.time.InstantSource;

/** A {@link ClientIdentity} for tests that need no server: nobody but the verifier can make one. */
public final class VerifiedCaller {

    private VerifiedCaller() {}

    /** Who presents this chain, which leads to this root. */
    public static ClientIdentity of(HeldCertificate client, HeldCertificate root) {
        ClientCertificateVerifier verifier = ClientCertificateVerifier.builder(
                        TrustedIssuer.builder("acme", TrustAnchors.of(root.certificate()))
                                .build())
                .build();
        ClientAuthentication answer = new ClientAuthenticator(() -> verifier, InstantSource.system(), event -> {})
                .authenticateNow(new Facts(client.chain().toArray(X509Certificate[]::new)), ClientAuth.NEED);
        return ((ClientAuthentication.Authenticated) answer).identity();
    }

    private static final class Facts implements RequestFacts {
        private final X509Certificate[] chain;

        Facts(X509Certificate[] chain) {
            this.chain = chain;
        }

        @Override
        public X509Certificate[] certificates() {
            return chain;
        }

        @Override
        public String origin() {
            return "test";
        }
    }
}
