package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes that were not gone in time: a process the kernel has not let end yet, or something in the control group
 * that the pool has not put there. Each goes on counting, and nobody gets its ids, until it is gone. Thread-safe.
 */
final class Remains {
    private static final Logger LOG = LoggerFactory.getLogger(Remains.class);

    private final Queue<Remain> left = new ConcurrentLinkedQueue<>();

    private record Remain(String id, @Nullable Child init, ControlGroup group, Runnable gone) {
        boolean isGone() {
            try {
                FrameRemoval.remove(init, group, Duration.ZERO);
                return true;
            } catch (TimeoutException | RuntimeException e) {
                LOG.debug("sandbox {} is still there", id, e);
                return false;
            }
        }
    }

    /**
     * Takes over what is left of a sandbox.
     *
     * @param id for messages
     * @param init first process of its pid namespace, closed here in the end; null if there is none any more
     * @param gone run once, when nothing is left
     */
    void add(String id, @Nullable Child init, ControlGroup group, Runnable gone) {
        left.add(new Remain(id, init, group, gone));
    }

    /** Removes what can be removed by now, without waiting for anything. One thread's to call. */
    void tryAgain() {
        List<Remain> gone = left.stream().filter(Remain::isGone).toList();
        for (Remain remain : gone) {
            left.remove(remain);
            LOG.info("sandbox {} is gone at last", remain.id());
            remain.gone().run();
        }
    }

    /** How many there are. */
    int count() {
        return left.size();
    }
}
