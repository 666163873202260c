package io.mtls;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the values of a properties file can be. What is none is an {@link IllegalArgumentException} that says what is. */
final class SettingValue {

    private static final Pattern SHORT_DURATION = Pattern.compile("(\\d{1,9})([dhms])");

    private SettingValue() {}

    static String[] list(String value) {
        String[] items = value.split(",", -1);
        for (int i = 0; i < items.length; i++) {
            items[i] = items[i].strip();
        }
        if (Arrays.asList(items).contains("")) {
            throw new IllegalArgumentException("expected one or more values separated by commas, none of them empty");
        }
        if (Set.copyOf(Arrays.asList(items)).size() < items.length) {
            throw new IllegalArgumentException("expected each value once");
        }
        return items;
    }

    static int number(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("expected a number", e);
        }
    }

    static Duration duration(String value) {
        Matcher matcher = SHORT_DURATION.matcher(value);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "d" -> Duration.ofDays(amount);
                case "h" -> Duration.ofHours(amount);
                case "m" -> Duration.ofMinutes(amount);
                default -> Duration.ofSeconds(amount);
            };
        }
        try {
            return Duration.parse(value);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("expected a duration such as 90d, 12h, 30m, 2s or P90D", e);
        }
    }

    static boolean isTrue(String value) {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("expected true or false");
        };
    }
}
