package dev.instar.linux;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A group of processes whose memory, number and processor time the kernel bounds and counts, those of groups below
 * included. Holds no resources of its own and is safe for use by several threads; every method reads or writes kernel
 * files and throws {@link ControlGroupException} if that fails, or if the host lacks the controller it needs.
 */
public interface ControlGroup {
    /** Means "no limit" where a limit is set. */
    long UNLIMITED = Long.MAX_VALUE;

    /** The last part of its path. */
    String name();

    /**
     * Creates a group inside this one, or opens it if it exists.
     *
     * <p>Under v2 a group with controlled children holds no processes itself: only childless groups can be joined.
     *
     * @param name letters, digits, {@code . _ -}; not starting with a dot; at most 128 characters
     */
    ControlGroup child(String name);

    /** The groups right below, in no order. */
    List<ControlGroup> children();

    /**
     * Bounds memory, page cache and tmpfs included, and allows no swap. Buffers of internet sockets count too (v2) or
     * are bounded by the same number apart from it (v1). May be set at any time; lowering it below what is in use makes
     * the kernel reclaim, and then kill (v2) or refuse (v1).
     *
     * @param bytes a multiple of the page size is taken, rounded down; or {@link #UNLIMITED}
     */
    void setMemoryLimit(long bytes);

    /**
     * Sets from where on the kernel takes memory back from this group and those below before they reach a limit.
     *
     * <p>Under v2 ({@code memory.high}) whoever charges memory beyond it first reclaims, and is slowed down the more
     * the further beyond it the group stays: page cache goes, but processes whose memory cannot be taken back, since
     * there is no swap, make next to no progress and are not killed. Under v1 ({@code memory.soft_limit_in_bytes}) it
     * only says whom the kernel takes from first when the whole machine is short of memory; nobody is held up. Kernels
     * built for real time have not even that, and refuse.
     *
     * @param bytes as for {@link #setMemoryLimit}; {@link #UNLIMITED} for nowhere
     */
    void setMemoryHigh(long bytes);

    /**
     * Bounds the number of processes and threads. Beyond it {@code fork} fails with EAGAIN.
     *
     * @param count 0 or more, or {@link #UNLIMITED}
     */
    void setPidsLimit(long count);

    /**
     * Bounds processor time, counted in periods of 100 ms.
     *
     * @param millis thousandths of one processor: 1500 is one and a half; at least 10, or {@link #UNLIMITED}
     */
    void setCpuLimit(long millis);

    /**
     * The files into which a process writes {@code 0} to join this group: one under v2, one for each hierarchy under
     * v1. A write takes microseconds, or 7 ms and more after 100 ms of quiet, since the kernel then waits for an RCU
     * grace period.
     */
    List<Path> joinFiles();

    /**
     * The directory to open and give to {@code clone3} with {@code CLONE_INTO_CGROUP}; empty under v1. A process
     * started this way is a member from its first instruction on and does not pay for joining.
     */
    Optional<Path> cloneDirectory();

    /** The limits in force now. */
    GroupLimits limits();

    /** Lets {@link #peakMemoryBytes} count from now on; does nothing under v2, which keeps the peak for good. */
    void forgetPeak();

    /** Bytes charged now. */
    long memoryBytes();

    /** The highest number of bytes ever charged, or 0 where the kernel does not tell (v2 before Linux 5.19). */
    long peakMemoryBytes();

    /** How many processes the kernel has killed because this group reached its memory limit. */
    long oomKills();

    /** Processor time used so far, in nanoseconds (v2: exact to a microsecond). */
    long cpuNanos();

    /**
     * How many processes and threads this group and those below have, those included that have ended and wait to be
     * reaped. A thread leaves this count as the last thing it does: at 0 all that the processes had is gone, which an
     * empty list of {@link #pids} does not say.
     */
    long tasks();

    /** The processes in this group itself, not in those below, as seen from the reader's pid namespace. */
    List<Integer> pids();

    /**
     * Kills every process in this group and below, frozen ones too, and none can fork its way out. Returns at once;
     * {@link #delete} waits for the last to be gone.
     */
    void kill();

    /**
     * Stops every process in this group and below where it stands.
     *
     * @param timeout how long to wait for the last one to stop
     */
    void freeze(Duration timeout);

    /** Lets frozen processes go on. */
    void thaw();

    /**
     * Has the kernel take back memory of this group that it can do without: clean page cache, since groups with a limit
     * have no swap. Takes as long as looking through that memory does. Under v2 from Linux 5.19 on by
     * {@code memory.reclaim}, else not at all; under v1, which has no such file, by lowering the limit for a moment: no
     * process of the group may run meanwhile, or it could be killed.
     *
     * @param bytes how much, at the most
     */
    void reclaim(long bytes);

    /**
     * Removes this group and those below. Waits for dying processes to be gone; a group that does not exist any more is
     * no error.
     *
     * @param timeout how long to wait
     * @throws ControlGroupException if processes are still in it at the end of that time; the message names them
     */
    void delete(Duration timeout);
}
