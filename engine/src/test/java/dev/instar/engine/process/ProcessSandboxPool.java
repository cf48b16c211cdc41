package dev.instar.engine.process;

import dev.instar.linux.CloneServer;
import dev.instar.sandbox.OutputSink;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import dev.instar.sandbox.SandboxTurnover;
import dev.instar.sandbox.Workload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs workloads as plain processes: real shims over real sockets, without the confinement. Places inside a sandbox are
 * replaced by those of the host.
 */
public final class ProcessSandboxPool implements SandboxPool {
    private final Path shims;
    private final Path sockets;
    private final Set<ProcessSandbox> inUse = ConcurrentHashMap.newKeySet();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final int maximum;

    public ProcessSandboxPool(Path shims) {
        this(shims, Integer.MAX_VALUE);
    }

    /** @param maximum how many may be in use at a time */
    public ProcessSandboxPool(Path shims, int maximum) {
        this.maximum = maximum;
        this.shims = shims;
        try {
            this.sockets = Files.createTempDirectory("its");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized Sandbox acquire(OutputSink output) throws SandboxException {
        if (inUse.size() >= maximum) {
            throw SandboxException.exhausted(maximum);
        }
        int number = made.incrementAndGet();
        ProcessSandbox sandbox =
                new ProcessSandbox("p" + number, shims, sockets.resolve("s" + number), output, inUse::remove);
        inUse.add(sandbox);
        most.accumulateAndGet(inUse.size(), Math::max);
        return sandbox;
    }

    /** Sandboxes ever made. */
    public int made() {
        return made.get();
    }

    /** The most sandboxes that were in use at a time. */
    public int most() {
        return most.get();
    }

    public Set<ProcessSandbox> inUse() {
        return inUse;
    }

    @Override
    public boolean clones() {
        return false;
    }

    @Override
    public CloneServer newZygote(Workload workload) throws SandboxException {
        throw new SandboxException("zygote", "plain processes have no zygotes");
    }

    @Override
    public int ready() {
        return 0;
    }

    @Override
    public int total() {
        return inUse.size();
    }

    @Override
    public SandboxTurnover turnover() {
        return SandboxTurnover.NONE;
    }

    @Override
    public int launchersLost() {
        return 0;
    }

    @Override
    public long chargedBytes() {
        return inUse.stream().mapToLong(ProcessSandbox::residentBytes).sum();
    }

    @Override
    public void close() {
        Set.copyOf(inUse).forEach(ProcessSandbox::close);
        try {
            Files.deleteIfExists(sockets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
