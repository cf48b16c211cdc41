package dev.instar.linux;

import java.util.List;

/**
 * A line of {@code /proc/PID/maps} (proc_pid_maps(5)).
 *
 * @param end first address behind it
 * @param permissions such as {@code r-xp}
 * @param offset in the file
 * @param name path of the file, a name in brackets, or empty
 */
public record Mapping(long start, long end, String permissions, long offset, String name) {
    static List<Mapping> parseAll(String text) {
        return text.lines().map(Mapping::parse).toList();
    }

    private static Mapping parse(String line) {
        String[] fields = line.split(" +", 6);
        int dash = fields[0].indexOf('-');
        return new Mapping(
                Long.parseUnsignedLong(fields[0], 0, dash, 16),
                Long.parseUnsignedLong(fields[0], dash + 1, fields[0].length(), 16),
                fields[1],
                Long.parseUnsignedLong(fields[2], 16),
                fields.length > 5 ? fields[5] : "");
    }

    /** Length in bytes. */
    public long length() {
        return end - start;
    }
}
