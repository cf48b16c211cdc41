package dev.instar.sandbox;

import dev.instar.linux.ControlGroup;
import dev.instar.linux.ExitStatus;

/**
 * What a control group has counted up to some moment. A group serves many uses and its counters only grow; the
 * difference belongs to a use.
 *
 * @param oomKills processes killed at the memory limit
 * @param cpuNanos processor time
 * @param peakBytes most memory charged at a time
 */
record GroupCounters(long oomKills, long cpuNanos, long peakBytes) {
    static GroupCounters of(ControlGroup group) {
        return new GroupCounters(group.oomKills(), group.cpuNanos(), group.peakMemoryBytes());
    }

    /** How a use ended that began with these counters, given the end of its first process. */
    Ending ending(GroupCounters now, ExitStatus exit) {
        // Where the kernel keeps a group's peak for good (v2), a use that stays below an earlier one's is known by its
        // first process alone.
        long peak = now.peakBytes > peakBytes ? now.peakBytes : exit.peakResidentBytes();
        return new Ending(
                exit.code(), exit.signal(), now.oomKills > oomKills, Math.max(0, now.cpuNanos - cpuNanos), peak);
    }
}
