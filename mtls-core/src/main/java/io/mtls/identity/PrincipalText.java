package io.mtls.identity;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Optional;

/** The single place that decides whether a string can be a principal. */
final class PrincipalText {

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
        if (text.length() > PrincipalExtractor.MAX_LENGTH
                || text.getBytes(StandardCharsets.UTF_8).length > PrincipalExtractor.MAX_LENGTH) {
            return Optional.of("the name is longer than " + PrincipalExtractor.MAX_LENGTH + " bytes");
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
