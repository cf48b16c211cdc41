package dev.instar.linux;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code /proc/PID/status} tells of a process.
 *
 * @param name the file name of its program, as in {@link ProcessStat#command}
 * @param parentPid the process that will reap it
 * @param uids real, effective, saved and file-system user id, as seen from the reader's user namespace
 * @param gids the same for the group
 * @param namespacePids its id in each pid namespace from the reader's down to its own
 * @param effectiveCapabilities one bit for each capability it can use now
 * @param boundingCapabilities one bit for each capability it could ever get
 * @param noNewPrivileges whether executing a set-uid program gives it nothing
 * @param seccompMode 0 none, 1 strict, 2 filter
 * @param threads how many threads it has
 */
public record ProcessStatus(
        String name,
        int parentPid,
        List<Long> uids,
        List<Long> gids,
        List<Integer> namespacePids,
        long effectiveCapabilities,
        long boundingCapabilities,
        boolean noNewPrivileges,
        int seccompMode,
        int threads) {
    public ProcessStatus {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
        namespacePids = List.copyOf(namespacePids);
    }

    /**
     * Parses the file's text.
     *
     * @throws IllegalArgumentException if a line is missing or not as proc(5) describes it
     */
    public static ProcessStatus parse(String text) {
        Map<String, String> lines = new HashMap<>();
        for (String line : text.lines().toList()) {
            int colon = line.indexOf(":\t");
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        try {
            return new ProcessStatus(
                    required(lines, "Name"),
                    Integer.parseInt(required(lines, "PPid")),
                    words(required(lines, "Uid")).stream().map(Long::valueOf).toList(),
                    words(required(lines, "Gid")).stream().map(Long::valueOf).toList(),
                    words(required(lines, "NSpid")).stream()
                            .map(Integer::valueOf)
                            .toList(),
                    Long.parseUnsignedLong(required(lines, "CapEff"), 16),
                    Long.parseUnsignedLong(required(lines, "CapBnd"), 16),
                    required(lines, "NoNewPrivs").equals("1"),
                    Integer.parseInt(required(lines, "Seccomp")),
                    Integer.parseInt(required(lines, "Threads")));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a process's status: " + text, e);
        }
    }

    private static List<String> words(String text) {
        return Arrays.asList(text.split("\t", -1));
    }

    private static String required(Map<String, String> lines, String key) {
        String value = lines.get(key);
        if (value == null) {
            throw new IllegalArgumentException("a process's status has no line \"" + key + "\"");
        }
        return value;
    }
}
