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
    private int acting;
    private boolean over;

    /** Somebody begins to make or change something in the sandbox, and tells {@link #end}; false if it is closed. */
    boolean tryBegin() {
        synchronized (lock) {
            acting += over ? 0 : 1;
            return !over;
        }
    }

    void end() {
        synchronized (lock) {
            acting--;
        }
    }

    /** Nothing more is begun; returns whether that is all, which it is not while somebody is about it. */
    boolean close() {
        synchronized (lock) {
            over = true;
            return acting == 0;
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
