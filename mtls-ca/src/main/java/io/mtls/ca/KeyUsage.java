package io.mtls.ca;

/** What a key may be used for: the bits of the key usage extension in their order, RFC 5280 section 4.2.1.3. */
public enum KeyUsage {
    /** Signs something that is neither a certificate nor a CRL: what a TLS 1.3 handshake asks for. */
    DIGITAL_SIGNATURE(org.bouncycastle.asn1.x509.KeyUsage.digitalSignature),
    /** Called contentCommitment by newer editions of X.509. */
    NON_REPUDIATION(org.bouncycastle.asn1.x509.KeyUsage.nonRepudiation),
    /** Enciphers keys: the RSA key exchange of TLS 1.2 and older. */
    KEY_ENCIPHERMENT(org.bouncycastle.asn1.x509.KeyUsage.keyEncipherment),
    /** Enciphers data without a key in between. */
    DATA_ENCIPHERMENT(org.bouncycastle.asn1.x509.KeyUsage.dataEncipherment),
    /** Static Diffie-Hellman. */
    KEY_AGREEMENT(org.bouncycastle.asn1.x509.KeyUsage.keyAgreement),
    /** Signs certificates: only a CA. */
    KEY_CERT_SIGN(org.bouncycastle.asn1.x509.KeyUsage.keyCertSign),
    /** Signs revocation lists. */
    CRL_SIGN(org.bouncycastle.asn1.x509.KeyUsage.cRLSign),
    /** With {@link #KEY_AGREEMENT}: only to encipher. */
    ENCIPHER_ONLY(org.bouncycastle.asn1.x509.KeyUsage.encipherOnly),
    /** With {@link #KEY_AGREEMENT}: only to decipher. */
    DECIPHER_ONLY(org.bouncycastle.asn1.x509.KeyUsage.decipherOnly);

    private final int bit;

    KeyUsage(int bit) {
        this.bit = bit;
    }

    int bit() {
        return bit;
    }
}
