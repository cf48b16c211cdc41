package dev.instar.sandbox;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts for {@link SandboxTurnover}. Thread-safe. */
final class TurnoverCount {
    private final LongAdder repurposed = new LongAdder();
    private final LongAdder networks = new LongAdder();
    private final LongAdder cleaningNanos = new LongAdder();
    private final Map<Destruction, LongAdder> destroyed = new EnumMap<>(Destruction.class);

    TurnoverCount() {
        for (Destruction reason : Destruction.values()) {
            destroyed.put(reason, new LongAdder());
        }
    }

    void repurposed(long nanos) {
        repurposed.increment();
        cleaningNanos.add(nanos);
    }

    void networkReplaced() {
        networks.increment();
    }

    void destroyed(Destruction reason) {
        destroyed.getOrDefault(reason, new LongAdder()).increment();
    }

    SandboxTurnover now() {
        Map<Destruction, Long> counts = new EnumMap<>(Destruction.class);
        destroyed.forEach((reason, count) -> {
            if (count.sum() > 0) {
                counts.put(reason, count.sum());
            }
        });
        return new SandboxTurnover(repurposed.sum(), networks.sum(), counts, Duration.ofNanos(cleaningNanos.sum()));
    }
}
