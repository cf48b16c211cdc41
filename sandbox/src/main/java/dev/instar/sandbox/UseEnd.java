package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.PendingClone;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends all processes of a use and awaits that: from inside, so that the frame stays, or with the frame's init, where it
 * cannot be used again or cannot be entered. Every wait is bounded, whoever is stopped: launcher, zygote or a process
 * of the function. Used once, by one thread, which may be virtual.
 */
final class UseEnd {
    private static final Logger LOG = LoggerFactory.getLogger(UseEnd.class);

    /** How long processes may take to end: most of it is for disks and for memory that goes back. */
    private static final Duration LONGEST_END = FrameRemoval.LONGEST_END;

    /** Longer than any launcher or zygote takes that runs at all. */
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(2);

    private static final long POLL_NANOS = 200_000;

    private final PreparedSandbox prepared;
    private final SandboxHost host;
    private final CloneSettling settling;
    private final Frost frost;
    private final CompletableFuture<Child> first;
    private final CompletableFuture<Ending> ending;

    /**
     * Of one use.
     *
     * @param first the workload's first process; completed here, if nobody else has
     * @param ending completes when that has ended and is accounted for
     */
    UseEnd(
            PreparedSandbox prepared,
            SandboxHost host,
            CloneSettling settling,
            Frost frost,
            CompletableFuture<Child> first,
            CompletableFuture<Ending> ending) {
        this.prepared = prepared;
        this.host = host;
        this.settling = settling;
        this.frost = frost;
        this.first = first;
        this.ending = ending;
    }

    /**
     * Ends it.
     *
     * @param network its place on the bridge, which goes to the result
     * @return empty if processes did not end in time: the frame is for {@link Remains} then, and the network still the
     *     caller's
     */
    Optional<EndedUse> run(@Nullable AutoCloseable network) {
        SandboxFrame frame = prepared.frame();
        Clearing clearing = null;
        boolean certain = settling.close();
        Destruction fate = host.ending(frame);
        if (fate == null) {
            clearing = killInside();
            fate = clearing == null ? whyNotInside() : null;
        }
        if (fate != null) {
            frame.init().kill();
        }
        // Killed, but not dead before it is thawed.
        frost.end();
        certain &= settle(clearing);
        if (!certain && fate == null) {
            // No clone comes into a pid namespace without its init.
            fate = Destruction.UNSETTLED;
            frame.init().kill();
        }
        prepared.started();
        try {
            awaitProcesses(fate);
            return Optional.of(new EndedUse(frame.used(), fate, clearing, network));
        } catch (CompletionException | TimeoutException e) {
            LOG.error("processes of sandbox {} did not end within {}", prepared.id(), LONGEST_END);
        } catch (RuntimeException e) {
            LOG.error("the end of sandbox {} could not be awaited", prepared.id(), e);
        }
        frame.init().kill();
        if (clearing != null) {
            clearing.close();
        }
        return Optional.empty();
    }

    /** Why it could not be cleared from inside. */
    private Destruction whyNotInside() {
        if (prepared.frame().launcher().hasEnded()) {
            return Destruction.LAUNCHER_LOST;
        }
        // If it was killed, its launcher tells of it soon.
        boolean killed = answered(prepared.init().exit().thenAccept(exit -> {}));
        return killed ? Destruction.KILLED : Destruction.PROCESSES;
    }

    /** Kills what the sandbox holds but its init; null if that cannot be done from inside. */
    private @Nullable Clearing killInside() {
        CompletableFuture<Clearing> entered = CompletableFuture.supplyAsync(
                () -> {
                    Clearing clearing = Clearing.enter(host.framePlan(), prepared.frame());
                    try {
                        clearing.killAll();
                        return clearing;
                    } catch (RuntimeException e) {
                        clearing.close();
                        throw e;
                    }
                },
                host.enders());
        try {
            return entered.copy()
                    .orTimeout(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            LOG.debug("sandbox {} cannot be cleared from inside", prepared.id(), e);
            // If it comes all the same, nobody waits for it any more.
            CompletableFuture<Void> _ = entered.thenAccept(Clearing::close);
            return null;
        }
    }

    /**
     * A clone may still come into being, or have been and gone; only when that is known can its end be awaited.
     *
     * @param clearing kills what has come meanwhile
     * @return false if its zygote does not tell
     */
    private boolean settle(@Nullable Clearing clearing) {
        boolean settled = true;
        PendingClone clone = settling.take();
        if (clone != null) {
            // On a thread of its own: under a zygote that is stopped this takes as long as that.
            CompletableFuture<Child> answer = CompletableFuture.supplyAsync(
                    clone::child, task -> Thread.ofPlatform().daemon().start(task));
            settled = answered(answer.thenAccept(child -> {
                if (!first.complete(child)) {
                    child.close();
                }
            }));
            settling.settled();
        } else {
            CompletableFuture<Void> elsewhere = settling.settling();
            settled = elsewhere == null || answered(elsewhere);
        }
        first.complete(prepared.workload());
        return settled && (clearing == null || killedAgain(clearing));
    }

    /** Whether it is known what became of something: that it failed is an answer too. */
    private boolean answered(CompletableFuture<Void> answer) {
        try {
            answer.copy()
                    .orTimeout(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            LOG.debug("no good answer about {}", prepared.id(), e);
        }
        return answer.isDone();
    }

    /** A clone that was on its way when all were killed may be there now. */
    private boolean killedAgain(Clearing clearing) {
        if (settling.settling() == null) {
            return true;
        }
        try {
            clearing.killAll();
            return true;
        } catch (RuntimeException e) {
            LOG.debug("sandbox {} cannot be cleared from inside any more", prepared.id(), e);
            return false;
        }
    }

    /** Every process has ended and been reaped: what they had is free. */
    private void awaitProcesses(@Nullable Destruction fate) throws TimeoutException {
        if (fate != null) {
            // The kernel lets a namespace's init go only after every process in the namespace.
            awaitEnd(prepared.init().exit());
        }
        awaitEnd(prepared.workload().exit());
        awaitEnd(ending);
        FrameRemoval.requireEnd(prepared.workload(), LONGEST_END);
        FrameRemoval.requireEnd(first.join(), LONGEST_END);
        if (fate != null) {
            FrameRemoval.requireEnd(prepared.init(), LONGEST_END);
        }
        long deadline = System.nanoTime() + LONGEST_END.toNanos();
        while (prepared.group().tasks() > 0) {
            if (System.nanoTime() - deadline >= 0) {
                throw new TimeoutException("processes " + prepared.group().pids() + " run on");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Not interruptible: whoever gives up half-way would leave processes under ids that the next sandbox gets. */
    private static void awaitEnd(CompletableFuture<?> end) {
        end.copy().orTimeout(LONGEST_END.toSeconds(), TimeUnit.SECONDS).join();
    }
}
