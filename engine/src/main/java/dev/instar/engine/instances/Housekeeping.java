package dev.instar.engine.instances;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats a task at a steady pace on a thread of its own, until closed. */
public final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("instar-housekeeping").factory());

    /** @param task what to do; an error in it is logged and does not end the repetition */
    public Housekeeping(Duration pace, Runnable task) {
        // The task never fails, so there is nothing to learn from its future.
        ScheduledFuture<?> _ = executor.scheduleWithFixedDelay(
                () -> guarded(task), pace.toNanos(), pace.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Returns when a task in progress has ended. */
    @Override
    public void close() {
        executor.close();
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("housekeeping failed", e);
        }
    }
}
