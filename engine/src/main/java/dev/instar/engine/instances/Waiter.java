package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A call in its function's queue. Its thread parks; whoever frees or starts an instance wakes it with a slot. */
final class Waiter {
    private final Thread thread = Thread.currentThread();
    private volatile @Nullable Slot slot;
    private volatile @Nullable EngineException failure;
    /** How long the start took that produced the slot; 0 if the slot was freed by another call. */
    private volatile long startNanos;

    /** Gives the call its slot. Called under the pool's lock; {@link #wake} follows after it. */
    void assign(Slot assigned, long tookNanos) {
        startNanos = tookNanos;
        slot = assigned;
    }

    /** Lets the call fail. Called under the pool's lock; {@link #wake} follows after it. */
    void refuse(EngineException reason) {
        failure = reason;
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    /** Parks until there is a result, the time is over or the thread is interrupted. */
    void await(long untilNanos) {
        while (slot == null && failure == null && !Thread.currentThread().isInterrupted()) {
            long left = untilNanos - NanoTime.now();
            if (left <= 0) {
                return;
            }
            LockSupport.parkNanos(this, left);
        }
    }

    @Nullable
    Slot slot() {
        return slot;
    }

    @Nullable
    EngineException failure() {
        return failure;
    }

    long startNanos() {
        return startNanos;
    }
}
