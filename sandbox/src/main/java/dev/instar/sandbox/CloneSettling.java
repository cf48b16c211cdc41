package dev.instar.sandbox;

import dev.instar.linux.PendingClone;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a clone that was asked for in a sandbox. As long as it may still come into being, nobody can tell
 * that everything in there has ended. Thread-safe; never blocks.
 */
final class CloneSettling {
    private final Object lock = new Object();
    private @Nullable PendingClone pending;
    private @Nullable CompletableFuture<Void> settling;
    private boolean making;
    private boolean over;

    /**
     * Somebody begins to make something in the sandbox.
     *
     * @throws IllegalStateException if the sandbox is closed
     */
    void begin() {
        synchronized (lock) {
            if (over) {
                throw new IllegalStateException("the sandbox is closed");
            }
            making = true;
        }
    }

    void end() {
        synchronized (lock) {
            making = false;
        }
    }

    /** Nothing more is made; returns whether that is certain, which it is not while somebody is about it. */
    boolean close() {
        synchronized (lock) {
            over = true;
            return !making;
        }
    }

    void asked(PendingClone clone) {
        synchronized (lock) {
            pending = clone;
        }
    }

    /** Whoever takes it finds out what became of it, and tells {@link #settled}. */
    @Nullable
    PendingClone take() {
        synchronized (lock) {
            PendingClone taken = pending;
            pending = null;
            if (taken != null) {
                settling = new CompletableFuture<>();
            }
            return taken;
        }
    }

    void settled() {
        synchronized (lock) {
            if (settling != null) {
                settling.complete(null);
            }
        }
    }

    /** Completes when it is known what became of the clone; null if none was taken. */
    @Nullable
    CompletableFuture<Void> settling() {
        synchronized (lock) {
            return settling;
        }
    }
}
