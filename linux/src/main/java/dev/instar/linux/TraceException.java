package dev.instar.linux;

import java.io.IOException;

/** A process could not be stopped, or went away while it was. */
public final class TraceException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** A thread is in a wait that only its event ends, as a {@code vfork} or one for a device. */
        NOT_STOPPING,
        /** The process, or its main thread, has ended. */
        ENDED,
        /** Another process traces it. */
        ALREADY_TRACED
    }

    private final Reason reason;

    TraceException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
