package dev.instar.engine.instances;

import dev.instar.engine.FunctionName;
import dev.instar.engine.Quota;
import dev.instar.engine.instances.StartTicket.State;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What living and starting instances take up, and whether there is room for another. Not thread-safe; reads no clock
 * and measures nothing.
 */
final class Room {
    private final long boundBytes;
    private final int concurrentStarts;
    private final Function<String, Quota> quotas;
    private final Map<String, Use> uses = new HashMap<>();
    private final Map<FunctionName, Integer> instances = new HashMap<>();
    private long reservedBytes;
    private int starting;

    /**
     * @param boundBytes memory of all workloads together
     * @param concurrentStarts starts at a time
     * @param quotas the quota of a namespace as it is now
     */
    Room(long boundBytes, int concurrentStarts, Function<String, Quota> quotas) {
        this.boundBytes = boundBytes;
        this.concurrentStarts = concurrentStarts;
        this.quotas = quotas;
    }

    /** How many more starts may be in progress. */
    int freeStarts() {
        return concurrentStarts - starting;
    }

    /**
     * What there is too little of for a further instance; null if there is room.
     *
     * @param chargedBytes memory of all workloads together, as measured
     */
    Shortage.@Nullable Kind shortage(StartTicket ticket, long chargedBytes) {
        Quota quota = quotas.apply(ticket.function().namespace());
        Use use = use(ticket.function().namespace()).plus(ticket.limitBytes());
        if (exceeds(use.instances(), quota.instances()) || exceeds(use.limitBytes(), quota.memoryBytes())) {
            return Shortage.Kind.QUOTA;
        }
        return chargedBytes + reservedBytes + ticket.expectedBytes() > boundBytes ? Shortage.Kind.MEMORY : null;
    }

    void take(StartTicket ticket) {
        String namespace = ticket.function().namespace();
        uses.put(namespace, use(namespace).plus(ticket.limitBytes()));
        instances.merge(ticket.function(), 1, Integer::sum);
        ticket.reservedBytes = ticket.expectedBytes();
        reservedBytes += ticket.reservedBytes;
        starting++;
        ticket.state = State.STARTING;
    }

    /** The start is over and its instance lives: from now on what it uses is measured, not expected. */
    void settle(StartTicket ticket) {
        endStart(ticket);
        ticket.state = State.SETTLED;
    }

    void giveBack(StartTicket ticket) {
        if (ticket.state == State.STARTING) {
            endStart(ticket);
        }
        String namespace = ticket.function().namespace();
        Use use = use(namespace).minus(ticket.limitBytes());
        if (use.instances() == 0) {
            uses.remove(namespace);
        } else {
            uses.put(namespace, use);
        }
        instances.computeIfPresent(ticket.function(), (_, count) -> count == 1 ? null : count - 1);
        ticket.state = State.GONE;
    }

    private void endStart(StartTicket ticket) {
        reservedBytes -= ticket.reservedBytes;
        ticket.reservedBytes = 0;
        starting--;
    }

    /** Instances of a namespace, starting ones included. */
    int instancesOf(String namespace) {
        return use(namespace).instances();
    }

    /** Instances of a function, starting ones included. */
    int instancesOf(FunctionName function) {
        return instances.getOrDefault(function, 0);
    }

    private Use use(String namespace) {
        return uses.getOrDefault(namespace, Use.NOTHING);
    }

    private static boolean exceeds(long use, long bound) {
        return bound > 0 && use > bound;
    }

    private record Use(int instances, long limitBytes) {
        static final Use NOTHING = new Use(0, 0);

        Use plus(long bytes) {
            return new Use(instances + 1, limitBytes + bytes);
        }

        Use minus(long bytes) {
            return new Use(instances - 1, limitBytes - bytes);
        }
    }
}
