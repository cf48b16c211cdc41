package dev.instar.engine.instances;

import dev.instar.sandbox.MemoryUse;
import java.util.List;

/** What a function's instances were last seen to use. Thread-safe. */
final class MemoryRecord {
    /** The time of a measurement that was never made. */
    static final long NEVER = -1;

    private volatile Sample last = new Sample(NEVER, 0, 0, 0);

    /**
     * One measurement.
     *
     * @param at when, in {@link NanoTime}, or {@link #NEVER}
     * @param chargedEach what an instance was charged, on average; 0 if none was there
     * @param privateBytes private memory of all together
     * @param sharedBytes shared memory of all together
     */
    record Sample(long at, long chargedEach, long privateBytes, long sharedBytes) {}

    Sample last() {
        return last;
    }

    /** @param instances how many there were, of which those measured are a fair sample */
    void sampled(List<MemoryUse> uses, int instances, long now) {
        long charged = uses.stream().mapToLong(MemoryUse::chargedBytes).sum();
        double weight = uses.isEmpty() ? 0 : Math.max(1.0, (double) instances / uses.size());
        last = new Sample(
                now,
                uses.isEmpty() ? last.chargedEach() : charged / uses.size(),
                (long) (weight
                        * uses.stream().mapToLong(MemoryUse::privateBytes).sum()),
                (long) (weight * uses.stream().mapToLong(MemoryUse::sharedBytes).sum()));
    }

    /** What a further instance is going to be charged: as much as the ones seen, or half its limit if none was. */
    long expectedBytes(long limitBytes) {
        long each = last.chargedEach();
        return each > 0 ? Math.min(each, limitBytes) : limitBytes / 2;
    }
}
