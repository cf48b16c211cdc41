package dev.instar.engine.templates;

import dev.instar.engine.instances.Seat;
import dev.instar.engine.instances.Workloads;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seats clones in sandboxes ahead of the starts that use them, one after the other on a thread of its own: entering a
 * control group blocks in the kernel. Thread-safe.
 */
final class Seats implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Seats.class);

    private static final Duration PAUSE = Duration.ofMillis(3);

    private final SandboxPool sandboxes;
    private final Workloads workloads;
    private final ScheduledThreadPoolExecutor maker = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("seat-maker").factory());

    Seats(SandboxPool sandboxes, Workloads workloads) {
        this.sandboxes = sandboxes;
        this.workloads = workloads;
        maker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Sees that the template has a seat soon, if it is in use. */
    void want(TemplateEntry entry) {
        if (!maker.isShutdown()) {
            // The call that took the last seat is being answered: it comes first.
            ScheduledFuture<?> _ = maker.schedule(() -> make(entry), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void make(TemplateEntry entry) {
        LiveTemplate template = entry.needsSeat();
        // The last sandboxes are for calls that wait, not for those that may come.
        if (template == null || sandboxes.ready() < 2) {
            return;
        }
        Seat.LateOutput output = new Seat.LateOutput();
        try {
            Sandbox sandbox = sandboxes.acquire(output);
            sandbox.seat(workloads.forTemplate(entry.version()), template.zygote(), true);
            sandbox.settle();
            Seat seat = new Seat(sandbox, output);
            if (!entry.seat(template, seat)) {
                seat.close();
            }
        } catch (SandboxException e) {
            LOG.warn(
                    "no clone of {} could be seated ahead: {}",
                    entry.version().spec().name(),
                    e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        maker.shutdownNow();
        try {
            if (!maker.awaitTermination(1, TimeUnit.MINUTES)) {
                LOG.error("a clone was still being seated after a minute");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
