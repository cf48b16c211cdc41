package dev.instar.cli.bench;

import java.util.Locale;

/**
 * What a node of a benchmark's own is configured with, where it is not the default.
 *
 * @param instances how many it may have at a time; as many calls may be made at a time, and wait for an instance
 * @param spare sandboxes there may be beyond those: for prepared ones, seats, and templates in the making
 * @param ready sandboxes kept prepared; negative for the default
 * @param seats whether clones wait in sandboxes ahead of their starts
 * @param memoryBytes memory of all instances beyond which idle ones are ended; 0 for the default
 * @param stallSeconds how long a client may take to send the next part of a request
 */
public record BenchNodeSettings(
        int instances, int spare, int ready, boolean seats, long memoryBytes, int stallSeconds) {
    private static final int STALL_SECONDS = 30;
    private static final int SPARE = 256;

    private static final int QUEUE = 256;

    /** Room for so many instances, and the defaults otherwise. */
    public static BenchNodeSettings roomFor(int instances) {
        return new BenchNodeSettings(instances, SPARE, -1, true, 0, STALL_SECONDS);
    }

    /** The same with another number of prepared sandboxes. */
    public BenchNodeSettings withReady(int sandboxes) {
        return new BenchNodeSettings(instances, spare, sandboxes, seats, memoryBytes, stallSeconds);
    }

    /** The same with so few sandboxes that functions take them from each other. */
    public BenchNodeSettings withSpare(int sandboxes) {
        return new BenchNodeSettings(instances, sandboxes, ready, seats, memoryBytes, stallSeconds);
    }

    /** The same without clones that wait in sandboxes. */
    public BenchNodeSettings withoutSeats() {
        return new BenchNodeSettings(instances, spare, ready, false, memoryBytes, stallSeconds);
    }

    /** The same with a bound of the memory of all instances. */
    public BenchNodeSettings withMemory(long bytes) {
        return new BenchNodeSettings(instances, spare, ready, seats, bytes, stallSeconds);
    }

    /** The same for clients that pause for long in the middle of a request. */
    public BenchNodeSettings withStall(int seconds) {
        return new BenchNodeSettings(instances, spare, ready, seats, memoryBytes, seconds);
    }

    /** As the node reads it. */
    String yaml() {
        int requests = instances + SPARE;
        return String.format(
                Locale.ROOT,
                "sandboxes: {maximum: %d%s}%nlimits: {connections: %d, requests: %d, stall: %ds}%nqueue-length: %d%n"
                        + "templates: {seats: %s}%n%s",
                instances + spare,
                ready < 0 ? "" : ", ready: " + ready,
                requests,
                requests,
                stallSeconds,
                Math.max(QUEUE, instances),
                seats,
                memoryBytes == 0 ? "" : "memory: " + memoryBytes + "\n");
    }
}
