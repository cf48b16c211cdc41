package dev.instar.engine.instances;

import dev.instar.engine.EngineListener;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import dev.instar.engine.Invoker;
import dev.instar.engine.NotFoundException;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.Quota;
import dev.instar.engine.logs.FileFunctionLogs;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** All instances of a node, and the way of a call to them. Thread-safe. */
public final class Instances implements AutoCloseable {
    private final InstanceSettings settings;
    private final EngineListener listener;
    private final InstancePools pools = new InstancePools();
    private final CallGate gate = new CallGate();
    private final Deadlines deadlines;
    private final CallRates rates;
    private final Admission admission;
    private final Starter starter;
    private final Invoker invoker;
    private final MemorySampler sampler = new MemorySampler();
    private final ExecutorService starts = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("instar-start-", 0).factory());
    private final ExecutorService closings = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("instar-end-", 0).factory());
    private final InstancePool.Attendant attendant = new Attendant();
    private final Housekeeping housekeeping;

    /**
     * @param methods chooses how a version is started
     * @param quotas the quota of a namespace as it is now
     * @param chargedBytes measures the memory of all workloads together
     * @param spareSeat ends a clone that waits in a sandbox ahead of its start; whether there was one
     */
    public Instances(
            InstanceSettings settings,
            Function<FunctionVersion, StartMethod> methods,
            Function<String, Quota> quotas,
            LongSupplier chargedBytes,
            BooleanSupplier spareSeat,
            FileFunctionLogs logs,
            EngineListener listener) {
        this.settings = settings;
        this.listener = listener;
        this.deadlines = new Deadlines(this::deadlinePassed);
        this.rates = new CallRates(quotas);
        this.admission = new Admission(
                settings.concurrentStarts(),
                settings.memoryBoundBytes(),
                settings.roomPatience(),
                chargedBytes,
                quotas,
                pools,
                spareSeat);
        this.starter = new Starter(methods, admission, logs, listener);
        this.invoker = new LocalInvoker(pools, gate, rates, deadlines, listener);
        this.housekeeping = new Housekeeping(settings.tidyInterval(), this::tidy);
    }

    /** The way of a call. */
    public Invoker invoker() {
        return invoker;
    }

    /** Lets calls go to this version from now on. */
    public void deploy(FunctionVersion version) {
        InstancePool pool = pools.find(version.spec().name());
        if (pool == null) {
            pool = new InstancePool(version, settings.queueLength(), attendant);
            pools.add(pool);
            pool.tidy();
        } else {
            pool.switchTo(version);
        }
    }

    /** Refuses calls of the function from now on; running ones finish. */
    public void remove(FunctionName function) {
        InstancePool pool = pools.remove(function);
        if (pool != null) {
            pool.close(new NotFoundException("function " + function + " is not deployed"), EndCause.REMOVED);
        }
    }

    /** Keeps this many instances alive even when idle, and ends idle ones beyond it. */
    public void keep(FunctionName function, int number) {
        pools.get(function).keep(number);
    }

    /**
     * Ends all instances that the function has now, running calls or not, and waits until they are gone. Calls that
     * wait and a number to keep alive lead to new ones at once.
     *
     * @return how many were ended
     * @throws NotFoundException if it is not deployed
     */
    public int end(FunctionName function) {
        InstancePool pool = pools.get(function);
        List<Instance> ended = pool.instances().stream()
                .filter(instance -> pool.end(instance, EndCause.KILLED))
                .toList();
        ended.forEach(Instance::awaitGone);
        return ended.size();
    }

    /**
     * How a function stands.
     *
     * @throws NotFoundException if it is not deployed
     */
    public PoolStatus status(FunctionName function) {
        InstancePool pool = pools.get(function);
        sampler.sampleIfOld(pool);
        InstancePool.Counts counts = pool.counts();
        MemoryRecord.Sample memory = pool.memory().last();
        return new PoolStatus(
                counts.alive(),
                counts.idle(),
                counts.queued(),
                counts.kept(),
                pool.answered().sum(),
                memory.privateBytes(),
                memory.sharedBytes());
    }

    /** How all functions stand together. */
    public NodeCounts counts() {
        int alive = 0;
        int queued = 0;
        for (InstancePool pool : pools.all()) {
            InstancePool.Counts counts = pool.counts();
            alive += counts.alive();
            queued += counts.queued();
        }
        return new NodeCounts(gate.isShut(), alive, Math.max(0, gate.inside() - queued), queued);
    }

    /** The versions that instances run, current or not. */
    public Set<FunctionVersion> versionsInUse() {
        Set<FunctionVersion> versions = new HashSet<>();
        for (InstancePool pool : pools.all()) {
            versions.add(pool.version());
            pool.instances().forEach(instance -> versions.add(instance.version()));
        }
        return versions;
    }

    /** Refuses new calls and waits for running ones; whether they all finished. */
    public boolean drain(Duration patience) throws InterruptedException {
        gate.shut();
        return gate.awaitEmpty(patience);
    }

    /** Takes calls again. */
    public void resume() {
        gate.open();
    }

    /** Ends every instance, running calls or not, and returns when all are gone. */
    @Override
    public void close() {
        gate.shut();
        housekeeping.close();
        OverloadedException closing = new OverloadedException("the node is closing", true, Duration.ofSeconds(5));
        pools.all().forEach(pool -> pool.close(closing, EndCause.CLOSED));
        starts.shutdownNow();
        awaitQuietly(starts);
        pools.all().forEach(pool -> pool.endAll(EndCause.CLOSED));
        closings.close();
        deadlines.close();
    }

    /** What a function's instances and calls are doing. */
    public record PoolStatus(
            int alive, int idle, int queued, int kept, long answered, long privateBytes, long sharedBytes) {}

    /** What the node's instances and calls are doing. */
    public record NodeCounts(boolean draining, int alive, int running, int queued) {}

    /** The pool of a function, for measuring what it costs. */
    InstancePool pool(FunctionName function) {
        return pools.get(function);
    }

    private void tidy() {
        for (InstancePool pool : pools.all()) {
            pool.tidy();
            sampler.sampleInTurn(pool);
        }
        if (settings.freezesIdle()) {
            freezeIdle();
        }
        admission.relieve();
    }

    private void freezeIdle() {
        long idle = settings.freezeIdle().toNanos();
        for (InstancePool pool : pools.all()) {
            pool.forEachHeld(instance -> instance.wantsFreezing(idle, NanoTime.now()), Instance::freeze);
        }
        for (InstancePool pool : pools.all()) {
            if (!admission.isNearlyFull()) {
                break;
            }
            pool.forEachHeld(Instance::wantsReclaiming, Instance::reclaim);
        }
    }

    private void deadlinePassed(Slot slot) {
        slot.instance().pool().end(slot.instance(), EndCause.DEADLINE);
    }

    private static void awaitQuietly(ExecutorService executor) {
        boolean interrupted = false;
        while (true) {
            try {
                if (executor.awaitTermination(1, TimeUnit.MINUTES)) {
                    break;
                }
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Attendant implements InstancePool.Attendant {
        @Override
        public void start(InstancePool pool, StartOrder order) {
            starts.execute(() -> starter.run(pool, order));
        }

        @Override
        public void joining(Instance instance) {
            deadlines.register(instance);
        }

        @Override
        public void joined(Instance instance) {
            // An idle instance that dies is noticed here; after any other end this finds nothing to do.
            CompletableFuture<Void> _ = instance.sandbox()
                    .ending()
                    .thenRunAsync(() -> CrashReport.take(instance, "its process ended"), closings);
        }

        @Override
        public void dispose(Instance instance, EndCause cause) {
            listener.instanceEnded(instance.pool().function(), cause.word());
            closings.execute(() -> {
                deadlines.unregister(instance);
                instance.close();
                admission.released(instance.ticket());
                instance.gone();
            });
        }

        @Override
        public void becameIdle() {
            admission.roomMayHaveCome();
        }

        @Override
        public boolean yields(FunctionVersion version) {
            return admission.yields(
                    version.spec().name(), version.spec().scaling().priority());
        }
    }
}
