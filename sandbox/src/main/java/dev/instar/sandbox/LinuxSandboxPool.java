package dev.instar.sandbox;

import dev.instar.linux.ChannelPairs;
import dev.instar.linux.CloneServer;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroups;
import dev.instar.linux.DetachedMount;
import dev.instar.linux.Fd;
import dev.instar.linux.Landlock;
import dev.instar.linux.Launcher;
import dev.instar.linux.PipeReader;
import dev.instar.linux.SeccompFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sandboxes of a node on this machine: prepared by platform threads in the background (building blocks in the
 * kernel, which would hold up a virtual thread's carrier), handed out oldest first, used once.
 */
public final class LinuxSandboxPool implements SandboxPool {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxSandboxPool.class);
    private static final int BUILDERS = 2;
    private static final Duration END = Duration.ofSeconds(30);

    private final SandboxSettings settings;
    private final ControlGroup nodeGroup;
    private final ControlGroup instances;
    private final ControlGroup zygotes;
    private final Launchers launchers;
    private final ChannelPairs channels;
    private final PipeReader pipes;
    private final BridgeNetworks bridge;
    private final SandboxBuilder builder;
    private final Host host;
    private final ExecutorService builders = Executors.newFixedThreadPool(
            BUILDERS, Thread.ofPlatform().name("sandbox-builder-", 0).daemon().factory());
    private final Map<String, LinuxSandbox> inUse = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<PreparedSandbox> ready = new ArrayDeque<>();
    private final Deque<CompletableFuture<PreparedSandbox>> waiting = new ArrayDeque<>();
    private int building;
    private int total;
    private boolean closed;

    private LinuxSandboxPool(
            SandboxSettings settings,
            ControlGroup nodeGroup,
            ControlGroup instances,
            ControlGroup zygotes,
            Launchers launchers,
            ChannelPairs channels,
            SandboxPlan plan) {
        this.settings = settings;
        this.nodeGroup = nodeGroup;
        this.instances = instances;
        this.zygotes = zygotes;
        this.launchers = launchers;
        this.channels = channels;
        this.pipes = PipeReader.start();
        this.bridge = new BridgeNetworks(settings);
        this.builder = new SandboxBuilder(settings, plan, instances);
        this.host = new Host(plan);
    }

    /**
     * Removes what an earlier run with the same settings left behind, makes the base root and begins to fill the pool.
     *
     * @throws IOException if the run directory cannot be used
     */
    public static LinuxSandboxPool open(SandboxSettings settings) throws IOException {
        return open(settings, SystemCallPolicy.filter());
    }

    /** As {@link #open(SandboxSettings)}, with another policy: to test what holds without it. */
    static LinuxSandboxPool open(SandboxSettings settings, SeccompFilter policy) throws IOException {
        Leftovers.remove(settings);
        Path run = settings.runDirectory();
        Files.createDirectories(run);
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
        ControlGroup nodeGroup = ControlGroups.detect().create(Leftovers.groupName(settings.nodeId()));
        ControlGroup instances = nodeGroup.child("instances");
        ControlGroup zygotes = nodeGroup.child("zygotes");
        BaseRoot base = BaseRoot.create(run.resolve("base"));
        Launchers launchers = Launchers.open(run, base, settings.instarFiles());
        SandboxPlan plan = new SandboxPlan(
                base.directory(), Landlock.probe(), InitPolicy.filter().toBytes(), policy.toBytes());
        ChannelPairs channels = ChannelPairs.open(run.resolve("channel"));
        LinuxSandboxPool pool =
                new LinuxSandboxPool(settings, nodeGroup, instances, zygotes, launchers, channels, plan);
        pool.refill();
        return pool;
    }

    @Override
    public Sandbox acquire(OutputSink output) throws SandboxException, InterruptedException {
        CompletableFuture<PreparedSandbox> wanted = null;
        PreparedSandbox prepared;
        lock.lock();
        try {
            requireOpen();
            prepared = firstAlive();
            if (prepared == null) {
                boolean noneComing = building <= waiting.size();
                if (noneComing && total + building >= settings.maximum()) {
                    throw SandboxException.exhausted(settings.maximum());
                }
                wanted = new CompletableFuture<>();
                waiting.addLast(wanted);
            }
            ensureBuilding();
        } finally {
            lock.unlock();
        }
        if (wanted != null) {
            prepared = await(wanted);
        }
        LinuxSandbox sandbox = new LinuxSandbox(Objects.requireNonNull(prepared), host, output);
        inUse.put(sandbox.id(), sandbox);
        return sandbox;
    }

    /** One whose processes have been killed is passed over; {@link #discardWhenKilled} is on its way to it. */
    private @Nullable PreparedSandbox firstAlive() {
        for (PreparedSandbox prepared : ready) {
            if (!prepared.workload().exit().isDone()) {
                ready.removeFirstOccurrence(prepared);
                return prepared;
            }
        }
        return null;
    }

    private PreparedSandbox await(CompletableFuture<PreparedSandbox> wanted)
            throws SandboxException, InterruptedException {
        try {
            return wanted.get();
        } catch (InterruptedException e) {
            giveUp(wanted);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SandboxException failed) {
                throw new SandboxException(failed.phase(), String.valueOf(failed.getMessage()), failed);
            }
            throw new SandboxException("sandbox", String.valueOf(e.getMessage()), e);
        }
    }

    /** The caller will not take what it asked for; a sandbox that is on its way goes to the ready ones. */
    private void giveUp(CompletableFuture<PreparedSandbox> wanted) {
        lock.lock();
        try {
            waiting.removeIf(other -> other == wanted);
        } finally {
            lock.unlock();
        }
        CompletableFuture<Void> _ = wanted.thenAccept(this::keep);
    }

    private void keep(PreparedSandbox late) {
        lock.lock();
        try {
            ready.addLast(late);
        } finally {
            lock.unlock();
        }
        discardWhenKilled(late);
    }

    /** Whether it is killed alone or with the launcher. Its place is free afterwards, and the pool is refilled. */
    private void discardWhenKilled(PreparedSandbox prepared) {
        CompletableFuture<Void> _ = prepared.workload()
                .exit()
                .thenRunAsync(
                        () -> {
                            boolean unused;
                            lock.lock();
                            try {
                                unused = ready.removeFirstOccurrence(prepared);
                            } finally {
                                lock.unlock();
                            }
                            if (unused) {
                                discard(prepared);
                            }
                        },
                        Thread::startVirtualThread);
    }

    private void requireOpen() throws SandboxException {
        if (closed) {
            throw new SandboxException("sandbox", "the pool is closed");
        }
    }

    /** Starts as many builds as waiting callers and the pool's size call for. Under the lock. */
    private void ensureBuilding() {
        int wanted = waiting.size() + settings.ready() - ready.size();
        while (!closed && building < wanted && total + building < settings.maximum()) {
            building++;
            builders.execute(this::buildOne);
        }
    }

    private void refill() {
        lock.lock();
        try {
            ensureBuilding();
        } finally {
            lock.unlock();
        }
    }

    private PreparedSandbox build() throws SandboxException {
        Launcher launcher = launcher();
        try {
            return builder.build(launcher);
        } catch (SandboxException e) {
            if (!launcher.hasEnded()) {
                throw e;
            }
            // It took with it what was half built.
            return builder.build(launcher());
        }
    }

    private Launcher launcher() throws SandboxException {
        try {
            return launchers.living();
        } catch (IOException | RuntimeException e) {
            throw new SandboxException("launcher", String.valueOf(e.getMessage()), e);
        }
    }

    private void buildOne() {
        PreparedSandbox built = null;
        SandboxException failure = null;
        try {
            built = build();
        } catch (SandboxException e) {
            failure = e;
        } catch (RuntimeException e) {
            // Whoever waits must hear of it, and the count of builds must stay true.
            failure = new SandboxException("sandbox", String.valueOf(e.getMessage()), e);
        }
        CompletableFuture<PreparedSandbox> next;
        boolean discard = false;
        lock.lock();
        try {
            building--;
            total += built == null ? 0 : 1;
            next = waiting.pollFirst();
            if (next == null && built != null) {
                discard = closed;
                ready.addLast(built);
            }
        } finally {
            lock.unlock();
        }
        if (next != null && built != null) {
            next.complete(built);
        } else if (next != null) {
            next.completeExceptionally(failure);
        } else if (failure != null) {
            LOG.error("a sandbox could not be prepared; the next start tries again", failure);
        }
        if (discard) {
            discardReady();
        } else if (next == null && built != null) {
            discardWhenKilled(built);
        }
    }

    @Override
    public boolean clones() {
        return true;
    }

    @Override
    public CloneServer newZygote(Workload workload) throws SandboxException {
        Launcher launcher = launcher();
        CloneServer process = null;
        try (WorkloadDescriptors descriptors = new WorkloadDescriptors()) {
            descriptors.openFiles(workload);
            process = launcher.newCloneServer();
            process.run(host.plan().surroundings(zygotes, descriptors));
            return process;
        } catch (RuntimeException e) {
            if (process != null) {
                process.close();
            }
            throw new SandboxException("zygote", String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public int ready() {
        lock.lock();
        try {
            return ready.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int total() {
        lock.lock();
        try {
            return total;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int launchersLost() {
        return launchers.lost();
    }

    @Override
    public long chargedBytes() {
        return instances.memoryBytes();
    }

    private void discardReady() {
        List<PreparedSandbox> unused;
        lock.lock();
        try {
            unused = new ArrayList<>(ready);
            ready.clear();
        } finally {
            lock.unlock();
        }
        unused.forEach(this::discard);
    }

    private void discard(PreparedSandbox prepared) {
        new LinuxSandbox(prepared, host, (error, line) -> LOG.debug("{}: {}", prepared.id(), line)).close();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        builders.shutdown();
        try {
            if (!builders.awaitTermination(END.toSeconds(), TimeUnit.SECONDS)) {
                LOG.error("sandbox builders did not end within {}", END);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        discardReady();
        try (ExecutorService ends = Executors.newVirtualThreadPerTaskExecutor()) {
            inUse.values().forEach(sandbox -> ends.execute(sandbox::close));
        }
        launchers.close();
        pipes.close();
        bridge.close();
        try {
            channels.close();
            nodeGroup.delete(END);
            Leftovers.removeTree(settings.runDirectory());
        } catch (IOException e) {
            LOG.error("the run directory {} could not be removed", settings.runDirectory(), e);
        }
    }

    private final class Host implements SandboxHost {
        private final SandboxPlan plan;

        Host(SandboxPlan plan) {
            this.plan = plan;
        }

        @Override
        public ChannelPairs channels() {
            return channels;
        }

        @Override
        public PipeReader pipes() {
            return pipes;
        }

        @Override
        public SandboxPlan plan() {
            return plan;
        }

        @Override
        public AutoCloseable attachToBridge(int initPid) throws IOException {
            return bridge.attach(initPid);
        }

        @Override
        public Fd resolverFile() {
            return DetachedMount.readOnly(bridge.resolverFile());
        }

        @Override
        public void released(PreparedSandbox prepared, boolean gone) {
            inUse.remove(prepared.id());
            if (!gone) {
                return;
            }
            builder.release(prepared.slot());
            lock.lock();
            try {
                total--;
                ensureBuilding();
            } finally {
                lock.unlock();
            }
        }
    }
}
