package dev.instar.engine.instances;

import dev.instar.runtime.Channel;
import java.util.concurrent.atomic.AtomicLong;

/** One channel of an instance: serves one call at a time. */
final class Slot {
    private static final long NONE = Long.MAX_VALUE;
    private static final long EXPIRED = -1;

    private final Instance instance;
    private final Channel channel;
    private final AtomicLong deadline = new AtomicLong(NONE);

    Slot(Instance instance, Channel channel) {
        this.instance = instance;
        this.channel = channel;
    }

    Instance instance() {
        return instance;
    }

    Channel channel() {
        return channel;
    }

    /** When the call it serves has to be over, in {@link NanoTime}; {@link Long#MAX_VALUE} if it serves none. */
    long deadline() {
        long at = deadline.get();
        return at == EXPIRED ? NONE : at;
    }

    void arm(long at) {
        deadline.set(at);
    }

    /** Whether the call it serves has passed its deadline. */
    boolean expired() {
        return deadline.get() == EXPIRED;
    }

    /** Ends the watch over a call; false if the call passed its deadline, and the instance is being ended. */
    boolean disarm() {
        return deadline.getAndSet(NONE) != EXPIRED;
    }

    /** Marks the call as past its deadline; false if it has ended meanwhile. */
    boolean expire(long seen) {
        return deadline.compareAndSet(seen, EXPIRED);
    }
}
