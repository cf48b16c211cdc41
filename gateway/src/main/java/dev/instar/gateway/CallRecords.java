package dev.instar.gateway;

import dev.instar.engine.FunctionName;
import dev.instar.engine.ServedBy;
import dev.instar.engine.StartKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The last calls that an instance answered, with their times; the oldest make way for new ones. Adding one neither
 * locks nor waits, since it happens on the path of a call. Thread-safe.
 */
final class CallRecords {
    /** How many are kept: some 5 MB when all are there. */
    static final int KEPT = 100_000;

    private final AtomicReferenceArray<@Nullable Entry> ring = new AtomicReferenceArray<>(KEPT);
    private final AtomicLong next = new AtomicLong();

    /**
     * One call.
     *
     * @param start how its instance came to be
     * @param readyNanos from its acceptance to having an instance ready for it: in the queue and starting
     * @param handlerNanos from handing it over to the first byte of the reply
     * @param totalNanos from its acceptance to the end of the reply
     */
    record Entry(FunctionName function, StartKind start, long readyNanos, long handlerNanos, long totalNanos) {}

    /** Adds a call, unless no instance has answered it. */
    void add(FunctionName function, ServedBy servedBy, long totalNanos) {
        if (servedBy.instance().isEmpty()) {
            return;
        }
        long ready = servedBy.queueNanos() + servedBy.startNanos();
        Entry entry = new Entry(function, servedBy.start(), ready, servedBy.handlerNanos(), totalNanos);
        ring.set((int) (next.getAndIncrement() % KEPT), entry);
    }

    /**
     * Those that are there, the oldest first.
     *
     * @param namespace only calls of its functions; empty for all
     */
    List<Entry> of(String namespace) {
        List<Entry> found = new ArrayList<>();
        long end = next.get();
        for (long i = Math.max(0, end - KEPT); i < end; i++) {
            Entry entry = ring.get((int) (i % KEPT));
            if (entry != null && isOf(namespace, entry)) {
                found.add(entry);
            }
        }
        return found;
    }

    /** Drops what {@link #of} the same namespace gives. */
    void clear(String namespace) {
        dropIf(entry -> isOf(namespace, entry));
    }

    /** Drops the calls of a function that has been removed. */
    void forget(FunctionName function) {
        dropIf(entry -> entry.function().equals(function));
    }

    private void dropIf(Predicate<Entry> unwanted) {
        for (int i = 0; i < KEPT; i++) {
            Entry entry = ring.get(i);
            if (entry != null && unwanted.test(entry)) {
                ring.compareAndSet(i, entry, null);
            }
        }
    }

    private static boolean isOf(String namespace, Entry entry) {
        return namespace.isEmpty() || entry.function().namespace().equals(namespace);
    }
}
