package dev.instar.linux;

/**
 * Limits of a control group, in the units they are set in; {@link ControlGroup#UNLIMITED} for none.
 *
 * @param memoryBytes see {@link ControlGroup#setMemoryLimit}
 * @param memoryHighBytes see {@link ControlGroup#setMemoryHigh}
 * @param pids see {@link ControlGroup#setPidsLimit}
 * @param cpuMillis see {@link ControlGroup#setCpuLimit}
 */
public record GroupLimits(long memoryBytes, long memoryHighBytes, long pids, long cpuMillis) {
    /** What a new group has. */
    public static final GroupLimits NONE = new GroupLimits(
            ControlGroup.UNLIMITED, ControlGroup.UNLIMITED, ControlGroup.UNLIMITED, ControlGroup.UNLIMITED);

    /** Sets all of them. */
    public void set(ControlGroup group) {
        group.setMemoryLimit(memoryBytes);
        group.setMemoryHigh(memoryHighBytes);
        group.setPidsLimit(pids);
        group.setCpuLimit(cpuMillis);
    }
}
