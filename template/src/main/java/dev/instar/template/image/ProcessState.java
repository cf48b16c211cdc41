package dev.instar.template.image;

import java.util.List;

/**
 * What belongs to a process as a whole. Addresses are those of {@code struct prctl_mm_map} (prctl(2), PR_SET_MM_MAP).
 *
 * @param executable path inside the sandbox of what {@code /proc/PID/exe} points at
 * @param workingDirectory path inside the sandbox
 * @param umask file mode bits that are left out at creation
 * @param auxiliaryVector bytes of {@code /proc/PID/auxv}
 * @param openFiles how many descriptors it may have: runtimes raise the soft limit as they start
 * @param given what it has made of the descriptors that every instance is given, by ascending number
 */
public record ProcessState(
        String executable,
        String workingDirectory,
        int umask,
        long startCode,
        long endCode,
        long startData,
        long endData,
        long startBreak,
        long currentBreak,
        long startStack,
        long argumentsStart,
        long argumentsEnd,
        long environmentStart,
        long environmentEnd,
        Bytes auxiliaryVector,
        Limit openFiles,
        List<Given> given) {
    public ProcessState {
        given = List.copyOf(given);
    }

    /** Soft and hard limit of a resource; see getrlimit(2). */
    public record Limit(long soft, long hard) {}

    /** A descriptor that is given, and whether it closes on execution. */
    public record Given(int number, boolean closeOnExec) {}
}
