package dev.instar.sandbox;

import java.util.OptionalLong;

/**
 * What an instance may use; in force before its first instruction.
 *
 * @param memoryBytes bound of the memory control group, page cache and tmpfs included; at least 16 MiB
 * @param memoryHighBytes from where on the kernel takes memory back and, under control groups v2, slows the function
 *     down ({@link dev.instar.linux.ControlGroup#setMemoryHigh}); at least 16 MiB, at most {@code memoryBytes}; empty
 *     for nowhere
 * @param pids bound on processes and threads; 1 to 4096
 * @param cpuMillis CPU bandwidth in thousandths of a core per second; 10 to 1,000,000
 * @param tmpBytes size of the writable {@code /tmp}; it counts as memory too
 */
public record ResourceLimits(long memoryBytes, OptionalLong memoryHighBytes, int pids, int cpuMillis, long tmpBytes) {
    private static final long MIB = 1L << 20;

    /** 256 MiB of memory, 128 processes and threads, one core, 64 MiB of {@code /tmp}. */
    public static final ResourceLimits DEFAULT =
            new ResourceLimits(256 * MIB, OptionalLong.empty(), 128, 1000, 64 * MIB);

    /** @throws IllegalArgumentException if a value is out of its range */
    public ResourceLimits {
        require(memoryBytes >= 16 * MIB, "memory must be at least 16Mi");
        memoryHighBytes.ifPresent(high -> {
            require(high >= 16 * MIB, "memory-high must be at least 16Mi");
            require(high <= memoryBytes, "memory-high must not be more than memory");
        });
        require(pids >= 1 && pids <= 4096, "pids must be between 1 and 4096");
        require(cpuMillis >= 10 && cpuMillis <= 1_000_000, "cpu must be between 10m and 1000");
        require(tmpBytes >= 0, "tmp must not be negative");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
