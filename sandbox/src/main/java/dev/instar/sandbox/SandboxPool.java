package dev.instar.sandbox;

import dev.instar.linux.CloneServer;

/** Sandboxes made ahead of time, so that a start does not wait for the kernel to build one. Thread-safe. */
public interface SandboxPool extends AutoCloseable {
    /**
     * Takes a prepared sandbox, new or used before, or builds one where none is ready. The caller closes it; the pool
     * cleans, refills and shrinks in the background.
     *
     * @param output where the workload's standard output and error go
     * @throws SandboxException if none is ready and building one fails, or all are in use
     * @throws InterruptedException if the caller is interrupted while a sandbox is built
     */
    Sandbox acquire(OutputSink output) throws SandboxException, InterruptedException;

    /** Whether zygotes can be made here, and workloads be clones of them. */
    boolean clones();

    /**
     * Makes a process that is to become a zygote of the workload: it sees the files that an instance will see, belongs
     * to the node's group for zygotes, and has every privilege still. The caller closes it.
     *
     * @throws SandboxException naming the phase that failed
     */
    CloneServer newZygote(Workload workload) throws SandboxException;

    /** How many sandboxes stand ready now. */
    int ready();

    /** How many sandboxes exist: ready, in use, and being cleaned. */
    int total();

    /** What became of sandboxes whose use had ended. */
    SandboxTurnover turnover();

    /**
     * How many times what makes the sandboxes was killed from outside, and all sandboxes with it; the pool has
     * recovered each time.
     */
    int launchersLost();

    /** Bytes charged to all workloads of this node together, measured now (one file read). */
    long chargedBytes();

    /** Destroys every sandbox, in use or not. */
    @Override
    void close();
}
