package io.mtls.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Objects;

/**
 * Makes the principal of an end-entity certificate: the one value of a field, behind a prefix.
 *
 * <p>The prefix keeps the name spaces of several CAs apart: with {@code partner:} a partner's {@code
 * alice} is {@code partner:alice}. It does so only where every extractor in use has one and none is the
 * beginning of another: beside an extractor without a prefix, a CA can issue {@code CN=partner:alice}.
 *
 * @param field where the name is
 * @param prefix what is put before the name, empty for nothing
 */
public record PrincipalExtractor(CertificateField field, String prefix) {

    /**
     * The longest principal, its prefix included, in bytes of UTF-8. The SPIFFE-ID standard section 2.3
     * demands as much; an e-mail address (320, RFC 5321 section 4.5.3.1) and a common name (64 characters,
     * RFC 5280 appendix A.1) stay far below.
     */
    public static final int MAX_LENGTH = SpiffeId.MAX_LENGTH;

    /**
     * Checks the prefix.
     *
     * @throws IllegalArgumentException when a name that begins with it cannot be a principal
     */
    public PrincipalExtractor {
        Objects.requireNonNull(field, "field");
        if (!prefix.isEmpty()) {
            PrincipalText.fault(prefix).ifPresent(fault -> {
                throw new IllegalArgumentException("'" + SafeText.of(prefix) + "' cannot be a prefix: " + fault);
            });
        }
    }

    /** An extractor without a prefix. */
    public PrincipalExtractor(CertificateField field) {
        this(field, "");
    }

    /**
     * The principal that this certificate names. A field that cannot be read is {@link
     * ExtractedPrincipal.Invalid}, as is a name that cannot be a principal.
     *
     * <p>Hand in the end entity of a verified path; nothing is verified here.
     */
    public ExtractedPrincipal extract(X509Certificate certificate) {
        try {
            return ExtractedPrincipal.of(prefix, field.values(certificate));
        } catch (CertificateParsingException e) {
            return new ExtractedPrincipal.Invalid(SafeText.of(String.valueOf(e.getMessage())));
        }
    }
}
