package dev.instar.template.image;

/**
 * What belongs to a process as a whole. Addresses are those of {@code struct prctl_mm_map} (prctl(2), PR_SET_MM_MAP).
 *
 * @param executable path inside the sandbox of what {@code /proc/PID/exe} points at
 * @param workingDirectory path inside the sandbox
 * @param umask file mode bits that are left out at creation
 * @param auxiliaryVector bytes of {@code /proc/PID/auxv}
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
        Bytes auxiliaryVector) {}
