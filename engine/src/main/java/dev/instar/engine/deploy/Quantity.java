package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Amounts of memory and processor time as Kubernetes writes them: {@code 128Mi}, {@code 1G}, {@code 500m}, {@code 0.5}.
 */
public final class Quantity {
    private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,19}(?:\\.[0-9]{1,9})?)([A-Za-z]*)");
    private static final Map<String, Long> MEMORY_UNITS = memoryUnits();

    private Quantity() {}

    /**
     * Bytes of an amount of memory; a fraction of a byte counts as a whole one.
     *
     * @throws InvalidRequestException if it is not of the form above or beyond 2^62
     */
    public static long bytes(String text) {
        Matcher matcher = matcher(text, "an amount of memory such as 256Mi or 1G");
        Long unit = MEMORY_UNITS.get(matcher.group(2));
        if (unit == null) {
            String hint = matcher.group(2).equals("m") ? "; m means thousandths, write Mi for mebibytes" : "";
            throw new InvalidRequestException("unknown unit in \"" + text + "\"" + hint);
        }
        BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
        if (bytes.compareTo(BigDecimal.valueOf(1L << 62)) > 0) {
            throw new InvalidRequestException("\"" + text + "\" is too large");
        }
        return bytes.setScale(0, RoundingMode.CEILING).longValueExact();
    }

    /**
     * Thousandths of a processor; a fraction of one counts as a whole one.
     *
     * @throws InvalidRequestException if it is not of the form above or beyond a million processors
     */
    public static int cpuMillis(String text) {
        Matcher matcher = matcher(text, "an amount of processors such as 500m or 0.5");
        String unit = matcher.group(2);
        if (!unit.isEmpty() && !unit.equals("m")) {
            throw new InvalidRequestException("unknown unit in \"" + text + "\"; write 500m or 0.5");
        }
        BigDecimal millis = new BigDecimal(matcher.group(1)).scaleByPowerOfTen(unit.isEmpty() ? 3 : 0);
        if (millis.compareTo(BigDecimal.valueOf(1_000_000_000)) > 0) {
            throw new InvalidRequestException("\"" + text + "\" is too large");
        }
        return millis.setScale(0, RoundingMode.CEILING).intValueExact();
    }

    /** The shortest exact form in binary units; {@link #bytes} gives the number back. */
    public static String ofBytes(long bytes) {
        String[] units = {"Ei", "Pi", "Ti", "Gi", "Mi", "Ki"};
        for (int i = 0; i < units.length; i++) {
            long unit = 1L << (10 * (units.length - i));
            if (bytes >= unit && bytes % unit == 0) {
                return bytes / unit + units[i];
            }
        }
        return Long.toString(bytes);
    }

    /** {@link #cpuMillis} gives the number back. */
    public static String ofCpuMillis(int millis) {
        return millis + "m";
    }

    private static Matcher matcher(String text, String expected) {
        Matcher matcher = AMOUNT.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidRequestException("expected " + expected + ", found \"" + text + "\"");
        }
        return matcher;
    }

    private static Map<String, Long> memoryUnits() {
        Map<String, Long> units = new LinkedHashMap<>();
        units.put("", 1L);
        units.put("k", 1_000L);
        units.put("M", 1_000_000L);
        units.put("G", 1_000_000_000L);
        units.put("T", 1_000_000_000_000L);
        units.put("Ki", 1L << 10);
        units.put("Mi", 1L << 20);
        units.put("Gi", 1L << 30);
        units.put("Ti", 1L << 40);
        units.put("Pi", 1L << 50);
        units.put("Ei", 1L << 60);
        return units;
    }
}
