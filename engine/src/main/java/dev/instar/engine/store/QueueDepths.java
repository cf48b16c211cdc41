package dev.instar.engine.store;

import dev.instar.engine.FunctionName;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/** How much is in the queue, counted in memory so that nobody has to count rows. Thread-safe. */
final class QueueDepths {
    private final ConcurrentMap<FunctionName, Long> pending = new ConcurrentHashMap<>();
    private final AtomicLong bodyBytes = new AtomicLong();

    void add(FunctionName function, long calls) {
        pending.merge(function, calls, (present, more) -> {
            long sum = present + more;
            return sum == 0 ? null : sum;
        });
    }

    void addBytes(long bytes) {
        bodyBytes.addAndGet(bytes);
    }

    /** Forgets the functions of a namespace. */
    void forget(String namespace) {
        pending.keySet().removeIf(function -> function.namespace().equals(namespace));
    }

    /** Calls waiting or taken. */
    long pending(String namespace) {
        return pending.entrySet().stream()
                .filter(entry -> entry.getKey().namespace().equals(namespace))
                .mapToLong(entry -> entry.getValue())
                .sum();
    }

    long pending(FunctionName function) {
        return pending.getOrDefault(function, 0L);
    }

    /** Functions with calls waiting or taken, sorted. */
    List<FunctionName> functions() {
        return pending.keySet().stream().sorted().toList();
    }

    /** Bodies of all calls, dead letters included. */
    long bodyBytes() {
        return bodyBytes.get();
    }
}
