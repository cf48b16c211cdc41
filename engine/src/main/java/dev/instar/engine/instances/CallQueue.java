package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.OverloadedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One function's waiting calls and idle slots. While a slot is idle no call waits: a slot that comes free goes to the
 * call that has waited longest, and a call takes the slot that was used last. Not thread-safe.
 */
final class CallQueue {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final int bound;
    private final ArrayDeque<Slot> idle = new ArrayDeque<>();
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

    /** @param bound how many calls may wait */
    CallQueue(int bound) {
        this.bound = bound;
    }

    /** The most recently used idle slot, now busy; null if there is none. */
    @Nullable
    Slot take() {
        Slot slot = idle.pollFirst();
        if (slot != null) {
            slot.instance().tookCall();
        }
        return slot;
    }

    /** @throws OverloadedException if no further call may wait */
    void requireRoom(FunctionName function) {
        if (waiters.size() >= bound) {
            throw new OverloadedException(bound + " calls of " + function + " wait already", false, RETRY_AFTER);
        }
    }

    void add(Waiter waiter) {
        waiters.addLast(waiter);
    }

    /** Takes a call out; false if it does not wait any more. */
    boolean remove(Waiter waiter) {
        return waiters.remove(waiter);
    }

    int waiting() {
        return waiters.size();
    }

    int idleSlots() {
        return idle.size();
    }

    /** Gives the slot to the call that has waited longest, or makes it idle. */
    @Nullable
    Waiter offer(Slot slot, long startNanos) {
        Waiter waiter = waiters.pollFirst();
        if (waiter == null) {
            idle.addFirst(slot);
            return null;
        }
        slot.instance().tookCall();
        waiter.assign(slot, startNanos);
        return waiter;
    }

    /** As {@link #offer}, all slots of an instance; returns the calls that got one. */
    List<Waiter> offerAll(Instance instance, long startNanos) {
        List<Waiter> served = new ArrayList<>();
        for (Slot slot : instance.slots()) {
            Waiter waiter = offer(slot, startNanos);
            if (waiter != null) {
                served.add(waiter);
            }
        }
        return served;
    }

    /** Idle slots of an instance are taken last from now on. */
    void putLast(Instance instance) {
        instance.slots().stream().filter(idle::remove).forEach(idle::addLast);
    }

    /** Idle slots of an instance are taken by nobody any more. */
    void withdraw(Instance instance) {
        idle.removeIf(slot -> slot.instance() == instance);
    }

    /** No idle slot there is now is taken any more. */
    void withdrawAll() {
        idle.clear();
    }

    /** Refuses every waiting call; returns them. */
    List<Waiter> refuseAll(EngineException reason) {
        List<Waiter> refused = List.copyOf(waiters);
        waiters.clear();
        refused.forEach(waiter -> waiter.refuse(reason));
        return refused;
    }
}
