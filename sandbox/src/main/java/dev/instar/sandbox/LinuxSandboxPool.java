package dev.instar.sandbox;

import dev.instar.linux.ChannelPairs;
import dev.instar.linux.CloneServer;
import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroups;
import dev.instar.linux.DetachedMount;
import dev.instar.linux.Fd;
import dev.instar.linux.Landlock;
import dev.instar.linux.Launcher;
import dev.instar.linux.NamespaceSteps;
import dev.instar.linux.PipeReader;
import dev.instar.linux.SeccompFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sandboxes of a node on this machine: prepared by platform threads in the background (building blocks in the
 * kernel, which would hold up a virtual thread's carrier), handed out oldest first, and after each use cleaned, checked
 * and made ready again, or destroyed. So that starts find one ready, as many are kept as were taken within the last
 * second ({@link Demand}).
 *
 * <p>The idea of sandboxes for whatever function comes next, with the cheap parts replaced and the dear ones kept, is
 * TrEnv's (SOSP 2024, §5.1).
 */
public final class LinuxSandboxPool implements SandboxPool {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxSandboxPool.class);
    private static final int THREADS = 2;
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
    private final SandboxReturns returns;
    private final TurnoverCount turnover = new TurnoverCount();
    private final Remains remains = new Remains();
    private final Host host;
    private final Reuse reuse;
    private final SandboxStock stock;
    private final ExecutorService builders = threads("sandbox-builder-");
    private final ExecutorService cleaners = threads("sandbox-cleaner-");
    private final ExecutorService enders = threads("sandbox-ender-");
    private final ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sandbox-pace").daemon().factory());
    private final Map<String, LinuxSandbox> inUse = new ConcurrentHashMap<>();

    private LinuxSandboxPool(
            SandboxSettings settings,
            Reuse reuse,
            ControlGroup nodeGroup,
            Launchers launchers,
            ChannelPairs channels,
            SandboxPlan plan,
            FramePlan framePlan) {
        this.settings = settings;
        this.reuse = reuse;
        this.nodeGroup = nodeGroup;
        this.instances = nodeGroup.child("instances");
        this.zygotes = nodeGroup.child("zygotes");
        this.launchers = launchers;
        this.channels = channels;
        this.pipes = PipeReader.start();
        this.bridge = new BridgeNetworks(settings);
        Preparation preparation = new Preparation(framePlan);
        this.builder = new SandboxBuilder(settings, framePlan, preparation, instances, remains);
        this.stock = new SandboxStock(settings.ready(), settings.maximum(), () -> builders.execute(this::buildOne));
        SandboxCleaning cleaning = new SandboxCleaning(preparation, builder::nextId, turnover);
        this.returns = new SandboxReturns(stock, cleaning, turnover, remains, builder::release);
        this.host = new Host(plan, framePlan);
    }

    private static ExecutorService threads(String name) {
        return Executors.newFixedThreadPool(
                THREADS, Thread.ofPlatform().name(name, 0).daemon().factory());
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
        try {
            return begin(settings, policy);
        } catch (IOException | RuntimeException e) {
            Leftovers.remove(settings);
            throw e;
        }
    }

    private static LinuxSandboxPool begin(SandboxSettings settings, SeccompFilter policy) throws IOException {
        Path run = settings.runDirectory();
        Files.createDirectories(run);
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
        ControlGroup nodeGroup = ControlGroups.detect().create(Leftovers.groupName(settings.nodeId()));
        BaseRoot base = BaseRoot.create(run.resolve("base"));
        Landlock landlock = Landlock.probe();
        SandboxPlan plan = new SandboxPlan(base.directory(), landlock, policy.toBytes());
        FramePlan framePlan =
                new FramePlan(base.directory(), landlock, InitPolicy.filter().toBytes());
        Launchers launchers = Launchers.open(run, base, settings.instarFiles());
        LinuxSandboxPool pool;
        try {
            ChannelPairs channels = ChannelPairs.open(run.resolve("channel"));
            pool = new LinuxSandboxPool(settings, reuse(settings), nodeGroup, launchers, channels, plan, framePlan);
        } catch (IOException | RuntimeException e) {
            launchers.close();
            throw e;
        }
        pool.stock.fill();
        ScheduledFuture<?> _ = pool.pace.scheduleAtFixedRate(pool::secondPassed, 1, 1, TimeUnit.SECONDS);
        return pool;
    }

    private static Reuse reuse(SandboxSettings settings) {
        Reuse wanted = settings.reuse();
        if (wanted.on() && !Files.isWritable(NamespaceSteps.LAST_PID)) {
            LOG.warn("sandboxes are used once: {} cannot be written", NamespaceSteps.LAST_PID);
            return Reuse.OFF;
        }
        return wanted;
    }

    private void secondPassed() {
        remains.tryAgain();
        stock.secondPassed().forEach(each -> cleaners.execute(() -> returns.discard(each, Destruction.SURPLUS)));
    }

    @Override
    public Sandbox acquire(OutputSink output) throws SandboxException, InterruptedException {
        LinuxSandbox sandbox = new LinuxSandbox(await(stock.take()), host, output);
        inUse.put(sandbox.id(), sandbox);
        if (stock.isClosed()) {
            // The pool may have closed what was in use before this was.
            sandbox.close();
            throw new SandboxException("sandbox", "the pool is closed");
        }
        return sandbox;
    }

    private PreparedSandbox await(CompletableFuture<PreparedSandbox> wanted)
            throws SandboxException, InterruptedException {
        try {
            return wanted.get();
        } catch (InterruptedException e) {
            stock.giveUp(wanted);
            // One that is on its way all the same goes to the ready ones.
            CompletableFuture<Void> _ = wanted.thenAccept(late -> {
                stock.putBack(late);
                returns.settle(late);
            });
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SandboxException failed) {
                if (failed.exhausted()) {
                    throw SandboxException.exhausted(settings.maximum());
                }
                throw new SandboxException(failed.phase(), String.valueOf(failed.getMessage()), failed);
            }
            throw new SandboxException("sandbox", String.valueOf(e.getMessage()), e);
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
        CompletableFuture<PreparedSandbox> next = stock.built(built);
        if (built != null) {
            returns.handOver(built, next);
        } else if (next != null) {
            next.completeExceptionally(failure);
        } else {
            LOG.error("a sandbox could not be prepared; the next start tries again", failure);
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
        return stock.ready();
    }

    @Override
    public int total() {
        return stock.total();
    }

    @Override
    public SandboxTurnover turnover() {
        return turnover.now();
    }

    @Override
    public int launchersLost() {
        return launchers.lost();
    }

    @Override
    public long chargedBytes() {
        return instances.memoryBytes();
    }

    @Override
    public void close() {
        if (!stock.close()) {
            return;
        }
        end(pace);
        end(builders);
        try (ExecutorService ends = Executors.newVirtualThreadPerTaskExecutor()) {
            inUse.values().forEach(sandbox -> ends.execute(sandbox::close));
        }
        end(cleaners);
        stock.takeAll().forEach(each -> returns.discard(each, Destruction.POOL_CLOSED));
        end(enders);
        remains.tryAgain();
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

    private static void end(ExecutorService threads) {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(END.toSeconds(), TimeUnit.SECONDS)) {
                LOG.error("threads of the pool did not end within {}", END);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Host implements SandboxHost {
        private final SandboxPlan plan;
        private final FramePlan framePlan;

        Host(SandboxPlan plan, FramePlan framePlan) {
            this.plan = plan;
            this.framePlan = framePlan;
        }

        @Override
        public FramePlan framePlan() {
            return framePlan;
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
        public AutoCloseable attachToBridge(int pid) throws IOException {
            return bridge.attach(pid);
        }

        @Override
        public Fd resolverFile() {
            return DetachedMount.readOnly(bridge.resolverFile());
        }

        @Override
        public Executor enders() {
            return enders;
        }

        @Override
        public @Nullable Destruction ending(SandboxFrame frame) {
            stock.ended();
            if (!reuse.on()) {
                return Destruction.REUSE_OFF;
            }
            if (stock.isClosed()) {
                return Destruction.POOL_CLOSED;
            }
            if (frame.uses() + 1 >= reuse.uses()) {
                return Destruction.USES;
            }
            if (System.nanoTime() - frame.builtNanos() >= reuse.longestUse().toNanos()) {
                return Destruction.AGE;
            }
            if (frame.launcher().hasEnded()) {
                return Destruction.LAUNCHER_LOST;
            }
            if (frame.init().exit().isDone()) {
                return Destruction.KILLED;
            }
            return stock.wantsBack() ? null : Destruction.SURPLUS;
        }

        @Override
        public void ended(String id, EndedUse use) {
            inUse.remove(id);
            try {
                cleaners.execute(() -> returns.finish(use));
            } catch (RejectedExecutionException e) {
                // The pool is being closed, and waits for this.
                returns.finish(use);
            }
        }

        @Override
        public void stuck(String id, SandboxFrame frame) {
            inUse.remove(id);
            returns.stuck(frame);
        }
    }
}
