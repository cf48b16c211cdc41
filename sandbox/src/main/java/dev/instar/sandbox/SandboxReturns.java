package dev.instar.sandbox;

import dev.instar.linux.Child;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of sandboxes after they were built and after each use: ready again, or gone. Thread-safe. */
final class SandboxReturns {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxReturns.class);

    private final SandboxStock stock;
    private final SandboxCleaning cleaning;
    private final TurnoverCount turnover;
    private final Remains remains;
    private final IntConsumer releaseSlot;

    /**
     * Of a pool.
     *
     * @param remains gets what cannot be removed
     * @param releaseSlot lets another sandbox have a pair of ids
     */
    SandboxReturns(
            SandboxStock stock,
            SandboxCleaning cleaning,
            TurnoverCount turnover,
            Remains remains,
            IntConsumer releaseSlot) {
        this.stock = stock;
        this.cleaning = cleaning;
        this.turnover = turnover;
        this.remains = remains;
        this.releaseSlot = releaseSlot;
    }

    /** One stands ready: it is watched, or discarded where the pool has been closed meanwhile. */
    void settle(PreparedSandbox prepared) {
        if (stock.isClosed()) {
            discardIfReady(prepared, Destruction.POOL_CLOSED);
            return;
        }
        // Whether it is killed alone or with the launcher. Its place is free afterwards, and the pool is refilled.
        CompletableFuture<Void> _ = prepared.workload()
                .exit()
                .thenRunAsync(
                        () -> discardIfReady(
                                prepared,
                                prepared.frame().launcher().hasEnded()
                                        ? Destruction.LAUNCHER_LOST
                                        : Destruction.KILLED),
                        Thread::startVirtualThread);
    }

    private void discardIfReady(PreparedSandbox prepared, Destruction reason) {
        if (stock.remove(prepared)) {
            discard(prepared, reason);
        }
    }

    /** Destroys one that was ready and that nobody can take any more. */
    void discard(PreparedSandbox prepared, Destruction reason) {
        stock.ended();
        prepared.started();
        destroy(prepared.frame(), reason, prepared.workload());
    }

    void handOver(PreparedSandbox prepared, @Nullable CompletableFuture<PreparedSandbox> next) {
        if (next != null) {
            next.complete(prepared);
        } else {
            settle(prepared);
        }
    }

    /** On a platform thread: what is left to do for a sandbox whose processes have ended. */
    void finish(EndedUse use) {
        long begin = System.nanoTime();
        Destruction fate = detached(use) ? use.fate() : Destruction.NETWORK;
        SandboxFrame frame = use.frame();
        try (Clearing clearing = use.clearing()) {
            if (fate == null && clearing != null) {
                if (stock.wantsBack()) {
                    PreparedSandbox again = cleaning.clean(frame, clearing, use.network() != null);
                    turnover.repurposed(System.nanoTime() - begin);
                    handOver(again, stock.cleaned(again));
                    return;
                }
                fate = stock.isClosed() ? Destruction.POOL_CLOSED : Destruction.SURPLUS;
            }
        } catch (SandboxCleaning.Failed e) {
            LOG.warn("sandbox {} is not used again: {} ({})", frame.id(), e.getMessage(), e.reason());
            LOG.debug("its cleaning failed", e);
            frame = e.frame();
            fate = e.reason();
        }
        destroy(frame, fate == null ? Destruction.PROCESSES : fate);
    }

    private static boolean detached(EndedUse use) {
        AutoCloseable network = use.network();
        try {
            if (network != null) {
                network.close();
            }
            return true;
        } catch (Exception e) {
            LOG.error(
                    "the port of sandbox {} could not be taken off the bridge",
                    use.frame().id(),
                    e);
            return false;
        }
    }

    private void destroy(SandboxFrame frame, Destruction reason, Child... others) {
        boolean gone = false;
        try {
            FrameRemoval.remove(frame, others);
            gone = true;
            releaseSlot.accept(frame.slot());
        } catch (Exception e) {
            LOG.error("sandbox {} could not be removed yet", frame.id(), e);
        }
        turnover.destroyed(reason);
        stock.destroyed(gone);
        if (!gone) {
            leave(frame);
        }
    }

    /** A use has ended, but not all of its processes. */
    void stuck(SandboxFrame frame) {
        stock.destroyed(false);
        leave(frame);
    }

    private void leave(SandboxFrame frame) {
        frame.closeNetwork();
        remains.add(frame.id(), frame.init(), frame.group(), () -> {
            releaseSlot.accept(frame.slot());
            stock.vanished();
        });
    }
}
