package dev.instar.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** How values read in tables. */
final class Output {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Output() {}

    /** A field as text; {@code -} if it is absent or empty. */
    static String text(JsonNode object, String field) {
        JsonNode value = object.path(field);
        String text = value.isValueNode() && !value.isNull() ? value.asString() : "";
        return text.isEmpty() ? "-" : text;
    }

    /** A label or a log line may hold escape sequences that would take over the reader's terminal. */
    static String printable(String text) {
        return text.codePoints()
                .map(character -> Character.isISOControl(character) ? '?' : character)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** A number of bytes with three significant digits, such as {@code 1.25 MiB}. */
    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        int decimals = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS[unit]);
    }

    /** Milliseconds with three significant digits or more. */
    static String millis(double millis) {
        int decimals = millis >= 100 ? 0 : millis >= 10 ? 1 : millis >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", millis);
    }

    /** How long ago a time in ISO 8601 was, such as {@code 3h}; the text itself if it is not one. */
    static String age(String time, Instant now) {
        try {
            Duration age = Duration.between(Instant.parse(time), now);
            if (age.toDays() > 1) {
                return age.toDays() + "d";
            }
            if (age.toHours() > 1) {
                return age.toHours() + "h";
            }
            return age.toMinutes() > 1 ? age.toMinutes() + "m" : Math.max(0, age.toSeconds()) + "s";
        } catch (DateTimeParseException e) {
            return time;
        }
    }
}
