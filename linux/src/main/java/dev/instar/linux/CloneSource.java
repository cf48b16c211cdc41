package dev.instar.linux;

import org.jspecify.annotations.Nullable;

/**
 * A parked process that another process can begin as a copy of, instead of executing a program. Thread-safe.
 *
 * <p>Whoever makes the copy writes one program for it: first steps that set up the process, among them the ones that
 * {@link #restoreDescriptors} adds, then those of {@link #restoreProcess}, and at the end {@link #wake}.
 */
public interface CloneSource {
    /** Asks for a copy that runs {@code program}; returns without waiting for it. */
    PendingClone clone(Child pidNamespaceOf, @Nullable Fd cgroupDirectory, SyscallProgram program);

    /** Adds the steps that bring pages into the copy's memory which it is known to touch first. */
    void populate(Steps steps);

    /**
     * Adds the steps that recreate descriptors: files by their names, in the copy's root directory, and event counters,
     * pipes, timers, epoll sets and the like. To be run with the workload's own rights, and no others.
     */
    void restoreDescriptors(Steps steps);

    /**
     * Adds the steps that give the copy what belongs to a process: its directory, its signal actions, and the filter
     * that it runs under. What follows is {@link #wake} alone.
     */
    void restoreProcess(Steps steps, byte[] filter);

    /** Adds the last step: the threads begin; nothing of ours runs afterwards. */
    void wake(Steps steps);
}
