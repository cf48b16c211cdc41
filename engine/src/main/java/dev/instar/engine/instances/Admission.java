package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.FunctionName;
import dev.instar.engine.OverloadedException;
import dev.instar.engine.Quota;
import dev.instar.engine.QuotaExceededException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether there is room for another instance: below the node's memory bound and the namespace's quota. Makes
 * room by ending idle instances, and lets a start wait where none is idle. Thread-safe.
 */
final class Admission {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final long boundBytes;
    private final Duration patience;
    private final LongSupplier chargedBytes;
    private final Function<String, Quota> quotas;
    private final Eviction eviction;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final Map<String, Use> uses = new HashMap<>();
    private long reservedBytes;
    private long changes;
    private final AtomicInteger starving = new AtomicInteger();

    /**
     * @param boundBytes memory of all workloads together beyond which instances have to yield
     * @param patience how long a start waits for room
     * @param chargedBytes measures the memory of all workloads
     * @param quotas the quota of a namespace
     */
    Admission(
            long boundBytes,
            Duration patience,
            LongSupplier chargedBytes,
            Function<String, Quota> quotas,
            Eviction eviction) {
        this.boundBytes = boundBytes;
        this.patience = patience;
        this.chargedBytes = chargedBytes;
        this.quotas = quotas;
        this.eviction = eviction;
    }

    /** Ends one idle instance to make room. */
    interface Eviction {
        /**
         * Ends the idle instance that has not been used for the longest time; returns when its memory is free.
         *
         * @param namespace where to look, or null for the whole node
         * @return whether there was one
         */
        boolean evictOne(@Nullable String namespace);
    }

    /** Room for one instance, from its start to its end. */
    static final class Ticket {
        private final FunctionName function;
        private final long limitBytes;
        private long reservedBytes;

        private Ticket(FunctionName function, long limitBytes, long reservedBytes) {
            this.function = function;
            this.limitBytes = limitBytes;
            this.reservedBytes = reservedBytes;
        }
    }

    /**
     * Finds room for an instance.
     *
     * @param expectedBytes what it is going to be charged, reserved until {@link #settled}
     * @param limitBytes its memory limit, which counts against the namespace's quota
     * @param wanted asked after every wait; false gives up
     * @param background whether to give up at once instead of evicting and waiting
     * @return null if it is not wanted any more
     * @throws OverloadedException if the node's memory had no room in time
     * @throws QuotaExceededException if the namespace's quota had no room in time
     */
    @Nullable
    Ticket admit(FunctionName function, long limitBytes, long expectedBytes, boolean background, BooleanSupplier wanted)
            throws InterruptedException {
        Ticket ticket = new Ticket(function, limitBytes, expectedBytes);
        Shortage shortage = take(ticket);
        if (shortage == null) {
            return ticket;
        }
        if (background) {
            throw shortage.failure();
        }
        starving.incrementAndGet();
        try {
            return waitForRoom(ticket, wanted);
        } finally {
            starving.decrementAndGet();
        }
    }

    private @Nullable Ticket waitForRoom(Ticket ticket, BooleanSupplier wanted) throws InterruptedException {
        long giveUpAt = NanoTime.now() + patience.toNanos();
        while (wanted.getAsBoolean()) {
            long seen = changes();
            Shortage shortage = take(ticket);
            if (shortage == null) {
                return ticket;
            }
            if (!eviction.evictOne(shortage.namespace()) && !awaitChange(seen, giveUpAt)) {
                throw shortage.failure();
            }
        }
        return null;
    }

    /** The instance is ready: from now on what it uses is measured, not expected. */
    void settled(Ticket ticket) {
        lock.lock();
        try {
            reservedBytes -= ticket.reservedBytes;
            ticket.reservedBytes = 0;
        } finally {
            lock.unlock();
        }
    }

    /** The instance is gone, or its start failed. */
    void released(Ticket ticket) {
        lock.lock();
        try {
            reservedBytes -= ticket.reservedBytes;
            ticket.reservedBytes = 0;
            String namespace = ticket.function.namespace();
            Use use = uses.getOrDefault(namespace, Use.NOTHING).minus(ticket.limitBytes);
            if (use.instances() == 0) {
                uses.remove(namespace);
            } else {
                uses.put(namespace, use);
            }
            signal();
        } finally {
            lock.unlock();
        }
    }

    /** There may be room now, since an instance became idle. Costs one read unless a start waits for room. */
    void roomMayHaveCome() {
        if (starving.get() > 0) {
            lock.lock();
            try {
                signal();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Ends idle instances while the node uses more memory than its bound. */
    void relieve() {
        while (chargedBytes.getAsLong() > boundBytes && eviction.evictOne(null)) {
            // One at a time: each frees memory before the next measurement.
        }
        // Memory that running instances gave back is noticed only here.
        roomMayHaveCome();
    }

    long boundBytes() {
        return boundBytes;
    }

    private @Nullable Shortage take(Ticket ticket) {
        String namespace = ticket.function.namespace();
        Quota quota = quotas.apply(namespace);
        long charged = chargedBytes.getAsLong();
        lock.lock();
        try {
            Use use = uses.getOrDefault(namespace, Use.NOTHING).plus(ticket.limitBytes);
            if (exceeds(use.instances(), quota.instances()) || exceeds(use.limitBytes(), quota.memoryBytes())) {
                return new Shortage(namespace, quotaExceeded(namespace, quota));
            }
            if (charged + reservedBytes + ticket.reservedBytes > boundBytes) {
                return new Shortage(null, nodeFull());
            }
            uses.put(namespace, use);
            reservedBytes += ticket.reservedBytes;
            return null;
        } finally {
            lock.unlock();
        }
    }

    private static boolean exceeds(long use, long bound) {
        return bound > 0 && use > bound;
    }

    private static EngineException quotaExceeded(String namespace, Quota quota) {
        return new QuotaExceededException("the instances of namespace " + namespace + " use its quota up: "
                + quota.instances() + " instances, " + Bytes.text(quota.memoryBytes()) + " of memory (0 is unbounded)");
    }

    private EngineException nodeFull() {
        return new OverloadedException(
                "the node has no memory for another instance: its bound is " + Bytes.text(boundBytes)
                        + " and no instance is idle",
                true,
                RETRY_AFTER);
    }

    private long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitChange(long seen, long until) throws InterruptedException {
        lock.lock();
        try {
            while (changes == seen) {
                long left = until - NanoTime.now();
                if (left <= 0) {
                    return false;
                }
                room.await(left, TimeUnit.NANOSECONDS);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        changes++;
        room.signalAll();
    }

    /** What there is too little of: the namespace's quota, or the node's memory if it is null. */
    private record Shortage(@Nullable String namespace, EngineException failure) {}

    private record Use(int instances, long limitBytes) {
        static final Use NOTHING = new Use(0, 0);

        Use plus(long bytes) {
            return new Use(instances + 1, limitBytes + bytes);
        }

        Use minus(long bytes) {
            return new Use(instances - 1, limitBytes - bytes);
        }
    }
}
