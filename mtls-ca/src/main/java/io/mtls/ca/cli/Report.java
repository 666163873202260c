package io.mtls.ca.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a person reads. A name may hold anything, what moves a terminal's cursor or turns the direction of writing too:
 * such characters become <code>&#92;u{1b}</code>.
 */
final class Report {
    private static final String GAP = "  ";
    private static final Pattern UNQUOTED = Pattern.compile("[\\p{L}\\p{N}_./:@%+=,-]+");

    private final PrintWriter out;

    Report(PrintWriter out) {
        this.out = out;
    }

    Report line(String text) {
        out.println(safe(text));
        return this;
    }

    Report line() {
        out.println();
        return this;
    }

    /** Columns side by side; the last one may be of any width. */
    Report table(List<List<String>> rows) {
        List<List<String>> safe = new ArrayList<>();
        for (List<String> row : rows) {
            safe.add(row.stream().map(Report::safe).toList());
        }
        int[] widths = widths(safe);
        for (List<String> row : safe) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int width = column + 1 == row.size() ? 0 : widths[column] + GAP.length();
                line.append(padded(row.get(column), width));
            }
            out.println(line.toString().stripTrailing());
        }
        return this;
    }

    /** The same, set in from the margin. */
    Report indented(List<List<String>> rows) {
        List<List<String>> indented = new ArrayList<>();
        for (List<String> row : rows) {
            List<String> cells = new ArrayList<>(row);
            cells.set(0, GAP + cells.get(0));
            indented.add(cells);
        }
        return table(indented);
    }

    private static int[] widths(List<List<String>> rows) {
        int[] widths = new int[rows.stream().mapToInt(List::size).max().orElse(0)];
        for (List<String> row : rows) {
            for (int column = 0; column + 1 < row.size(); column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        return widths;
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    static String safe(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(codePoint -> {
            if (isPlain(codePoint)) {
                safe.appendCodePoint(codePoint);
            } else {
                safe.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
            }
        });
        return safe.toString();
    }

    /** As a shell takes it for one argument. */
    static String argument(Object text) {
        String argument = text.toString();
        return UNQUOTED.matcher(argument).matches() ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    private static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
