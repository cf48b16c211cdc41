package dev.instar.linux;

/** Where the kernel believes the parts of a process's memory to be, from {@code /proc/PID/stat}; see proc(5). */
public record MemoryBounds(
        long startCode,
        long endCode,
        long startStack,
        long startData,
        long endData,
        long startBreak,
        long argumentsStart,
        long argumentsEnd,
        long environmentStart,
        long environmentEnd) {
    // Numbers of proc(5), less the three that stand before and are those that parse takes off.
    private static final int START_CODE = 26 - 3;
    private static final int START_DATA = 45 - 3;
    private static final int LAST = 51 - 3;

    /**
     * Parses the file's text.
     *
     * @throws IllegalArgumentException if it is not as proc(5) describes it
     */
    public static MemoryBounds parse(String text) {
        String[] fields = fieldsBehindCommand(text);
        if (fields.length <= LAST) {
            throw new IllegalArgumentException("not a process's stat: " + text);
        }
        return new MemoryBounds(
                Long.parseUnsignedLong(fields[START_CODE]),
                Long.parseUnsignedLong(fields[START_CODE + 1]),
                Long.parseUnsignedLong(fields[START_CODE + 2]),
                Long.parseUnsignedLong(fields[START_DATA]),
                Long.parseUnsignedLong(fields[START_DATA + 1]),
                Long.parseUnsignedLong(fields[START_DATA + 2]),
                Long.parseUnsignedLong(fields[START_DATA + 3]),
                Long.parseUnsignedLong(fields[START_DATA + 4]),
                Long.parseUnsignedLong(fields[START_DATA + 5]),
                Long.parseUnsignedLong(fields[LAST]));
    }

    static String[] fieldsBehindCommand(String text) {
        return text.substring(text.lastIndexOf(") ") + 2).strip().split(" ", -1);
    }
}
