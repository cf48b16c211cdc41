package dev.instar.linux;

import java.util.HashMap;
import java.util.Map;

/**
 * What {@code /proc/PID/task/TID/status} tells of a thread.
 *
 * @param state one letter; see {@link ProcessStat#state}
 * @param namespaceId its id in its own pid namespace
 * @param tracer id of the process that traces it, or 0
 * @param umask file mode bits that are left out at creation
 * @param pendingSignals sent to the thread and not delivered; bit n−1 for signal n
 * @param sharedPendingSignals sent to the process and not delivered
 */
public record TaskStatus(
        char state, int namespaceId, int tracer, int umask, long pendingSignals, long sharedPendingSignals) {

    /** Whether it is dead or about to be. */
    public boolean ended() {
        return state == 'Z' || state == 'X';
    }

    /**
     * Parses the file's text.
     *
     * @throws IllegalArgumentException if a line is missing or not as proc(5) describes it
     */
    public static TaskStatus parse(String text) {
        Map<String, String> lines = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            int colon = line.indexOf(":\t");
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        String ids = required(lines, "NSpid");
        return new TaskStatus(
                required(lines, "State").charAt(0),
                Integer.parseInt(ids.substring(ids.lastIndexOf('\t') + 1)),
                Integer.parseInt(required(lines, "TracerPid")),
                Integer.parseInt(lines.getOrDefault("Umask", "0"), 8),
                Long.parseUnsignedLong(required(lines, "SigPnd"), 16),
                Long.parseUnsignedLong(required(lines, "ShdPnd"), 16));
    }

    private static String required(Map<String, String> lines, String key) {
        String value = lines.get(key);
        if (value == null) {
            throw new IllegalArgumentException("a thread's status has no line \"" + key + "\"");
        }
        return value;
    }
}
