package dev.instar.engine.instances;

import dev.instar.sandbox.MemoryUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures what functions' instances use. Reading one costs some 100 µs, so it is done rarely and never for a call. */
final class MemorySampler {
    private static final long OLD = Duration.ofSeconds(1).toNanos();
    private static final long TURN = Duration.ofSeconds(15).toNanos();

    /** Of thousands of instances, so many stand for the others. */
    private static final int MOST = 64;

    /** Measures if the last measurement is older than a second: for those who look at a function. */
    void sampleIfOld(InstancePool pool) {
        sample(pool, OLD);
    }

    /** Measures if the last measurement is older than 15 seconds: for eviction and metrics. */
    void sampleInTurn(InstancePool pool) {
        sample(pool, TURN);
    }

    private static void sample(InstancePool pool, long age) {
        long now = NanoTime.now();
        MemoryRecord.Sample last = pool.memory().last();
        boolean nothingToSee = pool.instances().isEmpty() && last.privateBytes() == 0;
        // A measurement of no instances tells nothing of the first one that came since.
        boolean recent = last.privateBytes() > 0 && last.at() != MemoryRecord.NEVER && now - last.at() < age;
        if (nothingToSee || recent) {
            return;
        }
        List<MemoryUse> uses = new ArrayList<>();
        List<Instance> instances = List.copyOf(pool.instances());
        int step = Math.ceilDiv(Math.max(1, instances.size()), MOST);
        for (int i = 0; i < instances.size(); i += step) {
            Instance instance = instances.get(i);
            MemoryUse use = instance.sandbox().memory();
            // An instance that ends while it is measured shows nothing, and must not lower the average.
            if (use.chargedBytes() > 0) {
                uses.add(use);
            }
        }
        pool.memory().sampled(uses, instances.size(), now);
    }
}
