package io.mtls.identity;

/** Text of unknown origin, made fit for a line of a log or an error message. */
public final class SafeText {

    /** The most characters of the original that are shown; a full name (RFC 5280 appendix A.1) needs no more. */
    public static final int MAX_LENGTH = 256;

    private SafeText() {}

    /**
     * The text on one line, nothing hidden in it.
     *
     * <p>Control, format (bidirectional and zero-width among them), unassigned and private-use
     * characters, unpaired surrogates, and spaces other than U+0020 become <code>&#92;u{202e}</code>;
     * a backslash and a double quote get a backslash before them, so that the result is unambiguous and
     * may be put between double quotes. Behind {@link #MAX_LENGTH} characters the rest is counted, not
     * shown.
     *
     * <p>Not done: escaping for HTML, JSON or a terminal's width.
     */
    public static String of(String text) {
        StringBuilder safe = new StringBuilder();
        int i = 0;
        for (int shown = 0; i < text.length() && shown < MAX_LENGTH; shown++) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            if (!CodePoints.isPlain(codePoint)) {
                safe.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
                continue;
            }
            if (codePoint == '\\' || codePoint == '"') {
                safe.append('\\');
            }
            safe.appendCodePoint(codePoint);
        }
        if (i < text.length()) {
            safe.append("... (").append(text.length() - i).append(" more)");
        }
        return safe.toString();
    }
}
