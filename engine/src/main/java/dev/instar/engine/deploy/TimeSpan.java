package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go and OpenFaaS write them: {@code 30s}, {@code 1m30s}, {@code 500ms}, {@code 1.5h}. */
public final class TimeSpan {
    private static final Pattern PART = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?)(h|ms|us|µs|ns|m|s)");
    private static final Duration LONGEST = Duration.ofDays(366);

    private TimeSpan() {}

    /**
     * @throws InvalidRequestException if it is not of the form above, finer than a nanosecond or longer than 366 days
     */
    public static Duration parse(String text) {
        Matcher part = PART.matcher(text);
        Duration total = Duration.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            total = total.plus(part(text, part));
            end = part.end();
        }
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        if (end == 0 || end != text.length()) {
            throw new InvalidRequestException(
                    "expected a duration such as 30s, 1m30s or 500ms, found \"" + text + "\"");
        }
        if (total.compareTo(LONGEST) > 0) {
            throw new InvalidRequestException("\"" + text + "\" is longer than 366 days");
        }
        return total;
    }

    /** The shortest exact form; {@link #parse} gives the duration back. Not for negative durations. */
    public static String format(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        StringBuilder text = new StringBuilder();
        append(text, duration.toHours(), "h");
        append(text, duration.toMinutesPart(), "m");
        append(text, duration.toSecondsPart(), "s");
        append(text, duration.toMillisPart(), "ms");
        append(text, duration.toNanosPart() / 1000 % 1000, "us");
        append(text, duration.toNanosPart() % 1000, "ns");
        return text.toString();
    }

    private static void append(StringBuilder text, long amount, String unit) {
        if (amount != 0) {
            text.append(amount).append(unit);
        }
    }

    private static Duration part(String text, Matcher part) {
        long nanosPerUnit = switch (part.group(2)) {
            case "h" -> 3_600_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "s" -> 1_000_000_000L;
            case "ms" -> 1_000_000L;
            case "us", "µs" -> 1_000L;
            default -> 1L;
        };
        BigDecimal nanos = new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(nanosPerUnit));
        if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new InvalidRequestException("\"" + text + "\" is longer than 366 days");
        }
        try {
            return Duration.ofNanos(nanos.longValueExact());
        } catch (ArithmeticException _) {
            throw new InvalidRequestException("\"" + text + "\" is finer than a nanosecond");
        }
    }
}
