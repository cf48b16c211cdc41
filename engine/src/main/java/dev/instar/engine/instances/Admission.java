package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.Priority;
import dev.instar.engine.Quota;
import dev.instar.engine.QuotaExceededException;
import dev.instar.engine.instances.StartPolicy.Decision;
import dev.instar.engine.instances.StartTicket.State;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets starts begin as the {@link StartPolicy} decides: a bounded number at a time, below the node's memory bound and
 * the namespaces' quotas. Each start waits on its own thread, and makes room on it by ending what is idle. Thread-safe.
 */
final class Admission {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final long boundBytes;
    private final Duration patience;
    private final LongSupplier chargedBytes;
    private final Function<String, Quota> quotas;
    private final Eviction eviction;
    private final BooleanSupplier spareSeat;

    private final ReentrantLock lock = new ReentrantLock();
    private final StartPolicy policy;
    private final Map<StartTicket, Turn> turns = new HashMap<>();
    private volatile boolean someLackRoom;

    /**
     * @param concurrentStarts starts at a time
     * @param boundBytes memory of all workloads together beyond which instances have to yield
     * @param patience how long a start waits for room
     * @param chargedBytes measures the memory of all workloads
     * @param quotas the quota of a namespace
     * @param spareSeat ends a clone that waits in a sandbox ahead of its start; whether there was one
     */
    Admission(
            int concurrentStarts,
            long boundBytes,
            Duration patience,
            LongSupplier chargedBytes,
            Function<String, Quota> quotas,
            Eviction eviction,
            BooleanSupplier spareSeat) {
        this.boundBytes = boundBytes;
        this.patience = patience;
        this.chargedBytes = chargedBytes;
        this.quotas = quotas;
        this.eviction = eviction;
        this.spareSeat = spareSeat;
        this.policy = new StartPolicy(new Room(boundBytes, concurrentStarts, quotas));
    }

    /** Ends idle instances to make room. */
    interface Eviction {
        /**
         * Ends the idle instances that have not been used for the longest time; returns when they have been released.
         *
         * @param namespace where to look, or null for the whole node
         * @param count how many to end, at the most
         * @return whether there was one
         */
        boolean evict(@Nullable String namespace, int count, EndCause cause);
    }

    /** How a waiting thread learns what has been decided for its start. */
    private static final class Turn {
        private final Condition came;
        private @Nullable Decision decision;

        Turn(Condition came) {
            this.came = came;
        }
    }

    /**
     * Waits until a start may begin. Afterwards the ticket is handed to {@link #settled} or {@link #released}, or comes
     * back by {@link #admitAgain}.
     *
     * @param wanted asked before anything is ended or begun; false gives up
     * @return whether it may begin; if not, it is not wanted any more
     * @throws OverloadedException if the node had no room in time
     * @throws QuotaExceededException if the namespace's quota had no room in time
     */
    boolean admit(StartTicket ticket, BooleanSupplier wanted) throws InterruptedException {
        ticket.giveUpAt = NanoTime.now() + patience.toNanos();
        return await(ticket, wanted, () -> policy.submit(ticket, NanoTime.now()));
    }

    /** As {@link #admit}, for a start that had been admitted and found no sandbox. */
    boolean admitAgain(StartTicket ticket, BooleanSupplier wanted) throws InterruptedException {
        return await(ticket, wanted, () -> policy.lackedSandbox(ticket));
    }

    private boolean await(StartTicket ticket, BooleanSupplier wanted, Runnable enter) throws InterruptedException {
        Turn turn = new Turn(lock.newCondition());
        change(() -> {
            turns.put(ticket, turn);
            enter.run();
        });
        boolean begins = false;
        try {
            begins = awaitTurn(ticket, turn, wanted);
            return begins;
        } finally {
            if (begins) {
                forget(ticket);
            } else {
                change(() -> leave(ticket));
            }
        }
    }

    /** Without a decision, since none follows from it: a call waits for this start. */
    private void forget(StartTicket ticket) {
        lock.lock();
        try {
            turns.remove(ticket);
        } finally {
            lock.unlock();
        }
    }

    private void leave(StartTicket ticket) {
        turns.remove(ticket);
        if (ticket.state() != State.GONE) {
            policy.withdraw(ticket);
        }
    }

    private boolean awaitTurn(StartTicket ticket, Turn turn, BooleanSupplier wanted) throws InterruptedException {
        while (true) {
            switch (next(turn, ticket.giveUpAt)) {
                case Decision.Begin _ -> {
                    // While it waited, calls that it was meant for may have been served by others.
                    return wanted.getAsBoolean();
                }
                case Decision.MakeRoom room -> {
                    if (!wanted.getAsBoolean()) {
                        return false;
                    }
                    makeRoom(room);
                    change(() -> policy.madeRoom(ticket));
                }
                case Decision.GiveUp given -> throw failure(given.shortage());
                case null -> {
                    requireNoShortage(ticket);
                    ticket.giveUpAt = NanoTime.now() + patience.toNanos();
                }
            }
        }
    }

