package dev.instar.engine.instances;

import dev.instar.sandbox.Ending;
import dev.instar.sandbox.Sandbox;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Puts into words why a process was lost. */
final class LossReason {
    /** A process that dies closes its channel a moment before the kernel reports its end. */
    private static final Duration ENDING_FOLLOWS = Duration.ofMillis(500);

    private LossReason() {}

    /**
     * Names the memory limit, the signal or the exit status.
     *
     * @param limitBytes the process's memory limit
     * @param complaint what to say if the process has not ended at all
     */
    static String of(Sandbox sandbox, long limitBytes, String complaint) {
        try {
            Ending ending = sandbox.ending().get(ENDING_FOLLOWS.toMillis(), TimeUnit.MILLISECONDS);
            return ending.outOfMemory()
                    ? "memory limit of " + Bytes.text(limitBytes) + " reached"
                    : "its process ended: " + ending.describe();
        } catch (TimeoutException _) {
            return complaint;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return complaint;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a sandbox's ending never fails", e);
        }
    }
}
