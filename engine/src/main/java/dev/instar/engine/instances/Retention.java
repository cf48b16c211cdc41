package dev.instar.engine.instances;

import dev.instar.engine.KeepAlive;
import org.jspecify.annotations.Nullable;

/** How long a function's idle instances stay, and whether one is wanted before a call comes. Not thread-safe. */
final class Retention {
    private KeepAlive keepAlive;
    /** Outlives versions, since the callers do; lost with the node's process. */
    private @Nullable ArrivalHistogram arrivals;

    Retention(KeepAlive keepAlive) {
        this.keepAlive = keepAlive;
        changeTo(keepAlive);
    }

    void changeTo(KeepAlive next) {
        keepAlive = next;
        if (!next.byArrivals()) {
            arrivals = null;
        } else if (arrivals == null) {
            arrivals = new ArrivalHistogram();
        }
    }

    /** Whether it wants to be told of calls. */
    boolean watches() {
        return arrivals != null;
    }

    /** A call has come. */
    void arrived(long now) {
        if (arrivals != null) {
            arrivals.arrived(now);
        }
    }

    /**
     * What holds at one moment.
     *
     * @param idleNanos an instance that has been idle for as long goes
     * @param expected instances that had better be there, since a call is expected: 0 or 1
     */
    record Rule(long idleNanos, int expected) {}

    Rule at(long now) {
        if (arrivals == null || !arrivals.isRepresentative()) {
            return new Rule(keepAlive.time().toNanos(), 0);
        }
        ArrivalHistogram.Window window = arrivals.window();
        if (window.from() == 0) {
            return new Rule(window.until(), 0);
        }
        long since = arrivals.sinceLast(now);
        return new Rule(0, since >= window.from() && since < window.until() ? 1 : 0);
    }
}
