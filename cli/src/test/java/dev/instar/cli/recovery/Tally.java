package dev.instar.cli.recovery;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the node has accepted, and how often nobody knows. Thread-safe. */
final class Tally {
    private final ConcurrentMap<String, LongAdder> counts = new ConcurrentHashMap<>();

    void add(String what) {
        counts.computeIfAbsent(what, _ -> new LongAdder()).increment();
    }

    /** Counts an acceptance. */
    boolean accepted(boolean accepted, String what) {
        add(accepted ? what : "refused as too busy");
        return accepted;
    }

    @Override
    public String toString() {
        Map<String, LongAdder> sorted = new TreeMap<>(counts);
        return sorted.toString();
    }
}
