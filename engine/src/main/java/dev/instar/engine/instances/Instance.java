package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartKind;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.sandbox.Sandbox;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox in which a function's handler is loaded, with the slots that serve its calls. The bookkeeping (state,
 * calls, times) is guarded by the lock of its function's pool.
 */
final class Instance {
    private final InstancePool pool;
    private final StartedProcess process;
    private final StartTicket ticket;
    private final FunctionVersion version;
    private final int generation;
    private final List<Slot> slots;

    private final CountDownLatch gone = new CountDownLatch(1);

    private InstanceState state = InstanceState.IDLE;
    private EndCause retirement = EndCause.REPLACED;
    private int busy;
    private volatile long idleSince;
    private volatile long restingSince = -1;
    private volatile boolean frozen;
    private volatile boolean reclaimed;
    private volatile @Nullable EndCause endCause;

    /** @param order what it was started for */
    Instance(InstancePool pool, StartOrder order, StartedProcess process, StartTicket ticket, long now) {
        this.pool = pool;
        this.process = process;
        this.ticket = ticket;
        this.version = order.version();
        this.generation = order.generation();
        this.slots = process.channels().stream()
                .map(channel -> new Slot(this, channel))
                .toList();
        this.idleSince = now;
    }

    String id() {
        return process.id();
    }

    /** The pool it belongs to, or belonged to when it has ended. */
    InstancePool pool() {
        return pool;
    }

    StartKind kind() {
        return process.kind();
    }

    Map<String, Long> phaseNanos() {
        return process.phaseNanos();
    }

    FunctionVersion version() {
        return version;
    }

    int generation() {
        return generation;
    }

    Sandbox sandbox() {
        return process.sandbox();
    }

    InstanceOutput output() {
        return process.output();
    }

    StartTicket ticket() {
        return ticket;
    }

    List<Slot> slots() {
        return slots;
    }

    InstanceState state() {
        return state;
    }

    /** Calls it is serving. */
    int busy() {
        return busy;
    }

    /** When its last call ended, in {@link NanoTime}; the time of its start if it has served none. */
    long idleSince() {
        return idleSince;
    }

    void tookCall() {
        require(state == InstanceState.IDLE || state == InstanceState.BUSY, "take a call");
        require(busy < slots.size(), "take a further call");
        busy++;
        state = InstanceState.BUSY;
    }

    void finishedCall(long now) {
        require(busy > 0, "finish a call");
        busy--;
        if (busy == 0) {
            idleSince = now;
            if (state == InstanceState.BUSY) {
                state = InstanceState.IDLE;
            }
        }
    }

    /** Takes it out of service for a moment. */
    void hold() {
        require(state == InstanceState.IDLE, "be held");
        state = InstanceState.HELD;
    }

    /** Puts it back into service. */
    void letGo() {
        require(state == InstanceState.HELD, "be let go");
        state = InstanceState.IDLE;
    }

    /**
     * Stops its processes until it is given a call, while it is held; tried once for each time that it becomes idle.
     */
    void freeze() {
        restingSince = idleSince;
        frozen = process.sandbox().freeze();
    }

    /** Gives back memory that it can do without, while it is held. */
    void reclaim() {
        reclaimed = true;
        process.sandbox().reclaim(version.spec().limits().memoryBytes());
    }

    /** Whether it has been idle for so long and nothing has been done about it. */
    boolean wantsFreezing(long idleNanos, long now) {
        return restingSince != idleSince && now - idleSince >= idleNanos;
    }

    /** Whether it is frozen and may have memory to give back. */
    boolean wantsReclaiming() {
        return frozen && !reclaimed;
    }

    /** Lets it go on if it is frozen; before it is given a call. */
    void wakeUp() {
        if (frozen) {
            process.sandbox().thaw();
            frozen = false;
            reclaimed = false;
        }
    }

    /** @param cause what it ends for with its last call */
    void retire(EndCause cause) {
        require(state == InstanceState.BUSY || state == InstanceState.RETIRING, "retire");
        retirement = cause;
        state = InstanceState.RETIRING;
    }

    /** What it ends for with its last call. */
    EndCause retirement() {
        return retirement;
    }

    void end(EndCause cause) {
        require(state != InstanceState.ENDED, "end");
        endCause = cause;
        state = InstanceState.ENDED;
    }

    /** Why it was ended; null while it lives. */
    @Nullable
    EndCause endCause() {
        return endCause;
    }

    /** Closes sandbox and channels; blocks until every process is gone. Calls in progress fail. */
    void close() {
        // First: a runtime that saw its channel end would begin to take itself apart, page by page, until it is killed.
        process.sandbox().close();
        for (Slot slot : slots) {
            slot.channel().close();
        }
        output().ended();
    }

    /** Nothing of it is left, and its room has been given back. */
    void gone() {
        gone.countDown();
    }

    /** Waits until it is {@link #gone}. */
    void awaitGone() {
        boolean interrupted = false;
        while (true) {
            try {
                gone.await();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(
                    "instance " + id() + " is " + state + " with " + busy + " calls and cannot " + what);
        }
    }
}
