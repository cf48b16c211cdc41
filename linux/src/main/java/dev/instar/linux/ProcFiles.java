package dev.instar.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code /proc} tells of processes. */
public final class ProcFiles {
    private ProcFiles() {}

    /** Resident pages of a process, from {@code smaps_rollup}. */
    public record Rollup(long privateBytes, long sharedBytes) {}

    /** Reads {@code smaps_rollup}; empty if the process has ended. */
    public static Optional<Rollup> smapsRollup(int pid) {
        long own = 0;
        long shared = 0;
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Integer.toString(pid), "smaps_rollup"))) {
                if (line.startsWith("Private_Clean:") || line.startsWith("Private_Dirty:")) {
                    own += kib(line);
                } else if (line.startsWith("Shared_Clean:") || line.startsWith("Shared_Dirty:")) {
                    shared += kib(line);
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(new Rollup(own * 1024, shared * 1024));
    }

    private static long kib(String line) {
        return Long.parseLong(
                line.substring(line.indexOf(':') + 1, line.length() - 2).strip());
    }
}
