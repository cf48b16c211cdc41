package dev.instar.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this machine has, for defaults that are a share of it. */
public final class MachineMemory {
    private MachineMemory() {}

    /** In bytes, as {@code /proc/meminfo} tells. */
    public static long totalBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("/proc/meminfo cannot be read; is /proc mounted?", e);
        }
        throw new IllegalStateException("/proc/meminfo has no MemTotal");
    }
}
