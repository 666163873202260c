package io.mtls.identity;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Optional;

/** The single place that decides whether a string can be a principal. */
final class PrincipalText {

    /**
     * The longest principal in bytes of UTF-8: what the SPIFFE-ID standard section 2.3 demands to be
     * supported, and more than an e-mail address (320, RFC 5321 section 4.5.3.1), a user principal name
     * (1024, [MS-ADA3]) or a common name (64 characters, RFC 5280 appendix A.1) can have.
     */
    static final int MAX_LENGTH = SpiffeId.MAX_LENGTH;

    private PrincipalText() {}

    /**
     * What is wrong with this text as a principal, for a log line, or nothing.
     *
     * <p>It is never mended: a trimmed, folded or normalised name is another one, which somebody else may
     * have.
     */
    static Optional<String> fault(String text) {
        if (text.isBlank()) {
            return Optional.of("the name is blank");
        }
        // Characters are never fewer than a third of the bytes: nothing below looks at much more than it has to.
        if (text.length() > MAX_LENGTH || text.getBytes(StandardCharsets.UTF_8).length > MAX_LENGTH) {
            return Optional.of("the name is longer than " + MAX_LENGTH + " bytes");
        }
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            if (!CodePoints.isPlain(codePoint)) {
                return Optional.of(String.format(
                        "the name has the character U+%04X, which is a control or cannot be seen", codePoint));
            }
            i += Character.charCount(codePoint);
        }
        if (text.startsWith(" ") || text.endsWith(" ")) {
            return Optional.of("the name begins or ends with a space");
        }
        if (!Normalizer.isNormalized(text, Normalizer.Form.NFC)) {
            return Optional.of("the name is not in Unicode Normalization Form C");
        }
        return Optional.empty();
    }
}
