package io.mtls.ca.cli;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as people write them: {@code 90d}, {@code 12h}, {@code 1y}, which has 365 days. There are no months. */
final class Durations implements ITypeConverter<Duration> {
    private static final Pattern TEXT = Pattern.compile("([1-9][0-9]{0,5})([mhdwy])");

    private static final Map<String, Duration> UNITS = Map.of(
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1),
            "w", Duration.ofDays(7),
            "y", Duration.ofDays(365));

    @Override
    public Duration convert(String text) {
        Matcher matcher = TEXT.matcher(text);
        Duration unit = matcher.matches() ? UNITS.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new TypeConversionException(
                    "\"" + text
                            + "\" is no duration: write 30m for minutes, 12h for hours, 90d for days, 2w for weeks, 1y for 365 days");
        }
        return unit.multipliedBy(Integer.parseInt(matcher.group(1)));
    }

    /** The largest unit that says it well enough: {@code 90 days}, {@code 12 hours}. */
    static String text(Duration duration) {
        // Certificates begin a little in the past and end at a full second.
        long days = duration.plusMinutes(30).toDays();
        if (days >= 2) {
            return days + " days";
        }
        long hours = duration.plusMinutes(1).toHours();
        return hours >= 2
                ? hours + " hours"
                : duration.truncatedTo(ChronoUnit.MINUTES).toMinutes() + " minutes";
    }
}
