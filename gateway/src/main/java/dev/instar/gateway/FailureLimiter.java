package dev.instar.gateway;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Slows down guessing of credentials: each remote address may fail a number of times at once, and again once per
 * interval. Bounded to the addresses that failed most recently. Thread-safe.
 */
final class FailureLimiter {
    private static final int ADDRESSES = 4096;

    private final int burst;
    private final long intervalNanos;
    private final LongSupplier clock;
    private final ReentrantLock lock = new ReentrantLock();
    // value: when the address will have all of its attempts again
    private final Map<String, Long> fullAgain = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > ADDRESSES;
        }
    };

    /** @param clock nanoseconds */
    FailureLimiter(int burst, Duration interval, LongSupplier clock) {
        this.burst = burst;
        this.intervalNanos = interval.toNanos();
        this.clock = clock;
    }

    /** How long the address has to wait before its next attempt; zero if it may try now. */
    Duration delay(String address) {
        lock.lock();
        try {
            Long at = fullAgain.get(address);
            if (at == null) {
                return Duration.ZERO;
            }
            long owed = at - clock.getAsLong();
            return owed <= (burst - 1) * intervalNanos
                    ? Duration.ZERO
                    : Duration.ofNanos(owed - (burst - 1) * intervalNanos);
        } finally {
            lock.unlock();
        }
    }

    void failed(String address) {
        lock.lock();
        try {
            long now = clock.getAsLong();
            Long at = fullAgain.get(address);
            long from = at == null || at - now < 0 ? now : at;
            fullAgain.put(address, from + intervalNanos);
        } finally {
            lock.unlock();
        }
    }
}
