package dev.instar.sandbox;

import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One prepared set of namespaces, root file system, control group and system-call filter, for one workload. Safe for
 * use by several threads, except that {@link #start} is called once.
 */
public interface Sandbox extends AutoCloseable {
    /** Identifies the sandbox on this node, now and in logs; never used again. */
    String id();

    /**
     * Attaches the workload's files, secrets, limits and network and executes its program. Returns when the program has
     * been handed to the kernel; a program that cannot be executed shows as a failed {@link #ending()}.
     *
     * @return the engine's ends of the channels, in the order of the descriptors inside; blocking, and fit for virtual
     *     threads
     * @throws SandboxException naming the phase that failed; the sandbox is then destroyed
     */
    List<SocketChannel> start(Workload workload) throws SandboxException;

    /** Completes when the workload's first process has ended; never exceptionally. */
    CompletableFuture<Ending> ending();

    /** Process id on the host of the workload's first process, for reading {@code /proc}; 0 before {@link #start}. */
    int pid();

    /** Reads the workload's memory now: some 100 µs a process, so not for the path of an invocation. */
    MemoryUse memory();

    /**
     * Ends every process in the sandbox and awaits that; the control group, mounts and directories are gone when it
     * returns.
     */
    @Override
    void close();
}