    /**
     * A clone that waits for a call that may come gives way first for a sandbox, and last for memory: it has little.
     */
    private void makeRoom(Decision.MakeRoom room) {
        Shortage.Kind kind = room.shortage().kind();
        String namespace = kind.nodeWide() ? null : room.shortage().function().namespace();
        boolean seatFirst = kind == Shortage.Kind.SANDBOX && giveUpSeat();
        if (!seatFirst && !eviction.evict(namespace, room.count(), kind.cause()) && kind == Shortage.Kind.MEMORY) {
            giveUpSeat();
        }
    }

    private boolean giveUpSeat() {
        boolean given = spareSeat.getAsBoolean();
        if (given) {
            change(policy::sandboxCameBack);
        }
        return given;
    }

    /** What has been decided; null if nothing was in time. */
    private @Nullable Decision next(Turn turn, long until) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (turn.decision == null) {
                long left = until - NanoTime.now();
                if (left <= 0) {
                    return null;
                }
                turn.came.await(left, TimeUnit.NANOSECONDS);
            }
            Decision decision = turn.decision;
            turn.decision = null;
            return decision;
        } finally {
            lock.unlock();
        }
    }

    private void requireNoShortage(StartTicket ticket) {
        long charged = chargedBytes.getAsLong();
        Shortage shortage;
        lock.lock();
        try {
            shortage = ticket.state() == State.WAITING ? policy.shortage(ticket, charged) : null;
        } finally {
            lock.unlock();
        }
        if (shortage != null) {
            throw failure(shortage);
        }
    }

    /** The instance is ready: from now on what it uses is measured, not expected. */
    void settled(StartTicket ticket) {
        change(() -> policy.settled(ticket));
    }

    /** The instance is gone with its sandbox, or its start failed. */
    void released(StartTicket ticket) {
        change(() -> policy.released(ticket));
    }

    /** There may be room now, since an instance became idle. Costs one read unless a start lacks room. */
    void roomMayHaveCome() {
        if (someLackRoom) {
            change(policy::changed);
        }
    }

    /**
     * Whether an instance has to end instead of taking its function's next waiting call, since a start waits to which
     * it would be unfair. Costs one read unless a start lacks room.
     */
    boolean yields(FunctionName function, Priority priority) {
        if (!someLackRoom) {
            return false;
        }
        lock.lock();
        try {
            return policy.yields(function, priority, NanoTime.now());
        } finally {
            lock.unlock();
        }
    }

    /** Whether the node uses nine tenths of its memory bound. */
    boolean isNearlyFull() {
        return chargedBytes.getAsLong() > boundBytes / 10 * 9;
    }

    /** Ends idle instances while the node uses more memory than its bound. */
    void relieve() {
        while (chargedBytes.getAsLong() > boundBytes && eviction.evict(null, 1, EndCause.EVICTED_MEMORY)) {
            // One at a time: each frees memory before the next measurement.
        }
        // Memory that running instances gave back, and sandboxes that others did, are noticed only here.
        change(policy::sandboxesMayBeBack);
    }

    /** Measures only where a start waits, and not under the lock. */
    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            if (policy.waiting() == 0) {
                // What is charged decides nothing then.
                decide(0);
                return;
            }
        } finally {
            lock.unlock();
        }
        decide(chargedBytes.getAsLong());
    }

    private void decide(long charged) {
        lock.lock();
        try {
            for (Decision next = policy.decide(NanoTime.now(), charged);
                    next != null;
                    next = policy.decide(NanoTime.now(), charged)) {
                Turn turn = Objects.requireNonNull(turns.get(ticketOf(next)), "nobody waits for this decision");
                turn.decision = next;
                turn.came.signal();
            }
            someLackRoom = policy.someLackRoom();
        } finally {
            lock.unlock();
        }
    }

    private static StartTicket ticketOf(Decision decision) {
        return switch (decision) {
            case Decision.Begin begin -> begin.ticket();
            case Decision.MakeRoom room -> room.ticket();
            case Decision.GiveUp given -> given.ticket();
        };
    }

    private EngineException failure(Shortage shortage) {
        return switch (shortage.kind()) {
            case MEMORY ->
                new OverloadedException(
                        "the node has no memory for another instance: its bound is " + Bytes.text(boundBytes)
                                + " and no instance is idle",
                        true,
                        RETRY_AFTER);
            case SANDBOX ->
                new OverloadedException(
                        "all sandboxes of the node are in use and no instance is idle", true, RETRY_AFTER);
            case QUOTA -> {
                String namespace = shortage.function().namespace();
                Quota quota = quotas.apply(namespace);
                yield new QuotaExceededException("the instances of namespace " + namespace + " use its quota up: "
                        + quota.instances() + " instances, " + Bytes.text(quota.memoryBytes())
                        + " of memory (0 is unbounded)");
            }
        };
    }
}
