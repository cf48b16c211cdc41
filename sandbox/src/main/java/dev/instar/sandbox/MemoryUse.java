package dev.instar.sandbox;

/**
 * Memory of a running workload, all processes together.
 *
 * @param chargedBytes what its control group is charged
 * @param privateBytes private dirty and clean pages of its processes, from {@code smaps_rollup}
 * @param sharedBytes resident pages it shares with others
 */
public record MemoryUse(long chargedBytes, long privateBytes, long sharedBytes) {}
