package io.mtls.identity;

/** Which characters a person can see for what they are. */
final class CodePoints {

    private CodePoints() {}

    /**
     * Whether this character leaves a mark of its own on the screen and cannot pass for another or move
     * its neighbours: not a control, format, private-use, unassigned or unpaired surrogate code point,
     * not a line break, not a space other than U+0020, and nothing that is drawn as nothing.
     *
     * <p>What is unassigned depends on the Unicode version of the running Java. Look-alikes of different
     * scripts are <em>not</em> told apart (Unicode TR 39).
     */
    static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> codePoint == ' ';
            default -> !isDrawnAsNothing(codePoint);
        };
    }

    /**
     * Default_Ignorable_Code_Point (Unicode Standard Annex 44, DerivedCoreProperties.txt) as far as the
     * categories above do not cover it, and the empty Braille pattern.
     */
    private static boolean isDrawnAsNothing(int c) {
        return c == 0x034F // combining grapheme joiner
                || (c >= 0x115F && c <= 0x1160) // Hangul fillers
                || (c >= 0x17B4 && c <= 0x17B5) // Khmer inherent vowels
                || (c >= 0x180B && c <= 0x180F) // Mongolian variation selectors
                || c == 0x2800 // Braille pattern blank
                || c == 0x3164 // Hangul filler
                || (c >= 0xFE00 && c <= 0xFE0F) // variation selectors
                || c == 0xFFA0 // half-width Hangul filler
                || (c >= 0xE0000 && c <= 0xE0FFF); // tags and more variation selectors
    }
}
