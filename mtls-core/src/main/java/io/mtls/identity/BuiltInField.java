package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/**
 * A field of this package: known by its textual form, and the one place where an unchecked exception
 * of the ASN.1 parser ends.
 */
final class BuiltInField implements CertificateField {

    /** Reads the values; may throw any unchecked exception for malformed bytes. */
    @FunctionalInterface
    interface Reader {
        List<String> read(X509Certificate certificate) throws CertificateParsingException;
    }

    private final String text;
    private final Reader reader;

    BuiltInField(String text, Reader reader) {
        this.text = Objects.requireNonNull(text);
        this.reader = Objects.requireNonNull(reader);
    }

    @Override
    public List<String> values(X509Certificate certificate) throws CertificateParsingException {
        Objects.requireNonNull(certificate, "certificate");
        try {
            return List.copyOf(reader.read(certificate));
        } catch (CertificateParsingException e) {
            throw new CertificateParsingException(text + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            // BouncyCastle reports malformed ASN.1 by half a dozen unchecked exceptions.
            throw new CertificateParsingException(text + ": " + Der.malformed(e), e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BuiltInField field && text.equals(field.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
