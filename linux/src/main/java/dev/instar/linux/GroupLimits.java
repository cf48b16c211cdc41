package dev.instar.linux;

/**
 * Limits of a control group, in the units they are set in; {@link ControlGroup#UNLIMITED} for none.
 *
 * @param memoryBytes see {@link ControlGroup#setMemoryLimit}
 * @param pids see {@link ControlGroup#setPidsLimit}
 * @param cpuMillis see {@link ControlGroup#setCpuLimit}
 */
public record GroupLimits(long memoryBytes, long pids, long cpuMillis) {
    /** What a new group has. */
    public static final GroupLimits NONE =
            new GroupLimits(ControlGroup.UNLIMITED, ControlGroup.UNLIMITED, ControlGroup.UNLIMITED);

    /** Sets all of them. */
    public void set(ControlGroup group) {
        group.setMemoryLimit(memoryBytes);
        group.setPidsLimit(pids);
        group.setCpuLimit(cpuMillis);
    }
}
