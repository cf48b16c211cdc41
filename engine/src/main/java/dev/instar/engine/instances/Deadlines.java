package dev.instar.engine.instances;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Watches over the deadlines of calls that instances are serving. Made for calls that nearly always end in time: arming
 * is one volatile write and one read, disarming one exchange, and neither wakes a thread, because the watcher sleeps
 * until the earliest deadline it has seen and looks again only then. A new deadline wakes it only if it is earlier than
 * that. Thread-safe.
 */
final class Deadlines implements AutoCloseable {
    private final Set<Slot> slots = ConcurrentHashMap.newKeySet();
    private final Consumer<Slot> onExpiry;
    private final Thread watcher;
    private volatile long wakeAt = Long.MAX_VALUE;
    private volatile boolean closed;

    /** @param onExpiry called on the watcher's thread, so it must hand blocking work on */
    Deadlines(Consumer<Slot> onExpiry) {
        this.onExpiry = onExpiry;
        this.watcher = Thread.ofPlatform().daemon().name("instar-deadlines").start(this::watch);
    }

    void register(Instance instance) {
        slots.addAll(instance.slots());
    }

    void unregister(Instance instance) {
        instance.slots().forEach(slots::remove);
    }

    /** Begins the watch over the call that the slot serves from now on. */
    void arm(Slot slot, long at) {
        slot.arm(at);
        if (at < wakeAt) {
            LockSupport.unpark(watcher);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watcher);
    }

    private void watch() {
        while (!closed) {
            long earliest = expireAndFindEarliest();
            wakeAt = earliest;
            // A deadline armed between the first look and the write of wakeAt has woken nobody: look once more.
            if (expireAndFindEarliest() < earliest) {
                continue;
            }
            if (earliest == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, earliest - NanoTime.now()));
            }
        }
    }

    private long expireAndFindEarliest() {
        long earliest = Long.MAX_VALUE;
        for (Slot slot : slots) {
            long at = slot.deadline();
            if (at > NanoTime.now()) {
                earliest = Math.min(earliest, at);
            } else if (slot.expire(at)) {
                onExpiry.accept(slot);
            }
        }
        return earliest;
    }
}
