package dev.instar.sandbox;

import dev.instar.linux.CloneSource;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One use, by one workload, of a prepared set of namespaces, root file system, control group and system-call filter.
 * Safe for use by several threads, except that {@link #start}, or {@link #seat} and {@link #begin}, are called once.
 */
public interface Sandbox extends AutoCloseable {
    /**
     * Identifies this use of a sandbox on this node, now and in logs, and is its host name; never used again, though
     * what it names may be.
     */
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

    /**
     * Makes a copy of a parked process in the sandbox and attaches what {@link #start} does, all ahead of time: the
     * copy waits in front of its first own instruction, with privileges still that it gives up in {@link #begin}.
     * Returns when the copy has been asked for.
     *
     * @throws SandboxException naming the phase that failed; the sandbox is then destroyed
     */
    void seat(Workload workload, CloneSource source, boolean ahead) throws SandboxException;

    /**
     * Waits until the seated copy is there, whether it has begun or not. To be called once after {@link #seat}, and not
     * on the way to the copy's first instruction.
     *
     * @throws SandboxException if it could not be made; the sandbox is then destroyed
     */
    void settle() throws SandboxException;

    /**
     * Tells that the workload of a settled copy runs as it should, so that what was held to explain a failed start can
     * be let go of: with thousands of instances, every descriptor counts.
     */
    default void awake() {}

    /**
     * Lets the seated copy begin as the workload. Returns when it has been told to.
     *
     * @return as {@link #start} does
     * @throws SandboxException if it cannot be told; the sandbox is then destroyed
     */
    List<SocketChannel> begin() throws SandboxException;

    /** Completes when the workload's first process has ended; never exceptionally. */
    CompletableFuture<Ending> ending();

    /** Process id on the host of the workload's first process, for reading {@code /proc}; 0 until it is known. */
    int pid();

    /** Reads the workload's memory now: some 100 µs a process, so not for the path of an invocation. */
    MemoryUse memory();

    /**
     * Stops every process of the workload where it stands, until {@link #thaw} or the sandbox's end. Takes up to some
     * milliseconds.
     *
     * @return false if they could not be stopped, or are already
     */
    boolean freeze();

    /** Lets a frozen workload go on; nothing happens if it is not frozen. Takes some microseconds. */
    void thaw();

    /**
     * Has the kernel take back memory of a frozen workload that it can do without: clean page cache. Nothing happens if
     * it is not frozen; it must not be thawed meanwhile.
     *
     * @param bytes how much, at the most
     */
    void reclaim(long bytes);

    /**
     * Ends every process in the sandbox and awaits that: when it returns, what they had is free. Whether the rest of
     * the sandbox is cleaned for another use or removed, and when, is the pool's affair.
     */
    @Override
    void close();
}
