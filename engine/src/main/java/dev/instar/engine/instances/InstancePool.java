package dev.instar.engine.instances;

import dev.instar.engine.DeadlineExceededException;
import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.FunctionVersion;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One function's instances and the calls that wait for them. Each method changes the {@link PoolState} under the pool's
 * lock, releases it, and only then wakes, starts and ends what the change asks for. Thread-safe.
 */
final class InstancePool {
    /** Carries out what a change of a pool asks for. Must not block. */
    interface Attendant {
        /** Begins a start; {@link #started} or {@link #startFailed} follows, unless {@link #confirm} says no. */
        void start(InstancePool pool, StartOrder order);

        /** An instance is about to join its pool and to be given calls. */
        void joining(Instance instance);

        /** An instance has joined its pool. */
        void joined(Instance instance);

        /** Closes an instance that has left its pool. */
        void dispose(Instance instance, EndCause cause);

        /** An instance has become idle. */
        void becameIdle();

        /** Whether an instance of this version has to end instead of taking a waiting call, for another's sake. */
        boolean yields(FunctionVersion version);
    }

    private final FunctionName function;
    private final Attendant attendant;
    private final LongAdder answered = new LongAdder();
    private final MemoryRecord memory = new MemoryRecord();

    private final ReentrantLock lock = new ReentrantLock();
    private final PoolState state;
    /** The state's, for reading without the lock. */
    private volatile FunctionVersion version;

    InstancePool(FunctionVersion version, int queueBound, Attendant attendant) {
        this.function = version.spec().name();
        this.version = version;
        this.state = new PoolState(version, queueBound);
        this.attendant = attendant;
    }

    /** How a call came by its slot. */
    record Acquired(Slot slot, long startNanos) {}

    FunctionName function() {
        return function;
    }

    /** Calls answered since the pool was made. */
    LongAdder answered() {
        return answered;
    }

    MemoryRecord memory() {
        return memory;
    }

    /**
     * An idle slot at once, or null.
     *
     * <p>This and {@link #release} are all a warm call pays for scheduling.
     */
    @Nullable
    Slot takeIdle() {
        lock.lock();
        try {
            if (state.watchesArrivals()) {
                state.arrived(NanoTime.now());
            }
            return state.take();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes an idle slot, or waits in the queue for a freed or started one, whichever comes first.
     *
     * @throws EngineException if the call is refused, or the time is over
     * @throws InterruptedIOException if the thread is interrupted
     */
    Acquired await(long untilNanos, Duration timeout) throws InterruptedIOException {
        Waiter waiter = new Waiter();
        Effects effects;
        lock.lock();
        try {
            Slot slot = state.take();
            if (slot != null) {
                return new Acquired(slot, 0);
            }
            effects = state.enqueue(waiter, NanoTime.now());
        } finally {
            lock.unlock();
        }
        carryOut(effects);
        waiter.await(untilNanos);
        return result(waiter, timeout);
    }

    private Acquired result(Waiter waiter, Duration timeout) throws InterruptedIOException {
        Slot slot = waiter.slot();
        EngineException failure = waiter.failure();
        if (slot == null && failure == null) {
            if (inState(state -> state.leave(waiter))) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted while waiting for an instance of " + function);
                }
                throw new DeadlineExceededException("no instance of " + function
                        + " came free or could be started within its timeout of " + timeout.toMillis() + " ms");
            }
            slot = waiter.slot();
            failure = waiter.failure();
        }
        if (slot != null) {
            return new Acquired(slot, waiter.startNanos());
        }
        if (failure != null) {
            throw failure;
        }
        throw new IllegalStateException("a call left the queue of " + function + " without a result");
    }

    /** Gives a slot back whose channel is ready for the next call. */
    void release(Slot slot) {
        boolean yields = attendant.yields(version);
        Effects effects;
        lock.lock();
        try {
            effects = yields ? state.giveWay(slot, NanoTime.now()) : state.release(slot, NanoTime.now());
        } finally {
            lock.unlock();
        }
        if (effects.isNone()) {
            attendant.becameIdle();
        } else {
            carryOut(effects);
        }
    }

    /** Ends an instance whatever it is doing; false if it had ended already. */
    boolean end(Instance instance, EndCause cause) {
        return carryOutIfAny(() -> state.end(instance, cause, NanoTime.now()));
    }

    /** Ends an instance if it is idle; false if it serves a call or has ended. */
    boolean endIdle(Instance instance, EndCause cause) {
        return carryOutIfAny(() -> state.endIdle(instance, cause, NanoTime.now()));
    }

    boolean confirm(StartOrder order) {
        return inState(state -> state.confirm(order));
    }

    void started(StartOrder order, Instance instance, long tookNanos) {
        attendant.joining(instance);
        change(state -> state.started(order, instance, tookNanos, NanoTime.now()));
        attendant.joined(instance);
    }

    void startFailed(StartOrder order, EngineException failure) {
        change(state -> state.startFailed(order, failure, NanoTime.now()));
    }

    void switchTo(FunctionVersion version) {
        change(state -> {
            this.version = version;
            return state.switchTo(version, NanoTime.now());
        });
    }

    /** Refuses calls from now on; running ones finish. */
    void close(EngineException reason, EndCause cause) {
        change(state -> state.close(reason, cause));
    }

    /** Ends every instance, running calls or not. */
    void endAll(EndCause cause) {
        change(state -> state.endAll(cause));
    }

    void keep(int number) {
        change(state -> state.keep(number, NanoTime.now()));
    }

    void tidy() {
        change(state -> state.tidy(NanoTime.now()));
    }

    /** Does something to idle instances of a kind, each out of service meanwhile, until there is none left. */
    void forEachHeld(Predicate<Instance> kind, Consumer<Instance> action) {
        for (Instance held = inState(state -> state.hold(kind));
                held != null;
                held = inState(state -> state.hold(kind))) {
            Instance instance = held;
            try {
                action.accept(instance);
            } finally {
                change(state -> state.letGo(instance));
            }
        }
    }

    @Nullable
    Instance leastRecentlyUsed(boolean sparing) {
        return inState(state -> state.leastRecentlyUsed(sparing));
    }

    /** The version that new calls go to. */
    FunctionVersion version() {
        return version;
    }

    Collection<Instance> instances() {
        return inState(PoolState::members);
    }

    /** The counts at one moment. */
    Counts counts() {
        return inState(state -> new Counts(
                state.alive(), state.idleInstances().size(), state.queued(), state.starting(), state.kept()));
    }

    /**
     * A pool's counts.
     *
     * @param alive instances, retiring ones included
     * @param idle instances that serve no call
     * @param queued calls that wait
     * @param starting starts in progress
     * @param kept instances to keep alive
     */
    record Counts(int alive, int idle, int queued, int starting, int kept) {}

    private <T extends @Nullable Object> T inState(Function<PoolState, T> question) {
        lock.lock();
        try {
            return question.apply(state);
        } finally {
            lock.unlock();
        }
    }

    private void change(Function<PoolState, Effects> change) {
        carryOut(inState(change));
    }

    private boolean carryOutIfAny(Supplier<@Nullable Effects> change) {
        Effects effects = inState(_ -> change.get());
        if (effects == null) {
            return false;
        }
        carryOut(effects);
        return true;
    }

    private void carryOut(Effects effects) {
        effects.woken().forEach(Waiter::wake);
        effects.ended().forEach(departure -> attendant.dispose(departure.instance(), departure.cause()));
        effects.orders().forEach(order -> attendant.start(this, order));
    }
}
