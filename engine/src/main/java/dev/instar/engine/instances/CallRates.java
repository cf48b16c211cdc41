package dev.instar.engine.instances;

import dev.instar.engine.Quota;
import dev.instar.engine.QuotaExceededException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** The rate at which each namespace's calls are accepted. Thread-safe; the path of a call takes no lock. */
final class CallRates {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Function<String, Quota> quotas;
    private final ConcurrentMap<String, Rate> rates = new ConcurrentHashMap<>();

    /** @param quotas the quota of a namespace as it is now; asked for every call */
    CallRates(Function<String, Quota> quotas) {
        this.quotas = quotas;
    }

    /** @throws QuotaExceededException if the namespace calls faster than it may */
    void accept(String namespace, long now) {
        int perSecond = quotas.apply(namespace).callsPerSecond();
        if (perSecond > 0 && !due(namespace).accept(perSecond, now)) {
            throw new QuotaExceededException("namespace " + namespace + " may make " + perSecond + " calls per second");
        }
    }

    private Rate due(String namespace) {
        Rate rate = rates.get(namespace);
        return rate != null ? rate : rates.computeIfAbsent(namespace, _ -> new Rate());
    }

    private static final class Rate {
        /** When the next call would be due if calls came evenly; a call may be at most a second early. */
        private final AtomicLong due = new AtomicLong();

        boolean accept(int perSecond, long now) {
            long interval = Math.max(1, SECOND / perSecond);
            while (true) {
                long before = due.get();
                long next = Math.max(before, now) + interval;
                if (next - now > SECOND) {
                    return false;
                }
                if (due.compareAndSet(before, next)) {
                    return true;
                }
            }
        }
    }
}
