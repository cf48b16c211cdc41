package dev.instar.engine.instances;

import dev.instar.engine.EngineException;
import dev.instar.engine.StartFailedException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Holds starts of a function back after a failed one, so that a broken function does not keep the node busy: 100 ms
 * after the first failure, twice as long after each further one, up to 10 s. A start that found no room waits 200 ms,
 * since room can come at any time. Guarded by the pool's lock.
 */
final class StartBackOff {
    private static final long FIRST = Duration.ofMillis(100).toNanos();
    private static final long LONGEST = Duration.ofSeconds(10).toNanos();
    private static final long NO_ROOM = Duration.ofMillis(200).toNanos();

    private int failures;
    private long until;
    private @Nullable EngineException lastFailure;

    void failed(EngineException failure, long now) {
        lastFailure = failure;
        if (failure instanceof StartFailedException) {
            until = now + Math.min(LONGEST, FIRST << Math.min(failures, 20));
            failures++;
        } else {
            until = now + NO_ROOM;
        }
    }

    void clear() {
        failures = 0;
        until = 0;
        lastFailure = null;
    }

    /** Whether no start may begin yet. */
    boolean holds(long now) {
        return now < until;
    }

    /** Why the last start failed; null after a success. */
    @Nullable
    EngineException lastFailure() {
        return lastFailure;
    }
}
