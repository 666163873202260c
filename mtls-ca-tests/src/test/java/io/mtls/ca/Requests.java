package io.mtls.ca;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.KeyPair;
import java.security.PrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/** PKCS #10 requests, right and wrong ones. */
final class Requests {
    private Requests() {}

    static byte[] of(KeyPair pair) {
        return of(pair, pair.getPrivate(), Signing.algorithmFor(pair.getPrivate()));
    }

    static byte[] of(KeyPair pair, PrivateKey signer, String algorithm) {
        return of(SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()), signer, algorithm);
    }

    static byte[] of(SubjectPublicKeyInfo key, PrivateKey signer, String algorithm) {
        ContentSigner signing = Signing.signer(algorithm, signer);
        try {
            return new PKCS10CertificationRequestBuilder(new X500Name("CN=admin,O=Acme"), key)
                    .build(signing)
                    .getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
