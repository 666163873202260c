package io.mtls.benchmarks;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;

/** A chain as it travels, the client's certificate first. */
final class EncodedChain {

    private final byte[][] der;

    private EncodedChain(byte[][] der) {
        this.der = der;
    }

    static EncodedChain of(List<X509Certificate> chain) {
        byte[][] der = new byte[chain.size()][];
        for (int i = 0; i < der.length; i++) {
            try {
                der[i] = chain.get(i).getEncoded();
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }
        return new EncodedChain(der);
    }

    byte[] der(int index) {
        return der[index];
    }

    /** As the TLS engine does it before it asks the trust manager. */
    X509Certificate[] parsed() {
        X509Certificate[] chain = new X509Certificate[der.length];
        for (int i = 0; i < chain.length; i++) {
            chain[i] = Pki.parse(der[i]);
        }
        return chain;
    }
}
