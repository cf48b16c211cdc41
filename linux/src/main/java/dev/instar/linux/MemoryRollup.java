package dev.instar.linux;

import java.util.HashMap;
import java.util.Map;

/**
 * A process's resident memory by kind, the sum over its mappings, from {@code /proc/PID/smaps_rollup}. All values are
 * bytes. "Private" means mapped by one process now, so an unwritten page of a shared file counts as private to its only
 * reader.
 *
 * @param resident all pages present
 * @param proportional each page divided by the number of processes that map it
 * @param sharedClean mapped by several, equal to the file behind
 * @param sharedDirty mapped by several, differing from a file or anonymous
 * @param privateClean mapped by this process only, equal to the file behind
 * @param privateDirty mapped by this process only, differing from a file or anonymous
 * @param anonymous without a file behind, copies of private file pages included
 * @param swapped anonymous memory that was moved out to swap
 */
public record MemoryRollup(
        long resident,
        long proportional,
        long sharedClean,
        long sharedDirty,
        long privateClean,
        long privateDirty,
        long anonymous,
        long swapped) {
    private static final int KIB = 1024;
    private static final String UNIT = " kB";

    /**
     * What exists for this process alone: pages without a file behind, copies of file pages included. A page of a
     * library or a memory template that only this process maps just now is not among them: it is there for whoever
     * comes.
     */
    public long privateBytes() {
        return anonymous + swapped;
    }

    /** Resident pages that are or can be others' too. */
    public long sharedBytes() {
        return Math.max(0, resident - anonymous);
    }

    /**
     * Parses the file's text.
     *
     * @throws IllegalArgumentException if a line is missing or not as proc(5) describes it
     */
    public static MemoryRollup parse(String text) {
        Map<String, Long> values = new HashMap<>();
        for (String line : text.lines().skip(1).toList()) {
            int colon = line.indexOf(':');
            if (colon < 0 || !line.endsWith(UNIT)) {
                throw new IllegalArgumentException("not a line of smaps_rollup: " + line);
            }
            String number =
                    line.substring(colon + 1, line.length() - UNIT.length()).strip();
            try {
                values.put(line.substring(0, colon), Math.multiplyExact(Long.parseLong(number), KIB));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("not a line of smaps_rollup: " + line, e);
            }
        }
        return new MemoryRollup(
                required(values, "Rss"),
                required(values, "Pss"),
                required(values, "Shared_Clean"),
                required(values, "Shared_Dirty"),
                required(values, "Private_Clean"),
                required(values, "Private_Dirty"),
                required(values, "Anonymous"),
                required(values, "Swap"));
    }

    private static long required(Map<String, Long> values, String key) {
        Long value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("smaps_rollup has no line \"" + key + "\"");
        }
        return value;
    }
}
