package dev.instar.engine.instances;

import dev.instar.engine.OverloadedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the calls inside, and can be shut. Thread-safe. */
final class CallGate {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final AtomicInteger inside = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    private volatile boolean shut;

    /** @throws OverloadedException if it is shut */
    void enter() {
        // Counted first: whoever shuts the gate and then sees nobody inside must be right.
        inside.incrementAndGet();
        if (shut) {
            leave();
            throw new OverloadedException("the node is draining", true, RETRY_AFTER);
        }
    }

    void leave() {
        if (inside.decrementAndGet() == 0 && shut) {
            lock.lock();
            try {
                empty.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    void shut() {
        shut = true;
    }

    void open() {
        shut = false;
    }

    boolean isShut() {
        return shut;
    }

    int inside() {
        return inside.get();
    }

    /** Waits until nobody is inside; false if that takes longer. To be used on a shut gate. */
    boolean awaitEmpty(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (inside.get() > 0) {
                if (left <= 0) {
                    return false;
                }
                left = empty.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
