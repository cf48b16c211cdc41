package dev.instar.sandbox;

/**
 * How a workload ended.
 *
 * @param exitCode its exit status, or −1 if a signal ended it
 * @param signal the signal that ended it, or 0
 * @param outOfMemory whether its control group ran into the memory limit
 * @param cpuNanos processor time used by all of its processes
 * @param peakMemoryBytes the control group's highest usage, or 0 where the kernel does not tell
 */
public record Ending(int exitCode, int signal, boolean outOfMemory, long cpuNanos, long peakMemoryBytes) {
    /** One line for people: "exit status 3", "killed by signal 9 (memory limit reached)". */
    public String describe() {
        String how = signal == 0 ? "exit status " + exitCode : "killed by signal " + signal;
        return outOfMemory ? how + " (memory limit reached)" : how;
    }
}
