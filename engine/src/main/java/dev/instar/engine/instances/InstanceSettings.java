package dev.instar.engine.instances;

import java.time.Duration;

/**
 * Bounds of the life of instances.
 *
 * @param queueLength calls of a function that may wait for an instance
 * @param concurrentStarts starts at a time, all functions together
 * @param memoryBoundBytes memory of all workloads together beyond which idle instances are ended
 * @param roomPatience how long a start waits for room below the memory bound or its namespace's quota
 * @param tidyInterval how often idle instances are looked through and memory is measured
 * @param freezeIdle how long an instance is idle until it is frozen; zero never freezes one
 */
public record InstanceSettings(
        int queueLength,
        int concurrentStarts,
        long memoryBoundBytes,
        Duration roomPatience,
        Duration tidyInterval,
        Duration freezeIdle) {
    /** @throws IllegalArgumentException if a bound is below 1 */
    public InstanceSettings {
        if (queueLength < 1 || concurrentStarts < 1 || memoryBoundBytes < 1 || tidyInterval.toNanos() < 1) {
            throw new IllegalArgumentException("queue length, starts, memory bound and interval must be at least 1");
        }
    }

    /** Whether idle instances are frozen. */
    boolean freezesIdle() {
        return freezeIdle.isPositive();
    }
}
